"""/api/attendance/: reports of a class, of a student and of a course."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Stream
from msgspec import Struct
from msgspec.structs import asdict

from core.errors import Forbidden, NotFound
from core.paging import DEFAULT_LIMIT, MAX_LIMIT, PageRequest
from entrypoints.http.answers import Answer
from entrypoints.http.attendance_wire import (
    SessionFiguresInfo,
    attendance_info,
    figures_info,
    record_info,
)
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    caller,
    do,
    listing,
    page_request,
)
from entrypoints.http.class_access import demand_teaches, taught_session
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
        infos = (record_info(base, card) for card in cards)
        rows = [IN_LISTS, *(_row(info, IN_LISTS, info.user) for info in infos)]
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
        found_one = attendance_info(base, await _student(request, course_id, user_id))
        if kind == "csv":
            text = csv_of([IN_REPORTS, _row(found_one, IN_REPORTS, found_one.user)])
            return Response(text.encode(), media_type=CSV, headers=named(f"attendance-{course_id}-{user_id}"))
        return Answer(found_one)
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
    reports = do(request).attendance
    if kind == "csv":
        page, names, rows = PageRequest(MAX_LIMIT), SessionFiguresInfo.__struct_fields__, list[list[object]]()
        while True:
            part = await reports.course_figures(page, course_id)
            rows += [_row(figures_info(request, one), names) for one in part.results]
            if part.next_cursor is None:
                break
            page = PageRequest(MAX_LIMIT, (part.results[-1].session.starts_at, part.results[-1].session.id))
        return Response(csv_of([names, *rows]).encode(), media_type=CSV, headers=named(f"classes-{course_id}"))
    asked = page_request(limit, cursor, count=count, kinds=(Moment, int))
    found = await reports.course_figures(asked, course_id)
    return Answer(listing(request, found, lambda one: figures_info(request, one)))


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
        infos = (attendance_info(base, one) for one in part)
        yield csv_of(_row(info, IN_REPORTS, info.user) for info in infos)


def _row(one: Struct, names: Sequence[str], whose: Struct | None = None) -> list[object]:
    """Under these headings; whose line it is stands beside its values."""
    values = {**({} if whose is None else asdict(whose)), **asdict(one)}
    return [values[name] for name in names]


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
