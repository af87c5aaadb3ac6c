"""Attempts at quizzes: opened, saved, closed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Integer, Select, and_, bindparam, case, insert, or_, select, update

from adapters.sql.database import Database
from adapters.sql.learning.access import HAS_ACCESS
from adapters.sql.learning.quiz_rows import (
    ANSWERS,
    ATTEMPT_COLUMNS,
    ATTEMPTS,
    OF_QUIZ,
    QUIZ_BY_ID,
    QUIZZES,
    STANDING,
    attempt,
    questions,
    quiz,
    standing,
)
from adapters.sql.learning.rows import CONTENTS, ENROLLMENTS
from adapters.sql.learning.study import SqlStudyStore
from core.clock import Clock
from modules.learning.domain.attempts import GRACE, Attempt, AttemptStatus, Standing
from modules.learning.domain.grading import Answer, Mark, Score
from modules.learning.domain.quizzes import Question, Quiz
from modules.learning.quiz_ports import Place

QUIZ_SHARED = QUIZ_BY_ID.with_for_update(read=True)
PLACE_COLUMNS = [ATTEMPTS.c.id, ENROLLMENTS.c.user_id, CONTENTS.c.id]


def in_place(statement: Select[Any]) -> Select[Any]:
    """A statement over attempts with where they belong."""
    return (
        statement.select_from(ATTEMPTS)
        .join(ENROLLMENTS, ENROLLMENTS.c.id == ATTEMPTS.c.enrollment_id)
        .join(QUIZZES, QUIZZES.c.id == ATTEMPTS.c.quiz_id)
        .join(CONTENTS, CONTENTS.c.id == QUIZZES.c.content_id)
    )


PLACE = in_place(select(*PLACE_COLUMNS).where(ATTEMPTS.c.id == bindparam("id")))
WITH_PLACE = PLACE.add_columns(HAS_ACCESS, *ATTEMPT_COLUMNS)
_PLACE = len(PLACE_COLUMNS)
ADD = insert(ATTEMPTS).returning(ATTEMPTS.c.id)
BY_ID = select(*ATTEMPT_COLUMNS).where(ATTEMPTS.c.id == bindparam("id")).with_for_update()
CLOSE = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.id == bindparam("row"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("status", "completed_at", "score", "passed", "points_earned", "points_total", "late")
        }
    )
)
_REVISION = bindparam("revision", type_=Integer)
_IS_NEWER = or_(_REVISION.is_(None), ATTEMPTS.c.saved_revision <= _REVISION)
SAVE = (
    update(ATTEMPTS)
    .where(
        ATTEMPTS.c.id == bindparam("row"),
        ATTEMPTS.c.status == "open",
        or_(ATTEMPTS.c.deadline.is_(None), ATTEMPTS.c.deadline >= bindparam("latest", type_=ATTEMPTS.c.deadline.type)),
    )
    .values(
        saved=case((_IS_NEWER, bindparam("answers", type_=ATTEMPTS.c.saved.type)), else_=ATTEMPTS.c.saved),
        saved_revision=case((and_(_REVISION.is_not(None), _IS_NEWER), _REVISION), else_=ATTEMPTS.c.saved_revision),
    )
    .returning(ATTEMPTS.c.saved_revision)
)
OVERDUE = (
    select(ATTEMPTS.c.id)
    .where(ATTEMPTS.c.status == "open", ATTEMPTS.c.deadline < bindparam("latest", type_=ATTEMPTS.c.deadline.type))
    .order_by(ATTEMPTS.c.deadline)
    .limit(bindparam("limit"))
)


class SqlAttemptStore(SqlStudyStore):
    async def quiz(self, quiz_id: int) -> Quiz | None:
        row = await self.transaction.row(QUIZ_SHARED, {"id": quiz_id})
        return quiz(row) if row else None

    async def questions(self, quiz_id: int) -> list[Question]:
        return questions(await self.transaction.rows(OF_QUIZ, {"quiz_id": quiz_id}))

    async def standing(self, enrollment_id: int, quiz_id: int) -> Standing:
        whose = {"enrollment_id": enrollment_id, "quiz_id": quiz_id}
        return standing((await self.transaction.execute(STANDING, whose)).one())

    async def place(self, attempt_id: int) -> Place | None:
        row = await self.transaction.row(PLACE, {"id": attempt_id})
        return Place(*row) if row else None

    async def attempt(self, attempt_id: int) -> Attempt:
        return attempt((await self.transaction.execute(BY_ID, {"id": attempt_id})).one())

    async def add_attempt(
        self,
        *,
        enrollment_id: int,
        quiz: Quiz,
        number: int,
        paper: Sequence[Question],
        points_total: int,
        started_at: datetime,
        deadline: datetime | None,
    ) -> int:
        values = {
            "enrollment_id": enrollment_id,
            "quiz_id": quiz.id,
            "attempt_number": number,
            "status": AttemptStatus.OPEN.value,
            "paper": msgspec.to_builtins(paper),
            "passing_score": quiz.passing_score,
            "started_at": started_at,
            "deadline": deadline,
            "points_total": points_total,
            "late": False,
            "saved": [],
            "saved_revision": 0,
        }
        return int(await self.transaction.scalar(ADD, values))

    async def close(
        self, closed: Attempt, *, status: AttemptStatus, score: Score, completed_at: datetime, late: bool
    ) -> None:
        result = {name: getattr(score, name) for name in ("score", "passed", "points_earned", "points_total")}
        result |= {"status": status.value, "completed_at": completed_at, "late": late}
        new = {f"new_{name}": value for name, value in result.items()}
        await self.transaction.execute(CLOSE, {"row": closed.id, **new})
        await self.transaction.execute(insert(ANSWERS), [_answer(closed.id, mark) for mark in score.marks])


class SqlAttemptBook:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def paper(self, attempt_id: int) -> tuple[Place, Attempt, bool] | None:
        row = await self._database.row(WITH_PLACE, {"id": attempt_id, "now": self._clock.now()})
        if row is None:
            return None
        return Place(*row[:_PLACE]), attempt(row[_PLACE + 1 :]), bool(row[_PLACE])

    async def save(
        self, attempt_id: int, answers: Sequence[Answer], *, revision: int | None, now: datetime
    ) -> int | None:
        said = {"answers": msgspec.to_builtins(answers), "revision": revision}
        row = await self._database.write(SAVE, {"row": attempt_id, "latest": now - GRACE, **said})
        return int(row[0]) if row else None

    async def overdue(self, now: datetime, limit: int) -> list[int]:
        return [row[0] for row in await self._database.rows(OVERDUE, {"latest": now - GRACE, "limit": limit})]


def _answer(attempt_id: int, mark: Mark) -> dict[str, Any]:
    chosen = mark.answer.selected_opt_ids
    return {
        "attempt_id": attempt_id,
        "question_id": mark.question_id,
        "selected_opt_id": chosen[0] if len(chosen) == 1 else None,
        "selected_opt_ids": list(chosen),
        "answer_text": mark.answer.answer_text,
        "is_correct": mark.is_correct,
        "points_earned": mark.points_earned,
    }
