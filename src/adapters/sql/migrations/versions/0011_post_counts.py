"""Changes of a group's count of posts that wait to be added to it."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_count_changes",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_post_count_changes_community_id_community_groups"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_post_count_changes"),
    )
    op.create_index("ix_post_count_changes_community", "post_count_changes", ["community_id", "change"])


def downgrade() -> None:
    op.execute(
        "UPDATE community_groups SET post_count = post_count + "
        "(SELECT coalesce(sum(c.change), 0) FROM post_count_changes c WHERE c.community_id = community_groups.id)"
    )
    op.drop_index("ix_post_count_changes_community", table_name="post_count_changes")
    op.drop_table("post_count_changes")
