"""Coupons and their uses; invoices, credit notes and the counters of their serials."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("percent_bp", sa.Integer(), nullable=True),
        sa.Column("amount_paise", sa.BigInteger(), nullable=True),
        sa.Column("most_paise", sa.BigInteger(), nullable=True),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("max_uses_per_user", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('percentage','fixed')", name="ck_coupons_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_coupons"),
        sa.UniqueConstraint("code", name="uq_coupons_code"),
    )
    op.create_table(
        "coupon_courses",
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name="fk_coupon_courses_coupon_id_coupons"),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name="fk_coupon_courses_course_id_courses"),
        sa.PrimaryKeyConstraint("coupon_id", "course_id", name="pk_coupon_courses"),
    )
    op.create_index("ix_coupon_courses_course", "coupon_courses", ["course_id"])
    op.create_table(
        "coupon_uses",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("coupon_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("reserved_until", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["coupon_id"], ["coupons.id"], name="fk_coupon_uses_coupon_id_coupons"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_coupon_uses_user_id_users"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_coupon_uses_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_coupon_uses"),
        sa.UniqueConstraint("payment_id", name="uq_coupon_uses_payment_id"),
    )
    op.create_index("ix_coupon_uses_coupon", "coupon_uses", ["coupon_id", "user_id"])
    op.create_table(
        "invoices",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("fiscal_year", sa.String(length=5), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=False),
        sa.Column("refund_id", sa.BigInteger(), nullable=True),
        sa.Column("taxable_paise", sa.BigInteger(), nullable=False),
        sa.Column("cgst_paise", sa.BigInteger(), nullable=False),
        sa.Column("sgst_paise", sa.BigInteger(), nullable=False),
        sa.Column("igst_paise", sa.BigInteger(), nullable=False),
        sa.Column("total_paise", sa.BigInteger(), nullable=False),
        sa.Column("document", JSON, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.CheckConstraint("kind IN ('invoice','credit_note')", name="ck_invoices_kind"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_invoices_payment_id_payments"),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name="fk_invoices_refund_id_refunds"),
        sa.PrimaryKeyConstraint("id", name="pk_invoices"),
        sa.UniqueConstraint("kind", "fiscal_year", "serial", name="uq_invoices_serial"),
        sa.UniqueConstraint("number", name="uq_invoices_number"),
    )
    op.create_index("ix_invoices_payment", "invoices", ["payment_id"])
    op.create_index("ix_invoices_refund", "invoices", ["refund_id"])
    op.create_index("ix_invoices_issued_at", "invoices", ["issued_at"])
    op.create_table(
        "invoice_counters",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("fiscal_year", sa.String(length=5), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "fiscal_year", name="pk_invoice_counters"),
    )


def downgrade() -> None:
    for table in ("invoice_counters", "invoices", "coupon_uses", "coupon_courses", "coupons"):
        op.drop_table(table)
