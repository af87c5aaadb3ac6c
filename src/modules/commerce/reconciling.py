"""Asking Razorpay ourselves, for when both callbacks are lost."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.transaction import Begin
from modules.commerce.disputes import Disputes
from modules.commerce.domain.gateway import GatewayUnavailable, Known
from modules.commerce.domain.payments import FIRST_LOOK, LAST_LOOK, UNPAID, Payment, Status, next_look
from modules.commerce.events import LookWanted
from modules.commerce.ports import PaymentGateway
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns
from modules.commerce.settlement import Settlement

BATCH = 50
MOST_SILENCES = 3
HASTE = timedelta(seconds=10)
DAYS_BACK = timedelta(days=3)
DISPUTES_BACK = timedelta(days=180)  # banks take months


@dataclass(frozen=True, slots=True)
class Reconciling:
    begin: Begin[ReturnStore]
    gateway: PaymentGateway
    settlement: Settlement
    returns: Returns
    disputes: Disputes
    clock: Clock

    async def look_at_due(self) -> int:
        """Look at every unresolved order whose time has come; how many there were.

        The next look is set before the call goes out, so that no two processes ask and a crash costs one round. What
        Razorpay gives no answer about is looked at again in two minutes, after all others; three silences in a row end
        the round, for in an outage each further question would only wait out its time.
        """
        total = silences = 0
        while silences < MOST_SILENCES and (payments := await self._claim()):
            total += len(payments)
            for payment in payments:
                if silences < MOST_SILENCES:
                    silences = 0 if await self._answered(payment) else silences + 1
                else:
                    await self._put_back(payment, payment.next_look_at)  # first in the next round
        return total

    async def sweep_captures(self) -> int:
        """Compare all that Razorpay captured or gave back in the last three days, and the disputes of half a year, with
        what we know; how many captures there are.

        It runs each day: the two days before yesterday are for a school whose workers stood still.

        :raises GatewayUnavailable:
        """
        now = self.clock.now()
        found = await self.gateway.captures(now - DAYS_BACK, now)
        for known in reversed(found):  # the oldest first, as it happened
            async with self.begin() as store:
                if await self.settlement.apply(store, known) is None:
                    await self.settlement.hold_stray(store, known)
        for refund in reversed(await self.gateway.refunds(now - DAYS_BACK, now)):
            async with self.begin() as store:
                await self.returns.apply(store, refund)
        for dispute in reversed(await self.gateway.disputes(now - DISPUTES_BACK, now)):
            async with self.begin() as store:
                await self.disputes.apply(store, dispute)
        return len(found)

    async def look(self, payment_id: int) -> None:
        """Look at one payment now, due or not.

        :raises GatewayUnavailable:
        """
        async with self.begin() as store:
            payment = await store.payment(payment_id)
        if payment is not None and payment.status in UNPAID:
            await self._look(payment)

    async def hasten(self, actor: Actor, payment_id: int) -> None:
        """The buyer reads an unresolved payment: have it looked at, unless a look is near anyway."""
        async with self.begin() as store:
            payment = await store.payment(payment_id, lock=True)
            if payment is None or payment.user_id != actor.user_id or payment.next_look_at is None:
                return
            now = self.clock.now()
            if payment.razorpay_order and payment.status in UNPAID and payment.next_look_at - now > HASTE:
                await store.save(replace(payment, next_look_at=now))
                await store.emit(LookWanted(payment_id=payment_id))

    async def _claim(self) -> list[Payment]:
        async with self.begin() as store:
            payments = await store.due_payments(BATCH)
            for payment in payments:
                await store.save(self._looked(payment))
        return payments

    async def _answered(self, payment: Payment) -> bool:
        try:
            await self._look(payment)
        except GatewayUnavailable:
            await self._put_back(payment, self.clock.now() + FIRST_LOOK)
            return False
        return True

    async def _put_back(self, payment: Payment, next_look_at: datetime | None) -> None:
        async with self.begin() as store:
            current = await store.payment(payment.id, lock=True)
            if current is not None and current.status in UNPAID:
                await store.save(replace(current, looks=payment.looks, next_look_at=next_look_at))

    def _looked(self, payment: Payment) -> Payment:
        now = self.clock.now()
        looked = replace(payment, looks=payment.looks + 1, next_look_at=next_look(payment, now))
        if payment.expires_at <= now:
            looked = replace(looked, is_open=False)
        if now - payment.created_at > LAST_LOOK and payment.status is Status.CREATING:
            looked = replace(looked, status=Status.FAILED)  # Razorpay never had this order
        return looked

    async def _look(self, payment: Payment) -> None:
        order_id = payment.razorpay_order or await self._attach(payment)
        if order_id is None:
            return
        for known in sorted(await self.gateway.payments_of(order_id), key=_captured_first):
            async with self.begin() as store:
                await self.settlement.apply(store, known)

    async def _attach(self, payment: Payment) -> str | None:
        """Razorpay's order that a crash between its creation and our commit left nameless."""
        order = await self.gateway.order_by_receipt(payment.receipt)
        if order is None:
            return None
        async with self.begin() as store:
            locked = await store.payment(payment.id, lock=True)
            if locked is not None and locked.razorpay_order is None:
                await store.save(replace(locked, razorpay_order=order.order_id, status=Status.CREATED))
        return order.order_id


def _captured_first(known: Known) -> bool:
    return not known.is_captured
