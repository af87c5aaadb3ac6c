"""Orders and payments as they are sent and received."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from core.errors import Invalid
from core.money import rupees
from entrypoints.http.learning_wire import EnrollmentInfo
from entrypoints.http.wire import Ref
from modules.commerce.domain.gateway import DisputeStatus
from modules.commerce.domain.payments import Payment, Status
from modules.commerce.queries import PaymentCard

CouponCode = Annotated[str, Meta(min_length=1, max_length=40)]
Gstin = Annotated[str, Meta(min_length=1, max_length=20)]
State = Annotated[str, Meta(min_length=2, max_length=2)]
BillingName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
BillingAddress = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class OrderBody(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three ids: a course, a bundle, or a plan, of which the next instalment is ordered. The price is ours:
    whatever amount an app would send is refused as an unknown field. The rest stands on the invoice; a later instalment
    has it from the first.
    """

    course_id: int | None = None
    bundle_id: int | None = None
    plan_id: int | None = None
    coupon_code: CouponCode | None = None
    gstin: Gstin | None = None
    billing_state: State | None = None
    billing_name: BillingName | None = None
    billing_address: BillingAddress | None = None


class Prefill(Struct, frozen=True):
    name: str
    email: str
    contact: str


class OrderInfo(Struct, frozen=True):
    """What the app opens Razorpay with; for a course at no cost `status` is paid and there is no order."""

    payment_id: int
    razorpay_order_id: str | None
    amount: str
    amount_paise: int
    currency: str
    key_id: str | None
    course: Ref
    courses: list[Ref]
    product: str
    coupon_code: str | None
    discount: str
    discount_paise: int
    expires_at: datetime
    prefill: Prefill
    status: Status
    enrollment: EnrollmentInfo | None


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    razorpay_order_id: str
    razorpay_payment_id: str
    razorpay_signature: str


class PaymentInfo(Struct, frozen=True):
    id: int
    user_id: int
    course_id: int
    course: Ref
    courses: list[Ref]
    product: str
    coupon_code: str | None
    dispute_status: DisputeStatus | None
    razorpay_order: str | None
    razorpay_pay_id: str | None
    amount: str
    amount_paise: int
    refunded_amount: str
    refunded_amount_paise: int
    currency: str
    status: Status
    invoice_number: str | None
    created_at: datetime
    completed_at: datetime | None


class Verified(Struct, frozen=True):
    """`status` is paid, with the enrolment, or pending: then poll the payment."""

    status: str
    payment: PaymentInfo
    enrollment: EnrollmentInfo | None


class ReceiptInfo(Struct, frozen=True):
    number: str
    payment_id: int
    razorpay_pay_id: str | None
    course: Ref
    amount: str
    amount_paise: int
    currency: str
    paid_at: datetime
    buyer_name: str
    buyer_email: str


def payment_info(card: PaymentCard) -> PaymentInfo:
    paid = card.payment
    return PaymentInfo(
        id=paid.id,
        user_id=paid.user_id,
        course_id=paid.course_id,
        course=Ref(paid.course_id, card.course_title),
        courses=courses_of(paid),
        product=paid.product,
        coupon_code=paid.snapshot.coupon_code,
        dispute_status=card.dispute_status,
        razorpay_order=paid.razorpay_order,
        razorpay_pay_id=paid.razorpay_pay_id,
        amount=rupees(paid.amount_paise),
        amount_paise=paid.amount_paise,
        refunded_amount=rupees(paid.refunded_paise),
        refunded_amount_paise=paid.refunded_paise,
        currency=paid.currency,
        status=paid.status,
        invoice_number=card.invoice_number,
        created_at=paid.created_at,
        completed_at=paid.completed_at,
    )


def product_of(**ids: int | None) -> str:
    """What is ordered, in commerce's words. :raises Invalid: not exactly one id."""
    named = [f"{kind}:{number}" for kind, number in ids.items() if number is not None]
    if len(named) != 1:
        raise Invalid.field("course_id", f"Name one: {', '.join(f'{kind}_id' for kind in ids)}.")
    return named[0]


def discount_of(paid: Payment) -> int:
    """What coupons and bundles take off."""
    return paid.snapshot.list_price_paise - paid.amount_paise


def courses_of(paid: Payment) -> list[Ref]:
    """All that were ordered, by their titles of that moment; `course` is the first."""
    return [Ref(item.course_id, item.title) for item in paid.items]
