"""Orders and payments: states, what moves them, and what a student is offered."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, Forbidden, Invalid, Unavailable

ORDER_LIFETIME = timedelta(minutes=30)
SMALLEST_PAISE = 100
GATEWAY_ID = re.compile(r"(order|pay|rfnd)_[A-Za-z0-9]{14}")
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
    detail = "We received the payment but could not apply it; it is being looked at."


class GatewayUnavailable(Unavailable):
    """Whether the call had an effect is unknown."""

    code = "gateway_unavailable"
    detail = "The payment service does not answer; nothing was charged. Try again."


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


class Offer(Struct, frozen=True):
    """A course as it is sold at this moment."""

    course_id: int
    title: str
    price_paise: int
    currency: str
    is_published: bool


class Snapshot(Struct, frozen=True):
    """What the student was offered when ordering. Later edits of the course never touch it."""

    title: str
    list_price_paise: int
    gstin: str | None = None
    billing_state: str | None = None


class Payment(Struct, frozen=True):
    """One order of one course and all that is known of its payment."""

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
    review_reason: str | None
    created_at: datetime
    expires_at: datetime
    completed_at: datetime | None
    next_look_at: datetime | None
    looks: int


class GatewayStatus(StrEnum):
    CREATED = "created"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    FAILED = "failed"


class Known(Struct, frozen=True):
    """What the gateway says of one payment, however it reached us."""

    payment_id: str
    order_id: str
    status: GatewayStatus
    amount_paise: int
    currency: str


BEFORE_FAILURE = (Status.CREATING, Status.CREATED, Status.ATTEMPTED)
FORWARD = {
    GatewayStatus.CREATED: (Status.CREATING, Status.CREATED),
    GatewayStatus.FAILED: BEFORE_FAILURE,
    GatewayStatus.AUTHORIZED: (*BEFORE_FAILURE, Status.FAILED),
    # an authorisation that was never captured goes back to the buyer by itself
    GatewayStatus.REFUNDED: UNPAID,
}
"""From which states each kind of knowledge moves a payment. A failed attempt may still become a paid one for days."""
REACHES = {GatewayStatus.CREATED: Status.ATTEMPTED, GatewayStatus.FAILED: Status.FAILED}


class Step(StrEnum):
    """What a piece of knowledge does to a payment."""

    NOTHING = "nothing"
    MOVED = "moved"
    PAID = "paid"
    REVIEW = "review"


def is_same_offer(payment: Payment, offer: Offer, snapshot: Snapshot, now: datetime) -> bool:
    """Whether an open order may be given again instead of a new one."""
    return (
        payment.expires_at > now
        and payment.amount_paise == offer.price_paise
        and payment.currency == offer.currency
        and payment.snapshot == snapshot
    )


def learn(payment: Payment, known: Known, *, may_enrol: str | None, now: datetime) -> tuple[Payment, Step]:
    """The payment after this knowledge. Forward only, judged by state and never by time.

    `may_enrol` is None, or the reason for which this buyer must not get this course now: the money is then under
    review.
    """
    if known.status is GatewayStatus.CAPTURED:
        return _captured(payment, known, may_enrol=may_enrol, now=now)
    if payment.status not in FORWARD[known.status]:
        return payment, Step.NOTHING
    if known.status is GatewayStatus.AUTHORIZED:
        return replace(payment, status=Status.AUTHORIZED, razorpay_pay_id=known.payment_id), Step.MOVED
    if known.status is GatewayStatus.REFUNDED and payment.razorpay_pay_id not in {None, known.payment_id}:
        return payment, Step.NOTHING  # another attempt's money: this order's own may still come
    if known.status is GatewayStatus.REFUNDED:
        return replace(payment, status=Status.REFUNDED, refunded_paise=known.amount_paise, is_open=False), Step.MOVED
    return replace(payment, status=REACHES[known.status]), Step.MOVED


def _captured(payment: Payment, known: Known, *, may_enrol: str | None, now: datetime) -> tuple[Payment, Step]:
    if payment.status not in UNPAID:
        if payment.razorpay_pay_id == known.payment_id or payment.review_reason is not None:
            return payment, Step.NOTHING
        return replace(payment, review_reason="second_capture"), Step.REVIEW
    taken = replace(payment, status=Status.PAID, razorpay_pay_id=known.payment_id, completed_at=now, is_open=False)
    reason = may_enrol
    if (known.amount_paise, known.currency) != (payment.amount_paise, payment.currency):
        reason = "amount_mismatch"
    if reason is not None:
        return replace(taken, status=Status.NEEDS_REVIEW, review_reason=reason), Step.REVIEW
    return taken, Step.PAID


def next_look(payment: Payment, now: datetime) -> datetime | None:
    """When the reconciler looks again: the gap doubles from two minutes until the order is four days old."""
    if payment.status not in UNPAID or now - payment.created_at > LAST_LOOK:
        return None
    gap: timedelta = FIRST_LOOK * (1 << min(payment.looks, 12))
    return now + min(gap, timedelta(hours=12))
