"""Progress that is told later, and courses that are learnt in order."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # none of these rewrites its table: that would take minutes with millions of rows, and on SQLite the triggers
    op.add_column("courses", sa.Column("is_sequential", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("progress", sa.Column("position_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("progress", sa.Column("position_said_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "progress_events",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=36), nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_progress_events_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", "event_id", name="pk_progress_events"),
    )
    op.create_index("ix_progress_events_received", "progress_events", ["received_at"])


def downgrade() -> None:
    op.drop_table("progress_events")
    op.drop_column("progress", "position_said_at")
    op.drop_column("progress", "position_at")
    op.drop_column("courses", "is_sequential")
