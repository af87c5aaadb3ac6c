"""When a student began a course."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE enrollments SET started_at = "
        "(SELECT min(p.updated_at) FROM progress p WHERE p.enrollment_id = enrollments.id)"
    )


def downgrade() -> None:
    op.drop_column("enrollments", "started_at")
