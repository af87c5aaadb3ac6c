"""Learning itself: what phones report, and what it adds up to."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid
from core.transaction import Begin
from modules.learning.domain.enrolment import Enrollment
from modules.learning.domain.progress import Progress, Report, Tally, advance, report_faults
from modules.learning.lessons import MOST_TRIES, Busy, demand_lesson, tallied, untouched
from modules.learning.ports import Lesson, ProgressBook, StudyStore


class Studied(Struct, frozen=True):
    """`last_position` and `time_spent` in seconds; the course's completion is set once."""

    progress: Progress
    course_id: int
    tally: Tally
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Studying:
    begin: Begin[StudyStore]
    book: ProgressBook
    clock: Clock

    async def report(self, actor: Actor, content_id: int, report: Report) -> Studied:
        """Merge a report into the student's progress. A repeat changes nothing.

        Most reports move a position; these are noted without a lock. What begins or completes a content is noted under
        the enrolment's lock, so that exactly one report completes the course.

        :raises Invalid: negative or absurd numbers. :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired:
        :raises ContentLocked: :raises Busy:
        """
        _check(report)
        now = self.clock.now()
        step = _step(await self.book.lesson(actor.user_id, content_id), report, now)
        if step.before.id and not step.may_complete and (noted := await _noted(self.book, step)) is not None:
            return Studied(noted, step.lesson.course_id, step.lesson.tally, step.enrollment.completed_at)
        async with self.begin() as store:
            for _ in range(MOST_TRIES):
                step = _step(await store.lesson(actor.user_id, content_id), report, now)
                if (noted := await _noted(store, step)) is not None:
                    tally, completed_at = await tallied(store, step.lesson, step.enrollment, noted, now)
                    return Studied(noted, step.lesson.course_id, tally, completed_at)
        raise Busy(retry_after=1)


class _Step(Struct, frozen=True):
    """One report's effect on what was stored when it came."""

    lesson: Lesson
    enrollment: Enrollment
    before: Progress
    after: Progress

    @property
    def may_complete(self) -> bool:
        """Whether it completes the content, or finds the course complete and not yet marked so."""
        is_unmarked = self.lesson.tally.is_complete and self.enrollment.completed_at is None
        return self.after.is_completed != self.before.is_completed or is_unmarked


def _step(found: Lesson | None, report: Report, now: datetime) -> _Step:
    lesson, enrollment = demand_lesson(found, now)
    before = lesson.progress or untouched(lesson, enrollment)
    after = advance(
        before,
        report,
        content_type=lesson.content_type,
        duration=lesson.video_duration,
        enrolled_since=enrollment.enrollment_date,
        now=now,
    )
    return _Step(lesson, enrollment, before, after)


async def _noted(book: ProgressBook, step: _Step) -> Progress | None:
    """What is stored now; None if somebody was faster."""
    if step.after == step.before and step.before.id:
        return step.before
    return await book.note(step.before, step.after)


def _check(report: Report) -> None:
    if faults := report_faults(report):
        raise Invalid(faults[0].message, faults=tuple(faults))
