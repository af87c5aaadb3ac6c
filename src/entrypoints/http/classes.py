"""/api/attendance/sessions/: live classes, as they are made and led."""

import io
from datetime import date, datetime
from typing import Annotated, Any

import segno
from litestar import Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import Invalid
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
from entrypoints.http.attendance_wire import SessionInfo, session_info
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
    house,
    listing,
    once,
    page_request,
)
from entrypoints.http.class_access import seen_session
from entrypoints.http.policy import Policy
from modules.attendance.conducting import ShownCode
from modules.attendance.domain.sessions import TIMEZONE, Plan, Scope, SessionStatus
from modules.attendance.queries import SessionFilter

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5000)]
Minutes = Annotated[int, Meta(ge=1, le=720)]
Before = Annotated[int, Meta(ge=0, le=120)]
Percent = Annotated[int, Meta(ge=1, le=100)]
Zone = Annotated[str, Meta(min_length=1, max_length=64)]
Link = Annotated[str, Meta(max_length=500, pattern=r"^https://\S+$(?!\n)")]
Rule = Annotated[str, Meta(min_length=1, max_length=200)]
Days = Annotated[list[date], Meta(max_length=200)]
Opening = Annotated[int, Meta(ge=1, le=240)]
Since = Annotated[Moment | None, QueryParameter(name="from", description="Classes that start then or later")]
Until = Annotated[Moment | None, QueryParameter(name="to", description="Classes that start before")]
PLAN = (
    *("community_id", "title", "description", "starts_at", "duration_minutes", "timezone", "meeting_url"),
    *("opens_before_minutes", "late_after_minutes", "check_in_minutes", "presence_percent"),
)


class NewSession(Struct, frozen=True, forbid_unknown_fields=True):
    """`recurrence` is an RRULE with COUNT or UNTIL (RFC 5545); on `excluded_dates` no class of it is held. Check-in
    opens `opens_before_minutes` before the start, and ends after `check_in_minutes` or, where that is null, with the
    class.
    """

    course_id: int
    title: Title
    starts_at: Moment
    duration_minutes: Minutes
    community_id: int | None = None
    description: Description = ""
    timezone: Zone = TIMEZONE
    recurrence: Rule | None = None
    excluded_dates: Days = []
    meeting_url: Link | None = None
    opens_before_minutes: Before = 10
    late_after_minutes: Before = 10
    check_in_minutes: Minutes | None = None
    presence_percent: Percent = 60
    status_set_id: int | None = None


class SessionChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. `scope` `following`: this class and all of its series after it."""

    scope: Scope = Scope.THIS
    title: Title | UnsetType = UNSET
    starts_at: Moment | UnsetType = UNSET
    duration_minutes: Minutes | UnsetType = UNSET
    community_id: int | UnsetType | None = UNSET
    description: Description | UnsetType = UNSET
    timezone: Zone | UnsetType = UNSET
    meeting_url: Link | UnsetType | None = UNSET
    opens_before_minutes: Before | UnsetType = UNSET
    late_after_minutes: Before | UnsetType = UNSET
    check_in_minutes: Minutes | UnsetType | None = UNSET
    presence_percent: Percent | UnsetType = UNSET
    status_set_id: int | UnsetType | None = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    course: Any = UNSET
    series_id: Any = UNSET
    recurrence: Any = UNSET
    ends_at: Any = UNSET
    status: Any = UNSET
    statuses: Any = UNSET
    check_in_opens_at: Any = UNSET
    check_in_closes_at: Any = UNSET
    is_staff: Any = UNSET
    my_record: Any = UNSET
    my_excuse: Any = UNSET
    closed_at: Any = UNSET
    created_at: Any = UNSET
    version: Any = UNSET


class Cancelling(Struct, frozen=True, forbid_unknown_fields=True):
    scope: Scope = Scope.THIS


class Reopening(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many minutes students may check in again."""

    minutes: Opening = 15


class CodeInfo(Struct, frozen=True):
    """`link` is what the QR code holds: the app opens the class with it."""

    code: str
    link: str
    shown_from: datetime
    shown_until: datetime


class Codes(Struct, frozen=True):
    """The code of this moment and the next ones, so that the app can go on for a while without a connection."""

    session_id: int
    step_seconds: int
    results: list[CodeInfo]


@get("/sessions/", policy=Policy.USER)
async def sessions(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
    series_id: FromQuery[int | None] = None,
    since: Since = None,
    until: Until = None,
    status: FromQuery[SessionStatus | None] = None,
    ordering: Annotated[str, QueryParameter(pattern="^-?starts_at$")] = "-starts_at",
) -> Listing[SessionInfo]:
    """The classes of the courses that one may enter or teaches; latest first, or with `ordering=starts_at` the next."""
    for name, moment in (("from", since), ("to", until)):
        if moment is not None and moment.tzinfo is None:
            raise Invalid.field(name, "A time with its zone, as 2025-12-15T10:30:00Z.")
    ascends = not ordering.startswith("-")
    chosen = SessionFilter(course_id, since, until, status, series_id, is_ascending=ascends)
    page = page_request(limit, cursor, count=count, kinds=(Moment, int))
    found = await do(request).classes.sessions(page, caller(request), chosen)
    return listing(request, found, lambda card: session_info(request, card))


@get("/sessions/{session_id:int}/", policy=Policy.ENROLLED)
async def session(request: Call, session_id: FromPath[int]) -> SessionInfo:
    return await _read(request, session_id)


@post("/sessions/", policy=Policy.STAFF)
async def create_session(request: Call, data: JSONBody[NewSession]) -> SessionInfo:
    """Make a class or, with `recurrence`, a series; the answer is the first of them."""
    plan = Plan(course_id=data.course_id, **{name: getattr(data, name) for name in PLAN})
    made = await do(request).scheduling.add(
        caller(request),
        plan,
        recurrence=data.recurrence,
        excluded=data.excluded_dates,
        status_set_id=data.status_set_id,
        once=await once(request, "class-session"),
    )
    return await _read(request, made)


@patch("/sessions/{session_id:int}/", policy=Policy.STAFF)
async def change_session(request: Call, session_id: FromPath[int], data: JSONBody[SessionChanges]) -> SessionInfo:
    """Change a class, or it and all that follow; a new start shifts these by as much."""
    changes, version = given(data, *PLAN, "status_set_id"), expected_version(request)
    await do(request).scheduling.change(caller(request), session_id, changes, scope=data.scope, version=version)
    return await _read(request, session_id)


@post("/sessions/{session_id:int}/cancel/", policy=Policy.STAFF, status_code=200)
async def cancel_session(request: Call, session_id: FromPath[int], data: JSONBody[Cancelling]) -> SessionInfo:
    """It is not held; its students are told."""
    await do(request).scheduling.cancel(caller(request), session_id, scope=data.scope)
    return await _read(request, session_id)


@post("/sessions/{session_id:int}/open/", policy=Policy.STAFF, status_code=200)
async def open_session(request: Call, session_id: FromPath[int]) -> SessionInfo:
    """Let students check in from now on; it opens by itself at `check_in_opens_at`."""
    await do(request).conducting.open(caller(request), session_id)
    return await _read(request, session_id)


@post("/sessions/{session_id:int}/close/", policy=Policy.STAFF, status_code=200)
async def close_session(request: Call, session_id: FromPath[int]) -> SessionInfo:
    """End the class: whoever has no status is absent, and it counts from now on."""
    await do(request).conducting.close(caller(request), session_id)
    return await _read(request, session_id)


@post("/sessions/{session_id:int}/reopen/", policy=Policy.STAFF, status_code=200)
async def reopen_session(request: Call, session_id: FromPath[int], data: JSONBody[Reopening]) -> SessionInfo:
    """Let students check in once more."""
    await do(request).conducting.reopen(caller(request), session_id, minutes=data.minutes)
    return await _read(request, session_id)


@get("/sessions/{session_id:int}/code/", policy=Policy.STAFF)
async def session_code(request: Call, session_id: FromPath[int]) -> Answer[Codes]:
    """The code to show in class, which changes every 15 seconds."""
    shown = [_code(request, session_id, one) for one in await do(request).conducting.show(caller(request), session_id)]
    step = int((shown[0].shown_until - shown[0].shown_from).total_seconds())
    return Answer(Codes(session_id, step, shown), headers={"Cache-Control": "no-store"})


@get("/sessions/{session_id:int}/code/qr/", policy=Policy.STAFF, media_type="image/svg+xml")
async def session_qr(request: Call, session_id: FromPath[int]) -> Response[bytes]:
    """The code of this moment as a QR code (SVG): students scan it with the app."""
    shown = await do(request).conducting.show(caller(request), session_id)
    drawn = io.BytesIO()
    segno.make(_code(request, session_id, shown[0]).link, error="m").save(
        drawn, kind="svg", light="#fff", omitsize=True
    )
    return Response(drawn.getvalue(), media_type="image/svg+xml", headers={"Cache-Control": "no-store"})


async def _read(request: Call, session_id: int) -> SessionInfo:
    return session_info(request, await seen_session(request, session_id))


def _code(request: Call, session_id: int, shown: ShownCode) -> CodeInfo:
    settings = house(request).settings
    app = settings.app_url or f"{settings.public_base_url}/open"
    return CodeInfo(shown.code, f"{app}/session/{session_id}?code={shown.code}", shown.shown_from, shown.shown_until)


HANDLERS = [
    *(sessions, session, create_session, change_session, cancel_session),
    *(open_session, close_session, reopen_session, session_code, session_qr),
]
