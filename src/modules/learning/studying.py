"""Learning itself: what phones report, and what it adds up to."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound
from core.transaction import Begin
from modules.learning.domain.enrolment import Enrollment, demand_access, demand_unlocked
from modules.learning.domain.progress import MAX_INTERVALS, Progress, Report, Tally, advance
from modules.learning.events import CourseCompleted
from modules.learning.ports import Lesson, StudyStore

MAX_SECONDS = 10_000_000


class Studied(Struct, frozen=True):
    """`last_position` and `time_spent` in seconds; the course's completion is set once."""

    progress: Progress
    course_id: int
    tally: Tally
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Studying:
    begin: Begin[StudyStore]
    clock: Clock

    async def report(self, actor: Actor, content_id: int, report: Report) -> Studied:
        """Merge a report into the student's progress. A repeat changes nothing.

        :raises Invalid: negative or absurd numbers. :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired:
        :raises ContentLocked:
        """
        _check(report)
        async with self.begin() as store:
            lesson = await store.lesson(actor.user_id, content_id)
            if lesson is None or not lesson.content.is_published:
                raise NotFound
            if lesson.enrollment is None and not lesson.course_is_published:
                raise NotFound
            now = self.clock.now()
            enrollment = demand_access(lesson.enrollment, now)
            demand_unlocked(enrollment, lesson.content.available_after_days, now)
            progress = await self._advance(store, lesson, enrollment, report, now)
            tally = lesson.tally
            if progress.is_completed and not (lesson.progress and lesson.progress.is_completed):
                tally = Tally(tally.completed + 1, tally.total)  # the enrolment is locked: nobody else adds one
            completed_at = enrollment.completed_at
            if tally.is_complete and completed_at is None and await store.complete(enrollment.id, now):
                completed_at = now
                await store.emit(
                    CourseCompleted(enrollment_id=enrollment.id, user_id=actor.user_id, course_id=lesson.course_id)
                )
            return Studied(progress, lesson.course_id, tally, completed_at)

    async def _advance(
        self, store: StudyStore, lesson: Lesson, enrollment: Enrollment, report: Report, now: datetime
    ) -> Progress:
        before = lesson.progress or Progress(0, enrollment.id, lesson.content.id, False, None, 0, 0)
        after = advance(
            before,
            report,
            content_type=lesson.content.content_type,
            duration=lesson.content.video_duration,
            enrolled_since=enrollment.enrollment_date,
            now=now,
        )
        if after == before and before.id:
            return before
        return await store.save_progress(after)


def _check(report: Report) -> None:
    for field, value in (("last_position", report.last_position), ("time_spent", report.time_spent)):
        if not 0 <= value <= MAX_SECONDS:
            raise Invalid.field(field, f"Between 0 and {MAX_SECONDS} seconds.")
    if len(report.watched) > MAX_INTERVALS:
        raise Invalid.field("watched", f"At most {MAX_INTERVALS} intervals.")
    if any(not 0 <= start <= end <= MAX_SECONDS for start, end in report.watched):
        raise Invalid.field("watched", "Each interval is [from, to] in seconds, from not after to.")
