"""Stand before the Razorpay API, FCM and the language model, and make their calls fail the way the fault knobs say.

A dropped connection is really closed, without a byte of an answer, under uvicorn (httptools and h11). Under another
server the answer breaks off in its body instead, which a client sees as a broken read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from entrypoints.sandbox.faults import Faults, RazorpayFaults, Resource
from entrypoints.sandbox.fcm_errors import OUTAGES

DELAY_KEY: Final = "sandbox_delay_s"
KNOBS_KEY: Final = "sandbox_openai_knobs"
_MODEL_REFUSALS: Final = {
    "401": "Incorrect API key provided.",
    "429": "Rate limit reached.",
    "500": "The server had an error while processing your request.",
}
_LONGEST_HANG_S: Final = 300
_RATE_LIMITED = (
    b'{"error":{"code":"BAD_REQUEST_ERROR","description":"Request failed due to rate limiting.","metadata":{}}}'
)
_BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"


class FaultGate:
    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = cast("HTTPScope", scope)  # the API has no other routes
        hit = self.faults.take_razorpay(call["method"], _resource(call["path"]))
        if hit is None:
            await self.app(scope, receive, send)
            return
        if hit.fail in (None, "drop_after", "truncated_json"):
            await self._effect_then_fail(hit, scope, receive, send)
            return
        await asyncio.sleep(hit.delay_s)
        if hit.fail == "429":
            await _answer(send, 429, b"application/json", _RATE_LIMITED)
        elif hit.fail == "502_html":
            await _answer(send, 502, b"text/html", _BAD_GATEWAY)
        else:
            if hit.fail == "hang":
                await self._hang(receive)
            await _cut(receive, send)

    async def _effect_then_fail(self, hit: RazorpayFaults, scope: Scope, receive: Receive, send: Send) -> None:
        # The API itself waits out the delay: a refund holds its idempotency key meanwhile.
        scope.setdefault("state", {})[DELAY_KEY] = hit.delay_s
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        await asyncio.sleep(hit.delay_after_s)
        if hit.fail == "drop_after":
            await _cut(receive, send)
        elif hit.fail == "truncated_json":
            body = b"".join(message.get("body", b"") for message in messages if message["type"] == "http.response.body")
            await _answer(send, 200, b"application/json", body[: len(body) // 2])
        else:
            for message in messages:
                await send(message)

    async def _hang(self, receive: Receive) -> None:
        """Until the client goes away, the knobs change, or five minutes have passed."""
        waits = [asyncio.ensure_future(_disconnected(receive)), asyncio.ensure_future(self.faults.replaced())]
        _, unfinished = await asyncio.wait(waits, timeout=_LONGEST_HANG_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in unfinished:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


class FcmGate:
    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hit = self.faults.take_fcm()
        if hit is None:
            await self.app(scope, receive, send)
            return
        await asyncio.sleep(hit.delay_s)
        if hit.fail in OUTAGES:
            outage = OUTAGES[hit.fail]
            told = hit.retry_after_s is not None and hit.fail in ("429", "503")
            more = [(b"retry-after", str(hit.retry_after_s).encode())] if told else []
            body = msgspec.json.encode(outage.as_json())
            await _answer(send, outage.http_status, b"application/json", body, more)
        elif hit.fail == "drop_before":
            await _cut(receive, send)
        elif hit.fail == "drop_after":
            await self.app(scope, receive, _say_nothing)
            await _cut(receive, send)
        else:
            await self.app(scope, receive, send)


class OpenAiGate:
    """What is wrong with the words themselves, the endpoint does: it finds the knobs in the scope's state."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        hit = self.faults.take_openai()
        if hit is not None:
            await asyncio.sleep(hit.delay_s)
            if hit.fail == "drop_before":
                await _cut(receive, send)
                return
            if hit.fail in _MODEL_REFUSALS:
                more = [] if hit.retry_after_s is None else [(b"retry-after", str(hit.retry_after_s).encode())]
                body = msgspec.json.encode({"error": {"message": _MODEL_REFUSALS[hit.fail], "code": hit.fail}})
                await _answer(send, int(hit.fail), b"application/json", body, more)
                return
            scope.setdefault("state", {})[KNOBS_KEY] = hit
        await self.app(scope, receive, send)


async def _say_nothing(_: Message) -> None: ...


def _resource(path: str) -> Resource:
    if "/refund" in path:
        return "refunds"
    return "orders" if "/orders" in path else "payments"


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(
    send: Send, status: int, content_type: bytes, body: bytes, more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _cut(receive: Receive, send: Send) -> None:
    transport = _transport_behind(send)
    if transport is not None:
        transport.close()
        # Returning earlier would make uvicorn complain of an app that does not answer.
        await _disconnected(receive)
        return
    headers = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    raise ConnectionAbortedError("the sandbox breaks this connection on purpose")


def _transport_behind(send: Any, depth: int = 8) -> asyncio.Transport | None:
    """The connection under ``send``, through the functions that middleware has wrapped around uvicorn's own."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if callable(getattr(transport, "close", None)):  # uvloop's transports do not inherit from asyncio's
        return cast("asyncio.Transport", transport)
    if depth == 0:
        return None
    for cell in getattr(send, "__closure__", None) or ():
        inner = cell.cell_contents
        if callable(inner) and (found := _transport_behind(inner, depth - 1)) is not None:
            return found
    return None
