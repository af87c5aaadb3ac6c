"""Disputes: a buyer's bank takes the money back, for good or for a while."""

from datetime import datetime

from msgspec import Struct

from modules.commerce.domain.gateway import DisputeStatus

RANK = {
    DisputeStatus.OPEN: 0,
    DisputeStatus.UNDER_REVIEW: 1,
    DisputeStatus.ACTION_REQUIRED: 1,
    DisputeStatus.LOST: 2,
    DisputeStatus.WON: 3,
    DisputeStatus.CLOSED: 4,
}
UNDECIDED = (DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW, DisputeStatus.ACTION_REQUIRED)


class Dispute(Struct, frozen=True):
    """`deducted_paise` is what the bank took, once it is lost."""

    id: int
    razorpay_dispute: str
    capture_id: int
    payment_id: int | None
    status: DisputeStatus
    amount_paise: int
    deducted_paise: int
    reason_code: str
    respond_by: datetime | None
    opened_at: datetime
    updated_at: datetime


def is_news(known: DisputeStatus, told: DisputeStatus) -> bool:
    """Forward only: a lost dispute may still be won by appeal, a won one is not lost again."""
    if {known, told} == {DisputeStatus.UNDER_REVIEW, DisputeStatus.ACTION_REQUIRED}:
        return True  # the bank asks and waits in turns
    return RANK[told] > RANK[known]
