"""Refunds: who asks, who decides, and what the gateway makes of them."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, Invalid
from modules.commerce.domain.captures import Capture, Resolution
from modules.commerce.domain.gateway import GatewayRefundStatus
from modules.commerce.domain.payments import SMALLEST_PAISE, Payment, Status

FIRST_LOOK = timedelta(minutes=2)
PATIENCE = timedelta(days=4)
"""How long a refund that the gateway refuses is tried again: a balance may be too low for a weekend."""
REFUNDABLE = (Status.PAID, Status.PARTIALLY_REFUNDED)


class RefundOpen(Conflict):
    code = "refund_open"
    detail = "A refund of this payment is asked for or under way already."


class NotRefundable(Conflict):
    code = "not_refundable"
    detail = "There is nothing to give back of this payment."


class AmountTooLarge(Conflict):
    code = "amount_too_large"
    detail = "More than what is left of this payment."


class RefundTooSmall(Invalid):
    code = "amount_too_small"
    detail = "Razorpay gives back no amount below one rupee."


class DisputeOpen(Conflict):
    code = "dispute_open"
    detail = "The payment is disputed at the bank; nothing is refunded until that is decided."


class RefundDecided(Conflict):
    code = "refund_decided"
    detail = "This refund was decided already."


class Origin(StrEnum):
    """`request`: the buyer asked. `review`: the money fitted no order. `gateway`: made at Razorpay, without us."""

    REQUEST = "request"
    REVIEW = "review"
    GATEWAY = "gateway"


class RefundStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    PROCESSING = "processing"
    PROCESSED = "processed"
    FAILED = "failed"
    REJECTED = "rejected"


OPEN = (RefundStatus.REQUESTED, RefundStatus.APPROVED, RefundStatus.PROCESSING)
UNDER_WAY = (RefundStatus.APPROVED, RefundStatus.PROCESSING)
RESERVING = (RefundStatus.APPROVED, RefundStatus.PROCESSING, RefundStatus.PROCESSED)
"""The states in which a refund's amount is no longer ours."""
GIVEN = (RefundStatus.PROCESSING, RefundStatus.PROCESSED)
"""The states in which Razorpay has taken it from our account."""
LAST_LOOK = timedelta(days=7)
"""A bank may return what was processed; by then it has."""
TOLD = {
    GatewayRefundStatus.PENDING: RefundStatus.PROCESSING,
    GatewayRefundStatus.PROCESSED: RefundStatus.PROCESSED,
    GatewayRefundStatus.FAILED: RefundStatus.FAILED,
}
RANK = {RefundStatus.APPROVED: 0, RefundStatus.PROCESSING: 1, RefundStatus.PROCESSED: 2, RefundStatus.FAILED: 3}


class Refund(Struct, frozen=True):
    """Money on its way back. `gateway_key` makes a repeated call one refund (and is the receipt we know it again by);
    `ends_access` says that access ends with it, `keeps_access` that an administrator wants it to last all the same.
    """

    id: int
    capture_id: int
    payment_id: int | None
    origin: Origin
    reason: str
    status: RefundStatus
    amount_paise: int
    currency: str
    admin_notes: str
    ends_access: bool
    keeps_access: bool
    gateway_key: str
    razorpay_refund: str | None
    decided_by_id: int | None
    created_at: datetime
    decided_at: datetime | None
    processed_at: datetime | None
    next_look_at: datetime | None
    looks: int


def moves(refund: Refund, told: GatewayRefundStatus) -> bool:
    """Whether this is news: forward only. What the bank failed stays so; what we gave up may have been made."""
    if refund.status is RefundStatus.FAILED and refund.razorpay_refund is None:
        return told is not GatewayRefundStatus.FAILED
    return RANK.get(refund.status, -1) < RANK[TOLD[told]]


def next_refund_look(refund: Refund, now: datetime) -> datetime:
    """A refund at the bank takes days: the gap doubles from two minutes to six hours."""
    gap: timedelta = FIRST_LOOK * (1 << min(refund.looks, 8))
    return now + min(gap, timedelta(hours=6))


def demand_amount(amount_paise: int, left_paise: int) -> None:
    """:raises NotRefundable: :raises RefundTooSmall: :raises AmountTooLarge:"""
    if left_paise <= 0:
        raise NotRefundable
    if amount_paise > left_paise:
        raise AmountTooLarge
    if amount_paise < SMALLEST_PAISE:
        raise RefundTooSmall


def refunded(payment: Payment, capture: Capture, total_paise: int) -> Payment:
    """The order when `total_paise` of this capture went back, or are about to."""
    if payment.razorpay_pay_id != capture.razorpay_payment:
        return payment  # a second payment's money: the order's own stays
    is_all = total_paise >= capture.amount_paise
    if capture.reason is not None:
        status = Status.REFUNDED if capture.resolution is Resolution.REFUNDED else Status.NEEDS_REVIEW
    elif is_all:
        status = Status.REFUNDED
    else:
        status = Status.PARTIALLY_REFUNDED if total_paise else Status.PAID
    return replace(payment, status=status, refunded_paise=total_paise)
