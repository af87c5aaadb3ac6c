"""How far a community's chat has come to devices: gathered, since each of them says so of each message."""

import asyncio

import structlog

from core.errors import AppError
from modules.community.domain.chat import Furthest
from modules.community.reading import Reached, Reading

GATHERED_S = 1.0
log = structlog.get_logger()


class Deliveries:
    """Only the two furthest members matter, and only when they have come further; so most of it is never written."""

    def __init__(self, community_id: int, reading: Reading) -> None:
        self._community_id = community_id
        self._reading = reading
        self._told = Furthest()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def note(self, user_id: int, seq: int) -> None:
        further = self._told.after(user_id, seq)
        if further != self._told:
            self._told = further
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(GATHERED_S, self._begin)

    def close(self) -> None:
        """What was gathered is written now: the room may be empty."""
        if self._timer is not None:
            self._timer.cancel()
            self._begin()

    def _begin(self) -> None:
        self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        told = self._told
        both = ((told.user_id, told.seq), (told.second_user_id, told.second_seq))
        try:
            await self._reading.deliver(
                self._community_id, [Reached(user_id, seq) for user_id, seq in both if user_id is not None]
            )
        except AppError as error:
            log.warning("delivery_not_noted", error=error.code)
            self._told = Furthest()  # whoever says so again is heard
