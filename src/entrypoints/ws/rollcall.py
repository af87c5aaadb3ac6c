"""Tells those who teach a class, on the sockets of this instance, who has just checked in.

Hints name a class and users; what is told is read after them, with the counts as they are then. Those of a moment are
told together: in a large class fifty students check in within a second.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import structlog

from core.errors import Unavailable
from entrypoints.compose import House
from entrypoints.ws.outgoing import Attendance, Attendee
from entrypoints.ws.personal import PersonalFeed
from modules.attendance.live import CHANNEL, decode
from modules.attendance.queries import RecordCard

GATHERED_S = 0.25
IN_A_FRAME = 50
BACK_OFF_S = 1.0
MOST_WAITING = 10_000
log = structlog.get_logger()


class RollCaller:
    def __init__(self, house: House, feeds: Mapping[int, PersonalFeed]) -> None:
        self._house = house
        self._feeds = feeds
        self._changed: dict[int, dict[int, None]] = {}
        self._wanted = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """For as long as the application runs."""
        await self._house.hub.subscribe(CHANNEL, self.receive)
        task = asyncio.create_task(self._run(), name="rollcall")
        try:
            yield
        finally:
            self._house.hub.unsubscribe(CHANNEL, self.receive)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def receive(self, data: bytes) -> None:
        """What the hub brings."""
        try:
            hint = decode(data)
        except Exception:  # another version of the service may speak otherwise
            log.exception("hint_not_understood")
            return
        if self._feeds:  # else nobody listens here
            waiting = self._changed.setdefault(hint.session_id, {})
            if len(waiting) < MOST_WAITING:
                waiting |= dict.fromkeys(hint.user_ids)
            self._wanted.set()

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            changed, self._changed = self._changed, {}
            for session_id, users in changed.items():
                try:
                    await self._tell(session_id, list(users))
                except Unavailable:
                    log.warning("rollcall_waits")
                    self._changed.setdefault(session_id, {}).update(users)
                    self._wanted.set()
                    await asyncio.sleep(BACK_OFF_S)
                except Exception:  # whatever these brought, the next ones come
                    log.exception("rollcall_failed")
            await asyncio.sleep(GATHERED_S)

    async def _tell(self, session_id: int, users: list[int]) -> None:
        reports = self._house.workflows.attendance
        listening = [self._feeds[one] for one in await reports.staff(session_id) if one in self._feeds]
        if not listening:
            return
        call = await reports.roll_call(session_id, users)
        seen = [_attendee(card) for card in call.records]
        for start in range(0, max(1, len(seen)), IN_A_FRAME):
            told = Attendance(session_id=session_id, records=seen[start : start + IN_A_FRAME], counts=call.counts)
            for feed in listening:
                feed.call_roll(told)


def _attendee(card: RecordCard) -> Attendee:
    record, person = card.record, card.person
    return Attendee(
        user_id=person.id,
        username=person.username,
        full_name=person.full_name,
        status=record.status or "",
        source=record.source,
        recorded_at=record.recorded_at,
        is_flagged=record.is_flagged,
        version=record.version,
    )
