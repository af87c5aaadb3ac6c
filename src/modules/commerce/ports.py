"""What commerce needs from the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.events import Emits
from core.idempotency import Remembers
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.coupons import Coupon, Uses
from modules.commerce.domain.gateway import Known, KnownDispute, KnownRefund
from modules.commerce.domain.instalments import Agreement
from modules.commerce.domain.ledger import Line, Posting
from modules.commerce.domain.payments import Offer, Payment, Reason, Snapshot
from modules.commerce.domain.shares import Earned, Share


class GatewayOrder(Struct, frozen=True):
    order_id: str
    amount_paise: int
    currency: str


class GatewayNews(Struct, frozen=True):
    """A webhook's body in our words: what it tells of, which is nothing for events that we do not know."""

    event: str
    payment: Known | None = None
    refund: KnownRefund | None = None
    dispute: KnownDispute | None = None
    is_odd: bool = False
    """It tells of money, in a shape that we do not know."""


class PaymentGateway(Protocol):
    """Razorpay. Every call may raise GatewayUnavailable; after a creating call the outcome is then unknown."""

    key_id: str

    async def create_order(
        self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]
    ) -> GatewayOrder | None:
        """The new order, captured automatically when paid; None if an order with this receipt exists already."""
        ...

    async def order_by_receipt(self, receipt: str) -> GatewayOrder | None: ...

    async def payment(self, payment_id: str) -> Known | None: ...

    async def payments_of(self, order_id: str) -> list[Known]: ...

    async def captures(self, since: datetime, until: datetime) -> list[Known]:
        """Every captured payment of the account that was made in this time, whatever its order."""
        ...

    async def refund(self, payment_id: str, *, amount_paise: int, key: str, notes: dict[str, str]) -> KnownRefund:
        """One refund for each `key`, however often it is asked for.

        :raises RefundRefused: nothing was refunded by this call; an earlier one may have been.
        """
        ...

    async def refunds(self, since: datetime, until: datetime) -> list[KnownRefund]:
        """Every refund of the account that was made in this time."""
        ...

    async def disputes(self, since: datetime, until: datetime) -> list[KnownDispute]:
        """Every dispute of the account that was opened in this time, as it stands now."""
        ...

    async def refund_status(self, refund_id: str) -> KnownRefund | None: ...

    async def refunds_of(self, payment_id: str) -> list[KnownRefund]: ...

    def proves(self, *, order_id: str, payment_id: str, signature: str) -> bool:
        """Whether the checkout's signature is genuine. It proves the pair of ids and nothing else."""
        ...

    def is_authentic(self, body: bytes, signature: str) -> bool:
        """Whether a webhook's raw body was signed with the current or the previous secret."""
        ...

    def read(self, body: bytes) -> GatewayNews:
        """:raises Invalid: not a Razorpay event."""
        ...


class CommerceStore(Emits, Remembers, Protocol):
    """Commerce's rows within one transaction."""

    async def lock_buyer(self, user_id: int) -> bool:
        """Make everything that changes this student's orders and enrolments wait; whether there is such a user."""
        ...

    async def offer(self, product: str, user_id: int) -> Offer | None:
        """What it costs this buyer now; None if there is no such thing."""
        ...

    async def agreement(self, user_id: int, plan_id: int) -> Agreement | None:
        """By which the buyer is paying now."""
        ...

    async def save_agreement(self, agreement: Agreement) -> None:
        """Add it if its id is 0."""
        ...

    async def agreement_begun(self, first_payment_id: int) -> Agreement | None:
        """By its first order, ended or not."""
        ...

    async def open_to(self, user_id: int, course_ids: Sequence[int]) -> set[int]:
        """Asked of learning: those of these courses that the student has access to now."""
        ...

    async def is_suspended(self, user_id: int, course_ids: Sequence[int]) -> bool:
        """Asked of learning: whether an administrator keeps the student out of any of these."""
        ...

    async def open_payment(self, user_id: int, product: str) -> Payment | None: ...

    async def add_payment(
        self,
        *,
        user_id: int,
        course_id: int,
        product: str,
        receipt: str,
        amount_paise: int,
        currency: str,
        snapshot: Snapshot,
        expires_at: datetime,
        next_look_at: datetime | None,
    ) -> Payment:
        """A payment that is being created, open."""
        ...

    async def payment(self, payment_id: int, *, lock: bool = False) -> Payment | None: ...

    async def payment_of_order(self, razorpay_order: str) -> Payment | None: ...

    async def save(self, payment: Payment) -> None: ...

    async def due_payments(self, limit: int) -> list[Payment]:
        """Unresolved payments whose look is due, locked; those that another process holds are left out."""
        ...

    async def store_event(self, *, event_id: str, event: str, body: str) -> int | None:
        """The new row's id; None if this event id is stored already."""
        ...

    async def unhandled_event(self, gateway_event_id: int) -> tuple[str, datetime] | None:
        """Body and time of arrival, locked; None if it was handled."""
        ...

    async def close_event(self, gateway_event_id: int, outcome: str) -> None: ...

    async def unhandled_before(self, moment: datetime) -> list[int]: ...

    async def coupon(self, code: str, *, lock: bool = False) -> Coupon | None: ...

    async def reserve(self, coupon: Coupon, payment: Payment) -> None:
        """It counts until the order expires. The caller holds the coupon's lock."""
        ...

    async def coupon_uses(self, coupon_id: int, user_id: int, *, but_payment: int | None = None) -> Uses:
        """What is used, and what orders reserve that may still be paid; without those of one of them."""
        ...

    async def release_coupon(self, payment_id: int) -> None:
        """The order is superseded by another with this coupon: what it reserved is free again."""
        ...

    async def lapsed_coupon(self, payment_id: int) -> Coupon | None:
        """The order's coupon, locked, if it does not count any more: the order is paid late, or was superseded."""
        ...

    async def use_coupon(self, payment_id: int) -> None:
        """The order is paid: what it reserved, if anything, is used."""
        ...

    async def capture(self, capture_id: int, *, lock: bool = False) -> Capture | None: ...

    async def capture_of(self, razorpay_payment: str, *, lock: bool = False) -> Capture | None: ...

    async def add_capture(self, known: Known, payment_id: int | None, reason: Reason | None) -> Capture:
        """Money that came in, without its fee."""
        ...

    async def save_capture(self, capture: Capture) -> None: ...

    async def reserved(self, capture_id: int) -> int:
        """The paise of this capture that went back or are promised."""
        ...

    async def given_back(self, capture_id: int) -> int:
        """The paise of this capture that Razorpay has given back, as far as we know."""
        ...

    async def shares(self, course_ids: Sequence[int]) -> list[Share]:
        """Who gets what of these courses' sales, now."""
        ...

    async def earned(self, capture_id: int) -> list[Earned]:
        """What instructors got of this money, and what is left of it."""
        ...

    async def gone(self, capture_id: int) -> int:
        """The paise of this capture that went back, by refunds and lost disputes."""
        ...

    async def post(self, posting: Posting) -> None:
        """Write it into the ledger, for ever."""
        ...

    async def posted(self, key: str) -> tuple[Line, ...]:
        """The lines of a posting; none if there is no such."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...
