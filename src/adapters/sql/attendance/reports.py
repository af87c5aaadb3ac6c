"""Records, changes and figures as those who teach read them."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import BigInteger, and_, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.attendance.figures import LEFT, SUMS, of_course
from adapters.sql.attendance.rows import (
    CHANGE_COLUMNS,
    CHANGES,
    ENROLLMENTS,
    EXPECTED,
    INSTRUCTORS,
    PERSON_COLUMNS,
    RECORD_COLUMNS,
    RECORDS,
    SESSION_COLUMNS,
    SESSIONS,
    USERS,
    change,
    record,
    session,
    statuses,
)
from adapters.sql.database import AnyRow, Database
from adapters.sql.pages import KeysetList
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.attendance.domain.figures import Attendance
from modules.attendance.domain.sessions import ClassSession
from modules.attendance.domain.statuses import USUAL
from modules.attendance.queries import (
    ChangeCard,
    Person,
    RecordCard,
    RollCall,
    SessionFigures,
    StudentReport,
)

AT_ONCE = 500
_R, _P, _S, _C = len(RECORD_COLUMNS), len(PERSON_COLUMNS), len(SESSION_COLUMNS), len(CHANGE_COLUMNS)
_OF_SESSION = RECORDS.c.session_id == bindparam("session_id")
_ALL = select(*RECORD_COLUMNS, *PERSON_COLUMNS).join(USERS, USERS.c.id == RECORDS.c.user_id).where(_OF_SESSION)
_CARDS = _ALL.where(RECORDS.c.status.is_not(None))


def _card(row: AnyRow) -> RecordCard:
    return RecordCard(record(row[:_R]), Person(*row[_R : _R + _P]))


RECORD_LIST = KeysetList(
    _CARDS,
    make=_card,
    orders={"user_id": [RECORDS.c.user_id]},
    filters={"flagged": RECORDS.c.is_flagged, "status": RECORDS.c.status == bindparam("status")},
)
ALL_CARDS = _CARDS.order_by(RECORDS.c.user_id)
CARD = _CARDS.where(RECORDS.c.user_id == bindparam("user_id"))
_THESE = _ALL.order_by(RECORDS.c.user_id)
CARDS_PG = _THESE.where(RECORDS.c.user_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
CARDS_LITE = _THESE.where(RECORDS.c.user_id.in_(bindparam("ids", expanding=True, type_=BigInteger)))
_ACTORS = USERS.alias("actors")
_ACTOR_COLUMNS = [_ACTORS.c[name] for name in Person.__struct_fields__]
CHANGE_LIST = KeysetList(
    select(*CHANGE_COLUMNS, *PERSON_COLUMNS, *_ACTOR_COLUMNS)
    .select_from(CHANGES)
    .join(USERS, USERS.c.id == CHANGES.c.user_id)
    .outerjoin(_ACTORS, _ACTORS.c.id == CHANGES.c.actor_id)
    .where(CHANGES.c.session_id == bindparam("session_id")),
    make=lambda row: ChangeCard(
        change(row[:_C]),
        Person(*row[_C : _C + _P]),
        None if row[_C + _P] is None else Person(*row[_C + _P :]),
    ),
    orders={"id": [CHANGES.c.id]},
    filters={"user_id": CHANGES.c.user_id == bindparam("user_id")},
)
_STUDENTS = (
    select(*PERSON_COLUMNS, *LEFT)
    .select_from(ENROLLMENTS)
    .join(USERS, USERS.c.id == ENROLLMENTS.c.user_id)
    .where(ENROLLMENTS.c.course_id == bindparam("course_id"))
)
STUDENT = _STUDENTS.where(ENROLLMENTS.c.user_id == bindparam("user_id"))
STUDENT_LIST: KeysetList[AnyRow] = KeysetList(
    _STUDENTS, make=lambda row: row, orders={"user_id": [ENROLLMENTS.c.user_id]}
)
SUMS_BY_STATUS = (
    of_course(RECORDS.c.user_id, RECORDS.c.status, *SUMS)
    .where(RECORDS.c.user_id.between(bindparam("first"), bindparam("last")))
    .group_by(RECORDS.c.user_id, RECORDS.c.status)
)
STATUSES = select(SESSIONS.c.statuses).where(SESSIONS.c.course_id == bindparam("course_id")).distinct()
_SPAN = (  # those of a page
    SESSIONS.c.course_id == bindparam("course_id"),
    SESSIONS.c.starts_at.between(
        bindparam("since", type_=SESSIONS.c.starts_at.type), bindparam("until", type_=SESSIONS.c.starts_at.type)
    ),
)
_HAS_STATUS = and_(
    RECORDS.c.session_id == SESSIONS.c.id, RECORDS.c.user_id == ENROLLMENTS.c.user_id, RECORDS.c.status.is_not(None)
)
EXPECTED_COUNTS = (
    select(SESSIONS.c.id, func.count(), func.count(RECORDS.c.id))
    .select_from(SESSIONS)
    .join(ENROLLMENTS, ENROLLMENTS.c.course_id == SESSIONS.c.course_id)
    .join(USERS, USERS.c.id == ENROLLMENTS.c.user_id)
    .outerjoin(RECORDS, _HAS_STATUS)
    .where(*_SPAN, EXPECTED)
    .group_by(SESSIONS.c.id)
)
_STATUSES = (
    RECORDS.c.status,
    func.count(),
    func.count().filter(RECORDS.c.is_flagged),
    func.coalesce(func.sum(RECORDS.c.points), 0),
    func.count(RECORDS.c.points),
)
STATUS_COUNTS = (
    select(SESSIONS.c.id, *_STATUSES)
    .join(RECORDS, RECORDS.c.session_id == SESSIONS.c.id)
    .where(*_SPAN, RECORDS.c.status.is_not(None))
    .group_by(SESSIONS.c.id, RECORDS.c.status)
)
SESSION_COUNTS = select(*_STATUSES).where(_OF_SESSION, RECORDS.c.status.is_not(None)).group_by(RECORDS.c.status)
SESSION = select(*SESSION_COLUMNS).where(SESSIONS.c.id == bindparam("session_id"))
SESSION_LIST = KeysetList(
    select(*SESSION_COLUMNS).where(SESSIONS.c.course_id == bindparam("course_id"), SESSIONS.c.cancelled_at.is_(None)),
    make=session,
    orders={"starts_at": [SESSIONS.c.starts_at, SESSIONS.c.id]},
)
STAFF = (
    select(INSTRUCTORS.c.user_id)
    .join(SESSIONS, SESSIONS.c.course_id == INSTRUCTORS.c.course_id)
    .join(USERS, USERS.c.id == INSTRUCTORS.c.user_id)
    .where(SESSIONS.c.id == bindparam("session_id"), USERS.c.is_active, USERS.c.role == "instructor")
)
LEADER = (  # an administrator who made the class leads it, too
    select(SESSIONS.c.created_by_id)
    .join(USERS, USERS.c.id == SESSIONS.c.created_by_id)
    .where(SESSIONS.c.id == bindparam("session_id"), USERS.c.is_active, USERS.c.role == "admin")
)
STAFF_IDS = STAFF.union(LEADER)


class SqlAttendanceReports:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def records(
        self, request: PageRequest, session_id: int, *, flagged: bool, status: str | None
    ) -> Page[RecordCard]:
        values = {"session_id": session_id, **({"status": status} if status else {})}
        return await RECORD_LIST.page(
            self._database,
            request,
            where=[*(("flagged",) if flagged else ()), *(("status",) if status else ())],
            values=values,
            order="user_id",
            descending=False,
            keys=lambda card: (card.record.user_id,),
        )

    async def record(self, session_id: int, user_id: int) -> RecordCard | None:
        row = await self._database.row(CARD, {"session_id": session_id, "user_id": user_id})
        return _card(row) if row else None

    async def records_of(self, session_id: int, user_ids: Sequence[int]) -> list[RecordCard]:
        if not user_ids:
            return []
        statement = CARDS_LITE if self._database.is_sqlite else CARDS_PG
        rows = await self._database.rows(statement, {"session_id": session_id, "ids": sorted(set(user_ids))})
        return [_card(row) for row in rows]

    async def all_records(self, session_id: int) -> list[RecordCard]:
        return [_card(row) for row in await self._database.rows(ALL_CARDS, {"session_id": session_id})]

    async def changes(self, request: PageRequest, session_id: int, user_id: int | None) -> Page[ChangeCard]:
        whose = {} if user_id is None else {"user_id": user_id}
        values = {"session_id": session_id, **whose}
        return await CHANGE_LIST.page(
            self._database, request, where=[*whose], values=values, keys=lambda card: (card.change.id,)
        )

    async def student(self, course_id: int, user_id: int) -> StudentReport | None:
        values = {"course_id": course_id, "user_id": user_id, "now": self._clock.now()}
        row = await self._database.row(STUDENT, values)
        if row is None:
            return None
        return (await self._reports(course_id, [row]))[0]

    async def students(self, request: PageRequest, course_id: int) -> Page[StudentReport]:
        page = await STUDENT_LIST.page(
            self._database,
            request,
            values={"course_id": course_id, "now": self._clock.now()},
            order="user_id",
            descending=False,
            keys=lambda row: (row[0],),
        )
        reports = await self._reports(course_id, page.results)
        return Page(reports, page.next_cursor, page.previous_cursor, page.count)

    async def all_students(self, course_id: int) -> AsyncIterator[list[StudentReport]]:
        after: tuple[int, ...] | None = None
        while True:
            page = await self.students(PageRequest(AT_ONCE, after), course_id)
            if page.results:
                yield page.results
                after = (page.results[-1].person.id,)
            if page.next_cursor is None:
                return

    async def figures(self, session_id: int) -> SessionFigures | None:
        row = await self._database.row(SESSION, {"session_id": session_id})
        if row is None:
            return None
        found = await self._figures([session(row)])
        return found[0]

    async def course_figures(self, request: PageRequest, course_id: int) -> Page[SessionFigures]:
        page = await SESSION_LIST.page(
            self._database,
            request,
            values={"course_id": course_id},
            order="starts_at",
            keys=lambda one: (one.starts_at, one.id),
        )
        return Page(await self._figures(page.results), page.next_cursor, page.previous_cursor, page.count)

    async def staff(self, session_id: int) -> list[int]:
        return [int(row[0]) for row in await self._database.rows(STAFF_IDS, {"session_id": session_id})]

    async def roll_call(self, session_id: int, user_ids: Sequence[int]) -> RollCall:
        rows = await self._database.rows(SESSION_COUNTS, {"session_id": session_id})
        return RollCall(await self.records_of(session_id, user_ids), {row[0]: row[1] for row in rows})

    async def _figures(self, sessions: Sequence[ClassSession]) -> list[SessionFigures]:
        """Of classes of one course."""
        if not sessions:
            return []
        starts = [one.starts_at for one in sessions]
        span = {"course_id": sessions[0].course_id, "since": min(starts), "until": max(starts)}
        expected = {row[0]: (int(row[1]), int(row[2])) for row in await self._database.rows(EXPECTED_COUNTS, span)}
        counted: dict[int, list[AnyRow]] = {}
        for row in await self._database.rows(STATUS_COUNTS, span):
            counted.setdefault(row[0], []).append(row[1:])
        return [_session_figures(one, expected.get(one.id, (0, 0)), counted.get(one.id, [])) for one in sessions]

    async def _reports(self, course_id: int, rows: Sequence[AnyRow]) -> list[StudentReport]:
        if not rows:
            return []
        span = {"course_id": course_id, "first": rows[0][0], "last": rows[-1][0]}
        sums: dict[int, list[AnyRow]] = {}
        for user_id, *of_status in await self._database.rows(SUMS_BY_STATUS, span):
            sums.setdefault(user_id, []).append(of_status)
        kept = [statuses(row[0]) for row in await self._database.rows(STATUSES, {"course_id": course_id})]
        codes = list(dict.fromkeys(status.code for one in kept or [USUAL] for status in one))
        return [_report(course_id, row, sums.get(row[0], []), codes) for row in rows]


def _report(course_id: int, row: AnyRow, sums: Sequence[AnyRow], codes: Sequence[str]) -> StudentReport:
    taken, counted, points, possible = (int(sum(one[place] for one in sums)) for place in range(1, 5))
    attendance = Attendance(taken, counted, points, possible, int(row[_P]), int(row[_P + 1]))
    counts = {**dict.fromkeys(codes, 0), **{one[0]: one[1] for one in sums}}
    return StudentReport(course_id, Person(*row[:_P]), attendance, counts)


def _session_figures(one: ClassSession, expected: tuple[int, int], rows: Sequence[AnyRow]) -> SessionFigures:
    return SessionFigures(
        session=one,
        expected=expected[0],
        unmarked=expected[0] - expected[1],
        counts={**{status.code: 0 for status in one.statuses}, **{row[0]: row[1] for row in rows}},
        flagged=sum(row[2] for row in rows),
        points=int(sum(row[3] for row in rows)),
        possible_points=sum(row[4] for row in rows) * one.most_points,
    )
