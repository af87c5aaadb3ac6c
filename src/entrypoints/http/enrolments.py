"""/api/courses/enrollments/: one's own, and what administrators grant."""

from datetime import UTC, datetime
from typing import Any, Literal

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Struct, UnsetType

from core.errors import Invalid, NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    caller,
    do,
    expected_version,
    given,
    listing,
    once,
    page_request,
)
from entrypoints.http.learning_wire import EnrollmentInfo, enrollment_info
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import one_file, text_of
from modules.learning.domain.enrolment import Source
from modules.learning.queries import EnrollmentFilter

CSV_BODY = 2 * 2**20


class NewEnrollment(Struct, frozen=True, forbid_unknown_fields=True):
    course_id: int


class Grant(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `expiry_date` access lasts as long as the course says."""

    course_id: int
    user_id: int
    expiry_date: Moment | None = None


class EnrollmentChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays; `expiry_date` null is lifetime."""

    is_active: bool | UnsetType = UNSET
    expiry_date: Moment | UnsetType | None = UNSET
    id: Any = UNSET
    user_id: Any = UNSET
    course_id: Any = UNSET
    course: Any = UNSET
    enrollment_date: Any = UNSET
    completed_at: Any = UNSET
    has_access: Any = UNSET
    source: Any = UNSET
    progress_percentage: Any = UNSET
    completed_contents: Any = UNSET
    total_contents: Any = UNSET
    last_content: Any = UNSET
    version: Any = UNSET


class ImportInfo(Struct, frozen=True):
    """`counts` by status: waiting, enrolled, already_enrolled, suspended, unknown_user."""

    id: int
    course_id: int
    created_at: datetime
    finished_at: datetime | None
    total: int
    counts: dict[str, int]


class ImportLineInfo(Struct, frozen=True):
    line: int
    email: str
    status: str


@get("/enrollments/", policy=Policy.USER)
async def enrollments(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    status: FromQuery[Literal["active", "expired", "suspended", "completed"] | None] = None,
    course_id: FromQuery[int | None] = None,
    source: FromQuery[Source | None] = None,
    user_id: FromQuery[int | None] = None,
) -> Listing[EnrollmentInfo]:
    """One's own enrolments with progress, newest first. Administrators may name a `user_id`, or 0 for everybody."""
    actor, whose = caller(request), None
    if not actor.is_admin or user_id is None:
        whose = actor.user_id
    elif user_id:
        whose = user_id
    page = await do(request).study.enrollments(
        page_request(limit, cursor, count=count), EnrollmentFilter(status, course_id, source), user_id=whose
    )
    return listing(request, page, lambda card: enrollment_info(request, card))


@get("/enrollments/{enrollment_id:int}/", policy=Policy.OWNER)
async def enrollment(request: Call, enrollment_id: FromPath[int]) -> EnrollmentInfo:
    """One enrolment: the student's own, or any for administrators."""
    card = await do(request).study.enrollment(enrollment_id)
    actor = caller(request)
    if card is None or not (actor.is_admin or card.enrollment.user_id == actor.user_id):
        raise NotFound
    return enrollment_info(request, card)


@post("/enrollments/", policy=Policy.USER, once=True)
async def enrol(request: Call, data: JSONBody[NewEnrollment]) -> EnrollmentInfo:
    """Enrol in a course that is free."""
    key = await once(request, "enrol")
    enrolled = await do(request).enrolling.enrol_free(caller(request), data.course_id, once=key)
    return await _info(request, enrolled.id)


@post("/enrollments/grant/", policy=Policy.ADMIN, once=True)
async def grant(request: Call, data: JSONBody[Grant]) -> EnrollmentInfo:
    """Enrol somebody by hand."""
    enrolled = await do(request).enrolling.grant(
        caller(request),
        data.course_id,
        data.user_id,
        expiry_date=_in_calendar(data.expiry_date),
        once=await once(request, "grant"),
    )
    return await _info(request, enrolled.id)


@patch("/enrollments/{enrollment_id:int}/", policy=Policy.ADMIN)
async def change_enrollment(
    request: Call, enrollment_id: FromPath[int], data: JSONBody[EnrollmentChanges]
) -> EnrollmentInfo:
    """Suspend, resume, extend or shorten."""
    changes = given(data, "is_active", "expiry_date")
    if "expiry_date" in changes:
        changes["expiry_date"] = _in_calendar(changes["expiry_date"])
    await do(request).enrolling.change(caller(request), enrollment_id, changes, version=expected_version(request))
    return await _info(request, enrollment_id)


@post(
    "/courses/{course_id:int}/enrollments/import/",
    policy=Policy.ADMIN,
    takes_file=True,
    status_code=202,
    request_max_body_size=CSV_BODY,
)
async def start_import(request: Call, course_id: FromPath[int]) -> ImportInfo:
    """Enrol up to 10,000 students from a CSV in UTF-8 (multipart field `file`; columns email, expiry_date).

    `expiry_date` is the last day of access, as YYYY-MM-DD in India; without it access lasts as long as the course says.
    """
    file = await one_file(request)
    import_id = await do(request).importing.start(caller(request), course_id, await text_of(file))
    return await _import(request, import_id)


@get("/enrollments/imports/{import_id:int}/", policy=Policy.ADMIN)
async def import_status(request: Call, import_id: FromPath[int]) -> ImportInfo:
    return await _import(request, import_id)


@get("/enrollments/imports/{import_id:int}/results/", policy=Policy.ADMIN)
async def import_results(
    request: Call, import_id: FromPath[int], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, count: Count = False
) -> Listing[ImportLineInfo]:
    """The result of each line, in the order of the file."""
    await _import(request, import_id)
    page = await do(request).study.import_results(import_id, page_request(limit, cursor, count=count))
    return listing(request, page, lambda r: ImportLineInfo(r.line, r.email, r.status))


def _in_calendar(expiry_date: datetime | None) -> datetime | None:
    """In UTC, where the first and the last day of the calendar may lie outside of it.

    :raises Invalid:
    """
    try:
        return expiry_date and expiry_date.astimezone(UTC)
    except OverflowError:
        raise Invalid.field("expiry_date", "This is no date in UTC.") from None


async def _info(request: Call, enrollment_id: int) -> EnrollmentInfo:
    card = await do(request).study.enrollment(enrollment_id)
    if card is None:
        raise NotFound
    return enrollment_info(request, card)


async def _import(request: Call, import_id: int) -> ImportInfo:
    status = await do(request).study.import_status(import_id)
    if status is None:
        raise NotFound
    return ImportInfo(status.id, status.course_id, status.created_at, status.finished_at, status.total, status.counts)


HANDLERS = [
    enrollments, enrollment, enrol, grant, change_enrollment, start_import, import_status, import_results,
]  # fmt: skip
