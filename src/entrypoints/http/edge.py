"""What every request passes first and every response last: request id, host check, headers, metrics, one log line.

One plain ASGI layer around the whole application, so that it also sees what no route answers.
"""

import random
import re
import time
from functools import lru_cache
from typing import Any

import structlog
from litestar.types import ASGIApp, Receive, Send
from prometheus_client import Counter, Histogram

from entrypoints.compose import House
from entrypoints.http.scope import header
from entrypoints.logging import REQUEST_ID
from entrypoints.ws.routes import SocketRoutes

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
REQUESTS = Counter("shala_http_requests_total", "Requests by route and status", ["method", "route", "status"])
SECONDS = Histogram("shala_http_request_seconds", "Duration of requests", ["route"], buckets=BUCKETS)
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
]
NO_STORE = (b"cache-control", b"no-store")
TOKENS = "/api/accounts/"  # answers that open an account come before one is signed in
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
QUIET = {"/health/live", "/health/ready", "/metrics"}
PORT = re.compile(r":\d*$")  # not the last group of an IPv6 address, which stands in brackets
# a label is looked up under a lock; there are as many as routes, methods and statuses
_requests = lru_cache(maxsize=4096)(REQUESTS.labels)
_seconds = lru_cache(maxsize=1024)(SECONDS.labels)
log = structlog.get_logger()


class Edge:
    def __init__(self, app: ASGIApp, house: House, socket_routes: SocketRoutes) -> None:
        self.sockets = socket_routes.sockets
        self._socket_routes = socket_routes
        self._app = app
        self._house = house
        hosts = {host.lower() for host in house.settings.listed("allowed_hosts")}
        self._hosts = None if "*" in hosts else hosts

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        scope["house"] = self._house
        if scope["type"] == "websocket":
            if self._hosts is not None and _host(scope) not in self._hosts:
                return await send({"type": "websocket.close", "code": 1008, "reason": "misdirected"})
            return await self._socket_routes(scope, receive, send)
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        return await self._request(scope, receive, send)

    async def _request(self, scope: Any, receive: Receive, send: Send) -> None:
        """By itself, so that an open socket keeps none of its variables."""
        started, status = time.perf_counter(), 500
        request_id = f"{random.getrandbits(64):016x}"
        scope["request_id"] = request_id
        REQUEST_ID.set(request_id)

        async def sending(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(scope, message, request_id)
            await send(message)

        try:
            if self._hosts is not None and _host(scope) not in self._hosts:
                await _misdirected(sending, request_id)
            else:
                await self._app(scope, receive, sending)
        finally:
            self._record(scope, status, time.perf_counter() - started)

    def _dress(self, scope: Any, message: Any, request_id: str) -> None:
        headers = list(message.get("headers", []))
        given = {name.lower() for name, _ in headers}
        headers.append((b"x-request-id", request_id.encode()))
        headers += [pair for pair in HEADERS if pair[0] not in given]
        is_personal = scope.get("user") is not None or scope["path"].startswith(TOKENS)
        if b"cache-control" not in given and is_personal:
            headers.append(NO_STORE)
        message["headers"] = headers

    def _record(self, scope: Any, status: int, seconds: float) -> None:
        route = scope.get("path_template") or "unmatched"
        method = (
            scope["method"] if scope["method"] in METHODS else "other"
        )  # a label for each word would fill the memory
        _requests(method, route, status).inc()
        _seconds(route).observe(seconds)
        if route.rstrip("/") in QUIET:
            return
        actor = scope.get("user")
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            user_id=actor.user_id if actor is not None else None,
        )


def _host(scope: Any) -> str:
    return _without_port(header(scope, b"host") or "")


@lru_cache(maxsize=256)
def _without_port(host: str) -> str:
    return PORT.sub("", host.lower())


async def _misdirected(send: Send, request_id: str) -> None:
    body = (
        b'{"type":"urn:shala:error:invalid_input","title":"Invalid input","status":400,'
        b'"detail":"This host is not served here.","code":"invalid_input","errors":[],"request_id":"%s"}'
    ) % request_id.encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
