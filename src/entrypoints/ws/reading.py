"""Read receipts of one socket: a pointer only moves forward, so of what comes in one second the furthest is enough."""

import asyncio

from core.errors import AppError
from entrypoints.ws.connection import Connection
from modules.community.reading import Reading

EVERY_S = 1.0
MOST_WAITING = 50


class Reader:
    """Of a community's chat (`community_id`) the last message of a second; else, of each conversation its own."""

    __slots__ = ("_connection", "_ids", "_read_at", "_reading", "_waiting")

    def __init__(self, reading: Reading, connection: Connection) -> None:
        self._reading = reading
        self._connection = connection
        self._read_at = float("-inf")
        self._ids: frozenset[int] = frozenset()
        self._waiting: asyncio.Task[None] | None = None

    async def read(self, message_id: int) -> None:
        """:raises NotFound: and what being a member demands."""
        now = asyncio.get_running_loop().time()
        if now - self._read_at >= EVERY_S:
            self._read_at = now
            await self._reading.read(self._connection.actor, message_id, within=self._connection.community_id)
            return
        # in one stream later ids have higher numbers; of too many conversations the latest ones are kept
        most = 1 if self._connection.community_id is not None else MOST_WAITING
        self._ids = frozenset(sorted({*self._ids, message_id})[-most:])
        if self._waiting is None:
            self._waiting = asyncio.get_running_loop().create_task(self._later(self._read_at + EVERY_S - now))

    async def finish(self) -> None:
        """What waits is read before the socket is forgotten."""
        if self._waiting is not None:
            self._waiting.cancel()
            await self._now()

    async def _later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._waiting = None
        self._read_at = asyncio.get_running_loop().time()
        await self._now()

    async def _now(self) -> None:
        ids, self._ids = self._ids, frozenset()
        for message_id in sorted(ids):
            try:
                await self._reading.read(self._connection.actor, message_id, within=self._connection.community_id)
            except AppError as error:
                self._connection.refuse(error)
