from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index


class Coupon(IdentityBase):
    __tablename__ = "coupons"
    __table_args__ = (CheckConstraint("kind IN ('percentage','fixed')", name="kind"),)

    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    percent_bp: Mapped[int | None] = mapped_column(Integer)
    amount_paise: Mapped[int | None] = mapped_column(BigInt)
    most_paise: Mapped[int | None] = mapped_column(BigInt)
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    max_uses: Mapped[int | None] = mapped_column(Integer)
    max_uses_per_user: Mapped[int | None] = mapped_column(Integer)
    is_active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class CouponCourse(DefaultBase):
    """A coupon without any is good for all courses."""

    __tablename__ = "coupon_courses"
    __table_args__ = (Index("ix_coupon_courses_course", "course_id"),)

    coupon_id: Mapped[int] = mapped_column(BigInt, ForeignKey("coupons.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True)


class CouponUse(IdentityBase):
    """An order with a coupon. It counts while it may be paid and is not released, and for ever once it is paid."""

    __tablename__ = "coupon_uses"
    __table_args__ = (Index("ix_coupon_uses_coupon", "coupon_id", "user_id"),)

    coupon_id: Mapped[int] = mapped_column(BigInt, ForeignKey("coupons.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    payment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("payments.id"), unique=True)
    reserved_until: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Invoice(IdentityBase):
    """The document as it was issued, for ever; what is a column besides is for lists and sums."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice','credit_note')", name="kind"),
        UniqueConstraint("kind", "fiscal_year", "serial", name="uq_invoices_serial"),
        UniqueConstraint("number", name="uq_invoices_number"),
        Index("ix_invoices_payment", "payment_id"),
        Index("ix_invoices_refund", "refund_id"),
        Index("ix_invoices_issued_at", "issued_at"),
    )

    kind: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(16))
    fiscal_year: Mapped[str] = mapped_column(String(5))
    serial: Mapped[int] = mapped_column(Integer)
    payment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("payments.id"))
    refund_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("refunds.id"))
    taxable_paise: Mapped[int] = mapped_column(BigInt)
    cgst_paise: Mapped[int] = mapped_column(BigInt)
    sgst_paise: Mapped[int] = mapped_column(BigInt)
    igst_paise: Mapped[int] = mapped_column(BigInt)
    total_paise: Mapped[int] = mapped_column(BigInt)
    document: Mapped[dict[str, Any]] = mapped_column(Json)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class InvoiceCounter(DefaultBase):
    """The last serial of a financial year. Its row is locked from the number to the commit: no gaps, no doubles."""

    __tablename__ = "invoice_counters"

    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    fiscal_year: Mapped[str] = mapped_column(String(5), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Bundle(IdentityBase):
    __tablename__ = "bundles"

    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    price_paise: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(String(3))
    is_published: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class BundleCourse(DefaultBase):
    __tablename__ = "bundle_courses"
    __table_args__ = (Index("ix_bundle_courses_course", "course_id"),)

    bundle_id: Mapped[int] = mapped_column(BigInt, ForeignKey("bundles.id"), primary_key=True)
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)


class InstalmentPlan(IdentityBase):
    __tablename__ = "instalment_plans"
    __table_args__ = (Index("ix_instalment_plans_course", "course_id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(String(200))
    amounts: Mapped[list[int]] = mapped_column(Json)
    interval_days: Mapped[int] = mapped_column(Integer)
    is_active: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class InstalmentAgreement(IdentityBase):
    """A student pays by a plan: by one at a time of each."""

    __tablename__ = "instalment_agreements"
    __table_args__ = (
        partial_index(
            "uq_instalment_agreements_open", "user_id", "plan_id", where=text("ended_at IS NULL"), unique=True
        ),
        Index("ix_instalment_agreements_first", "first_payment_id"),
        Index("ix_instalment_agreements_user", "user_id", "id"),
    )

    plan_id: Mapped[int] = mapped_column(BigInt, ForeignKey("instalment_plans.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    amounts: Mapped[list[int]] = mapped_column(Json)
    interval_days: Mapped[int] = mapped_column(Integer)
    paid_count: Mapped[int] = mapped_column(Integer)
    first_payment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("payments.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
