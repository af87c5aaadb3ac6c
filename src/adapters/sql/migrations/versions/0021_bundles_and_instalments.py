"""Bundles of courses; plans to pay by instalments, and who pays by them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at IS NULL")

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundles",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price_paise", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_bundles"),
    )
    op.create_table(
        "bundle_courses",
        sa.Column("bundle_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bundle_id"], ["bundles.id"], name="fk_bundle_courses_bundle_id_bundles"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_bundle_courses_course_id_courses"),
        sa.PrimaryKeyConstraint("bundle_id", "course_id", name="pk_bundle_courses"),
    )
    op.create_index("ix_bundle_courses_course", "bundle_courses", ["course_id"])
    op.create_table(
        "instalment_plans",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("amounts", JSON, nullable=False),
        sa.Column("interval_days", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_instalment_plans_course_id_courses"),
        sa.PrimaryKeyConstraint("id", name="pk_instalment_plans"),
    )
    op.create_index("ix_instalment_plans_course", "instalment_plans", ["course_id"])
    _agreements()


def _agreements() -> None:
    table = "instalment_agreements"
    op.create_table(
        table,
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.Column("amounts", JSON, nullable=False),
        sa.Column("interval_days", sa.Integer(), nullable=False),
        sa.Column("paid_count", sa.Integer(), nullable=False),
        sa.Column("first_payment_id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("next_due_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["plan_id"], ["instalment_plans.id"], name=f"fk_{table}_plan_id_instalment_plans"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id_users"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=f"fk_{table}_course_id_courses"),
        sa.ForeignKeyConstraint(["first_payment_id"], ["payments.id"], name=f"fk_{table}_first_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    op.create_index(
        f"uq_{table}_open", table, ["user_id", "plan_id"], unique=True, postgresql_where=OPEN, sqlite_where=OPEN
    )
    op.create_index(f"ix_{table}_first", table, ["first_payment_id"])
    op.create_index(f"ix_{table}_user", table, ["user_id", "id"])


def downgrade() -> None:
    for table in ("instalment_agreements", "instalment_plans", "bundle_courses", "bundles"):
        op.drop_table(table)
