"""Classes and attendance as the app reads them."""

from datetime import datetime

from msgspec import Struct

from entrypoints.http.calls import Call, house
from entrypoints.http.wire import PersonRef, Ref, person
from modules.attendance.domain.excuses import ExcuseStatus
from modules.attendance.domain.records import Record, Source
from modules.attendance.domain.sessions import SessionStatus
from modules.attendance.domain.statuses import Occasion, Status
from modules.attendance.queries import ExcuseCard, RecordCard, SessionCard, SessionFigures, StudentReport


class StatusInfo(Struct, frozen=True):
    """`points` null: a class does not count for whoever has this status. `given`: when it is given without an
    instructor; null: never.
    """

    code: str
    title: str
    points: int | None
    given: Occasion | None


class MyRecord(Struct, frozen=True):
    """One's own; `seen_seconds`: how much of the class heartbeats of the app cover."""

    id: int
    status: str
    points: int | None
    source: Source
    recorded_at: datetime
    checked_in_at: datetime | None
    seen_seconds: int
    remarks: str
    version: int


class RecordInfo(Struct, frozen=True):
    """`is_flagged`: another student checked in to this class on the same device; instructors see it. `status` is null
    only after a mark was taken back and nothing else is known.
    """

    id: int
    session_id: int
    user_id: int
    user: PersonRef
    status: str | None
    points: int | None
    source: Source | None
    recorded_at: datetime
    checked_in_at: datetime | None
    seen_seconds: int
    remarks: str
    is_flagged: bool
    version: int


class SessionInfo(Struct, frozen=True):
    """Minutes are whole; `check_in_closes_at` is the first moment that is too late. `is_staff`: the viewer leads it."""

    id: int
    course_id: int
    course: Ref
    community_id: int | None
    series_id: int | None
    recurrence: str | None
    title: str
    description: str
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    timezone: str
    meeting_url: str | None
    status: SessionStatus
    check_in_opens_at: datetime
    check_in_closes_at: datetime
    opens_before_minutes: int
    late_after_minutes: int
    check_in_minutes: int | None
    presence_percent: int
    statuses: list[StatusInfo]
    is_staff: bool
    my_record: MyRecord | None
    my_excuse: ExcuseStatus | None
    closed_at: datetime | None
    created_at: datetime
    version: int


class ExcuseInfo(Struct, frozen=True):
    id: int
    session_id: int
    session: Ref
    starts_at: datetime
    course_id: int
    user_id: int
    user: PersonRef
    reason: str
    status: ExcuseStatus
    notes: str
    decided_at: datetime | None
    created_at: datetime


class AttendanceInfo(Struct, frozen=True):
    """Over the classes that were closed and in which the student has a status. Percentages are null as long as there
    is nothing to count; `best_possible_percentage`: with all that is left in time.
    """

    course_id: int
    user_id: int
    user: PersonRef
    taken_sessions: int
    counts: dict[str, int]
    points: int
    possible_points: int
    percentage: float | None
    best_possible_percentage: float | None
    is_below_threshold: bool


class SessionFiguresInfo(Struct, frozen=True):
    """`expected`: whose class it is; `unmarked`: those of them who have no status yet; `percentage` of the points."""

    session_id: int
    title: str
    starts_at: datetime
    status: SessionStatus
    expected: int
    counts: dict[str, int]
    unmarked: int
    flagged: int
    percentage: float | None


def status_info(status: Status) -> StatusInfo:
    return StatusInfo(status.code, status.title, status.points, status.given)


def session_info(request: Call, card: SessionCard) -> SessionInfo:
    session = card.session
    same = {name: getattr(session, name) for name in SessionInfo.__struct_fields__ if hasattr(session, name)}
    own = {
        "course": Ref(session.course_id, card.course_title),
        "recurrence": card.recurrence,
        "status": session.status_at(house(request).clock.now()),
        "statuses": [status_info(status) for status in session.statuses],
        "is_staff": card.is_staff,
        "my_record": None if card.record is None else _my_record(card.record),
        "my_excuse": card.excuse_status,
    }
    return SessionInfo(**{**same, **own})


def record_info(base: str, card: RecordCard, *, for_staff: bool = True) -> RecordInfo:
    record = card.record
    return RecordInfo(
        id=record.id,
        session_id=record.session_id,
        user_id=record.user_id,
        user=person(base, card.person),
        status=record.status,
        points=record.points,
        source=record.source,
        recorded_at=record.recorded_at,
        checked_in_at=record.checked_in_at,
        seen_seconds=record.seen_ms // 1000,
        remarks=record.remarks,
        is_flagged=record.is_flagged and for_staff,
        version=record.version,
    )


def excuse_info(base: str, card: ExcuseCard) -> ExcuseInfo:
    excuse = card.excuse
    return ExcuseInfo(
        id=excuse.id,
        session_id=excuse.session_id,
        session=Ref(excuse.session_id, card.session_title),
        starts_at=card.starts_at,
        course_id=excuse.course_id,
        user_id=excuse.user_id,
        user=person(base, card.person),
        reason=excuse.reason,
        status=excuse.status,
        notes=excuse.notes,
        decided_at=excuse.decided_at,
        created_at=excuse.created_at,
    )


def attendance_info(base: str, report: StudentReport) -> AttendanceInfo:
    found = report.attendance
    return AttendanceInfo(
        course_id=report.course_id,
        user_id=report.person.id,
        user=person(base, report.person),
        taken_sessions=found.taken,
        counts=report.counts,
        points=found.points,
        possible_points=found.possible_points,
        percentage=found.percentage,
        best_possible_percentage=found.best_possible_percentage,
        is_below_threshold=found.is_low,
    )


def figures_info(request: Call, found: SessionFigures) -> SessionFiguresInfo:
    session = found.session
    return SessionFiguresInfo(
        session_id=session.id,
        title=session.title,
        starts_at=session.starts_at,
        status=session.status_at(house(request).clock.now()),
        expected=found.expected,
        counts=found.counts,
        unmarked=found.unmarked,
        flagged=found.flagged,
        percentage=found.percentage,
    )


def _my_record(record: Record) -> MyRecord:
    assert record.status is not None and record.source is not None  # noqa: S101, PT018 - cards have no others
    return MyRecord(
        id=record.id,
        status=record.status,
        points=record.points,
        source=record.source,
        recorded_at=record.recorded_at,
        checked_in_at=record.checked_in_at,
        seen_seconds=record.seen_ms // 1000,
        remarks=record.remarks,
        version=record.version,
    )
