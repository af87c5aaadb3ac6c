"""Quizzes as they are written, within a transaction."""

from collections.abc import Sequence
from datetime import timedelta
from random import SystemRandom
from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.failures import Duplicate, violated
from adapters.sql.learning.outline import SqlOutlineStore
from adapters.sql.learning.quiz_rows import (
    ALLOWANCES,
    ATTEMPTS,
    OPTIONS,
    QUESTION_BY_ID,
    QUESTIONS,
    QUIZ_BY_ID,
    QUIZ_COLUMNS,
    QUIZZES,
    questions,
    quiz,
    removals,
)
from adapters.sql.learning.rows import ENROLLMENTS
from modules.learning.domain.attempts import Allowance
from modules.learning.domain.quizzes import Draft, Option, Question, Quiz, QuizExists

LAST = select(func.coalesce(func.max(QUESTIONS.c.position), 0)).where(QUESTIONS.c.quiz_id == bindparam("quiz_id"))
PLACE = update(QUESTIONS).where(QUESTIONS.c.id == bindparam("row")).values(position=bindparam("place"))
ADD_OPTION = insert(OPTIONS)
REMOVE_OPTION = delete(OPTIONS).where(OPTIONS.c.id == bindparam("row"))
CHANGE_OPTION = (
    update(OPTIONS)
    .where(OPTIONS.c.id == bindparam("row"))
    .values(option_text=bindparam("text"), is_correct=bindparam("right"), position=bindparam("place"))
)
ALLOWED = select(ALLOWANCES.c.extra_time).where(
    ALLOWANCES.c.quiz_id == bindparam("quiz_id"), ALLOWANCES.c.user_id == bindparam("user_id")
)
OPEN_ATTEMPTS = (
    select(ATTEMPTS.c.id, ATTEMPTS.c.deadline)
    .join(ENROLLMENTS, ENROLLMENTS.c.id == ATTEMPTS.c.enrollment_id)
    .where(
        ATTEMPTS.c.quiz_id == bindparam("quiz_id"),
        ENROLLMENTS.c.user_id == bindparam("user_id"),
        ATTEMPTS.c.status == "open",
        ATTEMPTS.c.deadline.is_not(None),
    )
    .with_for_update(of=ATTEMPTS)
)
_ALLOW = upsert(ALLOWANCES)
ALLOW = _ALLOW.on_conflict_do_update(
    index_elements=["quiz_id", "user_id"],
    set_={"extra_time": _ALLOW.excluded.extra_time, "extra_attempts": _ALLOW.excluded.extra_attempts},
)


class SqlQuizStore(SqlOutlineStore):
    async def quiz(self, quiz_id: int) -> Quiz | None:
        row = await self.transaction.row(QUIZ_BY_ID, {"id": quiz_id})
        return quiz(row) if row else None

    async def add_quiz(self, content_id: int, **values: Any) -> Quiz:
        statement = insert(QUIZZES).values(content_id=content_id, version=1, **values).returning(*QUIZ_COLUMNS)
        try:
            return quiz((await self.transaction.execute(statement)).one())
        except Duplicate as error:
            if violated(error, "quizzes.content_id"):
                raise QuizExists from error
            raise

    async def change_quiz(self, quiz_id: int, course_id: int, **changes: Any) -> Quiz:
        await self.touch_course(course_id)
        statement = update(QUIZZES).where(QUIZZES.c.id == quiz_id).values(version=QUIZZES.c.version + 1, **changes)
        return quiz((await self.transaction.execute(statement.returning(*QUIZ_COLUMNS))).one())

    async def is_quiz_used(self, quiz_id: int) -> bool:
        return bool(await self.transaction.scalar(select(exists().where(ATTEMPTS.c.quiz_id == quiz_id))))

    async def remove_quiz(self, quiz_id: int) -> None:
        for statement in removals(select(QUIZZES.c.id).where(QUIZZES.c.id == quiz_id)):
            await self.transaction.execute(statement)

    async def question(self, question_id: int) -> Question | None:
        found = questions(await self.transaction.rows(QUESTION_BY_ID, {"id": question_id}))
        return found[0] if found else None

    async def add_questions(self, quiz_id: int, drafts: Sequence[Draft]) -> list[int]:
        last, ids = int(await self.transaction.scalar(LAST, {"quiz_id": quiz_id})), []
        for place, draft in enumerate(drafts, last + 1):
            values = {"quiz_id": quiz_id, "position": place, "is_removed": False, "version": 1, **_columns(draft)}
            ids.append(int(await self.transaction.scalar(insert(QUESTIONS).values(values).returning(QUESTIONS.c.id))))
        options = [
            _new_option(question_id, option, place)
            for question_id, draft in zip(ids, drafts, strict=True)
            for place, option in enumerate(draft.options, 1)
        ]
        await self.transaction.execute(ADD_OPTION, _in_no_order(options))
        return ids

    async def change_question(self, question: Question, draft: Draft) -> None:
        statement = update(QUESTIONS).where(QUESTIONS.c.id == question.id)
        await self.transaction.execute(statement.values(version=QUESTIONS.c.version + 1, **_columns(draft)))
        kept = {option.id for option in draft.options}
        gone = [{"row": option.id} for option in question.options if option.id not in kept]
        placed = list(enumerate(draft.options, 1))
        changed = [
            {"row": option.id, "text": option.option_text, "right": option.is_correct, "place": place}
            for place, option in placed
            if option.id
        ]
        added = _in_no_order([_new_option(question.id, option, place) for place, option in placed if not option.id])
        for change, rows in ((REMOVE_OPTION, gone), (CHANGE_OPTION, changed), (ADD_OPTION, added)):
            if rows:
                await self.transaction.execute(change, rows)

    async def remove_question(self, question_id: int) -> None:
        await self.transaction.execute(update(QUESTIONS).where(QUESTIONS.c.id == question_id).values(is_removed=True))

    async def order_questions(self, ids: Sequence[int]) -> None:
        await self.transaction.execute(PLACE, [{"row": id_, "place": place} for place, id_ in enumerate(ids, 1)])

    async def enrollment_id(self, user_id: int, course_id: int) -> int | None:
        statement = select(ENROLLMENTS.c.id).where(ENROLLMENTS.c.user_id == user_id)
        found = await self.transaction.scalar(statement.where(ENROLLMENTS.c.course_id == course_id))
        return None if found is None else int(found)

    async def set_allowance(self, quiz_id: int, user_id: int, allowance: Allowance) -> None:
        whose = {"quiz_id": quiz_id, "user_id": user_id}
        more = timedelta(seconds=allowance.extra_time - (await self.transaction.scalar(ALLOWED, whose) or 0))
        if allowance == Allowance():
            statement = delete(ALLOWANCES).where(ALLOWANCES.c.quiz_id == quiz_id, ALLOWANCES.c.user_id == user_id)
            await self.transaction.execute(statement)
        else:
            extra = {"extra_time": allowance.extra_time, "extra_attempts": allowance.extra_attempts}
            await self.transaction.execute(ALLOW, {**whose, **extra})
        for attempt_id, deadline in await self.transaction.rows(OPEN_ATTEMPTS, whose):
            moved = update(ATTEMPTS).where(ATTEMPTS.c.id == attempt_id)
            await self.transaction.execute(moved.values(deadline=deadline + more))


def _columns(draft: Draft) -> dict[str, Any]:
    names = ("question_text", "points", "explanation", "pool")
    plain = {name: getattr(draft, name) for name in names}
    return {**plain, "question_type": draft.question_type.value, "tolerance": str(draft.tolerance)}


def _new_option(question_id: int, option: Option, place: int) -> dict[str, Any]:
    text = {"option_text": option.option_text, "is_correct": option.is_correct}
    return {"question_id": question_id, "position": place, **text}


def _in_no_order(options: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ids grow: where the right option is always written first, the lowest id of a shuffled paper would be it."""
    shuffled = list(options)
    SystemRandom().shuffle(shuffled)
    return shuffled
