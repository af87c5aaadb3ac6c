"""Somebody types: told at most once a second, and over 3 s after the last sign of it."""

import asyncio

from core.hub import Hub
from entrypoints.ws.connection import Connection
from entrypoints.ws.room import Room
from modules.community.live import Typing, community_channel, encode

EVERY_S = 1.0
LASTS_S = 3.0


class Typist:
    __slots__ = ("_connection", "_end", "_hub", "_room", "_second")

    def __init__(self, hub: Hub, room: Room, connection: Connection, *, second: float = 1.0) -> None:
        self._hub = hub
        self._room = room
        self._connection = connection
        self._second = second
        self._end: asyncio.TimerHandle | None = None

    def type(self) -> None:
        loop = asyncio.get_running_loop()
        if self._end is not None:
            self._end.cancel()
        self._end = loop.call_later(LASTS_S * self._second, self.stop)
        user_id, ephemera = self._connection.user_id, self._room.ephemera
        if not ephemera.is_noisy(user_id) and not ephemera.began_just_now(user_id, EVERY_S * self._second):
            self._tell(is_typing=True)

    def stop(self, *, is_told: bool = False) -> None:
        """`is_told`: what they typed is about to be sent, which says so by itself."""
        if self._end is None:
            return
        self._end.cancel()
        self._end = None
        if not is_told:
            self._tell(is_typing=False)

    def _tell(self, *, is_typing: bool) -> None:
        note = Typing(self._connection.user_id, is_typing)
        self._hub.publish(community_channel(self._room.community_id), encode(note))
