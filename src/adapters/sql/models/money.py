from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, UtcDateTime, partial_index

REFUND_STATUSES = "'requested','approved','processing','processed','failed','rejected'"
HELD = text("reason IS NOT NULL")
ASKED = text("origin = 'request' AND status IN ('requested','approved','processing')")
LOOKED_AT = text("next_look_at IS NOT NULL")


class Capture(IdentityBase):
    """One payment at the gateway whose money came; with a reason it is held, and an administrator hears of it."""

    __tablename__ = "captures"
    __table_args__ = (
        CheckConstraint("resolution IN ('refunded','accepted')", name="resolution"),
        Index("ix_captures_payment", "payment_id"),
        partial_index("ix_captures_held", "id", where=HELD),
    )

    razorpay_payment: Mapped[str] = mapped_column(String(40), unique=True)
    payment_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("payments.id"))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(String(3))
    fee_paise: Mapped[int | None] = mapped_column(BigInt)
    fee_gst_paise: Mapped[int | None] = mapped_column(BigInt)
    reason: Mapped[str | None] = mapped_column(String(40))
    resolution: Mapped[str | None] = mapped_column(String(20))
    notes: Mapped[str] = mapped_column(Text)
    resolved_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    captured_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Refund(IdentityBase):
    """Money that goes back, or is asked to. A payment has one request at a time."""

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(f"status IN ({REFUND_STATUSES})", name="status"),
        CheckConstraint("origin IN ('request','review','gateway')", name="origin"),
        CheckConstraint("amount_paise > 0", name="amount"),
        partial_index("uq_refunds_open", "payment_id", where=ASKED, unique=True),
        partial_index("ix_refunds_due", "next_look_at", where=LOOKED_AT),
        Index("ix_refunds_capture", "capture_id"),
        Index("ix_refunds_payment", "payment_id"),
        Index("ix_refunds_status", "status", "id"),
    )

    capture_id: Mapped[int] = mapped_column(BigInt, ForeignKey("captures.id"))
    payment_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("payments.id"))
    origin: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(String(3))
    admin_notes: Mapped[str] = mapped_column(Text)
    ends_access: Mapped[bool] = mapped_column(Boolean)
    keeps_access: Mapped[bool] = mapped_column(Boolean)
    gateway_key: Mapped[str] = mapped_column(String(64), unique=True)
    razorpay_refund: Mapped[str | None] = mapped_column(String(40), unique=True)
    decided_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looks: Mapped[int] = mapped_column(Integer)


class Dispute(IdentityBase):
    __tablename__ = "disputes"
    __table_args__ = (Index("ix_disputes_capture", "capture_id"), Index("ix_disputes_payment", "payment_id"))

    razorpay_dispute: Mapped[str] = mapped_column(String(40), unique=True)
    capture_id: Mapped[int] = mapped_column(BigInt, ForeignKey("captures.id"))
    payment_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("payments.id"))
    status: Mapped[str] = mapped_column(String(20))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    deducted_paise: Mapped[int] = mapped_column(BigInt)
    reason_code: Mapped[str] = mapped_column(String(100))
    respond_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LedgerEntry(IdentityBase):
    """One line of one posting. The database itself refuses to change or delete it (migration 0018)."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("posting", "line", name="uq_ledger_entries_posting"),
        CheckConstraint("amount_paise <> 0", name="amount"),
        Index("ix_ledger_entries_capture", "capture_id"),
        Index("ix_ledger_entries_posted_at", "posted_at"),
        partial_index("ix_ledger_entries_instructor", "instructor_id", where=text("instructor_id IS NOT NULL")),
    )

    posting: Mapped[str] = mapped_column(String(80))
    line: Mapped[int] = mapped_column(Integer)
    account: Mapped[str] = mapped_column(String(20))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    course_id: Mapped[int | None] = mapped_column(BigInt)
    instructor_id: Mapped[int | None] = mapped_column(BigInt)
    capture_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("captures.id"))
    payment_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("payments.id"))
    posted_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseShare(DefaultBase):
    """What part of a course's sales an instructor gets, from now on."""

    __tablename__ = "course_shares"
    __table_args__ = (CheckConstraint("share_bp BETWEEN 1 AND 10000", name="share"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True)
    instructor_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True)
    share_bp: Mapped[int] = mapped_column(Integer)


class Payout(IdentityBase):
    """What an instructor was paid, outside of Razorpay."""

    __tablename__ = "payouts"
    __table_args__ = (Index("ix_payouts_instructor", "instructor_id", "id"),)

    instructor_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    notes: Mapped[str] = mapped_column(Text)
    created_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
