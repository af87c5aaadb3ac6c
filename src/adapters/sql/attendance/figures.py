"""Attendance as SQL counts it: the rule of `modules/attendance/domain/figures.py` for many at once."""

from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, case, exists, func, or_, select

from adapters.sql.attendance.rows import (
    COUNTS,
    ENROLLMENTS,
    HAS_ACCESS,
    IS_COMING,
    NOW,
    RECORDS,
    SESSIONS,
    USERS,
    WARNINGS,
    in_group,
)

_HAS_POINTS = RECORDS.c.points.is_not(None)
TAKEN = func.count()
COUNTED = func.count(RECORDS.c.points)
POINTS = func.coalesce(func.sum(RECORDS.c.points), 0)
POSSIBLE = func.coalesce(func.sum(case((_HAS_POINTS, SESSIONS.c.most_points))), 0)
SUMS = (TAKEN, COUNTED, POINTS, POSSIBLE)
"""Of records in classes that count: how many, how many with points, these points, and the most there were."""


def over_records(*columns: Any) -> Select[Any]:
    """These columns over all records that count."""
    return (
        select(*columns)
        .select_from(RECORDS)
        .join(SESSIONS, SESSIONS.c.id == RECORDS.c.session_id)
        .where(COUNTS, RECORDS.c.status.is_not(None))
    )


def of_course(*columns: Any) -> Select[Any]:
    return over_records(*columns).where(RECORDS.c.course_id == bindparam("course_id"))


_OWN = RECORDS.alias("own")  # what is decided already in a class that is not closed
_STILL = case((_OWN.c.status.is_(None), SESSIONS.c.most_points), else_=_OWN.c.points)


def _left(column: Any) -> Any:
    """Over the classes that the student of the outer enrolment may still come to, or is in."""
    return (
        select(func.coalesce(func.sum(column), 0))
        .select_from(SESSIONS)
        .outerjoin(_OWN, and_(_OWN.c.session_id == SESSIONS.c.id, _OWN.c.user_id == ENROLLMENTS.c.user_id))
        .where(
            SESSIONS.c.course_id == ENROLLMENTS.c.course_id,
            IS_COMING,
            or_(SESSIONS.c.ends_at > NOW, SESSIONS.c.check_in_closes_at > NOW),
            or_(ENROLLMENTS.c.expiry_date.is_(None), ENROLLMENTS.c.expiry_date > SESSIONS.c.starts_at),
            in_group(ENROLLMENTS.c.user_id),
        )
        .correlate(ENROLLMENTS)
        .scalar_subquery()
    )


LEFT = (_left(_STILL), _left(case((_STILL.is_not(None), SESSIONS.c.most_points))))
"""The most that can still come, and of how much."""
CAME = of_course(RECORDS.c.user_id, POINTS.label("points"), POSSIBLE.label("possible")).group_by(RECORDS.c.user_id)
"""Each student's points, and the most there were."""
_THRESHOLD = bindparam("threshold", type_=Integer)
LOW = (
    of_course(RECORDS.c.user_id)
    .join(USERS, USERS.c.id == RECORDS.c.user_id)
    .where(
        USERS.c.is_active,
        exists()
        .where(ENROLLMENTS.c.user_id == RECORDS.c.user_id, ENROLLMENTS.c.course_id == RECORDS.c.course_id, HAS_ACCESS)
        .correlate(RECORDS),
        ~exists()
        .where(WARNINGS.c.course_id == RECORDS.c.course_id, WARNINGS.c.user_id == RECORDS.c.user_id)
        .correlate(RECORDS),
    )
    .group_by(RECORDS.c.user_id)
    .having(and_(bindparam("fewest", type_=Integer) <= COUNTED, POINTS * 100 < _THRESHOLD * POSSIBLE))
    .order_by(RECORDS.c.user_id)
    .limit(bindparam("limit", type_=Integer))
)
