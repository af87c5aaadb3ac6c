"""Classes, excuses and calendars as people read them, scoped to the viewer."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, or_, select

from adapters.sql.attendance.rows import (
    COURSES,
    ENROLLMENTS,
    EXCUSE_COLUMNS,
    EXCUSES,
    FEEDS,
    HAS_ACCESS,
    INSTRUCTORS,
    IS_COMING,
    PERSON_COLUMNS,
    RECORD_COLUMNS,
    RECORDS,
    SERIES,
    SESSION_COLUMNS,
    SESSIONS,
    SET_COLUMNS,
    SETS,
    USER,
    USERS,
    excuse,
    in_group,
    record,
    session,
    status_set,
    teaches_it,
)
from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.access import NOW, is_staff
from adapters.sql.pages import KeysetList, given
from core.actor import Actor, Role
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.attendance.domain.excuses import ExcuseStatus
from modules.attendance.domain.sessions import ClassSession, SessionStatus
from modules.attendance.domain.statuses import StatusSet
from modules.attendance.ports import CalendarEntry
from modules.attendance.queries import CoursePlace, ExcuseCard, Person, SessionCard, SessionFilter

_TEACHES = teaches_it(USER)
# lists of courses, so that their classes are found by index; who is no instructor any more teaches nothing
_STUDIED = select(ENROLLMENTS.c.course_id).where(ENROLLMENTS.c.user_id == USER, HAS_ACCESS)
_TAUGHT = (
    select(INSTRUCTORS.c.course_id)
    .join(USERS, USERS.c.id == INSTRUCTORS.c.user_id)
    .where(INSTRUCTORS.c.user_id == USER, USERS.c.role == Role.INSTRUCTOR.value)
)
_MAY_ENTER = and_(
    SESSIONS.c.course_id.in_(_STUDIED.union(_TAUGHT)),
    or_(SESSIONS.c.course_id.in_(_TAUGHT), in_group(USER)),
)
_OWN_EXCUSE = and_(EXCUSES.c.session_id == SESSIONS.c.id, EXCUSES.c.user_id == USER)
_OWN_RECORD = and_(RECORDS.c.session_id == SESSIONS.c.id, RECORDS.c.user_id == USER, RECORDS.c.status.is_not(None))
CARDS = (
    select(*SESSION_COLUMNS, COURSES.c.title, SERIES.c.recurrence, _TEACHES, EXCUSES.c.status, *RECORD_COLUMNS)
    .select_from(SESSIONS)
    .join(COURSES, COURSES.c.id == SESSIONS.c.course_id)
    .outerjoin(SERIES, SERIES.c.id == SESSIONS.c.series_id)
    .outerjoin(EXCUSES, _OWN_EXCUSE)
    .outerjoin(RECORDS, _OWN_RECORD)
)
_WIDTH = len(SESSION_COLUMNS)
_AT = SESSIONS.c.starts_at.type
_STATUS = {
    SessionStatus.CANCELLED: SESSIONS.c.cancelled_at.is_not(None),
    SessionStatus.CLOSED: and_(SESSIONS.c.closed_at.is_not(None), SESSIONS.c.cancelled_at.is_(None)),
    SessionStatus.OPEN: and_(IS_COMING, SESSIONS.c.check_in_opens_at <= NOW),
    SessionStatus.SCHEDULED: and_(IS_COMING, SESSIONS.c.check_in_opens_at > NOW),
}
_FILTERS = {
    "course_id": SESSIONS.c.course_id == bindparam("course_id"),
    "since": SESSIONS.c.starts_at >= bindparam("since", type_=_AT),
    "until": SESSIONS.c.starts_at < bindparam("until", type_=_AT),
    "own": _MAY_ENTER,
    "series_id": SESSIONS.c.series_id == bindparam("series_id"),
    **{status.value: condition for status, condition in _STATUS.items()},
}
CARD = CARDS.where(SESSIONS.c.id == bindparam("id"))
OWN_CARD = CARD.where(_MAY_ENTER)
PLAIN = select(*SESSION_COLUMNS).where(SESSIONS.c.id == bindparam("id"))


def _card(row: AnyRow, actor: Actor) -> SessionCard:
    title, recurrence, teaches, excuse_status = row[_WIDTH : _WIDTH + 4]
    return SessionCard(
        session=session(row[:_WIDTH]),
        course_title=title,
        recurrence=recurrence,
        is_staff=is_staff(actor, teaches=bool(teaches)),
        record=record(row[_WIDTH + 4 :]) if row[_WIDTH + 4] is not None else None,
        excuse_status=None if excuse_status is None else ExcuseStatus(excuse_status),
    )


SESSION_LIST: KeysetList[AnyRow] = KeysetList(
    CARDS, make=lambda row: row, orders={"starts_at": [SESSIONS.c.starts_at, SESSIONS.c.id]}, filters=_FILTERS
)
_STARTS, _ID = SESSION_COLUMNS.index(SESSIONS.c.starts_at), SESSION_COLUMNS.index(SESSIONS.c.id)
_EXCUSES = (
    select(*EXCUSE_COLUMNS, SESSIONS.c.title, SESSIONS.c.starts_at, SESSIONS.c.timezone, *PERSON_COLUMNS)
    .select_from(EXCUSES)
    .join(SESSIONS, SESSIONS.c.id == EXCUSES.c.session_id)
    .join(USERS, USERS.c.id == EXCUSES.c.user_id)
)
_MAY_SEE = or_(EXCUSES.c.user_id == USER, EXCUSES.c.course_id.in_(_TAUGHT))
_E = len(EXCUSE_COLUMNS)


def _excuse_card(row: AnyRow) -> ExcuseCard:
    title, starts_at, timezone = row[_E : _E + 3]
    return ExcuseCard(excuse(row[:_E]), Person(*row[_E + 3 :]), title, starts_at, timezone)


EXCUSE_LIST = KeysetList(
    _EXCUSES,
    make=_excuse_card,
    orders={"id": [EXCUSES.c.id]},
    filters={
        **{name: EXCUSES.c[name] == bindparam(name) for name in ("course_id", "session_id", "status")},
        "own": _MAY_SEE,
    },
)
EXCUSE = _EXCUSES.where(EXCUSES.c.id == bindparam("id"))
OWN_EXCUSE = EXCUSE.where(_MAY_SEE)
SETS_OF_COURSE = select(*SET_COLUMNS).where(SETS.c.course_id == bindparam("course_id")).order_by(SETS.c.id)
PLACE = (
    select(
        exists().where(INSTRUCTORS.c.course_id == COURSES.c.id, INSTRUCTORS.c.user_id == USER),
        ENROLLMENTS.c.id.is_not(None),
        and_(ENROLLMENTS.c.id.is_not(None), HAS_ACCESS),
    )
    .select_from(COURSES)
    .outerjoin(ENROLLMENTS, and_(ENROLLMENTS.c.course_id == COURSES.c.id, ENROLLMENTS.c.user_id == USER))
    .where(COURSES.c.id == bindparam("course_id"))
)
FEED = (
    select(FEEDS.c.version)
    .join(USERS, USERS.c.id == FEEDS.c.user_id)
    .where(USERS.c.id == USER, USERS.c.is_active, USERS.c.deleted_at.is_(None))
)
ENTRIES = (
    select(*SESSION_COLUMNS, COURSES.c.title)
    .join(COURSES, COURSES.c.id == SESSIONS.c.course_id)
    .where(
        SESSIONS.c.starts_at >= bindparam("since", type_=_AT),
        SESSIONS.c.starts_at < bindparam("until", type_=_AT),
        _MAY_ENTER,
    )
    .order_by(SESSIONS.c.starts_at, SESSIONS.c.id)
    .limit(2000)
)


class SqlClassQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sessions(self, request: PageRequest, actor: Actor, chosen: SessionFilter) -> Page[SessionCard]:
        asked = given(course_id=chosen.course_id, since=chosen.since, until=chosen.until, series_id=chosen.series_id)
        names = [*asked, *(() if actor.is_admin else ("own",)), *((chosen.status.value,) if chosen.status else ())]
        page = await SESSION_LIST.page(
            self._database,
            request,
            where=sorted(names),
            values={**asked, "user_id": actor.user_id, "now": self._clock.now()},
            order="starts_at",
            descending=not chosen.is_ascending,
            keys=lambda row: (row[_STARTS], row[_ID]),
        )
        cards = [_card(row, actor) for row in page.results]
        return Page(cards, page.next_cursor, page.previous_cursor, page.count)

    async def session(self, session_id: int, actor: Actor) -> SessionCard | None:
        values = {"id": session_id, "user_id": actor.user_id, "now": self._clock.now()}
        row = await self._database.row(CARD if actor.is_admin else OWN_CARD, values)
        return _card(row, actor) if row else None

    async def plain(self, session_id: int) -> ClassSession | None:
        row = await self._database.row(PLAIN, {"id": session_id})
        return session(row) if row else None

    async def place(self, course_id: int, actor: Actor) -> CoursePlace | None:
        values = {"course_id": course_id, "user_id": actor.user_id, "now": self._clock.now()}
        row = await self._database.row(PLACE, values)
        if row is None:
            return None
        return CoursePlace(is_staff(actor, teaches=bool(row[0])), bool(row[1]), bool(row[2]))

    async def excuses(
        self,
        request: PageRequest,
        actor: Actor,
        *,
        course_id: int | None,
        session_id: int | None,
        status: ExcuseStatus | None,
    ) -> Page[ExcuseCard]:
        asked = given(course_id=course_id, session_id=session_id, status=status.value if status else None)
        return await EXCUSE_LIST.page(
            self._database,
            request,
            where=sorted([*asked, *(() if actor.is_admin else ("own",))]),
            values={**asked, "user_id": actor.user_id},
            keys=lambda card: (card.excuse.id,),
        )

    async def excuse(self, excuse_id: int, actor: Actor) -> ExcuseCard | None:
        row = await self._database.row(
            EXCUSE if actor.is_admin else OWN_EXCUSE, {"id": excuse_id, "user_id": actor.user_id}
        )
        return _excuse_card(row) if row else None

    async def answered_excuse(self, excuse_id: int) -> ExcuseCard | None:
        row = await self._database.row(EXCUSE, {"id": excuse_id})
        return _excuse_card(row) if row else None

    async def status_sets(self, course_id: int) -> list[StatusSet]:
        return [status_set(row) for row in await self._database.rows(SETS_OF_COURSE, {"course_id": course_id})]


class SqlCalendars:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def version(self, user_id: int) -> int:
        row = await self._database.row(FEED, {"user_id": user_id})
        return int(row[0]) if row else 0

    async def entries(self, user_id: int, since: datetime, until: datetime) -> list[CalendarEntry]:
        values = {"user_id": user_id, "since": since, "until": until, "now": self._clock.now()}
        return [_entry(row) for row in await self._database.rows(ENTRIES, values)]


def _entry(row: Sequence[Any]) -> CalendarEntry:
    return CalendarEntry(session(row[:_WIDTH]), row[_WIDTH])
