"""Figures of courses and quizzes, counted when they are asked for: they are never out of date."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    union_all,
)

from adapters.sql.attendance.figures import CAME, POINTS, POSSIBLE, over_records
from adapters.sql.attendance.rows import RECORDS, SESSIONS
from adapters.sql.database import Database
from adapters.sql.dates import IndiaDay, SecondsBetween
from adapters.sql.learning.certificates import CERTIFICATES
from adapters.sql.learning.quiz_rows import ANSWERS, ATTEMPTS, QUESTIONS
from adapters.sql.learning.rows import CONTENTS, ENROLLMENTS, MODULES, PROGRESS, TYPES, USERS
from adapters.sql.learning.tally import COMPLETED, TOTAL
from core.clock import INDIA
from modules.learning.analytics import (
    ClassPeriod,
    CompletionTimes,
    ContentFigures,
    Funnel,
    ItemSums,
    Period,
    QuizFigures,
    StudentFigures,
)
from modules.learning.domain.quizzes import QuestionType

E = ENROLLMENTS.c
STUDENTS_AT_ONCE = 500
DAYS = (1, 3, 7, 14, 30, 90)
"""Where the ranges of completion times end."""
_FROM = bindparam("from_", type_=E.enrollment_date.type)
_UNTIL = bindparam("until", type_=E.enrollment_date.type)
_OF_COURSE = E.course_id == bindparam("course_id")


def _days(column: ColumnElement[Any], *where: ColumnElement[bool], is_completion: bool) -> Select[Any]:
    day = IndiaDay(column)
    counts = (literal(0), func.count()) if is_completion else (func.count(), literal(0))
    return select(day, *counts).where(column >= _FROM, column < _UNTIL, *where).group_by(day)


def _both(*where: ColumnElement[bool]) -> Any:
    """Enrolments and completions of each day, one after the other."""
    return union_all(
        _days(E.enrollment_date, *where, is_completion=False), _days(E.completed_at, *where, is_completion=True)
    )


ALL_DAYS, COURSE_DAYS = _both(), _both(_OF_COURSE)
_CLASS_DAY = IndiaDay(SESSIONS.c.starts_at)
ALL_CLASSES = (
    over_records(_CLASS_DAY, func.count(SESSIONS.c.id.distinct()), func.count(), POINTS, POSSIBLE)
    .where(SESSIONS.c.starts_at >= _FROM, SESSIONS.c.starts_at < _UNTIL)
    .group_by(_CLASS_DAY)
    .order_by(_CLASS_DAY)
)
COURSE_CLASSES = ALL_CLASSES.where(RECORDS.c.course_id == bindparam("course_id"))
_CERTIFIED = exists().where(CERTIFICATES.c.enrollment_id == E.id, CERTIFICATES.c.revoked_at.is_(None))
_STEPS = (
    func.count(),
    func.count().filter(E.started_at.is_not(None)),
    func.count().filter(E.completed_at.is_not(None)),
    func.count().filter(_CERTIFIED),
)
ALL_FUNNEL = select(*_STEPS).select_from(ENROLLMENTS)
COURSE_FUNNEL = ALL_FUNNEL.where(_OF_COURSE)
_DONE = (
    select(PROGRESS.c.enrollment_id, func.count().label("done"))
    .join(ENROLLMENTS, E.id == PROGRESS.c.enrollment_id)
    .join(CONTENTS, CONTENTS.c.id == PROGRESS.c.content_id)
    .where(_OF_COURSE, PROGRESS.c.is_completed, CONTENTS.c.is_published)
    .group_by(PROGRESS.c.enrollment_id)
    .subquery()
)
_PUBLISHED = (
    select(func.count())
    .where(CONTENTS.c.course_id == bindparam("course_id"), CONTENTS.c.is_published)
    .scalar_subquery()
)
HALF = select(func.count()).where(_DONE.c.done * 2 >= _PUBLISHED)
_PLACE = func.row_number().over(order_by=(MODULES.c.position, MODULES.c.id, CONTENTS.c.position, CONTENTS.c.id))
_PARTS = (
    select(
        CONTENTS.c.id,
        CONTENTS.c.title,
        CONTENTS.c.content_type,
        _PLACE.label("place"),
    )
    .join(MODULES, MODULES.c.id == CONTENTS.c.module_id)
    .where(CONTENTS.c.course_id == bindparam("course_id"), CONTENTS.c.is_published)
    .cte("parts")
)
_SEEN = (
    select(
        PROGRESS.c.enrollment_id,
        PROGRESS.c.is_completed,
        PROGRESS.c.time_spent,
        _PARTS.c.id.label("content_id"),
        _PARTS.c.place,
        E.completed_at,
    )
    .select_from(ENROLLMENTS)
    .join(PROGRESS, PROGRESS.c.enrollment_id == E.id)
    .join(_PARTS, _PARTS.c.id == PROGRESS.c.content_id)
    .where(_OF_COURSE)
    .cte("seen")
)
_REACHED = (
    select(
        _SEEN.c.content_id,
        func.count().label("reached"),
        func.count().filter(_SEEN.c.is_completed).label("completed"),
        func.avg(_SEEN.c.time_spent).label("average"),
    )
    .group_by(_SEEN.c.content_id)
    .subquery()
)
_FURTHEST = (
    select(func.max(_SEEN.c.place).label("place"))
    .where(_SEEN.c.completed_at.is_(None))
    .group_by(_SEEN.c.enrollment_id)
    .subquery()
)
_STOPPED = select(_FURTHEST.c.place, func.count().label("stopped")).group_by(_FURTHEST.c.place).subquery()
PARTS = (
    select(
        _PARTS.c.id,
        _PARTS.c.title,
        _PARTS.c.content_type,
        func.coalesce(_REACHED.c.reached, 0),
        func.coalesce(_REACHED.c.completed, 0),
        func.coalesce(_STOPPED.c.stopped, 0),
        func.coalesce(_REACHED.c.average, 0),
    )
    .outerjoin(_REACHED, _REACHED.c.content_id == _PARTS.c.id)
    .outerjoin(_STOPPED, _STOPPED.c.place == _PARTS.c.place)
    .order_by(_PARTS.c.place)
)
_TOOK = SecondsBetween(E.enrollment_date, E.completed_at)
_IS_COMPLETED = and_(E.completed_at.is_not(None), E.completed_at >= E.enrollment_date)
SHARES = (25, 50, 75, 90)


def _times(*where: ColumnElement[bool]) -> tuple[Any, Any]:
    took = cast(_TOOK, Integer).label("took")
    ranked = (
        select(took, func.row_number().over(order_by=took).label("n"), func.count().over().label("all"))
        .where(_IS_COMPLETED, *where)
        .subquery()
    )
    # the smallest that at least so many percent did not exceed
    at = [func.min(case((ranked.c.n * 100 >= ranked.c.all * share, ranked.c.took))) for share in (0, *SHARES)]
    days = SecondsBetween(E.enrollment_date, E.completed_at) / 86_400
    ranges = [func.count().filter(and_(days >= first, days < last)) for first, last in pairwise((0, *DAYS))]
    ranges.append(func.count().filter(days >= DAYS[-1]))
    return select(*at), select(func.count(), *ranges).select_from(ENROLLMENTS).where(_IS_COMPLETED, *where)


ALL_TIMES, ALL_RANGES = _times()
COURSE_TIMES, COURSE_RANGES = _times(_OF_COURSE)
_CLOSED = and_(ATTEMPTS.c.quiz_id == bindparam("quiz_id"), ATTEMPTS.c.status != "open")
_FIRST = ATTEMPTS.c.attempt_number <= bindparam("most", type_=Integer)
QUIZ = select(
    func.count(),
    func.count(ATTEMPTS.c.enrollment_id.distinct()),
    func.count().filter(ATTEMPTS.c.passed),
    func.avg(ATTEMPTS.c.score),
).where(_CLOSED, _FIRST)
_REST = cast(ATTEMPTS.c.points_earned - ANSWERS.c.points_earned, Float)
_SUMS = (
    select(
        ANSWERS.c.question_id,
        func.count().label("answered"),
        func.count().filter(ANSWERS.c.is_correct).label("correct"),
        func.sum(_REST).label("rest"),
        func.sum(_REST * _REST).label("squared"),
        func.coalesce(func.sum(_REST).filter(ANSWERS.c.is_correct), 0.0).label("of_correct"),
    )
    .join(ATTEMPTS, ATTEMPTS.c.id == ANSWERS.c.attempt_id)
    .where(_CLOSED, _FIRST)
    .group_by(ANSWERS.c.question_id)
    .subquery()
)
ITEMS = (
    select(
        QUESTIONS.c.id,
        QUESTIONS.c.question_text,
        QUESTIONS.c.question_type,
        QUESTIONS.c.is_removed,
        _SUMS.c.answered,
        _SUMS.c.correct,
        _SUMS.c.rest,
        _SUMS.c.squared,
        _SUMS.c.of_correct,
    )
    .join(_SUMS, _SUMS.c.question_id == QUESTIONS.c.id)
    .order_by(QUESTIONS.c.position, QUESTIONS.c.id)
)
_OWN = PROGRESS.c.enrollment_id == E.id
STUDENTS = (
    select(
        E.id,
        USERS.c.id,
        USERS.c.username,
        USERS.c.full_name,
        E.enrollment_date,
        E.is_active,
        E.expiry_date,
        E.completed_at,
        COMPLETED,
        TOTAL,
        select(func.coalesce(func.sum(PROGRESS.c.time_spent), 0)).where(_OWN).scalar_subquery(),
        select(func.max(PROGRESS.c.updated_at)).where(_OWN).scalar_subquery(),
    )
    .join(USERS, USERS.c.id == E.user_id)
    .where(_OF_COURSE, E.id > bindparam("after"))
    .order_by(E.id)
    .limit(STUDENTS_AT_ONCE)
)
BEST = (
    select(ATTEMPTS.c.enrollment_id, func.max(ATTEMPTS.c.score))
    .join(ENROLLMENTS, E.id == ATTEMPTS.c.enrollment_id)
    .where(_OF_COURSE, E.id > bindparam("after"), E.id <= bindparam("last"), ATTEMPTS.c.score.is_not(None))
    .group_by(ATTEMPTS.c.enrollment_id, ATTEMPTS.c.quiz_id)
)


class SqlAnalyticsQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def days(self, course_id: int | None, first: date, last: date) -> list[Period]:
        values = {"from_": _midnight(first), "until": _midnight(last + timedelta(days=1)), **_of(course_id)}
        found: dict[date, tuple[int, int]] = {}
        for day, enrolled, completed in await self._database.rows(COURSE_DAYS if course_id else ALL_DAYS, values):
            before = found.get(day, (0, 0))
            found[day] = (before[0] + enrolled, before[1] + completed)
        return [Period(day, *counts) for day, counts in sorted(found.items())]

    async def classes(self, course_id: int | None, first: date, last: date) -> list[ClassPeriod]:
        values = {"from_": _midnight(first), "until": _midnight(last + timedelta(days=1)), **_of(course_id)}
        rows = await self._database.rows(COURSE_CLASSES if course_id else ALL_CLASSES, values)
        return [ClassPeriod(day, *(int(count) for count in counts)) for day, *counts in rows]

    async def funnel(self, course_id: int | None) -> Funnel:
        row = await self._database.row(COURSE_FUNNEL if course_id else ALL_FUNNEL, _of(course_id))
        enrolled, started, completed, certified = row or (0, 0, 0, 0)
        half = await self._database.row(HALF, _of(course_id)) if course_id else None
        return Funnel(enrolled, started, half[0] if half else None, completed, certified)

    async def contents(self, course_id: int) -> list[ContentFigures]:
        found = await self._database.rows(PARTS, {"course_id": course_id})
        return [
            ContentFigures(id_, title, TYPES[kind], reached, completed, stopped, round(float(average), 1))
            for id_, title, kind, reached, completed, stopped, average in found
        ]

    async def completion_times(self, course_id: int | None) -> CompletionTimes:
        times, ranges = (COURSE_TIMES, COURSE_RANGES) if course_id else (ALL_TIMES, ALL_RANGES)
        at = await self._database.row(times, _of(course_id)) or (None,) * (len(SHARES) + 1)
        completed, *counts = await self._database.row(ranges, _of(course_id)) or (0,) * (len(DAYS) + 2)
        names = [f"{first}-{last}" for first, last in zip((0, *DAYS), DAYS, strict=False)]
        buckets = dict(zip([*names, f"{DAYS[-1]}+"], counts, strict=True))
        fastest, quarter, median, three_quarters, nine_tenths = at
        return CompletionTimes(completed, fastest, quarter, median, three_quarters, nine_tenths, buckets)

    async def quiz(self, quiz_id: int, *, first_attempts: bool) -> QuizFigures:
        asked = {"quiz_id": quiz_id, "most": 1 if first_attempts else 2**31 - 1}
        attempts, students, passed, mean = await self._database.row(QUIZ, asked) or (0, 0, 0, None)
        items = [_item(row) for row in await self._database.rows(ITEMS, asked)]
        return QuizFigures(quiz_id, attempts, students, passed, None if mean is None else round(float(mean), 1), items)

    async def students(self, course_id: int) -> AsyncIterator[list[StudentFigures]]:
        after = 0
        came = {
            user_id: round(100 * int(points) / int(possible), 1)
            for user_id, points, possible in await self._database.rows(CAME, {"course_id": course_id})
            if possible
        }
        while rows := await self._database.rows(STUDENTS, {"course_id": course_id, "after": after}):
            asked = {"course_id": course_id, "after": after, "last": rows[-1][0]}
            best: dict[int, list[float]] = {}
            for enrollment_id, score in await self._database.rows(BEST, asked):
                best.setdefault(enrollment_id, []).append(score)
            figures = [(*row, _mean(best.get(row[0])), came.get(row[1])) for row in rows]
            yield [StudentFigures(*one) for one in figures]
            after = rows[-1][0]


def _item(row: Sequence[Any]) -> ItemSums:
    id_, text, kind, is_removed, answered, correct, *sums = row
    rest, squared, of_correct = (float(one) for one in sums)
    return ItemSums(id_, text, QuestionType(kind), is_removed, answered, correct, rest, squared, of_correct)


def _mean(scores: list[float] | None) -> float | None:
    return round(sum(scores) / len(scores), 1) if scores else None


def _of(course_id: int | None) -> dict[str, Any]:
    return {"course_id": course_id} if course_id else {}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=INDIA).astimezone(UTC)
