"""/api/attendance/: reports of a class, of a student and of a course."""

from collections.abc import AsyncIterator
from datetime import datetime

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Struct

from core.errors import Forbidden, NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
from entrypoints.http.attendance_wire import (
    AttendanceInfo,
    RecordInfo,
    SessionFiguresInfo,
    attendance_info,
    demand_teaches,
    figures_info,
    record_info,
    taught_session,
)
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    address,
    caller,
    do,
    listed,
    listing,
    page_request,
)
from entrypoints.http.policy import Policy
from entrypoints.http.spreadsheets import CSV, Format, Table, csv_of, named
from entrypoints.http.wire import PersonRef, media, person
from modules.attendance.domain.records import Source
from modules.attendance.queries import ChangeCard, StudentReport

IN_LISTS = (
    *("user_id", "username", "full_name", "status", "points", "source", "recorded_at", "checked_in_at"),
    *("seen_seconds", "is_flagged", "remarks"),
)
IN_REPORTS = (
    *("user_id", "username", "full_name", "taken_sessions", "counts", "points", "possible_points"),
    *("percentage", "best_possible_percentage", "is_below_threshold"),
)


class ChangeInfo(Struct, frozen=True):
    """`actor` null: the house itself, as when a class was closed."""

    id: int
    session_id: int
    user_id: int
    user: PersonRef
    at: datetime
    actor: PersonRef | None
    from_status: str | None
    to_status: str | None
    source: Source | None
    remarks: str


@get("/sessions/{session_id:int}/report/", policy=Policy.STAFF)
async def session_report(
    request: Call,
    session_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    status: FromQuery[str | None] = None,
    flagged: FromQuery[bool] = False,
    kind: Format = "json",
) -> Table:
    """Everybody who has a status in the class, by user; as CSV all at once."""
    await taught_session(request, session_id)
    base = media(request)
    if kind == "csv":
        cards = await do(request).attendance.all_records(session_id)
        rows = [IN_LISTS, *(_record_row(record_info(base, card)) for card in cards)]
        return Response(csv_of(rows).encode(), media_type=CSV, headers=named(f"class-{session_id}"))
    page = page_request(limit, cursor, count=count)
    found = await do(request).attendance.records(page, session_id, flagged=flagged, status=status)
    return Answer(listing(request, found, lambda card: record_info(base, card)))


@get("/sessions/{session_id:int}/summary/", policy=Policy.STAFF)
async def session_summary(request: Call, session_id: FromPath[int]) -> SessionFiguresInfo:
    """How many were expected, and how many have which status."""
    await taught_session(request, session_id)
    found = await do(request).attendance.figures(session_id)
    if found is None:
        raise NotFound
    return figures_info(request, found)


@get("/sessions/{session_id:int}/changes/", policy=Policy.STAFF)
async def session_changes(
    request: Call,
    session_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    user_id: FromQuery[int | None] = None,
) -> Listing[ChangeInfo]:
    """Who gave or changed which status, and when; newest first."""
    await taught_session(request, session_id)
    base = media(request)
    found = await do(request).attendance.changes(page_request(limit, cursor, count=count), session_id, user_id)
    return listing(request, found, lambda card: _change(base, card))


@get("/report/", policy=Policy.USER)
async def course_report(
    request: Call,
    course_id: FromQuery[int],
    user_id: FromQuery[int | None] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    kind: Format = "json",
) -> Table | Stream:
    """One student's attendance in a course (one's own, or as its instructor anybody's); without `user_id` that of all
    its students, by user, for instructors.
    """
    base = media(request)
    if user_id is not None:
        return Answer(attendance_info(base, await _student(request, course_id, user_id)))
    await demand_teaches(request, course_id)
    if kind == "csv":
        parts = do(request).attendance.all_students(course_id)
        return Stream(_students(base, parts), media_type=CSV, headers=named(f"attendance-{course_id}"))
    found = await do(request).attendance.students(page_request(limit, cursor, count=count), course_id)
    return Answer(listing(request, found, lambda report: attendance_info(base, report)))


@get("/report/sessions/", policy=Policy.STAFF)
async def sessions_report(
    request: Call,
    course_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    kind: Format = "json",
) -> Table:
    """The classes of a course with how many came; latest first."""
    await demand_teaches(request, course_id)
    page = page_request(limit, cursor, count=count, kinds=(Moment, int))
    found = await do(request).attendance.course_figures(page, course_id)
    body = listed(address(request), found, lambda one: figures_info(request, one))
    if kind == "json":
        return Answer(body)
    names = SessionFiguresInfo.__struct_fields__
    rows = [names, *([getattr(one, name) for name in names] for one in body.results)]
    return Response(csv_of(rows).encode(), media_type=CSV, headers=named(f"classes-{course_id}"))


async def _student(request: Call, course_id: int, user_id: int) -> StudentReport:
    place = await do(request).classes.place(course_id, caller(request))
    if place is None:
        raise NotFound
    if not place.is_staff and user_id != caller(request).user_id:
        raise Forbidden("Only one's own attendance, unless one teaches the course.")
    found = await do(request).attendance.student(course_id, user_id)
    if found is None:
        raise NotFound
    return found


async def _students(base: str, parts: AsyncIterator[list[StudentReport]]) -> AsyncIterator[str]:
    yield csv_of([IN_REPORTS])
    async for part in parts:
        yield csv_of(_student_row(attendance_info(base, one)) for one in part)


def _student_row(one: AttendanceInfo) -> list[object]:
    return [_value(one, name) for name in IN_REPORTS]


def _record_row(one: RecordInfo) -> list[object]:
    return [_value(one, name) for name in IN_LISTS]


def _value(one: AttendanceInfo | RecordInfo, name: str) -> object:
    found: object = getattr(one.user if name in {"username", "full_name"} else one, name)
    return found


def _change(base: str, card: ChangeCard) -> ChangeInfo:
    change = card.change
    return ChangeInfo(
        id=change.id,
        session_id=change.session_id,
        user_id=change.user_id,
        user=person(base, card.person),
        at=change.at,
        actor=None if card.actor is None else person(base, card.actor),
        from_status=change.from_status,
        to_status=change.to_status,
        source=change.source,
        remarks=change.remarks,
    )


HANDLERS = [session_report, session_summary, session_changes, course_report, sessions_report]
