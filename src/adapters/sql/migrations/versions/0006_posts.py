"""Discussion posts, reactions, mentions, reports and what posts said before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "community_posts",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_html", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("parent_post_id", sa.BigInteger(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("is_pinned", sa.Boolean(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.Column("view_count", sa.Integer(), nullable=False),
        sa.Column("reply_count", sa.Integer(), nullable=False),
        sa.Column("flag_count", sa.Integer(), nullable=False),
        sa.Column("flagged_review", sa.Boolean(), nullable=False),
        sa.Column("moderation_notes", sa.Text(), nullable=False),
        sa.Column("reactions", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('pending','published','rejected')", name="ck_community_posts_status"),
        sa.ForeignKeyConstraint(["author_id"], ["users.id"], name="fk_community_posts_author_id_users"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_community_posts_community_id_community_groups"
        ),
        sa.ForeignKeyConstraint(
            ["parent_post_id"], ["community_posts.id"], name="fk_community_posts_parent_post_id_community_posts"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_community_posts"),
    )
    op.create_index("ix_community_posts_author", "community_posts", ["author_id", "id"], unique=False)
    op.create_index(
        "ix_community_posts_flagged",
        "community_posts",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("flag_count > 0"),
        sqlite_where=sa.text("flag_count > 0"),
    )
    op.create_index(
        "ix_community_posts_status",
        "community_posts",
        ["community_id", "status", "id"],
        unique=False,
        postgresql_where=sa.text("status <> 'published'"),
        sqlite_where=sa.text("status <> 'published'"),
    )
    op.create_index(
        "ix_community_posts_thread",
        "community_posts",
        ["parent_post_id", "id"],
        unique=False,
        postgresql_where=sa.text("parent_post_id IS NOT NULL"),
        sqlite_where=sa.text("parent_post_id IS NOT NULL"),
    )
    op.create_index(
        "ix_community_posts_top",
        "community_posts",
        ["community_id", "is_pinned", "id"],
        unique=False,
        postgresql_where=sa.text("parent_post_id IS NULL"),
        sqlite_where=sa.text("parent_post_id IS NULL"),
    )

    op.create_table(
        "post_flags",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_post_flags_post_id_community_posts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_post_flags_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_post_flags"),
        sa.UniqueConstraint("post_id", "user_id", name="uq_post_flags_post_id"),
    )
    op.create_table(
        "post_mentions",
        sa.Column("post_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_post_mentions_post_id_community_posts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_post_mentions_user_id_users"),
        sa.PrimaryKeyConstraint("post_id", "user_id", name="pk_post_mentions"),
    )
    op.create_table(
        "post_reactions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("reaction_type", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_post_reactions_post_id_community_posts"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_post_reactions_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_post_reactions"),
        sa.UniqueConstraint("post_id", "user_id", name="uq_post_reactions_post_id"),
    )
    op.create_table(
        "post_revisions",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["community_posts.id"], name="fk_post_revisions_post_id_community_posts"),
        sa.PrimaryKeyConstraint("id", name="pk_post_revisions"),
    )
    op.create_index("ix_post_revisions_post", "post_revisions", ["post_id", "id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_post_revisions_post", table_name="post_revisions")

    op.drop_table("post_revisions")
    op.drop_table("post_reactions")
    op.drop_table("post_mentions")
    op.drop_table("post_flags")
    op.drop_index("ix_community_posts_top", table_name="community_posts")
    op.drop_index("ix_community_posts_thread", table_name="community_posts")
    op.drop_index("ix_community_posts_status", table_name="community_posts")
    op.drop_index("ix_community_posts_flagged", table_name="community_posts")
    op.drop_index("ix_community_posts_author", table_name="community_posts")

    op.drop_table("community_posts")
