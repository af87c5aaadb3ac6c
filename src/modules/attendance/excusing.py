"""Excuses: students ask, instructors decide."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.hub import Hub
from core.transaction import Begin
from modules.attendance.admission import demand_place, taught
from modules.attendance.domain.excuses import (
    TIME_TO_ASK,
    Excuse,
    ExcuseDecided,
    ExcuseStatus,
    ExcuseTooLate,
    NoExcuses,
    NothingToExcuse,
)
from modules.attendance.domain.records import revised, with_verdict
from modules.attendance.domain.sessions import ClassSession, demand_not_cancelled, found
from modules.attendance.domain.statuses import Occasion, given_on, status_for
from modules.attendance.events import AttendanceTaken, ExcuseAnswered, ExcuseAsked
from modules.attendance.live import Recorded, tell
from modules.attendance.ports import ExcuseStore


@dataclass(frozen=True, slots=True)
class Excusing:
    """:raises NotFound: from each of them."""

    begin: Begin[ExcuseStore]
    hub: Hub
    clock: Clock

    async def ask(self, actor: Actor, session_id: int, reason: str) -> tuple[int, bool]:
        """The excuse's id, and whether it is new. Who asks again before it is decided changes the reason.

        :raises NotEnrolled: :raises EnrolmentExpired: :raises SessionCancelled: :raises ExcuseTooLate:
        :raises NothingToExcuse: :raises NoExcuses: :raises ExcuseDecided:
        """
        async with self.begin() as store:
            session, now = found(await store.session(session_id)), self.clock.now()
            demand_place(await store.place(session, actor.user_id))
            demand_not_cancelled(session)
            if now > session.ends_at + TIME_TO_ASK:
                raise ExcuseTooLate
            await self._demand_reason(store, session, actor.user_id)
            added = await store.add_excuse(session, actor.user_id, reason)
            if added is not None:
                await store.emit(ExcuseAsked(excuse_id=added.id))
                return added.id, True
            known = await store.excuse_of(session_id, actor.user_id)
            if known is None:
                raise NotFound
            if known.status not in {ExcuseStatus.REQUESTED, ExcuseStatus.WITHDRAWN}:
                raise ExcuseDecided
            await store.save_excuse(replace(known, reason=reason, status=ExcuseStatus.REQUESTED))
            return known.id, False

    async def withdraw(self, actor: Actor, session_id: int) -> None:
        """A repeat changes nothing.

        :raises ExcuseDecided:
        """
        async with self.begin() as store:
            known = await store.excuse_of(session_id, actor.user_id)
            if known is None:
                raise NotFound
            if known.status not in {ExcuseStatus.REQUESTED, ExcuseStatus.WITHDRAWN}:
                raise ExcuseDecided
            await store.save_excuse(replace(known, status=ExcuseStatus.WITHDRAWN))

    async def decide(self, actor: Actor, excuse_id: int, *, is_approved: bool, notes: str) -> None:
        """An excuse that is accepted is the instructor's mark. The same decision again changes nothing; what was
        declined may be accepted after all. (To take an acceptance back, mark the student.)

        :raises NotStaff: :raises ExcuseDecided: another way, or taken back. :raises NoExcuses:
        """
        wanted = ExcuseStatus.APPROVED if is_approved else ExcuseStatus.REJECTED
        async with self.begin() as store:
            session_id = await store.session_of_excuse(excuse_id)
            if session_id is None:
                raise NotFound
            session = await taught(store, actor, session_id)  # before the excuse, as everybody locks
            excuse = await store.excuse(excuse_id)
            if excuse is None:
                raise NotFound
            if excuse.status is wanted:
                return
            is_revised = excuse.status is ExcuseStatus.REJECTED and is_approved
            if excuse.status is not ExcuseStatus.REQUESTED and not is_revised:
                raise ExcuseDecided
            decided = replace(
                excuse, status=wanted, notes=notes, decided_by_id=actor.user_id, decided_at=self.clock.now()
            )
            await store.save_excuse(decided)
            if is_approved:
                await self._excuse(store, actor, session, decided)
            await store.emit(ExcuseAnswered(excuse_id=excuse_id))
        tell(self.hub, Recorded(session_id, [excuse.user_id]))

    async def _excuse(self, store: ExcuseStore, actor: Actor, session: ClassSession, excuse: Excuse) -> None:
        status = given_on(session.statuses, Occasion.EXCUSED)
        if status is None:
            raise NoExcuses
        record, now = await store.record(session, excuse.user_id), self.clock.now()
        marked = replace(record, mark=status.code, marked_by_id=actor.user_id, remarks=excuse.notes)
        after = revised(record, with_verdict(marked, session, now, is_over=session.closed_at is not None))
        await store.save_records([(record, after)], actor_id=actor.user_id)
        if session.closed_at is not None:
            await store.emit(AttendanceTaken(session_id=session.id, course_id=session.course_id))

    async def _demand_reason(self, store: ExcuseStore, session: ClassSession, user_id: int) -> None:
        if given_on(session.statuses, Occasion.EXCUSED) is None:
            raise NoExcuses
        record = await store.known_record(session.id, user_id)
        if record is not None and record.status == status_for(session.statuses, Occasion.ON_TIME).code:
            raise NothingToExcuse
