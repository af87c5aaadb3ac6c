"""What a language model took for an answer, and all of them in a day."""

import sqlalchemy as sa
from alembic import op

INDEX, TABLE = "ix_assistant_messages_spent", "assistant_messages"

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    spent = sa.text("tokens IS NOT NULL")
    op.add_column(TABLE, sa.Column("tokens", sa.Integer(), nullable=True))
    op.create_index(INDEX, TABLE, ["created_at", "tokens"], postgresql_where=spent, sqlite_where=spent)


def downgrade() -> None:
    op.drop_index(INDEX, table_name=TABLE)
    op.drop_column(TABLE, "tokens")
