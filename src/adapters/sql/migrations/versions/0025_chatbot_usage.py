"""What questions to the chatbot took: how many there were in a day, and a language model's tokens."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLE, MESSAGES = "assistant_usage", "assistant_messages"

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(MESSAGES, sa.Column("tokens", sa.Integer(), nullable=True))
    op.create_table(
        TABLE,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{TABLE}_user_id_users"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{TABLE}"),
    )
    op.create_index(f"ix_{TABLE}_user", TABLE, ["user_id", "asked_at"])
    op.create_index(f"ix_{TABLE}_asked", TABLE, ["asked_at", "tokens"])
    op.execute(
        f"INSERT INTO {TABLE} (user_id, asked_at, tokens)"
        f" SELECT user_id, created_at, 0 FROM {MESSAGES} WHERE role = 'user'"
    )


def downgrade() -> None:
    op.drop_table(TABLE)
    op.drop_column(MESSAGES, "tokens")
