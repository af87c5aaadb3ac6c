"""Giving promised money back at Razorpay: the calls, their repeats, and what is heard of them."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.clock import Clock
from core.transaction import Begin
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.gateway import GatewayUnavailable, KnownRefund, RefundRefused
from modules.commerce.domain.refunds import (
    PATIENCE,
    Refund,
    RefundStatus,
    next_refund_look,
)
from modules.commerce.ports import PaymentGateway
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns

BATCH = 50


@dataclass(frozen=True, slots=True)
class Repaying:
    begin: Begin[ReturnStore]
    gateway: PaymentGateway
    returns: Returns
    clock: Clock

    async def promise_held(self, store: ReturnStore, capture_id: int) -> None:
        """Reaction within: money that does not fit its order goes back in full, once.

        What belongs to no order of ours may be somebody else's business on the same account: an administrator decides.
        """
        capture = await store.capture(capture_id, lock=True)
        if capture is not None and capture.payment_id is not None and not await store.reserved(capture_id):
            await self.returns.promise(store, capture)

    async def send(self, refund_id: int) -> None:
        """Reaction after an approval, and again until Razorpay has answered.

        :raises GatewayUnavailable: whether it was made is unknown; the same call again makes no second one.
        """
        async with self.begin() as store:
            refund = await store.refund(refund_id)
            capture = None if refund is None else await store.capture(refund.capture_id)
        if refund is None or capture is None or refund.status is not RefundStatus.APPROVED:
            return
        try:
            known = await self.gateway.refund(
                capture.razorpay_payment,
                amount_paise=refund.amount_paise,
                key=refund.gateway_key,
                notes={"refund_id": str(refund.id)},
            )
        except RefundRefused:
            await self._refused(refund, capture)
            return
        async with self.begin() as store:
            await self.returns.apply(store, known)

    async def look_at_due(self) -> int:
        """Ask about every refund that is due: send again what has no answer; how many there were."""
        async with self.begin() as store:
            due, now = await store.due_refunds(BATCH), self.clock.now()
            for refund in due:
                looked = replace(refund, looks=refund.looks + 1, next_look_at=next_refund_look(refund, now))
                await store.save_refund(looked)
        for refund in due:
            try:
                await self._look(refund)
            except GatewayUnavailable:
                break  # the others would wait out the same outage; all are due again
        return len(due)

    async def look_at_refunds_of(self, capture_id: int) -> None:
        """Reaction: Razorpay has given back more than we know of, or less.

        :raises GatewayUnavailable:
        """
        async with self.begin() as store:
            capture = await store.capture(capture_id)
        if capture is not None:
            await self._apply_all(await self.gateway.refunds_of(capture.razorpay_payment))

    async def _look(self, refund: Refund) -> None:
        if refund.status is RefundStatus.APPROVED:
            await self.send(refund.id)
        elif refund.razorpay_refund is not None:
            known = await self.gateway.refund_status(refund.razorpay_refund)
            await self._apply_all([] if known is None else [known])

    async def _refused(self, refund: Refund, capture: Capture) -> None:
        """Refused for now, or for good, or because an earlier call's answer was lost: Razorpay's list tells."""
        made = await self.gateway.refunds_of(capture.razorpay_payment)
        await self._apply_all(made)
        if any(known.receipt == refund.gateway_key for known in made):
            return
        payment = await self.gateway.payment(capture.razorpay_payment)
        async with self.begin() as store:
            found = await self.returns.locked(store, capture.razorpay_payment)
            current = await store.refund(refund.id, lock=True)
            if found is None or current is None or current.status is not RefundStatus.APPROVED:
                return
            is_impossible = payment is None or payment.refunded_paise + refund.amount_paise > payment.amount_paise
            is_late = self.clock.now() - (refund.decided_at or refund.created_at) > PATIENCE
            if is_impossible or is_late:
                failed = replace(current, status=RefundStatus.FAILED, next_look_at=None)
                await store.save_refund(failed)
                await self.returns.take_back(store, failed, *found)

    async def _apply_all(self, refunds: list[KnownRefund]) -> None:
        for known in refunds:
            async with self.begin() as store:
                await self.returns.apply(store, known)
