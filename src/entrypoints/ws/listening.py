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
from entrypoints.ws.incoming import OF_VERSION_2, client_id_of, heard
from entrypoints.ws.reviewing import review
from entrypoints.ws.sockets import Sockets

WINDOW_S = 10
Hearing = dict[type, tuple[Policy, Callable[[Any, Any], Awaitable[None]]]]
"""What is done about each kind of frame, and who may say it."""


class HelloFirst(Invalid):
    code = "hello_first"
    detail = "This frame belongs to version 2: say hello first, or open the socket with ?v=2."


class Unanswered(RuntimeError):
    """A kind of frame that nobody hears, or that has no policy."""


def demand_hearing(decoder: msgspec.json.Decoder[Any], hearing: Hearing) -> Hearing:
    """Who says a frame was judged when the socket was opened, and is by its workflow: so it asks for no more than that.

    :raises Unanswered: at the start of the program.
    """
    kinds = set(decoder.type.__args__)
    if kinds != hearing.keys() or not all(policy in {Policy.USER, Policy.ENROLLED} for policy, _ in hearing.values()):
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
        connection.is_busy = True
        try:
            _demand_pace(connection, loop.time(), sockets.house.settings.limit_frames)
            if text is None:
                raise Invalid("Frames are texts.")
            said = heard(text, decoder)
            if connection.version != 2 and isinstance(said, OF_VERSION_2):
                raise HelloFirst
            await hearing[type(said)][1](listener, said)
        except AppError as error:
            connection.refuse(error, client_id_of(text) if text else None)
            if isinstance(error, ACCESS_LOST):  # here, or where the frame meant something to be done
                await review(sockets, [connection])
        finally:
            connection.is_busy = False
            connection.heard_at = loop.time()


def _demand_pace(connection: Connection, now: float, most: int) -> None:
    count, since = connection.said
    connection.said = (1, now) if now - since >= WINDOW_S else (count + 1, since)
    if connection.said[0] > most:
        raise RateLimited(retry_after=max(1, round(since + WINDOW_S - now)))
