"""Community groups and their members."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "community_groups",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("title_key", sa.String(length=400), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("visibility", sa.String(length=24), nullable=False),
        sa.Column("require_post_approval", sa.Boolean(), nullable=False),
        sa.Column("slow_mode_seconds", sa.Integer(), nullable=False),
        sa.Column("banner_image", sa.String(length=255), nullable=True),
        sa.Column("member_count", sa.Integer(), nullable=False),
        sa.Column("post_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "visibility IN ('public','private','instructor_moderated')", name="ck_community_groups_visibility"
        ),
        sa.CheckConstraint("member_count >= 0", name="ck_community_groups_member_count"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_community_groups_course_id_courses"),
        sa.PrimaryKeyConstraint("id", name="pk_community_groups"),
        sa.UniqueConstraint("course_id", name="uq_community_groups_course_id"),
    )
    op.create_table(
        "group_members",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False, start=1, increment=1),
            nullable=False,
        ),
        sa.Column("community_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("email_notifications", sa.Boolean(), nullable=False),
        sa.Column("push_notifications", sa.Boolean(), nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("silenced_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("banned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('member','moderator','instructor')", name="ck_group_members_role"),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community_groups.id"], name="fk_group_members_community_id_community_groups"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_group_members_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_group_members"),
        sa.UniqueConstraint("community_id", "user_id", name="uq_group_members_community_id"),
    )
    op.create_index(
        "ix_group_members_active",
        "group_members",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
        sqlite_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_group_members_banned",
        "group_members",
        ["community_id", "id"],
        unique=False,
        postgresql_where=sa.text("banned_at IS NOT NULL"),
        sqlite_where=sa.text("banned_at IS NOT NULL"),
    )
    op.create_index(
        "ix_group_members_role",
        "group_members",
        ["community_id", "role", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
        sqlite_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_group_members_user",
        "group_members",
        ["user_id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
        sqlite_where=sa.text("is_active"),
    )


def downgrade() -> None:
    op.drop_index("ix_group_members_user", table_name="group_members")
    op.drop_index("ix_group_members_role", table_name="group_members")
    op.drop_index("ix_group_members_banned", table_name="group_members")
    op.drop_index("ix_group_members_active", table_name="group_members")

    op.drop_table("group_members")
    op.drop_table("community_groups")
