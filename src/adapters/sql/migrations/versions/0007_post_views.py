"""Who saw a post in which hour."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_views",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_post_views_post_id_community_posts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_post_views_user_id_users"),
        sa.PrimaryKeyConstraint("post_id", "user_id", "hour", name="pk_post_views"),
    )
    op.create_index("ix_post_views_hour", "post_views", ["hour"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_post_views_hour", table_name="post_views")
    op.drop_table("post_views")
