"""What reports and attempts have in common: whether a lesson may be learnt now, and what completing it brings."""

from datetime import datetime

from core.actor import Actor
from core.errors import NotFound, Unauthenticated, Unavailable
from modules.learning.domain.enrolment import Enrollment, demand_access, demand_in_order, demand_unlocked
from modules.learning.domain.progress import Progress, Tally
from modules.learning.events import CourseCompleted
from modules.learning.ports import Lesson, StudyStore
from modules.learning.queries import ContentSight

MOST_TRIES = 20


class Busy(Unavailable):
    code = "progress_busy"
    detail = "Too many reports about this content at the same moment; send it again."


def demand_lesson(lesson: Lesson | None, now: datetime, *, in_order: bool = True) -> tuple[Lesson, Enrollment]:
    """The lesson, if its student may learn it now; `in_order` in a sequential course, if all before it is completed.

    :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: :raises ContentLocked:
    """
    if lesson is None or not lesson.is_published:
        raise NotFound
    if lesson.enrollment is None and not lesson.course_is_published:
        raise NotFound
    enrollment = demand_access(lesson.enrollment, now)
    demand_unlocked(enrollment, lesson.available_after_days, now)
    demand_in_order(is_blocked=in_order and lesson.is_blocked)
    return lesson, enrollment


def demand_open(sight: ContentSight | None, viewer: Actor | None, now: datetime) -> ContentSight:
    """The content, if its viewer may open it now: staff always, others what is published, previews without a login.

    :raises NotFound: :raises Unauthenticated: :raises NotEnrolled: :raises EnrolmentExpired: :raises ContentLocked:
    """
    if sight is None:
        raise NotFound
    if sight.is_staff:
        return sight
    content = sight.content
    if not content.is_published or (not sight.course_is_published and sight.enrollment is None):
        raise NotFound
    if content.is_preview:
        return sight
    if viewer is None:
        raise Unauthenticated
    demand_unlocked(demand_access(sight.enrollment, now), content.available_after_days, now)
    demand_in_order(is_blocked=sight.is_blocked)
    return sight


def untouched(lesson: Lesson, enrollment: Enrollment) -> Progress:
    """The progress of a student who has not opened the lesson yet."""
    return Progress(0, enrollment.id, lesson.content_id, False, None, 0, 0)


async def tallied(
    store: StudyStore, lesson: Lesson, enrollment: Enrollment, noted: Progress, now: datetime
) -> tuple[Tally, datetime | None]:
    """How far the course is with what was noted, and since when it is complete; the enrolment is locked."""
    tally, was_completed = lesson.tally, lesson.progress is not None and lesson.progress.is_completed
    if noted.is_completed and not was_completed and lesson.is_published:
        tally = Tally(tally.completed + 1, tally.total)
    return tally, await complete_course(store, enrollment, tally, now)


async def complete_course(store: StudyStore, enrollment: Enrollment, tally: Tally, now: datetime) -> datetime | None:
    """Since when the course is complete, if it is; the enrolment is locked, and this happens once."""
    completed_at = enrollment.completed_at
    if tally.is_complete and completed_at is None and await store.complete(enrollment.id, now):
        completed_at = now
        await store.emit(
            CourseCompleted(enrollment_id=enrollment.id, user_id=enrollment.user_id, course_id=enrollment.course_id)
        )
    return completed_at
