"""Reviews of courses; notes and bookmarks of students."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("courses", sa.Column("rating_sum", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE courses SET rating_sum = CAST(round(rating * rating_count) AS INTEGER)")
    op.create_table(
        "reviews",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(length=2000), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_hidden", sa.Boolean(), nullable=False),
        sa.Column("reply", sa.String(length=2000), nullable=False),
        sa.Column("replied_by_id", sa.BigInteger(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name="ck_reviews_rating"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_reviews_course_id_courses"),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name="fk_reviews_enrollment_id_enrollments"),
        sa.ForeignKeyConstraint(["replied_by_id"], ["users.id"], name="fk_reviews_replied_by_id_users"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_reviews_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("enrollment_id", name="uq_reviews_enrollment_id"),
    )
    op.create_index("ix_reviews_course", "reviews", ["course_id", "id"])
    op.create_index("ix_reviews_user_id", "reviews", ["user_id"])
    op.create_table(
        "review_reports",
        sa.Column("review_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name="fk_review_reports_review_id_reviews"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_review_reports_user_id_users"),
        sa.PrimaryKeyConstraint("review_id", "user_id", name="pk_review_reports"),
    )
    op.create_index("ix_review_reports_user_id", "review_reports", ["user_id"])
    _notes()


def _notes() -> None:
    op.create_table(
        "content_notes",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_content_notes_content_id_contents"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_content_notes_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_content_notes"),
    )
    op.create_index("ix_content_notes_user", "content_notes", ["user_id", "id"])
    op.create_index("ix_content_notes_content", "content_notes", ["content_id"])
    op.create_table(
        "bookmarks",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["contents.id"], name="fk_bookmarks_content_id_contents"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_bookmarks_user_id_users"),
        sa.PrimaryKeyConstraint("user_id", "content_id", name="pk_bookmarks"),
    )
    op.create_index("ix_bookmarks_content", "bookmarks", ["content_id"])


def downgrade() -> None:
    for table in ("bookmarks", "content_notes", "review_reports", "reviews"):
        op.drop_table(table)
    op.drop_column("courses", "rating_sum")
