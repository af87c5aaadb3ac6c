"""Certificates of completed courses."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("courses", sa.Column("has_certificate", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("courses", sa.Column("certificate_min_score", sa.Float(), nullable=True))
    op.create_table(
        "certificate_keys",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", JSON, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="pk_certificate_keys"),
    )
    op.create_table(
        "certificates",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("enrollment_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("student_name", sa.String(length=150), nullable=False),
        sa.Column("course_title", sa.String(length=200), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_certificates_course_id_courses"),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name="fk_certificates_enrollment_id_enrollments"
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["certificate_keys.key_id"], name="fk_certificates_key_id_certificate_keys"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_certificates_user_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_certificates"),
        sa.UniqueConstraint("enrollment_id", name="uq_certificates_enrollment_id"),
        sa.UniqueConstraint("number", name="uq_certificates_number"),
    )
    op.create_index("ix_certificates_user", "certificates", ["user_id", "id"])
    op.create_index("ix_certificates_course", "certificates", ["course_id", "id"])


def downgrade() -> None:
    op.drop_table("certificates")
    op.drop_table("certificate_keys")
    op.drop_column("courses", "certificate_min_score")
    op.drop_column("courses", "has_certificate")
