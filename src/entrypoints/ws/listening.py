"""Hearing what a client says."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar.types import Receive

from core.errors import AppError, Invalid, RateLimited
from entrypoints.http.policy import Policy
from entrypoints.ws.closing import ACCESS_LOST
from entrypoints.ws.connection import Connection
from entrypoints.ws.incoming import client_id_of, heard
from entrypoints.ws.reviewing import review
from entrypoints.ws.sockets import Sockets

WINDOW_S = 10
MOST_SAID = 200
"""Frames of one socket in ten seconds, of whatever kind."""
Hearing = dict[type, tuple[Policy, Callable[[Any, Any], Awaitable[None]]]]
"""What is done about each kind of frame, and who may say it."""


class Unanswered(RuntimeError):
    """A kind of frame that nobody hears, or that has no policy."""


def demand_hearing(decoder: msgspec.json.Decoder[Any], hearing: Hearing) -> Hearing:
    """:raises Unanswered: at the start of the program."""
    kinds = set(decoder.type.__args__)
    if kinds != hearing.keys() or not all(isinstance(policy, Policy) for policy, _ in hearing.values()):
        raise Unanswered(", ".join(sorted(kind.__name__ for kind in kinds ^ hearing.keys())) or "a policy is missing")
    return hearing


async def listen(
    sockets: Sockets,
    connection: Connection,
    receive: Receive,
    decoder: msgspec.json.Decoder[Any],
    hearing: Hearing,
    listener: object,
) -> None:
    """Until the client has gone. What it says is done in its order, one after the other."""
    loop = asyncio.get_running_loop()
    while True:
        event: Any = await receive()
        if event["type"] == "websocket.disconnect":
            return
        if connection.is_closing:
            continue
        connection.heard_at = loop.time()
        text = event.get("text")
        try:
            _demand_pace(connection, loop.time())
            if text is None:
                raise Invalid("Frames are texts.")
            said = heard(text, decoder)
            await hearing[type(said)][1](listener, said)
        except AppError as error:
            connection.refuse(error, client_id_of(text) if text else None)
            if isinstance(error, ACCESS_LOST):  # here, or where the frame meant something to be done
                await review(sockets, [connection])


def _demand_pace(connection: Connection, now: float) -> None:
    count, since = connection.said
    connection.said = (1, now) if now - since >= WINDOW_S else (count + 1, since)
    if connection.said[0] > MOST_SAID:
        raise RateLimited(retry_after=max(1, round(since + WINDOW_S - now)))
