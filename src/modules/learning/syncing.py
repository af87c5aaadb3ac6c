"""What phones did without a network: told later, in any order, in parts, and more than once."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import AppError, NotFound
from core.transaction import Begin
from modules.learning.domain.enrolment import ContentLocked, Enrollment, EnrolmentExpired, NotEnrolled
from modules.learning.domain.progress import Happened, Progress, Tally, merge, report_faults
from modules.learning.lessons import MOST_TRIES, Busy, complete_course, demand_lesson, untouched
from modules.learning.ports import Lesson, SyncStore

MOST_EVENTS = 500


class Status(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Reason(StrEnum):
    INVALID = "invalid"
    NOT_FOUND = "not_found"
    NOT_ENROLLED = "not_enrolled"
    ENROLMENT_EXPIRED = "enrolment_expired"
    CONTENT_LOCKED = "content_locked"
    ID_REUSED = "id_reused"


REASONS: dict[type[AppError], Reason] = {
    NotFound: Reason.NOT_FOUND,
    NotEnrolled: Reason.NOT_ENROLLED,
    EnrolmentExpired: Reason.ENROLMENT_EXPIRED,
    ContentLocked: Reason.CONTENT_LOCKED,
}


class OfflineEvent(Struct, frozen=True):
    """`event_id` is the phone's own, and the same each time it tells of this."""

    event_id: str
    content_id: int
    happened: Happened

    def digest(self) -> str:
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


class Result(Struct, frozen=True):
    event_id: str
    status: Status
    reason: Reason | None = None


class CourseState(Struct, frozen=True):
    course_id: int
    enrollment_id: int
    tally: Tally
    completed_at: datetime | None


class Synced(Struct, frozen=True):
    """A result for each event in the order they came, and where contents and courses stand now."""

    results: list[Result]
    progress: list[Progress]
    courses: list[CourseState]


@dataclass(frozen=True, slots=True)
class Syncing:
    begin: Begin[SyncStore]
    clock: Clock

    async def sync(self, actor: Actor, events: Sequence[OfflineEvent]) -> Synced:
        """Merge up to 500 events, all in one transaction, and say of each what became of it.

        What is rejected was not kept, and may be sent again. A sequential course does not lock here: what happened
        has happened, and may be told in any order.

        :raises Busy:
        """
        now = self.clock.now()
        async with self.begin() as store:
            lessons = await store.lessons(actor.user_id, sorted({event.content_id for event in events}))
            known = await store.known_events(actor.user_id, [event.event_id for event in events])
            sorted_out = _SortedOut(lessons, dict(known), now)
            results = [sorted_out.take(event) for event in events]
            await store.keep_events(actor.user_id, sorted_out.fresh)
            noted = [await _noted(store, actor, lessons[id_], told, now) for id_, told in sorted_out.told.items()]
            touched = [lessons[id_] for id_ in dict.fromkeys(e.content_id for e in events) if id_ in lessons]
            return Synced(results, noted, await _courses(store, touched, noted, now))


class _SortedOut:
    """What of the events is new and may be applied, by content."""

    def __init__(self, lessons: dict[int, Lesson], known: dict[str, str], now: datetime) -> None:
        self.fresh: dict[str, str] = {}
        self.told: dict[int, list[Happened]] = {}
        self._lessons = lessons
        self._known = known
        self._now = now

    def take(self, event: OfflineEvent) -> Result:
        digest = event.digest()
        if (before := self._known.get(event.event_id)) is not None:
            if before == digest:
                return Result(event.event_id, Status.DUPLICATE)
            return Result(event.event_id, Status.REJECTED, Reason.ID_REUSED)
        if report_faults(event.happened.report):
            return Result(event.event_id, Status.REJECTED, Reason.INVALID)
        try:
            demand_lesson(self._lessons.get(event.content_id), self._now, in_order=False)
        except tuple(REASONS) as error:
            reason = next(reason for kind, reason in REASONS.items() if isinstance(error, kind))
            return Result(event.event_id, Status.REJECTED, reason)
        self._known[event.event_id] = self.fresh[event.event_id] = digest
        self.told.setdefault(event.content_id, []).append(event.happened)
        return Result(event.event_id, Status.APPLIED)


async def _noted(store: SyncStore, actor: Actor, lesson: Lesson, told: Sequence[Happened], now: datetime) -> Progress:
    """What is stored once all of it is merged."""
    for _ in range(MOST_TRIES):
        _, enrollment = demand_lesson(lesson, now, in_order=False)
        before = lesson.progress or untouched(lesson, enrollment)
        after = merge(
            before,
            told,
            content_type=lesson.content_type,
            duration=lesson.video_duration,
            enrolled_since=enrollment.enrollment_date,
            now=now,
        )
        noted = before if after == before and before.id else await store.note(before, after)
        if noted is not None:
            return noted
        lesson = (await store.lessons(actor.user_id, [lesson.content_id]))[lesson.content_id]  # a report was faster
    raise Busy(retry_after=1)


async def _courses(
    store: SyncStore, lessons: Sequence[Lesson], noted: Sequence[Progress], now: datetime
) -> list[CourseState]:
    done = {progress.content_id for progress in noted if progress.is_completed}
    courses: dict[int, tuple[Enrollment, Tally]] = {}
    for lesson in lessons:
        if lesson.enrollment is None or not lesson.enrollment.has_access(now):
            continue
        enrollment, tally = courses.get(lesson.course_id, (lesson.enrollment, lesson.tally))
        was_done = lesson.progress is not None and lesson.progress.is_completed
        if lesson.content_id in done and not was_done:
            tally = replace(tally, completed=tally.completed + 1)
        courses[lesson.course_id] = (enrollment, tally)
    return [
        CourseState(id_, enrollment.id, tally, await complete_course(store, enrollment, tally, now))
        for id_, (enrollment, tally) in courses.items()
    ]
