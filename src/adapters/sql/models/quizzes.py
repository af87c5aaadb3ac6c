from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index

OPEN = text("status = 'open'")


class Quiz(IdentityBase):
    """`pools`: how many questions are drawn of each pool, by its name."""

    __tablename__ = "quizzes"
    __table_args__ = (
        CheckConstraint("show_answers IN ('never','after_submission','once_over')", name="show_answers"),
        CheckConstraint("passing_score >= 0 AND passing_score <= 100", name="passing_score"),
    )

    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"), unique=True)
    passing_score: Mapped[float] = mapped_column(Float)
    time_limit: Mapped[int | None] = mapped_column(Integer)
    max_attempts: Mapped[int | None] = mapped_column(Integer)
    shuffle_questions: Mapped[bool] = mapped_column(Boolean)
    shuffle_options: Mapped[bool] = mapped_column(Boolean)
    show_answers: Mapped[str] = mapped_column(String(20))
    pools: Mapped[dict[str, Any]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Integer)


class Question(IdentityBase):
    """A removed question stays, for the answers that refer to it. `tolerance` is a decimal number as text."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint(
            "question_type IN ('single_choice','multiple_choice','true_false','numeric','short_text')",
            name="question_type",
        ),
        CheckConstraint("points > 0", name="points"),
        Index("ix_questions_quiz", "quiz_id", "position", "id"),
    )

    quiz_id: Mapped[int] = mapped_column(BigInt, ForeignKey("quizzes.id"))
    question_text: Mapped[str] = mapped_column(Text)
    question_type: Mapped[str] = mapped_column(String(20))
    points: Mapped[int] = mapped_column(Integer)
    explanation: Mapped[str] = mapped_column(Text)
    tolerance: Mapped[str] = mapped_column(String(100))
    pool: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(Integer)
    is_removed: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer)


class QuestionOption(IdentityBase):
    """An accepted answer, where the question is numeric or a short text."""

    __tablename__ = "question_options"
    __table_args__ = (Index("ix_question_options_question", "question_id", "position"),)

    question_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questions.id"))
    option_text: Mapped[str] = mapped_column(String(500))
    is_correct: Mapped[bool] = mapped_column(Boolean)
    position: Mapped[int] = mapped_column(Integer)


class QuizAllowance(DefaultBase):
    """What one student gets beyond the quiz's limits."""

    __tablename__ = "quiz_allowances"
    __table_args__ = (Index("ix_quiz_allowances_user_id", "user_id"),)

    quiz_id: Mapped[int] = mapped_column(BigInt, ForeignKey("quizzes.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    extra_time: Mapped[int] = mapped_column(Integer)
    extra_attempts: Mapped[int] = mapped_column(Integer)


class QuizAttempt(IdentityBase):
    """`paper` is what was asked, with its keys, as it was at the start; `saved` are the answers while it is open."""

    __tablename__ = "quiz_attempts"
    __table_args__ = (
        CheckConstraint("status IN ('open','submitted','expired')", name="status"),
        UniqueConstraint("enrollment_id", "quiz_id", "attempt_number", name="uq_quiz_attempts_number"),
        partial_index("uq_quiz_attempts_open", "enrollment_id", "quiz_id", where=OPEN, unique=True),
        partial_index("ix_quiz_attempts_deadline", "deadline", where=OPEN),
        Index("ix_quiz_attempts_quiz", "quiz_id", "id"),
    )

    enrollment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("enrollments.id"))
    quiz_id: Mapped[int] = mapped_column(BigInt, ForeignKey("quizzes.id"))
    attempt_number: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16))
    paper: Mapped[list[Any]] = mapped_column(Json)
    passing_score: Mapped[float] = mapped_column(Float)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    score: Mapped[float | None] = mapped_column(Float)
    passed: Mapped[bool | None] = mapped_column(Boolean)
    points_earned: Mapped[int | None] = mapped_column(Integer)
    points_total: Mapped[int] = mapped_column(Integer)
    late: Mapped[bool] = mapped_column(Boolean)
    saved: Mapped[list[Any]] = mapped_column(Json)
    saved_revision: Mapped[int] = mapped_column(Integer)


class QuizAnswer(IdentityBase):
    """Written when the attempt is closed, one for each question of its paper. Options may be rewritten afterwards, so
    their ids are no foreign keys: the paper says what they were.
    """

    __tablename__ = "quiz_answers"
    __table_args__ = (
        UniqueConstraint("attempt_id", "question_id", name="uq_quiz_answers_question"),
        Index("ix_quiz_answers_question", "question_id"),
    )

    attempt_id: Mapped[int] = mapped_column(BigInt, ForeignKey("quiz_attempts.id"))
    question_id: Mapped[int] = mapped_column(BigInt, ForeignKey("questions.id"))
    selected_opt_id: Mapped[int | None] = mapped_column(BigInt)
    selected_opt_ids: Mapped[list[Any]] = mapped_column(Json)
    answer_text: Mapped[str] = mapped_column(String(500))
    is_correct: Mapped[bool] = mapped_column(Boolean)
    points_earned: Mapped[int] = mapped_column(Integer)
