"""What Razorpay tells, in our words. It arrives by verify, webhook or reconciler, any number of times in any order."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Unavailable

GATEWAY_ID = re.compile(r"(order|pay|rfnd|disp)_[A-Za-z0-9]{14}")


class GatewayUnavailable(Unavailable):
    """Whether the call had an effect is unknown."""

    code = "gateway_unavailable"
    detail = "The payment service does not answer; nothing was charged. Try again."


class RefundRefused(Conflict):
    """Razorpay did not make this refund now; it may have made it before."""

    code = "refund_refused"


class GatewayStatus(StrEnum):
    CREATED = "created"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    REFUNDED = "refunded"
    FAILED = "failed"


class Known(Struct, frozen=True):
    """One payment. A fully refunded one is captured, too, unless its authorisation was never captured.

    `fee_paise` includes `fee_gst_paise`; both are None until Razorpay has charged them.
    """

    payment_id: str
    order_id: str | None
    status: GatewayStatus
    amount_paise: int
    currency: str
    is_captured: bool = False
    refunded_paise: int = 0
    fee_paise: int | None = None
    fee_gst_paise: int | None = None


class GatewayRefundStatus(StrEnum):
    PENDING = "pending"
    PROCESSED = "processed"
    FAILED = "failed"


class KnownRefund(Struct, frozen=True):
    """`receipt` is the key that we asked for it with; another's, or none, when it was made elsewhere."""

    refund_id: str
    payment_id: str
    amount_paise: int
    currency: str
    status: GatewayRefundStatus
    receipt: str | None = None


class DisputeStatus(StrEnum):
    OPEN = "open"
    UNDER_REVIEW = "under_review"
    ACTION_REQUIRED = "action_required"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


class KnownDispute(Struct, frozen=True):
    dispute_id: str
    payment_id: str
    amount_paise: int
    deducted_paise: int
    status: DisputeStatus
    reason_code: str = ""
    respond_by: datetime | None = None
