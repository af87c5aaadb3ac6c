"""Tables of quizzes, and how their rows become domain values."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Executable, bindparam, delete, func, select

from adapters.sql.database import AnyRow
from adapters.sql.learning.rows import ENROLLMENTS
from adapters.sql.models import Question as QuestionModel
from adapters.sql.models import QuestionOption, QuizAllowance, QuizAnswer, QuizAttempt
from adapters.sql.models import Quiz as QuizModel
from adapters.sql.store import table
from modules.learning.domain.attempts import Allowance, Attempt, AttemptStatus, Standing
from modules.learning.domain.grading import Answer, Mark
from modules.learning.domain.quizzes import Option, Question, QuestionType, Quiz, ShowAnswers

QUIZZES, QUESTIONS, OPTIONS, ALLOWANCES = (
    table(QuizModel),
    table(QuestionModel),
    table(QuestionOption),
    table(QuizAllowance),
)
ATTEMPTS, ANSWERS = table(QuizAttempt), table(QuizAnswer)
QUIZ_COLUMNS = [QUIZZES.c[name] for name in Quiz.__struct_fields__]
ATTEMPT_COLUMNS = [ATTEMPTS.c[name] for name in Attempt.__struct_fields__ if name != "marks"]
QUIZ_BY_ID = select(*QUIZ_COLUMNS).where(QUIZZES.c.id == bindparam("id"))
_QUESTION_COLUMNS = [QUESTIONS.c[name] for name in Question.__struct_fields__ if name != "options"]
_WITH_OPTIONS = (
    select(*_QUESTION_COLUMNS, OPTIONS.c.id, OPTIONS.c.option_text, OPTIONS.c.is_correct)
    .outerjoin(OPTIONS, OPTIONS.c.question_id == QUESTIONS.c.id)
    .where(~QUESTIONS.c.is_removed)
)
OF_QUIZ = _WITH_OPTIONS.where(QUESTIONS.c.quiz_id == bindparam("quiz_id")).order_by(
    QUESTIONS.c.position, QUESTIONS.c.id, OPTIONS.c.position
)
QUESTION_BY_ID = _WITH_OPTIONS.where(QUESTIONS.c.id == bindparam("id")).order_by(OPTIONS.c.position)
MARKS = (
    select(
        ANSWERS.c.id,
        ANSWERS.c.question_id,
        ANSWERS.c.selected_opt_ids,
        ANSWERS.c.answer_text,
        ANSWERS.c.is_correct,
        ANSWERS.c.points_earned,
    )
    .where(ANSWERS.c.attempt_id == bindparam("attempt_id"))
    .order_by(ANSWERS.c.id)
)


def _allowance(name: str, of: Any) -> Any:
    """What this enrolment's student gets more of the quiz bound as `quiz_id`."""
    found = select(ALLOWANCES.c[name]).join_from(ALLOWANCES, of, of.c.user_id == ALLOWANCES.c.user_id)
    return (
        found.where(ALLOWANCES.c.quiz_id == bindparam("quiz_id"), of.c.id == bindparam("enrollment_id"))
        .limit(1)
        .scalar_subquery()
    )


_WHOSE = ENROLLMENTS.alias("whose")
STANDING = select(
    func.count(),
    func.max(ATTEMPTS.c.id).filter(ATTEMPTS.c.status == "open"),
    func.max(ATTEMPTS.c.score),
    func.count().filter(ATTEMPTS.c.passed),
    _allowance("extra_time", _WHOSE),
    _allowance("extra_attempts", _WHOSE),
).where(ATTEMPTS.c.enrollment_id == bindparam("enrollment_id"), ATTEMPTS.c.quiz_id == bindparam("quiz_id"))


def quiz(row: AnyRow) -> Quiz:
    values = list(row)
    values[7] = ShowAnswers(values[7])
    return Quiz(*values)


def questions(rows: Sequence[AnyRow]) -> list[Question]:
    """From rows of questions with their options, in order."""
    found: dict[int, tuple[AnyRow, list[Option]]] = {}
    for row in rows:
        _, options = found.setdefault(row[0], (row, []))
        if row[-3] is not None:
            options.append(Option(*row[-3:]))
    return [_question(row, options) for row, options in found.values()]


def _question(row: AnyRow, options: list[Option]) -> Question:
    id_, quiz_id, text, kind, points, explanation, tolerance, pool, version = row[:9]
    kind, exact = QuestionType(kind), Decimal(tolerance)
    return Question(id_, quiz_id, text, kind, points, explanation, exact, pool, tuple(options), version)


def standing(row: AnyRow) -> Standing:
    used, open_id, best, passed, extra_time, extra_attempts = row
    return Standing(used, open_id, best, bool(passed), Allowance(extra_time or 0, extra_attempts or 0))


def attempt(row: AnyRow, marks: Sequence[AnyRow] = ()) -> Attempt:
    values = dict(zip((column.name for column in ATTEMPT_COLUMNS), row, strict=True))
    values["status"] = AttemptStatus(values["status"])
    values["paper"] = msgspec.convert(values["paper"], tuple[Question, ...])
    values["saved"] = msgspec.convert(values["saved"], tuple[Answer, ...])
    return Attempt(**values, marks=tuple(_mark(row) for row in marks))


def _mark(row: AnyRow) -> tuple[int, Mark]:
    id_, question_id, chosen, text, is_correct, points = row
    return id_, Mark(question_id, Answer(question_id, tuple(chosen), text), is_correct, points)


def removals(quiz_ids: Any) -> list[Executable]:
    """Statements that delete these quizzes, which nobody has attempted, with all that they consist of."""
    question_ids = select(QUESTIONS.c.id).where(QUESTIONS.c.quiz_id.in_(quiz_ids))
    return [
        delete(OPTIONS).where(OPTIONS.c.question_id.in_(question_ids)),
        delete(QUESTIONS).where(QUESTIONS.c.quiz_id.in_(quiz_ids)),
        delete(ALLOWANCES).where(ALLOWANCES.c.quiz_id.in_(quiz_ids)),
        delete(QUIZZES).where(QUIZZES.c.id.in_(quiz_ids)),
    ]
