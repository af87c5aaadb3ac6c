"""Who opens a socket, and may they? A refusal is told in a frame before the closing: otherwise a client sees only a
403 without a reason.
"""

from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import structlog
from litestar.types import Receive, Send

from core.actor import Actor
from core.errors import AppError, Unauthenticated, Unavailable
from entrypoints.http.policy import Policy, demand
from entrypoints.http.scope import header, house_of
from entrypoints.ws.closing import code_of
from entrypoints.ws.connection import Connection, refusal
from entrypoints.ws.outgoing import close_event
from entrypoints.ws.sockets import Sockets

BEARER = "bearer"
MINUTE = 60
Serve = Callable[[Sockets, Connection, str, Receive], Coroutine[Any, Any, None]]
"""Serves a socket of a signed-in user until it ends; takes the rest of its path."""
log = structlog.get_logger()


class Judged:
    """Opens sockets for those whom `policy` lets in, and has them served."""

    def __init__(self, sockets: Sockets, policy: Policy, serve: Serve) -> None:
        if policy not in {Policy.USER, Policy.ENROLLED}:
            raise ValueError("a socket belongs to somebody who is signed in")
        self.policy = policy
        self._sockets = sockets
        self._serve = serve

    async def __call__(self, scope: Any, receive: Receive, send: Send, path: str) -> None:
        await _accept(scope, receive, send)
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}
        try:
            actor, login_ends = await self._login(scope, query)
            connection = self._sockets.admit(send, actor, login_ends, version=2 if query.get("v") == "2" else 1)
        except AppError as error:
            await _refuse(send, error)
            return
        except Exception:
            log.exception("handshake_failed")
            await _refuse(send, Unavailable("Something went wrong on our side."))
            return
        await self._sockets.run(connection, self._serve(self._sockets, connection, path, receive))

    async def _login(self, scope: Any, query: Mapping[str, str]) -> tuple[Actor, datetime]:
        """:raises Unauthenticated: :raises AccountDisabled: :raises RateLimited: :raises Unavailable:"""
        house = house_of(scope)
        address = scope["client"][0] if scope.get("client") else "unknown"
        await demand(house, "address", address, most=house.settings.limit_address, seconds=MINUTE)
        authentication = house.workflows.authentication
        if ticket := query.get("ticket"):
            actor, login_ends = await authentication.open_with_ticket(ticket)
        elif token := _token(scope, query):
            actor, login_ends = await authentication.open(token)
        else:
            raise Unauthenticated
        await demand(house, "user", str(actor.user_id), most=house.settings.limit_user, seconds=MINUTE)
        return actor, login_ends


def _token(scope: Any, query: Mapping[str, str]) -> str | None:
    kind, _, token = (header(scope, b"authorization") or "").partition(" ")
    if kind.lower() == BEARER and token:
        return token.strip()
    offered = scope["subprotocols"]
    if BEARER in offered[:-1]:
        return str(offered[offered.index(BEARER) + 1])
    return query.get("token")


async def refuse(scope: Any, receive: Receive, send: Send, error: AppError) -> None:
    """Open the socket, say why, and close it."""
    await _accept(scope, receive, send)
    await _refuse(send, error)


async def _accept(scope: Any, receive: Receive, send: Send) -> None:
    await receive()  # websocket.connect
    chosen = BEARER if BEARER in scope["subprotocols"] else None
    accept: Any = {"type": "websocket.accept", "subprotocol": chosen, "headers": []}
    await send(accept)


async def _refuse(send: Send, error: AppError) -> None:
    code, reason = code_of(error)
    events: list[Any] = [refusal(error).event, close_event(code, reason)]
    try:
        for event in events:
            await send(event)
    except OSError:
        log.debug("refused_and_gone")
