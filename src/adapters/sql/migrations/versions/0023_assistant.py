"""The course chatbot: passages of what is published, and conversations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _passages()
    _conversations()


def _to(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{target}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def _passages() -> None:
    table = "assistant_courses"
    op.create_table(
        table,
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _to(table, "course_id", "courses"),
        sa.PrimaryKeyConstraint("course_id", name="pk_assistant_courses"),
    )
    table = "assistant_contents"
    op.create_table(
        table,
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("indexed_at", MOMENT, nullable=False),
        _to(table, "content_id", "contents"),
        _to(table, "course_id", "courses"),
        sa.PrimaryKeyConstraint("content_id", name="pk_assistant_contents"),
    )
    op.create_index("ix_assistant_contents_course", table, ["course_id"])
    table = "assistant_passages"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("sentences", JSON, nullable=False),
        _to(table, "content_id", "contents"),
        _to(table, "course_id", "courses"),
        sa.PrimaryKeyConstraint("id", name="pk_assistant_passages"),
    )
    op.create_index("ix_assistant_passages_content", table, ["content_id"])
    op.create_index("ix_assistant_passages_course", table, ["course_id", "content_id", "position"])


def _conversations() -> None:
    table = "assistant_conversations"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        _to(table, "course_id", "courses"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_assistant_conversations"),
    )
    op.create_index("ix_assistant_conversations_course", table, ["course_id"])
    op.create_index("ix_assistant_conversations_updated", table, ["updated_at"])
    op.create_index("ix_assistant_conversations_user", table, ["user_id", "updated_at", "id"])
    table = "assistant_messages"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("conversation_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("question_id", sa.BigInteger(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=True),
        sa.Column("mode", sa.String(length=12), nullable=True),
        sa.Column("citations", JSON, nullable=False),
        sa.Column("nearest", JSON, nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=True),
        sa.Column("drafted_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("rating IN (-1, 1)", name=op.f("ck_assistant_messages_rating")),
        sa.CheckConstraint("role IN ('user','assistant')", name=op.f("ck_assistant_messages_role")),
        _to(table, "conversation_id", "assistant_conversations", ondelete="CASCADE"),
        _to(table, "user_id", "users"),
        sa.PrimaryKeyConstraint("id", name="pk_assistant_messages"),
    )
    op.create_index("ix_assistant_messages_conversation", table, ["conversation_id", "id"])
    unanswered = sa.text("kind = 'no_answer'")
    op.create_index(
        "ix_assistant_messages_unanswered",
        table,
        ["conversation_id"],
        postgresql_where=unanswered,
        sqlite_where=unanswered,
    )
    op.create_index("ix_assistant_messages_user", table, ["user_id", "created_at"])


def downgrade() -> None:
    for table in (
        "assistant_messages",
        "assistant_conversations",
        "assistant_passages",
        "assistant_contents",
        "assistant_courses",
    ):
        op.drop_table(table)
