"""Money that came in, refunds, disputes and the ledger; what purchases opened, and whether that was taken back."""

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

OPEN = sa.text("is_open")
PAID = "'paid','partially_refunded','refunded','needs_review'"


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("purchase_id", sa.BigInteger(), nullable=True))
    op.add_column("enrollments", sa.Column("withdrawn_at", MOMENT, nullable=True))
    op.add_column("enrollments", sa.Column("withdrawn_expiry", MOMENT, nullable=True))
    op.execute(
        "UPDATE enrollments SET purchase_id = (SELECT max(p.id) FROM payments p WHERE p.user_id = enrollments.user_id "
        "AND p.course_id = enrollments.course_id AND p.status = 'paid') WHERE source = 'purchase'"
    )
    op.create_index("ix_enrollments_purchase", "enrollments", ["purchase_id"])
    op.add_column("payments", sa.Column("product", sa.String(length=40), nullable=False, server_default=""))
    op.execute("UPDATE payments SET product = 'course:' || course_id")
    op.drop_index("uq_payments_open", table_name="payments")
    op.create_index(
        "uq_payments_open",
        "payments",
        ["user_id", "product"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    _captures()
    _refunds()
    _disputes()
    _ledger()
    _carry_over()
    op.drop_column("payments", "review_reason")
    _seal()


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER ledger_entries_sealed ON ledger_entries")
        op.execute("DROP FUNCTION ledger_entries_sealed")
    op.drop_table("ledger_entries")
    op.drop_table("disputes")
    op.drop_table("refunds")
    op.add_column("payments", sa.Column("review_reason", sa.String(length=60), nullable=True))
    op.execute(
        "UPDATE payments SET review_reason = (SELECT min(c.reason) FROM captures c WHERE c.payment_id = payments.id)"
    )
    op.drop_table("captures")
    op.drop_index("uq_payments_open", table_name="payments")
    # one open order to a course is all that the former schema knows
    op.execute("UPDATE payments SET is_open = false WHERE product <> 'course:' || course_id")
    op.create_index(
        "uq_payments_open",
        "payments",
        ["user_id", "course_id"],
        unique=True,
        postgresql_where=OPEN,
        sqlite_where=OPEN,
    )
    op.drop_column("payments", "product")
    op.drop_index("ix_enrollments_purchase", table_name="enrollments")
    for column in ("withdrawn_expiry", "withdrawn_at", "purchase_id"):
        op.drop_column("enrollments", column)


def _captures() -> None:
    op.create_table(
        "captures",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("razorpay_payment", sa.String(length=40), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("fee_paise", sa.BigInteger(), nullable=True),
        sa.Column("fee_gst_paise", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("resolution", sa.String(length=20), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("resolved_by_id", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", MOMENT, nullable=True),
        sa.Column("captured_at", MOMENT, nullable=False),
        sa.CheckConstraint("resolution IN ('refunded','accepted')", name="ck_captures_resolution"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_captures_payment_id_payments"),
        sa.ForeignKeyConstraint(["resolved_by_id"], ["users.id"], name="fk_captures_resolved_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_captures"),
        sa.UniqueConstraint("razorpay_payment", name="uq_captures_razorpay_payment"),
    )
    op.create_index("ix_captures_payment", "captures", ["payment_id"])
    held = sa.text("reason IS NOT NULL")
    op.create_index("ix_captures_held", "captures", ["id"], postgresql_where=held, sqlite_where=held)


def _refunds() -> None:
    op.create_table(
        "refunds",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("admin_notes", sa.Text(), nullable=False),
        sa.Column("ends_access", sa.Boolean(), nullable=False),
        sa.Column("keeps_access", sa.Boolean(), nullable=False),
        sa.Column("gateway_key", sa.String(length=64), nullable=False),
        sa.Column("razorpay_refund", sa.String(length=40), nullable=True),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("processed_at", MOMENT, nullable=True),
        sa.Column("next_look_at", MOMENT, nullable=True),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('requested','approved','processing','processed','failed','rejected')", name="ck_refunds_status"
        ),
        sa.CheckConstraint("origin IN ('request','review','gateway')", name="ck_refunds_origin"),
        sa.CheckConstraint("amount_paise > 0", name="ck_refunds_amount"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_refunds_capture_id_captures"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_refunds_payment_id_payments"),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_refunds_decided_by_id_users"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("gateway_key", name="uq_refunds_gateway_key"),
        sa.UniqueConstraint("razorpay_refund", name="uq_refunds_razorpay_refund"),
    )
    asked = sa.text("origin = 'request' AND status IN ('requested','approved','processing')")
    op.create_index(
        "uq_refunds_open", "refunds", ["payment_id"], unique=True, postgresql_where=asked, sqlite_where=asked
    )
    due = sa.text("next_look_at IS NOT NULL")
    op.create_index("ix_refunds_due", "refunds", ["next_look_at"], postgresql_where=due, sqlite_where=due)
    op.create_index("ix_refunds_capture", "refunds", ["capture_id"])
    op.create_index("ix_refunds_payment", "refunds", ["payment_id"])
    op.create_index("ix_refunds_status", "refunds", ["status", "id"])


def _disputes() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("razorpay_dispute", sa.String(length=40), nullable=False),
        sa.Column("capture_id", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("deducted_paise", sa.BigInteger(), nullable=False),
        sa.Column("reason_code", sa.String(length=100), nullable=False),
        sa.Column("respond_by", MOMENT, nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_disputes_capture_id_captures"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_disputes_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
        sa.UniqueConstraint("razorpay_dispute", name="uq_disputes_razorpay_dispute"),
    )
    op.create_index("ix_disputes_capture", "disputes", ["capture_id"])
    op.create_index("ix_disputes_payment", "disputes", ["payment_id"])


def _ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", ID, sa.Identity(), nullable=False),
        sa.Column("posting", sa.String(length=80), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column("amount_paise", sa.BigInteger(), nullable=False),
        sa.Column("course_id", sa.BigInteger(), nullable=True),
        sa.Column("capture_id", sa.BigInteger(), nullable=True),
        sa.Column("payment_id", sa.BigInteger(), nullable=True),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.CheckConstraint("amount_paise <> 0", name="ck_ledger_entries_amount"),
        sa.ForeignKeyConstraint(["capture_id"], ["captures.id"], name="fk_ledger_entries_capture_id_captures"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name="fk_ledger_entries_payment_id_payments"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("posting", "line", name="uq_ledger_entries_posting"),
    )
    op.create_index("ix_ledger_entries_capture", "ledger_entries", ["capture_id"])
    op.create_index("ix_ledger_entries_posted_at", "ledger_entries", ["posted_at"])


def _carry_over() -> None:
    """What was paid before there was a ledger stands in it, too.

    Of an amount that did not fit only the order's was kept, and of a second capture nothing: both are found by the daily
    sweep if they are younger than three days, and otherwise by `shala ledger check`, as unknown to us.
    """
    op.execute(
        "INSERT INTO captures (razorpay_payment, payment_id, amount_paise, currency, reason, notes, captured_at) "
        "SELECT razorpay_pay_id, id, amount_paise, currency, "
        "CASE WHEN status = 'needs_review' THEN review_reason END, '', completed_at "
        f"FROM payments WHERE razorpay_pay_id IS NOT NULL AND completed_at IS NOT NULL AND status IN ({PAID}) "
        "AND coalesce(review_reason, '') <> 'amount_mismatch'"
    )
    lines = "(posting, line, account, amount_paise, course_id, capture_id, payment_id, posted_at)"
    for number, sign, account in (
        (0, "", "'gateway'"),
        (1, "-", "CASE WHEN c.reason IS NULL THEN 'sales' ELSE 'held' END"),
    ):
        course = "CASE WHEN c.reason IS NULL THEN p.course_id END" if number else "NULL"
        op.execute(
            f"INSERT INTO ledger_entries {lines} SELECT 'capture:' || c.razorpay_payment, {number}, {account}, "
            f"{sign}c.amount_paise, {course}, c.id, p.id, c.captured_at FROM captures c JOIN payments p "
            "ON p.id = c.payment_id WHERE c.amount_paise > 0"
        )


def _seal() -> None:
    """The database refuses to change or take out what is in the ledger."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION ledger_entries_sealed() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_entries_sealed BEFORE UPDATE OR DELETE ON ledger_entries "
            "FOR EACH ROW EXECUTE FUNCTION ledger_entries_sealed()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER ledger_entries_no_{action.lower()} BEFORE {action} ON ledger_entries "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
