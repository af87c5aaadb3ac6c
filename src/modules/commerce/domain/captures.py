"""Money that came in, by the gateway's payment; and what becomes of what fits no order."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict
from modules.commerce.domain.payments import Reason


class AlreadyResolved(Conflict):
    code = "already_resolved"
    detail = "This has been resolved already."


class RefundUnderWay(Conflict):
    code = "refund_under_way"
    detail = "The money is on its way back; wait until it is there, or until that fails."


class Resolution(StrEnum):
    """`refunded`: it went back. `accepted`: the school keeps it, having settled the matter with the buyer."""

    REFUNDED = "refunded"
    ACCEPTED = "accepted"


class Capture(Struct, frozen=True):
    """One payment at Razorpay whose money came. `payment_id` is our order's, None if no order of ours belongs to it.

    With a `reason` it is held: not taken for the order, to be given back or settled by an administrator.
    """

    id: int
    razorpay_payment: str
    payment_id: int | None
    amount_paise: int
    currency: str
    fee_paise: int | None
    fee_gst_paise: int | None
    reason: Reason | None
    resolution: Resolution | None
    notes: str
    resolved_by_id: int | None
    resolved_at: datetime | None
    captured_at: datetime

    @property
    def is_held(self) -> bool:
        return self.reason is not None and self.resolution is not Resolution.ACCEPTED
