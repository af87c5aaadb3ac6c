"""/api/courses/progress/: what phones report, and what it adds up to."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.params import FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import Invalid, NotFound
from entrypoints.http.calls import Call, Moment, caller, do
from entrypoints.http.learning_wire import ProgressInfo, progress_info
from entrypoints.http.policy import Policy
from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.enrolment import NotEnrolled
from modules.learning.domain.progress import Happened, Report, Rule, credited_seconds, required_seconds, rule_for
from modules.learning.queries import ProgressLine
from modules.learning.syncing import MOST_EVENTS, OfflineEvent, Reason, Status

SYNC_BODY = 4 * 2**20


class ProgressBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`time_spent` is the content's total so far: sending it again changes nothing. All in seconds."""

    content_id: int
    last_position: int
    time_spent: int
    is_completed: bool = False
    watched: list[tuple[int, int]] = []


class SyncEvent(ProgressBody, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`event_id` is made by the phone, once for each event; `occurred_at` is by its own clock."""

    event_id: UUID
    occurred_at: Moment


class SyncBody(Struct, frozen=True, forbid_unknown_fields=True):
    events: Annotated[list[SyncEvent], Meta(min_length=1, max_length=MOST_EVENTS)]


class SyncResult(Struct, frozen=True):
    """`reason` is there if it was rejected: then it was not kept, and may be sent again."""

    event_id: str
    status: Status
    reason: Reason | None


class CourseState(Struct, frozen=True):
    course_id: int
    enrollment_id: int
    progress_percentage: float
    completed_contents: int
    total_contents: int
    completed_at: datetime | None


class SyncAnswer(Struct, frozen=True):
    """A result for each event in its order; the progress of the contents, and of the courses, that were named."""

    results: list[SyncResult]
    progress: list[ProgressInfo]
    courses: list[CourseState]


class ProgressAnswer(Struct, frozen=True):
    progress: ProgressInfo | None
    course_id: int
    enrollment_id: int
    progress_percentage: float
    completed_contents: int
    total_contents: int
    completed_at: datetime | None


class ProgressItem(Struct, frozen=True):
    """`rule` says what completes the content; the seconds are there for videos only."""

    content_id: int
    title: str
    content_type: ContentType
    counts: bool
    rule: Rule
    watched_seconds: int | None
    required_seconds: int | None
    progress: ProgressInfo | None


class CourseProgress(Struct, frozen=True):
    course_id: int
    enrollment_id: int
    progress_percentage: float
    completed_contents: int
    total_contents: int
    completed_at: datetime | None
    contents: list[ProgressItem]


@post("/progress/update/", policy=Policy.ENROLLED, status_code=200)
async def update_progress(request: Call, data: JSONBody[ProgressBody]) -> ProgressAnswer:
    """Report where a student is in a content."""
    report = Report(data.last_position, data.time_spent, data.is_completed, tuple(data.watched))
    studied = await do(request).studying.report(caller(request), data.content_id, report)
    return ProgressAnswer(
        progress_info(studied.progress),
        studied.course_id,
        studied.progress.enrollment_id,
        studied.tally.percentage,
        studied.tally.completed,
        studied.tally.total,
        studied.completed_at,
    )


@post("/progress/sync/", policy=Policy.USER, status_code=200, request_max_body_size=SYNC_BODY)
async def sync_progress(request: Call, data: JSONBody[SyncBody]) -> SyncAnswer:
    """Tell of up to 500 things that happened offline. Each is answered; what is not `rejected` is kept."""
    events = [_event(event, place) for place, event in enumerate(data.events)]
    synced = await do(request).syncing.sync(caller(request), events)
    return SyncAnswer(
        [SyncResult(result.event_id, result.status, result.reason) for result in synced.results],
        [info for one in synced.progress if (info := progress_info(one)) is not None],
        [
            CourseState(
                one.course_id,
                one.enrollment_id,
                one.tally.percentage,
                one.tally.completed,
                one.tally.total,
                one.completed_at,
            )
            for one in synced.courses
        ],
    )


@get("/progress/", policy=Policy.ENROLLED)
async def progress(request: Call, course_id: FromQuery[int], user_id: FromQuery[int | None] = None) -> CourseProgress:
    """What counts in a course and how far one is; its staff may name a student's `user_id`."""
    actor = caller(request)
    if user_id is not None and user_id != actor.user_id and not await do(request).study.is_staff(actor, course_id):
        raise NotFound
    found = await do(request).study.progress(user_id or actor.user_id, course_id)
    if found is None:
        raise NotEnrolled("Not enrolled in this course.")
    now = do(request).studying.clock.now()
    return CourseProgress(
        course_id,
        found.enrollment.id,
        found.tally.percentage,
        found.tally.completed,
        found.tally.total,
        found.enrollment.completed_at,
        [_item(line, found.enrollment.enrollment_date, now) for line in found.contents],
    )


def _event(event: SyncEvent, place: int) -> OfflineEvent:
    try:
        occurred_at = event.occurred_at.astimezone(UTC)
    except OverflowError:
        raise Invalid.field(f"events.{place}.occurred_at", "No calendar has this time.") from None
    report = Report(event.last_position, event.time_spent, event.is_completed, tuple(event.watched))
    return OfflineEvent(str(event.event_id), event.content_id, Happened(report, occurred_at))


def _item(line: ProgressLine, since: datetime, now: datetime) -> ProgressItem:
    is_video = line.content_type is ContentType.VIDEO
    watched = credited_seconds(line.progress.watched, since, now) if line.progress else 0
    return ProgressItem(
        line.content_id,
        line.title,
        line.content_type,
        True,
        rule_for(line.content_type),
        watched if is_video else None,
        required_seconds(line.video_duration) if is_video else None,
        progress_info(line.progress),
    )


HANDLERS = [update_progress, sync_progress, progress]
