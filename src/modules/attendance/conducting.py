"""Leading a class: opening it, its code, closing and reopening it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.hub import Hub
from core.transaction import Begin
from modules.attendance.admission import taught
from modules.attendance.domain.codes import STEP, step_at
from modules.attendance.domain.records import revised, with_verdict
from modules.attendance.domain.sessions import (
    QUIET,
    STARTS_SOON,
    ClassSession,
    SessionNotOpen,
    SessionOpen,
    SessionStatus,
    demand_check_in,
    demand_not_cancelled,
    demand_open,
)
from modules.attendance.domain.statuses import Occasion, given_on
from modules.attendance.events import AttendanceTaken, ClassStarting
from modules.attendance.live import Recorded, tell
from modules.attendance.ports import ConductStore, RotatingCodes

BATCH = 50
SHOWN_AHEAD = 4


class ShownCode(Struct, frozen=True):
    code: str
    shown_from: datetime
    shown_until: datetime


@dataclass(frozen=True, slots=True)
class Conducting:
    """:raises NotFound: :raises NotStaff: from what instructors do."""

    begin: Begin[ConductStore]
    codes: RotatingCodes
    hub: Hub
    clock: Clock

    async def open(self, actor: Actor, session_id: int) -> None:
        """Let students check in from now on, before it would begin by itself. A repeat changes nothing.

        :raises SessionCancelled: :raises SessionClosed:
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id), self.clock.now()
            demand_open(session)
            if session.status_at(now) is SessionStatus.OPEN:
                return
            await store.save_session(replace(session, check_in_opens_at=now))
            await _audit(store, actor, "opened", session_id)

    async def show(self, actor: Actor, session_id: int) -> list[ShownCode]:
        """The code of this moment, and those of the next ones: the app shows them also while it is offline.

        :raises CheckInClosed:
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id, lock=False), self.clock.now()
        demand_check_in(session, now)
        shown = []
        for number in range(SHOWN_AHEAD):
            since, until = step_at(now + number * STEP)
            if since < session.check_in_closes_at:
                shown.append(ShownCode(self.codes.code(session.secret, since), since, until))
        return shown

    async def close(self, actor: Actor, session_id: int) -> None:
        """Whoever has no status is absent, and the class counts. A repeat changes nothing.

        :raises SessionCancelled: :raises SessionNotOpen: it has not begun: to be held it needs no closing.
        """
        async with self.begin() as store:
            session = await taught(store, actor, session_id)
            demand_not_cancelled(session)
            if session.closed_at is not None:
                return
            if session.status_at(self.clock.now()) is SessionStatus.SCHEDULED:
                raise SessionNotOpen
            changed = await self._close(store, session, actor.user_id)
            await _audit(store, actor, "closed", session_id)
        self._tell(session_id, changed)

    async def reopen(self, actor: Actor, session_id: int, *, minutes: int) -> None:
        """Students check in again, for so many minutes; those who were absent are so until they do.

        :raises SessionCancelled: :raises SessionOpen:
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id), self.clock.now()
            demand_not_cancelled(session)
            if session.closed_at is None:
                raise SessionOpen
            until = max(session.check_in_closes_at, now + timedelta(minutes=minutes))
            await store.save_session(replace(session, closed_at=None, check_in_closes_at=until))
            await _audit(store, actor, "reopened", session_id, minutes=minutes)

    async def close_ended(self) -> int:
        """On the schedule: close what is over; how many these were. A class in which nobody was seen, and nobody
        marked, is left to its instructor: perhaps it was not held.
        """
        async with self.begin() as store:
            due = await store.overdue(self.clock.now() - QUIET, BATCH)
        for session_id in due:
            async with self.begin() as store:
                session = await store.session(session_id, lock=True)
                if session is None or session.closed_at is not None or session.cancelled_at is not None:
                    continue
                changed = await self._close(store, session, None)
            self._tell(session_id, changed)
        return len(due)

    async def announce_starting(self) -> int:
        """On the schedule: students are told of classes that begin soon; how many these are."""
        async with self.begin() as store:
            now = self.clock.now()
            found = await store.starting(now, now + STARTS_SOON)
            for session_id in found:
                await store.emit(ClassStarting(session_id=session_id))
        return len(found)

    async def _close(self, store: ConductStore, session: ClassSession, actor_id: int | None) -> list[int]:
        """Whose status is new by that, of those who had been seen."""
        now = self.clock.now()
        closed = replace(session, closed_at=now)
        await store.save_session(closed)
        open_ones = await store.open_records(closed)
        waiting = [(one, revised(one, with_verdict(one, closed, now, is_over=True))) for one in open_ones]
        await store.save_records(waiting, actor_id=actor_id)
        absent = given_on(session.statuses, Occasion.ABSENT)
        if absent is not None:
            await store.mark_absent(closed, absent, now)
        await store.emit(AttendanceTaken(session_id=session.id, course_id=session.course_id))
        return [one.user_id for one, _ in waiting]

    def _tell(self, session_id: int, user_ids: list[int]) -> None:
        tell(self.hub, Recorded(session_id, user_ids))


async def _audit(store: ConductStore, actor: Actor, what: str, session_id: int, **data: object) -> None:
    kind = "class_session"
    await store.audit(actor_id=actor.user_id, action=f"{kind}.{what}", target_type=kind, target_id=session_id, **data)
