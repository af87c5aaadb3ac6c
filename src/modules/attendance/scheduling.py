"""Making, changing and cancelling classes, one by one and in series."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound, VersionConflict
from core.idempotency import Once
from core.ids import Randomness
from core.transaction import Begin
from modules.attendance.admission import note, taught
from modules.attendance.domain.records import replanned, revised, with_verdict
from modules.attendance.domain.sessions import (
    HORIZON,
    JUDGED_BY,
    MOST_OCCURRENCES,
    ClassSession,
    NotStaff,
    Plan,
    Scope,
    SessionTaken,
    changed,
    demand_near,
    demand_not_cancelled,
    demand_open,
    moved_like,
    with_statuses,
    zone,
)
from modules.attendance.domain.statuses import USUAL, Status
from modules.attendance.events import ClassCancelled, ClassMoved
from modules.attendance.ports import Changes, RecurrenceRules, ScheduleStore

SECRET_BYTES = 20  # RFC 4226 wants as many


@dataclass(frozen=True, slots=True)
class Scheduling:
    """:raises NotFound: :raises NotStaff: from each of them."""

    begin: Begin[ScheduleStore]
    rules: RecurrenceRules
    randomness: Randomness
    clock: Clock

    async def add(
        self,
        actor: Actor,
        plan: Plan,
        *,
        recurrence: str | None = None,
        excluded: Sequence[date] = (),
        status_set_id: int | None = None,
        once: Once | None = None,
    ) -> int:
        """The id of the class; of a series, of its first one. `recurrence` is an RRULE (RFC 5545); on `excluded` days
        no class is held.

        :raises Invalid: a rule that is none, has no end or makes more than 200 classes; another course's group or set.
        """
        plans = self._occurrences(plan, recurrence, excluded)
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            if not await store.course_exists(plan.course_id):
                raise NotFound
            if not await store.is_staff(actor, plan.course_id):
                raise NotStaff
            await _demand_group(store, plan.community_id, plan.course_id)
            statuses = await _statuses(store, plan.course_id, status_set_id)
            series_id = None if recurrence is None else await store.add_series(plan.course_id, recurrence)
            secrets = [self.randomness.token(SECRET_BYTES) for _ in plans]
            first_id = await store.add_sessions(
                plans, secrets, series_id=series_id, created_by_id=actor.user_id, statuses=statuses
            )
            await note(store, actor, "created", first_id, classes=len(plans))
            await store.answer(once, first_id)
            return first_id

    async def change(
        self,
        actor: Actor,
        session_id: int,
        changes: Changes,
        *,
        scope: Scope = Scope.THIS,
        version: int | None = None,
    ) -> None:
        """Change a class, or it and those of its series that come after it; times shift all of these alike.

        `status_set_id` among the changes gives it the statuses of another set, None the usual ones.

        :raises VersionConflict: :raises SessionCancelled: :raises SessionClosed: its times and statuses are history.
        :raises SessionTaken: somebody has a status already. :raises Invalid:
        """
        wanted = dict(changes)
        has_set, set_id = "status_set_id" in wanted, wanted.pop("status_set_id", None)
        async with self.begin() as store:
            session = await taught(store, actor, session_id)
            if version is not None and version != session.version:
                raise VersionConflict
            demand_not_cancelled(session)
            if has_set or JUDGED_BY & set(wanted):
                demand_open(session)
            if not changes:
                return
            await self._demand_plan(store, session, wanted)
            statuses = await _statuses(store, session.course_id, set_id) if has_set else None
            meant = await _all(store, session, scope)
            if statuses is not None and await store.has_records([one.id for one in meant]):
                raise SessionTaken
            after = [changed(one, self._for(one, session, wanted), self.clock.now()) for one in meant]
            if statuses is not None:
                after = [with_statuses(one, statuses) for one in after]
            await store.save_session(*after)
            if JUDGED_BY & set(wanted):
                await self._judge_anew(store, actor, after)
            said = {name: str(value) for name, value in changes.items()}
            await note(store, actor, "changed", session.id, scope=scope.value, **said)
            starts_at = wanted.get("starts_at", session.starts_at)
            if starts_at != session.starts_at and starts_at > self.clock.now():
                moved = ClassMoved(
                    session_id=session.id,
                    version=session.version + 1,
                    actor_id=actor.user_id,
                    has_following=len(meant) > 1,
                )
                await store.emit(moved)

    async def cancel(self, actor: Actor, session_id: int, *, scope: Scope = Scope.THIS) -> None:
        """Nothing that was recorded in it counts. A repeat changes nothing.

        :raises SessionClosed:
        """
        async with self.begin() as store:
            session, now = await taught(store, actor, session_id), self.clock.now()
            if session.cancelled_at is not None and scope is Scope.THIS:
                return
            demand_open(replace(session, cancelled_at=None))
            meant = await _all(store, session, scope)
            await store.save_session(*(replace(one, cancelled_at=one.cancelled_at or now) for one in meant))
            await note(store, actor, "cancelled", session.id, scope=scope.value)
            if any(one.ends_at > now for one in meant):
                cancelled = ClassCancelled(
                    session_id=session.id,
                    version=session.version + 1,
                    actor_id=actor.user_id,
                    has_following=len(meant) > 1,
                )
                await store.emit(cancelled)

    async def _judge_anew(self, store: ScheduleStore, actor: Actor, sessions: Sequence[ClassSession]) -> None:
        """Whoever has come already is judged by the class as it is now; a class of another day has begun for nobody."""
        now = self.clock.now()
        for session in sessions:
            records = [(one, replanned(one, session)) for one in await store.unmarked_records(session)]
            judged = [(one, revised(one, with_verdict(placed, session, now, is_over=False))) for one, placed in records]
            changes = [(one, after) for one, after in judged if after != one]
            await store.save_records(changes, actor_id=actor.user_id)

    def _occurrences(self, plan: Plan, recurrence: str | None, excluded: Sequence[date]) -> list[Plan]:
        place, now = zone(plan.timezone), self.clock.now()
        demand_near(plan.starts_at, now)
        if recurrence is None:
            if excluded:
                raise Invalid.field("excluded_dates", "Only of classes that recur.")
            return [plan]
        first = plan.starts_at.astimezone(place)
        left_out = set(excluded)
        starts = self.rules.starts(recurrence, first, MOST_OCCURRENCES + 1 + len(left_out), now + HORIZON)
        held = [start for start in starts if start.astimezone(place).date() not in left_out]
        if not held:
            raise Invalid.field("recurrence", "No class is left by this rule.")
        if len(held) > MOST_OCCURRENCES:
            raise Invalid.field("recurrence", f"At most {MOST_OCCURRENCES} classes at once: say COUNT or UNTIL.")
        return [replace(plan, starts_at=start) for start in held]

    async def _demand_plan(self, store: ScheduleStore, session: ClassSession, changes: Changes) -> None:
        if "timezone" in changes:
            zone(changes["timezone"])
        if "starts_at" in changes:
            demand_near(changes["starts_at"], self.clock.now())
        if "community_id" in changes:
            await _demand_group(store, changes["community_id"], session.course_id)

    def _for(self, one: ClassSession, session: ClassSession, changes: Changes) -> Changes:
        """The changes of one class, as they are for another of its series."""
        if "starts_at" not in changes or one.id == session.id:
            return changes
        return {**changes, "starts_at": moved_like(one, session, changes["starts_at"])}


async def _all(store: ScheduleStore, session: ClassSession, scope: Scope) -> list[ClassSession]:
    """The class, and those after it if they are meant, too."""
    if scope is Scope.THIS or session.series_id is None:
        return [session]
    return [session, *(one for one in await store.following(session) if one.id != session.id)]


async def _demand_group(store: ScheduleStore, community_id: int | None, course_id: int) -> None:
    if community_id is not None and not await store.is_group_of(community_id, course_id):
        raise Invalid.field("community_id", "The course has no such group.")


async def _statuses(store: ScheduleStore, course_id: int, set_id: int | None) -> Sequence[Status]:
    if set_id is None:
        return USUAL
    known = await store.status_set(set_id)
    if known is None or known.course_id != course_id:
        raise Invalid.field("status_set_id", "The course has no such set.")
    return known.statuses
