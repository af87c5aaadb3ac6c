"""What people read of commerce."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.disputes import Dispute
from modules.commerce.domain.gateway import DisputeStatus
from modules.commerce.domain.payments import Payment, Status
from modules.commerce.domain.refunds import Refund, RefundStatus


class PaymentCard(Struct, frozen=True):
    payment: Payment
    course_title: str
    invoice_number: str | None
    dispute_status: DisputeStatus | None


class Buyer(Struct, frozen=True):
    """What the checkout form is filled with."""

    full_name: str
    email: str
    mobile_number: str | None


class Receipt(Struct, frozen=True):
    """A confirmation of payment; the tax invoice is another document."""

    number: str
    payment_id: int
    razorpay_pay_id: str | None
    course_id: int
    course_title: str
    amount_paise: int
    currency: str
    paid_at: datetime
    buyer_name: str
    buyer_email: str


class RefundCard(Struct, frozen=True):
    refund: Refund
    user_id: int
    course_id: int
    course_title: str


class ReviewCard(Struct, frozen=True):
    """Money that was held, whose it may be, and the last refund of it."""

    capture: Capture
    user_id: int | None
    course_id: int | None
    course_title: str | None
    refund_id: int | None
    refund_status: RefundStatus | None


class DisputeCard(Struct, frozen=True):
    dispute: Dispute
    user_id: int | None
    course_id: int | None
    course_title: str | None


class CaptureBooks(Struct, frozen=True):
    """One payment whose money came: what its rows say, and the ledger. `is_moving`: a refund has no answer yet."""

    razorpay_payment: str
    captured_at: datetime
    amount_paise: int
    fee_paise: int
    refunded_paise: int
    posted_amount_paise: int
    posted_fee_paise: int
    posted_refunded_paise: int
    is_moving: bool


class LedgerQueries(Protocol):
    async def books(self, since: datetime) -> list[CaptureBooks]:
        """Of all money that came since then, by the time it came."""
        ...

    async def unbalanced(self) -> list[str]:
        """The keys of postings that do not add up to nothing."""
        ...

    async def odd_payments(self) -> list[int]:
        """Orders whose state or refunds are not what the money says that came for them."""
        ...


class CommerceQueries(Protocol):
    async def payments(
        self, request: PageRequest, viewer: Actor, *, status: Status | None, course_id: int | None, user_id: int | None
    ) -> Page[PaymentCard]:
        """Newest first: one's own, or everybody's for administrators."""
        ...

    async def payment(self, payment_id: int, viewer: Actor) -> PaymentCard | None: ...

    async def buyer(self, user_id: int) -> Buyer: ...

    async def receipt(self, payment_id: int, viewer: Actor | None) -> Receipt | None:
        """Of a paid order; `viewer` None is the system itself."""
        ...

    async def refunds(
        self, request: PageRequest, viewer: Actor, *, status: RefundStatus | None, payment_id: int | None
    ) -> Page[RefundCard]:
        """Newest first: those of one's own payments, or everybody's for administrators."""
        ...

    async def refund(self, refund_id: int, viewer: Actor | None) -> RefundCard | None:
        """Of a payment of ours; `viewer` None is the system itself."""
        ...

    async def reviews(self, request: PageRequest, *, is_resolved: bool | None) -> Page[ReviewCard]:
        """Money that fits no order, newest first."""
        ...

    async def review(self, capture_id: int) -> ReviewCard | None: ...

    async def disputes(self, request: PageRequest) -> Page[DisputeCard]:
        """Newest first."""
        ...
