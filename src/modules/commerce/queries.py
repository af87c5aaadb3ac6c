"""What people read of commerce."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.commerce.domain import Payment, Status


class PaymentCard(Struct, frozen=True):
    payment: Payment
    course_title: str


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
