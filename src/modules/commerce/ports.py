"""What commerce needs from the outside."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.events import Emits
from core.idempotency import Remembers
from modules.commerce.domain import Known, Offer, Payment, Snapshot


class GatewayOrder(Struct, frozen=True):
    order_id: str
    amount_paise: int
    currency: str


class GatewayNews(Struct, frozen=True):
    """A webhook's body in our words. `payment` is None for events that are not about one."""

    event: str
    payment: Known | None


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

    async def lock_buyer(self, user_id: int) -> None:
        """Make everything that changes this student's orders and enrolments wait."""
        ...

    async def offer(self, course_id: int) -> Offer | None:
        """Asked of learning: what the course costs now."""
        ...

    async def is_enrolled(self, user_id: int, course_id: int) -> bool:
        """Asked of learning: whether the student has access now."""
        ...

    async def is_suspended(self, user_id: int, course_id: int) -> bool:
        """Asked of learning: whether an administrator keeps the student out."""
        ...

    async def open_payment(self, user_id: int, course_id: int) -> Payment | None: ...

    async def add_payment(
        self,
        *,
        user_id: int,
        course_id: int,
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
