"""Tables of attendance, and how their rows become domain values."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, bindparam, exists, or_

from adapters.sql.community.rows import GROUPS, MEMBERS
from adapters.sql.learning.access import HAS_ACCESS, NOW
from adapters.sql.learning.rows import COURSES, ENROLLMENTS, INSTRUCTORS, USERS
from adapters.sql.models import (
    AttendanceChange,
    AttendanceDevice,
    AttendanceExcuse,
    AttendanceRecord,
    AttendanceWarning,
    CalendarFeed,
    ClassSeries,
)
from adapters.sql.models import ClassSession as ClassSessionModel
from adapters.sql.models import (
    StatusSet as StatusSetModel,
)
from adapters.sql.store import table
from modules.attendance.domain.excuses import Excuse, ExcuseStatus
from modules.attendance.domain.records import Change, Record, Source
from modules.attendance.domain.sessions import ClassSession
from modules.attendance.domain.statuses import Status, StatusSet
from modules.attendance.queries import Person

__all__ = ["COURSES", "ENROLLMENTS", "GROUPS", "HAS_ACCESS", "INSTRUCTORS", "MEMBERS", "NOW", "USERS"]

SESSIONS, SERIES, SETS = table(ClassSessionModel), table(ClassSeries), table(StatusSetModel)
RECORDS, CHANGES, DEVICES = table(AttendanceRecord), table(AttendanceChange), table(AttendanceDevice)
EXCUSES, WARNINGS, FEEDS = table(AttendanceExcuse), table(AttendanceWarning), table(CalendarFeed)

SESSION_FIELDS, RECORD_FIELDS = ClassSession.__struct_fields__, Record.__struct_fields__
SESSION_COLUMNS = [SESSIONS.c[name] for name in SESSION_FIELDS]
RECORD_COLUMNS = [RECORDS.c[name] for name in RECORD_FIELDS]
CHANGE_COLUMNS = [CHANGES.c[name] for name in Change.__struct_fields__]
EXCUSE_COLUMNS = [EXCUSES.c[name] for name in Excuse.__struct_fields__]
SET_COLUMNS = [SETS.c[name] for name in StatusSet.__struct_fields__]
PERSON_COLUMNS = [USERS.c[name] for name in Person.__struct_fields__]
SOURCES = {source.value: source for source in Source}
_SOURCE, _STATUSES = RECORD_FIELDS.index("source"), SESSION_FIELDS.index("statuses")

COUNTS = and_(SESSIONS.c.closed_at.is_not(None), SESSIONS.c.cancelled_at.is_(None))
"""Whether a class was taken: percentages are of such."""
IS_COMING = and_(SESSIONS.c.closed_at.is_(None), SESSIONS.c.cancelled_at.is_(None))


def in_group(user_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the class is this student's, of those of the course: it is for all, or for a group that they are in."""
    is_member = exists().where(
        MEMBERS.c.community_id == SESSIONS.c.community_id, MEMBERS.c.user_id == user_id, MEMBERS.c.is_active
    )
    return or_(SESSIONS.c.community_id.is_(None), is_member.correlate(SESSIONS, USERS, ENROLLMENTS))


def teaches_it(user_id: ColumnElement[Any]) -> ColumnElement[bool]:
    found = exists().where(INSTRUCTORS.c.course_id == SESSIONS.c.course_id, INSTRUCTORS.c.user_id == user_id)
    return found.correlate(SESSIONS, USERS, ENROLLMENTS)


EXPECTED = and_(
    ENROLLMENTS.c.course_id == SESSIONS.c.course_id,
    ENROLLMENTS.c.is_active,
    ENROLLMENTS.c.enrollment_date < SESSIONS.c.ends_at,
    or_(ENROLLMENTS.c.expiry_date.is_(None), ENROLLMENTS.c.expiry_date > SESSIONS.c.starts_at),
    USERS.c.id == ENROLLMENTS.c.user_id,
    USERS.c.is_active,
    in_group(ENROLLMENTS.c.user_id),
    ~teaches_it(ENROLLMENTS.c.user_id),
)
"""Whose class it is: who had access while it was held, is in its group, and does not teach it."""
USER = bindparam("user_id", type_=USERS.c.id.type)


def session(row: Sequence[Any]) -> ClassSession:
    values = list(row)
    values[_STATUSES] = statuses(values[_STATUSES])
    return ClassSession(**dict(zip(SESSION_FIELDS, values, strict=True)))


def statuses(kept: Any) -> tuple[Status, ...]:
    return msgspec.convert(kept, tuple[Status, ...])


def record(row: Sequence[Any]) -> Record:
    values = list(row)
    values[_SOURCE] = SOURCES.get(values[_SOURCE])
    return Record(*values)


def change(row: Sequence[Any]) -> Change:
    values = dict(zip(Change.__struct_fields__, row, strict=True))
    return Change(**{**values, "source": SOURCES.get(values["source"])})


def excuse(row: Sequence[Any]) -> Excuse:
    values = dict(zip(Excuse.__struct_fields__, row, strict=True))
    return Excuse(**{**values, "status": ExcuseStatus(values["status"])})


def status_set(row: Sequence[Any]) -> StatusSet:
    values = dict(zip(StatusSet.__struct_fields__, row, strict=True))
    return StatusSet(**{**values, "statuses": statuses(values["statuses"])})
