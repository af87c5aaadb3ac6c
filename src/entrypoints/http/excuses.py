"""/api/attendance/excuses/: students ask to be excused, instructors decide."""

from typing import Annotated

from litestar import delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
from entrypoints.http.attendance_wire import ExcuseInfo, excuse_info
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, page_request
from entrypoints.http.policy import Policy
from entrypoints.http.wire import media
from modules.attendance.domain.excuses import ExcuseStatus

Reason = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
Notes = Annotated[str, Meta(max_length=500)]


class ExcuseBody(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Reason


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """`notes` are told to the student."""

    notes: Notes = ""


@post("/sessions/{session_id:int}/excuse/", policy=Policy.ENROLLED, status_code=201)
async def ask_excuse(request: Call, session_id: FromPath[int], data: JSONBody[ExcuseBody]) -> Answer[ExcuseInfo]:
    """Ask to be excused from a class, until two weeks after it; until it is decided, ask again for another reason."""
    excuse_id, is_new = await do(request).excusing.ask(caller(request), session_id, data.reason)
    return Answer(await _read(request, excuse_id), status_code=201 if is_new else 200)


@delete("/sessions/{session_id:int}/excuse/", policy=Policy.OWNER, status_code=204)
async def withdraw_excuse(request: Call, session_id: FromPath[int]) -> None:
    """Take back what is not decided yet. A repeat changes nothing."""
    await do(request).excusing.withdraw(caller(request), session_id)


@get("/excuses/", policy=Policy.USER)
async def excuses(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
    session_id: FromQuery[int | None] = None,
    status: FromQuery[ExcuseStatus | None] = None,
) -> Listing[ExcuseInfo]:
    """One's own, and those of the courses that one teaches; newest first."""
    found = await do(request).classes.excuses(
        page_request(limit, cursor, count=count),
        caller(request),
        course_id=course_id,
        session_id=session_id,
        status=status,
    )
    base = media(request)
    return listing(request, found, lambda card: excuse_info(base, card))


@post("/excuses/{excuse_id:int}/approve/", policy=Policy.STAFF, status_code=200)
async def approve_excuse(request: Call, excuse_id: FromPath[int], data: JSONBody[Decision]) -> ExcuseInfo:
    """The class does not count for the student, whatever else is known. The student is told."""
    await do(request).excusing.decide(caller(request), excuse_id, is_approved=True, notes=data.notes)
    return await _read(request, excuse_id)


@post("/excuses/{excuse_id:int}/reject/", policy=Policy.STAFF, status_code=200)
async def reject_excuse(request: Call, excuse_id: FromPath[int], data: JSONBody[Decision]) -> ExcuseInfo:
    """The student is told, with the notes."""
    await do(request).excusing.decide(caller(request), excuse_id, is_approved=False, notes=data.notes)
    return await _read(request, excuse_id)


async def _read(request: Call, excuse_id: int) -> ExcuseInfo:
    card = await do(request).classes.excuse(excuse_id, caller(request))
    if card is None:
        raise NotFound
    return excuse_info(media(request), card)


HANDLERS = [ask_excuse, withdraw_excuse, excuses, approve_excuse, reject_excuse]
