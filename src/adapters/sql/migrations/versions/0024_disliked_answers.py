"""Answers of the chatbot that did not help are found by their course's staff."""

import sqlalchemy as sa
from alembic import op

INDEX, TABLE = "ix_assistant_messages_disliked", "assistant_messages"

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    disliked = sa.text("rating = -1")
    op.create_index(INDEX, TABLE, ["conversation_id"], postgresql_where=disliked, sqlite_where=disliked)


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
