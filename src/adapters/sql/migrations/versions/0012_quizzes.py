"""Quizzes, their questions, and attempts at them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
OPEN = sa.text("status = 'open'")

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quizzes",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("passing_score", sa.Float(), nullable=False),
        sa.Column("time_limit", sa.Integer(), nullable=True),
        sa.Column("max_attempts", sa.Integer(), nullable=True),
        sa.Column("shuffle_questions", sa.Boolean(), nullable=False),
        sa.Column("shuffle_options", sa.Boolean(), nullable=False),
        sa.Column("show_answers", sa.String(length=20), nullable=False),
        sa.Column("pools", JSON, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("show_answers IN ('never','after_submission','once_over')", name="ck_quizzes_show_answers"),
        sa.CheckConstraint("passing_score >= 0 AND passing_score <= 100", name="ck_quizzes_passing_score"),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_quizzes_content_id_contents"),
        sa.PrimaryKeyConstraint("id", name="pk_quizzes"),
        sa.UniqueConstraint("content_id", name="uq_quizzes_content_id"),
    )
    op.create_table(
        "questions",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("quiz_id", sa.BigInteger(), nullable=False),
        sa.Column("question_text", sa.Text(), nullable=False),
        sa.Column("question_type", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("tolerance", sa.String(length=100), nullable=False),
        sa.Column("pool", sa.String(length=80), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "question_type IN ('single_choice','multiple_choice','true_false','numeric','short_text')",
            name="ck_questions_question_type",
        ),
        sa.CheckConstraint("points > 0", name="ck_questions_points"),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name="fk_questions_quiz_id_quizzes"),
        sa.PrimaryKeyConstraint("id", name="pk_questions"),
    )
    op.create_index("ix_questions_quiz", "questions", ["quiz_id", "position", "id"])
    op.create_table(
        "question_options",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("option_text", sa.String(length=500), nullable=False),
        sa.Column("is_correct", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_question_options_question_id_questions"),
        sa.PrimaryKeyConstraint("id", name="pk_question_options"),
    )
    op.create_index("ix_question_options_question", "question_options", ["question_id", "position"])
    op.create_table(
        "quiz_allowances",
        sa.Column("quiz_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("extra_time", sa.Integer(), nullable=False),
        sa.Column("extra_attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name="fk_quiz_allowances_quiz_id_quizzes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_quiz_allowances_user_id_users"),
        sa.PrimaryKeyConstraint("quiz_id", "user_id", name="pk_quiz_allowances"),
    )
    op.create_index("ix_quiz_allowances_user_id", "quiz_allowances", ["user_id"])
    _attempts()


def _attempts() -> None:
    op.create_table(
        "quiz_attempts",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("quiz_id", sa.BigInteger(), nullable=False),
        sa.Column("attempt_number", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("paper", JSON, nullable=False),
        sa.Column("passing_score", sa.Float(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("points_earned", sa.Integer(), nullable=True),
        sa.Column("points_total", sa.Integer(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("saved", JSON, nullable=False),
        sa.Column("saved_revision", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('open','submitted','expired')", name="ck_quiz_attempts_status"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_quiz_attempts_enrollment_id_enrollments"
        ),
        sa.ForeignKeyConstraint(["quiz_id"], ["quizzes.id"], name="fk_quiz_attempts_quiz_id_quizzes"),
        sa.PrimaryKeyConstraint("id", name="pk_quiz_attempts"),
        sa.UniqueConstraint("enrollment_id", "quiz_id", "attempt_number", name="uq_quiz_attempts_number"),
    )
    op.create_index(
        "uq_quiz_attempts_open",
        "quiz_attempts",
        ["enrollment_id", "quiz_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.create_index(
        "ix_quiz_attempts_deadline", "quiz_attempts", ["deadline"], postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_index("ix_quiz_attempts_quiz", "quiz_attempts", ["quiz_id", "id"])
    op.create_table(
        "quiz_answers",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=False),
        sa.Column("selected_opt_id", sa.BigInteger(), nullable=True),
        sa.Column("selected_opt_ids", JSON, nullable=False),
        sa.Column("answer_text", sa.String(length=500), nullable=False),
        sa.Column("is_correct", sa.Boolean(), nullable=False),
        sa.Column("points_earned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["quiz_attempts.id"], name="fk_quiz_answers_attempt_id_quiz_attempts"),
        sa.ForeignKeyConstraint(["question_id"], ["questions.id"], name="fk_quiz_answers_question_id_questions"),
        sa.PrimaryKeyConstraint("id", name="pk_quiz_answers"),
        sa.UniqueConstraint("attempt_id", "question_id", name="uq_quiz_answers_question"),
    )
    op.create_index("ix_quiz_answers_question", "quiz_answers", ["question_id"])


def downgrade() -> None:
    for table in (
        "quiz_answers",
        "quiz_attempts",
        "quiz_allowances",
        "question_options",
        "questions",
        "quizzes",
    ):
        op.drop_table(table)
