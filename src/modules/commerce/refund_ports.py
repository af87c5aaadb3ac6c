"""What refunds and disputes need of the store."""

from datetime import datetime
from typing import Protocol

from modules.commerce.domain.captures import Capture
from modules.commerce.domain.disputes import Dispute
from modules.commerce.domain.gateway import KnownDispute
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.refunds import Origin, Refund, RefundStatus
from modules.commerce.ports import CommerceStore


class ReturnStore(CommerceStore, Protocol):
    async def add_refund(
        self,
        capture: Capture,
        *,
        origin: Origin,
        status: RefundStatus,
        amount_paise: int,
        gateway_key: str,
        reason: str = "",
        razorpay_refund: str | None = None,
        ends_access: bool = False,
        decided_at: datetime | None = None,
        next_look_at: datetime | None = None,
    ) -> Refund: ...

    async def refund(self, refund_id: int, *, lock: bool = False) -> Refund | None: ...

    async def refund_at_gateway(self, razorpay_refund: str) -> Refund | None: ...

    async def refund_with_key(self, gateway_key: str) -> Refund | None: ...

    async def open_refund(self, payment_id: int) -> Refund | None:
        """The one that the buyer asked for and that is not at its end."""
        ...

    async def refunds_of_capture(self, capture_id: int) -> list[Refund]:
        """The oldest first."""
        ...

    async def save_refund(self, refund: Refund) -> None: ...

    async def due_refunds(self, limit: int) -> list[Refund]:
        """Due to be looked at; locked, without those that another process holds."""
        ...

    async def dispute(self, razorpay_dispute: str) -> Dispute | None:
        """Locked."""
        ...

    async def add_dispute(self, capture: Capture, known: KnownDispute) -> Dispute: ...

    async def save_dispute(self, dispute: Dispute) -> None: ...

    async def is_disputed(self, capture_id: int) -> bool:
        """Whether a dispute of it is undecided."""
        ...

    async def standing_payments(self, user_id: int) -> list[Payment]:
        """The buyer's orders that are paid as a whole and that no refund or dispute has ended, the newest first."""
        ...

    async def is_access_ended(self, payment_id: int) -> bool:
        """Whether a refund that ends access stands, or a dispute is lost."""
        ...
