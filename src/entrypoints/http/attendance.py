"""/api/attendance/sessions/: check-ins, heartbeats and marks."""

from typing import Annotated

from litestar import post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from entrypoints.http.answers import Answer
from entrypoints.http.attendance_wire import RecordInfo, record_info
from entrypoints.http.calls import Call, caller, do, house
from entrypoints.http.policy import Policy, demand
from entrypoints.http.uploads import one_file, text_of
from entrypoints.http.wire import media
from modules.attendance.domain.records import HEARTBEAT, Source
from modules.attendance.mark_lists import parse
from modules.attendance.marking import Mark

Code = Annotated[str, Meta(min_length=1, max_length=20)]
Device = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
StatusCode = Annotated[str, Meta(min_length=1, max_length=20)]
Remarks = Annotated[str, Meta(max_length=500)]
FIVE_MINUTES = 300
CSV_BODY = 2 * 2**20


class CheckIn(Struct, frozen=True, forbid_unknown_fields=True):
    """`device_id` names the phone for as long as the app is installed; who it is belongs to is known from the token."""

    code: Code
    device_id: Device


class PresenceInfo(Struct, frozen=True):
    """`status` is null until enough of the class is covered. Send the next heartbeat in `next_in_seconds`."""

    session_id: int
    seen_seconds: int
    status: str | None
    source: Source | None
    next_in_seconds: int


class MarkBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`status` null takes the mark back. `version` of the record as it was seen: another is a 409. `is_flagged` false
    takes off the flag of a phone that two students used with good reason.
    """

    user_id: int
    status: StatusCode | None
    remarks: Remarks = ""
    version: int | None = None
    is_flagged: bool | None = None


class Marks(Struct, frozen=True, forbid_unknown_fields=True):
    marks: Annotated[list[MarkBody], Meta(min_length=1, max_length=500)]


class Records(Struct, frozen=True):
    """Those who have a status; whoever has none (a mark was taken back) is not among them."""

    records: list[RecordInfo]


class Imported(Struct, frozen=True):
    marked: int


@post("/sessions/{session_id:int}/check-in/", policy=Policy.ENROLLED, status_code=201)
async def check_in(request: Call, session_id: FromPath[int], data: JSONBody[CheckIn]) -> Answer[RecordInfo]:
    """Prove by the code that is shown in class that one is there. 201 the first time, 200 for a repeat."""
    actor, h = caller(request), house(request)
    who = f"{actor.user_id}:{session_id}"
    await demand(h, "class-code", who, most=h.settings.limit_class_code, seconds=FIVE_MINUTES)
    is_new = await do(request).attending.check_in(actor, session_id, code=data.code, device_id=data.device_id)
    card = await do(request).attendance.record(session_id, actor.user_id)
    if card is None:
        raise NotFound
    return Answer(record_info(media(request), card, for_staff=False), status_code=201 if is_new else 200)


@post("/sessions/{session_id:int}/presence/", policy=Policy.ENROLLED, status_code=200)
async def presence(request: Call, session_id: FromPath[int]) -> PresenceInfo:
    """A heartbeat of the app while its student follows the class; the server's clock counts, and no time twice."""
    record = await do(request).attending.be_present(caller(request), session_id)
    beat = int(HEARTBEAT.total_seconds())
    return PresenceInfo(session_id, record.seen_ms // 1000, record.status, record.source, beat)


@put("/sessions/{session_id:int}/marks/", policy=Policy.STAFF)
async def mark(request: Call, session_id: FromPath[int], data: JSONBody[Marks]) -> Records:
    """The instructor's marks, which win over code and presence; all of them or none."""
    marks = [Mark(one.user_id, one.status, one.remarks, one.version, one.is_flagged) for one in data.marks]
    await do(request).marking.mark(caller(request), session_id, marks)
    cards = await do(request).attendance.records_of(session_id, [one.user_id for one in marks])
    return Records([record_info(media(request), card) for card in cards])


@post(
    "/sessions/{session_id:int}/marks/import/",
    policy=Policy.STAFF,
    takes_file=True,
    status_code=200,
    request_max_body_size=CSV_BODY,
)
async def import_marks(request: Call, session_id: FromPath[int]) -> Imported:
    """Marks from a CSV in UTF-8 (multipart field `file`; columns `email` or `username`, `status`, `remarks`), as the
    report of the class gives it; all lines or none.
    """
    lines = parse(await text_of(await one_file(request)))
    return Imported(await do(request).marking.import_list(caller(request), session_id, lines))


HANDLERS = [check_in, presence, mark, import_marks]
