"""Orders and payments: states, what moves them, and what a student is offered."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, Forbidden, Invalid
from modules.commerce.domain.gateway import GatewayStatus, Known

ORDER_LIFETIME = timedelta(minutes=30)
SMALLEST_PAISE = 100
FIRST_LOOK = timedelta(minutes=2)
LAST_LOOK = timedelta(days=4)


class AmountTooSmall(Invalid):
    code = "amount_too_small"
    detail = "Razorpay takes no amount below one rupee."


class AlreadyEnrolled(Conflict):
    code = "already_enrolled"
    detail = "You have access to this course already."


class Suspended(Forbidden):
    code = "enrolment_suspended"
    detail = "Your access to this course was suspended; ask the school."


class InvalidSignature(Invalid):
    code = "invalid_signature"
    detail = "The signature does not match."


class PaymentMismatch(Invalid):
    code = "payment_mismatch"
    detail = "This payment does not belong to this order."


class UnderReview(Conflict):
    code = "payment_under_review"
    detail = "We received the payment but could not take it for this order; it goes back by itself."


class Status(StrEnum):
    CREATING = "creating"
    CREATED = "created"
    ATTEMPTED = "attempted"
    FAILED = "failed"
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    NEEDS_REVIEW = "needs_review"


UNPAID = (Status.CREATING, Status.CREATED, Status.ATTEMPTED, Status.FAILED, Status.AUTHORIZED)


class Item(Struct, frozen=True):
    """A course within an offer or an order: what it is listed at, and what is asked for it."""

    course_id: int
    title: str
    list_price_paise: int
    price_paise: int


class Instalment(Struct, frozen=True):
    """Which part of a course's price an order pays; `first_payment_id` is None for the first."""

    plan_id: int
    number: int
    amounts: tuple[int, ...]
    interval_days: int
    first_payment_id: int | None = None


class Offer(Struct, frozen=True):
    """What is sold, as it is at this moment. `product` says what it is: `course:5`, `bundle:3`, or `plan:7`, of which
    a buyer is offered the next instalment.
    """

    product: str
    title: str
    items: tuple[Item, ...]
    currency: str
    is_sold: bool
    instalment: Instalment | None = None

    @property
    def list_price_paise(self) -> int:
        return sum(item.list_price_paise for item in self.items)

    @property
    def price_paise(self) -> int:
        return sum(item.price_paise for item in self.items)


class Snapshot(Struct, frozen=True):
    """What the student was offered when ordering. Later edits of the course never touch it."""

    title: str
    list_price_paise: int
    gstin: str | None = None
    billing_state: str | None = None
    items: tuple[Item, ...] = ()
    """Empty in orders from before there was more than one course to an order."""
    coupon_code: str | None = None
    tax_bp: int = 0
    """The rate of GST within the price, in hundredths of a per cent."""
    place_of_supply: str | None = None
    instalment: Instalment | None = None
    billing_name: str | None = None
    billing_address: str | None = None


class Payment(Struct, frozen=True):
    """One order and all that is known of its payment. `course_id` is the first course of the order."""

    id: int
    user_id: int
    course_id: int
    receipt: str
    status: Status
    is_open: bool
    razorpay_order: str | None
    razorpay_pay_id: str | None
    razorpay_sig: str | None
    amount_paise: int
    refunded_paise: int
    currency: str
    snapshot: Snapshot
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    next_look_at: datetime | None
    looks: int
    product: str = ""
    """Answers that were kept for repeats before there were products have none."""

    @property
    def items(self) -> tuple[Item, ...]:
        """What was bought; the prices add up to the amount."""
        whole = Item(self.course_id, self.snapshot.title, self.snapshot.list_price_paise, self.amount_paise)
        return self.snapshot.items or (whole,)

    @property
    def purchase_id(self) -> int:
        """The order that opened the courses: of instalments, the first."""
        instalment = self.snapshot.instalment
        return self.id if instalment is None else instalment.first_payment_id or self.id

    @property
    def course_ids(self) -> tuple[int, ...]:
        return tuple(item.course_id for item in self.items)


BEFORE_FAILURE = (Status.CREATING, Status.CREATED, Status.ATTEMPTED)
FORWARD = {
    GatewayStatus.CREATED: (Status.CREATING, Status.CREATED),
    GatewayStatus.FAILED: BEFORE_FAILURE,
    GatewayStatus.AUTHORIZED: (*BEFORE_FAILURE, Status.FAILED),
    # an authorisation that was never captured goes back to the buyer by itself
    GatewayStatus.REFUNDED: UNPAID,
    GatewayStatus.CAPTURED: (),
}
"""From which states each kind of knowledge moves a payment. A failed attempt may still become a paid one for days."""
REACHES = {GatewayStatus.CREATED: Status.ATTEMPTED, GatewayStatus.FAILED: Status.FAILED}


class Reason(StrEnum):
    """Why money that came in is held and not taken for the order."""

    AMOUNT_MISMATCH = "amount_mismatch"
    SECOND_CAPTURE = "second_capture"
    ALREADY_ENROLLED = "already_enrolled"
    SUSPENDED = "suspended"
    COURSE_WITHDRAWN = "course_withdrawn"
    REFUNDED_ELSEWHERE = "refunded_elsewhere"
    COUPON_EXHAUSTED = "coupon_exhausted"
    INSTALMENT_PAID = "instalment_paid"
    UNKNOWN_ORDER = "unknown_order"


def is_same_offer(payment: Payment, offer: Offer, snapshot: Snapshot, now: datetime) -> bool:
    """Whether an open order may be given again instead of a new one."""
    return (
        payment.expires_at > now
        and payment.amount_paise == offer.price_paise
        and payment.currency == offer.currency
        and payment.snapshot == snapshot
    )


def learn(payment: Payment, known: Known) -> Payment:
    """The payment after knowledge of an attempt whose money has not come. Forward only, by state and not by time."""
    if payment.status not in FORWARD[known.status]:
        return payment
    if known.status is GatewayStatus.AUTHORIZED:
        return replace(payment, status=Status.AUTHORIZED, razorpay_pay_id=known.payment_id)
    if known.status is GatewayStatus.REFUNDED and payment.razorpay_pay_id not in {None, known.payment_id}:
        return payment  # another attempt's money: this order's own may still come
    if known.status is GatewayStatus.REFUNDED:
        return replace(payment, status=Status.REFUNDED, refunded_paise=known.amount_paise, is_open=False)
    return replace(payment, status=REACHES[known.status])


def take(payment: Payment, known: Known, *, obstacle: Reason | None, now: datetime) -> tuple[Payment, Reason | None]:
    """The payment after the first news that this money has come, and why it is held if it is.

    `obstacle` is the reason for which this buyer must not get this order's courses now.
    """
    if payment.status not in UNPAID:
        return payment, Reason.SECOND_CAPTURE
    taken = replace(payment, status=Status.PAID, razorpay_pay_id=known.payment_id, completed_at=now, is_open=False)
    reason = obstacle
    if (known.amount_paise, known.currency) != (payment.amount_paise, payment.currency):
        reason = Reason.AMOUNT_MISMATCH
    elif known.refunded_paise >= known.amount_paise:
        reason = Reason.REFUNDED_ELSEWHERE
    return (taken, None) if reason is None else (replace(taken, status=Status.NEEDS_REVIEW), reason)


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When the reconciler looks again: the gap doubles from two minutes until the order is four days old."""
    if payment.status not in UNPAID or now - payment.created_at > LAST_LOOK:
        return None
    gap: timedelta = FIRST_LOOK * (1 << min(payment.looks, 12))
    return now + min(gap, timedelta(hours=12))
