"""What Razorpay tells by itself: stored first, worked on afterwards."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from core.clock import Clock
from core.errors import Invalid, Unavailable
from core.transaction import Begin
from modules.commerce.disputes import Disputes
from modules.commerce.domain.payments import InvalidSignature
from modules.commerce.events import EventUnreadable, GatewayEventStored, OrderUnknown
from modules.commerce.ports import GatewayNews, PaymentGateway
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns
from modules.commerce.settlement import Settlement

PATIENCE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Webhooks:
    begin: Begin[ReturnStore]
    gateway: PaymentGateway
    settlement: Settlement
    returns: Returns
    disputes: Disputes
    clock: Clock

    async def receive(self, body: bytes, *, signature: str, event_id: str | None) -> None:
        """Store an authentic event; a repeat is stored once. Nothing of it is worked on here.

        :raises InvalidSignature: nothing is stored. :raises Invalid: authentic, but not JSON.
        """
        if not self.gateway.is_authentic(body, signature):
            raise InvalidSignature
        news = self.gateway.read(body)
        async with self.begin() as store:
            stored = await store.store_event(
                event_id=event_id or hashlib.sha256(body).hexdigest(), event=news.event[:60], body=body.decode()
            )
            if stored is not None:
                await store.emit(GatewayEventStored(gateway_event_id=stored))

    async def handle(self, store: ReturnStore, gateway_event_id: int) -> None:
        """Reaction after storing, in one transaction: apply the event and close it. A closed event is left alone.

        Money for an order that stays unknown goes on the review list after ten minutes.

        :raises Unavailable: the order is not known yet; its own commit may be on the way.
        """
        waiting = await store.unhandled_event(gateway_event_id)
        if waiting is None:
            return
        body, received_at = waiting
        try:
            news = self.gateway.read(body.encode())
        except Invalid:
            news = GatewayNews("unknown", is_odd=True)
        if news.is_odd:
            await store.close_event(gateway_event_id, "unreadable")
            await store.emit(EventUnreadable(gateway_event_id=gateway_event_id))
            return
        if news.payment is None and news.refund is None and news.dispute is None:
            await store.close_event(gateway_event_id, "ignored")
            return
        if await self._apply(store, news):
            await store.close_event(gateway_event_id, "applied")
            return
        if self.clock.now() - received_at < PATIENCE:
            raise Unavailable("No such order yet.", retry_after=2)
        if news.payment is not None and news.payment.is_captured:
            await self.settlement.hold_stray(store, news.payment)
            await self._apply(store, news)
        await store.close_event(gateway_event_id, "unknown_order")
        await store.emit(OrderUnknown(gateway_event_id=gateway_event_id))

    async def _apply(self, store: ReturnStore, news: GatewayNews) -> bool:
        """Whether what the event is about is known to us; the payment that comes with a refund is applied first."""
        about = news.refund or news.dispute
        is_known = news.payment is not None and await self.settlement.apply(store, news.payment) is not None
        if about is None:
            return is_known
        if news.refund is not None:
            return await self.returns.apply(store, news.refund) is not None
        return news.dispute is not None and await self.disputes.apply(store, news.dispute) is not None

    async def sweep(self) -> None:
        """Announce again the events that nobody has handled for long."""
        async with self.begin() as store:
            for gateway_event_id in await store.unhandled_before(self.clock.now() - 2 * PATIENCE):
                await store.emit(GatewayEventStored(gateway_event_id=gateway_event_id))
