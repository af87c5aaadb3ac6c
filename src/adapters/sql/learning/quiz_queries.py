"""Quizzes and attempts as people read them."""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, true

from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.access import TEACHES, is_staff, teaches
from adapters.sql.learning.attempts import PLACE_COLUMNS, in_place
from adapters.sql.learning.quiz_rows import (
    ALLOWANCES,
    ATTEMPT_COLUMNS,
    ATTEMPTS,
    MARKS,
    OF_QUIZ,
    QUESTIONS,
    QUIZ_COLUMNS,
    QUIZZES,
    STANDING,
    attempt,
    questions,
    quiz,
    standing,
)
from adapters.sql.learning.rows import CONTENTS, ENROLLMENTS, MODULES, USERS
from adapters.sql.learning.tally import COMPLETED, TOTAL
from adapters.sql.pages import KeysetList, given
from core.actor import Actor
from core.paging import Page, PageRequest
from modules.learning.domain.attempts import Allowance, AttemptStatus, Standing
from modules.learning.domain.progress import Tally
from modules.learning.domain.quizzes import Question, Quiz
from modules.learning.quiz_ports import AllowanceLine, AttemptLine, AttemptSight, Place, QuizCard, Which, WrittenQuiz

_ENROLLED = (
    select(ENROLLMENTS.c.id)
    .where(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == CONTENTS.c.course_id)
    .scalar_subquery()
)
CARD = (
    select(*QUIZ_COLUMNS, _ENROLLED)
    .join(CONTENTS, CONTENTS.c.id == QUIZZES.c.content_id)
    .where(QUIZZES.c.content_id == bindparam("content_id"))
)
TEACHES_QUIZ = (
    select(teaches(CONTENTS.c.course_id))
    .join_from(QUIZZES, CONTENTS, CONTENTS.c.id == QUIZZES.c.content_id)
    .where(QUIZZES.c.id == bindparam("quiz_id"))
)
QUIZ_OF_QUESTION = select(QUESTIONS.c.quiz_id).where(QUESTIONS.c.id == bindparam("id"))
EXTENT = (
    select(QUESTIONS.c.pool, func.count(), func.sum(QUESTIONS.c.points))
    .where(QUESTIONS.c.quiz_id == bindparam("quiz_id"), ~QUESTIONS.c.is_removed)
    .group_by(QUESTIONS.c.pool)
)
_WRITTEN = (
    select(CONTENTS.c.title, CONTENTS.c.course_id, CONTENTS.c.is_published, *QUIZ_COLUMNS)
    .join(CONTENTS, CONTENTS.c.id == QUIZZES.c.content_id)
    .join(MODULES, MODULES.c.id == CONTENTS.c.module_id)
)
_QUIZ = 3
WRITTEN = _WRITTEN.where(QUIZZES.c.id == bindparam("quiz_id"))
OF_COURSE = _WRITTEN.where(CONTENTS.c.course_id == bindparam("course_id")).order_by(
    MODULES.c.position, MODULES.c.id, CONTENTS.c.position, CONTENTS.c.id
)
SIGHT = in_place(
    select(CONTENTS.c.title, COMPLETED, TOTAL, teaches(CONTENTS.c.course_id), *PLACE_COLUMNS, *QUIZ_COLUMNS)
    .add_columns(*ATTEMPT_COLUMNS)
    .where(ATTEMPTS.c.id == bindparam("id"))
)
_PLACE = 4
_SIGHT_QUIZ = _PLACE + len(PLACE_COLUMNS)
_ATTEMPT = _SIGHT_QUIZ + len(QUIZ_COLUMNS)
ALLOWED = (
    select(USERS.c.id, USERS.c.username, USERS.c.full_name, ALLOWANCES.c.extra_time, ALLOWANCES.c.extra_attempts)
    .join_from(ALLOWANCES, USERS, USERS.c.id == ALLOWANCES.c.user_id)
    .where(ALLOWANCES.c.quiz_id == bindparam("quiz_id"))
    .order_by(USERS.c.id)
)


def _line(row: AnyRow) -> AttemptLine:
    values = list(row)
    values[5] = AttemptStatus(values[5])
    return AttemptLine(*values)


_OTHERS = ATTEMPTS.alias("others")
_OF_STUDENT = (
    select(_OTHERS.c.id)
    .where(_OTHERS.c.enrollment_id == ATTEMPTS.c.enrollment_id, _OTHERS.c.quiz_id == ATTEMPTS.c.quiz_id)
    .correlate(ATTEMPTS)
    .limit(1)
)
_LAST = _OF_STUDENT.order_by(_OTHERS.c.id.desc())
_BEST = _OF_STUDENT.where(_OTHERS.c.score.is_not(None)).order_by(_OTHERS.c.score.desc(), _OTHERS.c.id.desc())
ATTEMPT_LIST = KeysetList(
    select(
        *(ENROLLMENTS.c.user_id if name == "user_id" else ATTEMPTS.c[name] for name in AttemptLine.__struct_fields__)
    )
    .join(ENROLLMENTS, ENROLLMENTS.c.id == ATTEMPTS.c.enrollment_id)
    .where(ATTEMPTS.c.quiz_id == bindparam("quiz_id")),
    make=_line,
    orders={"id": [ATTEMPTS.c.id]},
    filters={
        "user_id": ENROLLMENTS.c.user_id == bindparam("user_id"),
        Which.ALL: true(),
        Which.BEST: ATTEMPTS.c.id == _BEST.scalar_subquery(),
        Which.LAST: ATTEMPTS.c.id == _LAST.scalar_subquery(),
    },
)


class SqlQuizQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def card(self, content_id: int, user_id: int) -> QuizCard | None:
        row = await self._database.row(CARD, {"content_id": content_id, "user_id": user_id})
        if row is None:
            return None
        found, enrollment_id = quiz(row[:-1]), row[-1]
        pools = await self._database.rows(EXTENT, {"quiz_id": found.id})
        count, points = _extent(found, pools)
        return QuizCard(found, count, points, await self._standing(enrollment_id or 0, found.id))

    async def written(self, quiz_id: int, viewer: Actor) -> WrittenQuiz | None:
        row = await self._database.row(WRITTEN, {"quiz_id": quiz_id})
        if row is None or not await self._is_staff(viewer, row[1]):
            return None
        asked = questions(await self._database.rows(OF_QUIZ, {"quiz_id": quiz_id}))
        return _written(row, asked)

    async def of_course(self, course_id: int, viewer: Actor) -> list[WrittenQuiz] | None:
        if not await self._is_staff(viewer, course_id):
            return None
        rows = await self._database.rows(OF_COURSE, {"course_id": course_id})
        return [_written(row, []) for row in rows]

    async def is_staff(self, quiz_id: int, viewer: Actor) -> bool | None:
        row = await self._database.row(TEACHES_QUIZ, {"quiz_id": quiz_id, "user_id": viewer.user_id})
        return None if row is None else is_staff(viewer, teaches=bool(row[0]))

    async def quiz_of_question(self, question_id: int) -> int | None:
        row = await self._database.row(QUIZ_OF_QUESTION, {"id": question_id})
        return row[0] if row else None

    async def allowances(self, quiz_id: int) -> list[AllowanceLine]:
        rows = await self._database.rows(ALLOWED, {"quiz_id": quiz_id})
        return [AllowanceLine(id_, name, full, Allowance(*extra)) for id_, name, full, *extra in rows]

    async def attempt(self, attempt_id: int, viewer: Actor) -> AttemptSight | None:
        row = await self._database.row(SIGHT, {"id": attempt_id, "user_id": viewer.user_id})
        if row is None:
            return None
        title, completed, total, teaches_it = row[:_PLACE]
        place, staff = Place(*row[_PLACE:_SIGHT_QUIZ]), is_staff(viewer, teaches=bool(teaches_it))
        if place.user_id != viewer.user_id and not staff:
            return None
        found = attempt(row[_ATTEMPT:])
        if not found.is_open:
            found = attempt(row[_ATTEMPT:], await self._database.rows(MARKS, {"attempt_id": attempt_id}))
        stands = await self._standing(found.enrollment_id, found.quiz_id)
        percentage = Tally(completed, total).percentage
        return AttemptSight(found, quiz(row[_SIGHT_QUIZ:_ATTEMPT]), title, stands, percentage, staff)

    async def attempts(
        self, request: PageRequest, quiz_id: int, *, user_id: int | None, which: Which
    ) -> Page[AttemptLine]:
        values = given(user_id=user_id)
        return await ATTEMPT_LIST.page(
            self._database,
            request,
            where=[*values, which],
            values={**values, "quiz_id": quiz_id},
            keys=lambda line: (line.id,),
        )

    async def _standing(self, enrollment_id: int, quiz_id: int) -> Standing:
        whose = {"enrollment_id": enrollment_id, "quiz_id": quiz_id}
        row = await self._database.row(STANDING, whose)
        return standing(row or (0, None, None, 0, None, None))

    async def _is_staff(self, viewer: Actor, course_id: int) -> bool:
        row = await self._database.row(TEACHES, {"course_id": course_id, "user_id": viewer.user_id})
        return row is not None and is_staff(viewer, teaches=bool(row[0]))


def _written(row: AnyRow, asked: list[Question]) -> WrittenQuiz:
    title, course_id, is_published = row[:_QUIZ]
    return WrittenQuiz(quiz(row[_QUIZ:]), title, course_id, is_published, asked)


def _extent(of: Quiz, pools: Sequence[AnyRow]) -> tuple[int, int]:
    """How many questions a paper has, and their points: the questions of a pool that is drawn from have the same."""
    count = points = 0
    for name, there, sum_of_points in pools:
        drawn = min(of.pools.get(name, 0), there) if name else there
        count += drawn
        points += int(sum_of_points) * drawn // there
    return count, points
