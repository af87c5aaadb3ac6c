"""Leading a class: opening it, its code, closing and reopening it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.hub import Hub
from core.transaction import Begin
from modules.attendance.admission import note, taught
from modules.attendance.domain.codes import STEP, step_at
from modules.attendance.domain.records import revised, with_verdict
from modules.attendance.domain.sessions import (
    QUIET,
    STARTS_SOON,
    ClassSession,
    SessionNotOpen,
    SessionStatus,
    demand_check_in,
    demand_not_cancelled,
    demand_open,
)
from modules.attendance.domain.statuses import Occasion, status_for
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
            await note(store, actor, "opened", session_id)

    async def show(self, actor: Actor, session_id: int) -> list[ShownCode]:
        """The code of this moment, and those of the next ones: the app shows them also while it is offline.

        :raises SessionCancelled: :raises CheckInClosed:
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id, lock=False), self.clock.now()
        demand_not_cancelled(session)
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
            await note(store, actor, "closed", session_id)
        self._tell(session_id, changed)

    async def reopen(self, actor: Actor, session_id: int, *, minutes: int) -> None:
        """Let students check in for so many minutes from now, also to a class that was closed; those who were absent
        are so until they do. A repeat changes nothing but the minutes.

        :raises SessionCancelled: :raises SessionNotOpen: it has not begun.
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id), self.clock.now()
            demand_not_cancelled(session)
            if session.status_at(now) is SessionStatus.SCHEDULED:
                raise SessionNotOpen
            until = max(session.check_in_closes_at, now + timedelta(minutes=minutes))
            await store.save_session(replace(session, closed_at=None, check_in_closes_at=until))
            await note(store, actor, "reopened", session_id, minutes=minutes)
            if session.closed_at is not None:
                await store.emit(AttendanceTaken(session_id=session.id, course_id=session.course_id))

    async def close_ended(self) -> int:
        """On the schedule: close what is over; how many these were. A class in which nobody was seen, and nobody
        marked since it began, is left to its instructor: perhaps it was not held.
        """
        at, closed, failed = self.clock.now() - QUIET, 0, None
        async with self.begin() as store:
            due = await store.overdue(at, BATCH)
        for session_id in due:
            try:
                closed += await self._close_if_over(session_id, at)
            except Exception as error:  # noqa: BLE001 - the others do not wait for it
                failed = error
        if failed is not None:
            raise failed
        return closed

    async def announce_starting(self) -> int:
        """On the schedule: students are told of classes that begin soon; how many these are."""
        total = 0
        while True:
            async with self.begin() as store:
                now = self.clock.now()
                found = await store.starting(now, now + STARTS_SOON, BATCH)
                for session_id in found:
                    await store.emit(ClassStarting(session_id=session_id))
            total += len(found)
            if len(found) < BATCH:
                return total

    async def _close_if_over(self, session_id: int, at: datetime) -> bool:
        """It may have been closed, cancelled or prolonged since it was found."""
        async with self.begin() as store:
            session = await store.session(session_id, lock=True)
            is_over = session is not None and max(session.ends_at, session.check_in_closes_at) <= at
            if session is None or not is_over or session.closed_at is not None or session.cancelled_at is not None:
                return False
            changed = await self._close(store, session, None)
        self._tell(session_id, changed)
        return True

    async def _close(self, store: ConductStore, session: ClassSession, actor_id: int | None) -> list[int]:
        """Whose status is new by that, of those who had been seen."""
        now = self.clock.now()
        closed = replace(session, closed_at=now)
        await store.save_session(closed)
        unmarked = await store.unmarked_records(closed)
        judged = [(one, revised(one, with_verdict(one, closed, now, is_over=True))) for one in unmarked]
        changed = [(before, after) for before, after in judged if after != before]
        await store.save_records(changed, actor_id=actor_id)
        await store.mark_absent(closed, status_for(session.statuses, Occasion.ABSENT), now)
        await store.emit(AttendanceTaken(session_id=session.id, course_id=session.course_id))
        return [after.user_id for _, after in changed]

    def _tell(self, session_id: int, user_ids: list[int]) -> None:
        tell(self.hub, Recorded(session_id, user_ids))
