from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, IdentityBase, Json, UtcDateTime, partial_index

STATUSES = (
    "'creating','created','attempted','authorized','paid','partially_refunded','refunded','failed','needs_review'"
)
OPEN = text("is_open")
UNRESOLVED = text("next_look_at IS NOT NULL")


class Payment(IdentityBase):
    """An order of one student for one course, with all that is known of its payment.

    `is_open` marks the one order that a repeated create_order gives again; `next_look_at` is when the reconciler looks.
    """

    __tablename__ = "payments"
    __table_args__ = (
        CheckConstraint(f"status IN ({STATUSES})", name="status"),
        CheckConstraint("amount_paise >= 0", name="amount"),
        partial_index("uq_payments_open", "user_id", "product", where=OPEN, unique=True),
        partial_index("ix_payments_unresolved", "next_look_at", where=UNRESOLVED),
        Index("ix_payments_user", "user_id", "id"),
        Index("ix_payments_status", "status", "id"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    product: Mapped[str] = mapped_column(String(40))
    receipt: Mapped[str] = mapped_column(String(40), unique=True)
    status: Mapped[str] = mapped_column(String(20))
    is_open: Mapped[bool] = mapped_column()
    razorpay_order: Mapped[str | None] = mapped_column(String(40), unique=True)
    razorpay_pay_id: Mapped[str | None] = mapped_column(String(40), unique=True)
    razorpay_sig: Mapped[str | None] = mapped_column(String(128))
    amount_paise: Mapped[int] = mapped_column(BigInt)
    refunded_paise: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(String(3))
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json)  # what was offered: list price, title, access, GST details
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    next_look_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    looks: Mapped[int] = mapped_column(Integer)


class GatewayEvent(IdentityBase):
    """A webhook as it arrived, stored before anything is made of it."""

    __tablename__ = "gateway_events"
    __table_args__ = (partial_index("ix_gateway_events_unhandled", "id", where=text("handled_at IS NULL")),)

    event_id: Mapped[str] = mapped_column(String(100), unique=True)
    event: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(40))
