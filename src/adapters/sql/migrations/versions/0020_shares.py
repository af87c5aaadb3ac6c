"""Instructors' shares of sales, and what they were paid."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SHARED = sa.text("instructor_id IS NOT NULL")

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ledger_entries", sa.Column("instructor_id", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_ledger_entries_instructor",
        "ledger_entries",
        ["instructor_id"],
        postgresql_where=SHARED,
        sqlite_where=SHARED,
    )
    op.create_table(
        "course_shares",
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("instructor_id", sa.BigInteger(), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.CheckConstraint("share_bp BETWEEN 1 AND 10000", name="ck_course_shares_share"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_course_shares_course_id_courses"),
        sa.ForeignKeyConstraint(["instructor_id"], ["users.id"], name="fk_course_shares_instructor_id_users"),
        sa.PrimaryKeyConstraint("course_id", "instructor_id", name="pk_course_shares"),
    )
    op.create_table(
        "payouts",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("instructor_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created_by_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["instructor_id"], ["users.id"], name="fk_payouts_instructor_id_users"),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_payouts_created_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_payouts"),
    )
    op.create_index("ix_payouts_instructor", "payouts", ["instructor_id", "id"])


def downgrade() -> None:
    op.drop_table("payouts")
    op.drop_table("course_shares")
    op.drop_index("ix_ledger_entries_instructor", table_name="ledger_entries")
    op.drop_column("ledger_entries", "instructor_id")
