"""Giving promised money back at Razorpay: the calls, their repeats, and what is heard of them."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.clock import Clock
from core.transaction import Begin
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.gateway import GatewayUnavailable, KnownRefund, RefundRefused
from modules.commerce.domain.payments import Reason
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
        if capture is None or capture.payment_id is None or capture.reason is Reason.REFUNDED_ELSEWHERE:
            return
        if not await store.reserved(capture_id):
            await self.returns.promise(store, capture)

    async def send(self, refund_id: int) -> None:
        """Reaction after an approval, and again until Razorpay has answered.

        :raises GatewayUnavailable: whether it was made is unknown; the same call again makes no second one.
        """
        async with self.begin() as store:
            ready = await self._ready(store, refund_id)
        if ready is None:
            return
        refund, capture = ready
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
            for refund in due:  # before the question, so that a crash costs one round
                looked = replace(refund, looks=refund.looks + 1, next_look_at=next_refund_look(refund, now))
                await store.save_refund(looked)
        for refund in due:
            try:
                await self._look(refund)
            except GatewayUnavailable:
                break  # the others would wait out the same outage; all are due again by the gap
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
            if refund.status is RefundStatus.PROCESSED:
                await self._close(refund.id)

    async def _refused(self, refund: Refund, capture: Capture) -> None:
        """Refused for now, or for good, or because an earlier call's answer was lost: Razorpay's list tells."""
        payment = await self.gateway.payment(capture.razorpay_payment)
        # asked for after the payment, so that whatever its sum counts is on the list
        made = await self.gateway.refunds_of(capture.razorpay_payment)
        await self._apply_all(made)
        if payment is None or any(known.receipt == refund.gateway_key for known in made):
            return
        async with self.begin() as store:
            found = await self.returns.locked(store, capture.razorpay_payment)
            current = await store.refund(refund.id, lock=True)
            if found is None or current is None or current.status is not RefundStatus.APPROVED:
                return
            is_impossible = payment.refunded_paise + refund.amount_paise > payment.amount_paise
            is_late = self.clock.now() - (refund.decided_at or refund.created_at) > PATIENCE
            if is_impossible or is_late:
                await self.returns.give_up(store, current, *found)

    async def _ready(self, store: ReturnStore, refund_id: int) -> tuple[Refund, Capture] | None:
        """An approved refund that may go out now: not while the payment is disputed, and never after that was lost."""
        refund = await store.refund(refund_id)
        capture = None if refund is None else await store.capture(refund.capture_id)
        if refund is None or capture is None or refund.status is not RefundStatus.APPROVED:
            return None
        if await store.is_disputed(capture.id):
            return None  # looked at again when it is due
        if await self.returns.left(store, capture) >= 0:
            return refund, capture
        found = await self.returns.locked(store, capture.razorpay_payment)
        current = await store.refund(refund_id, lock=True)
        if found is not None and current is not None and current.status is RefundStatus.APPROVED:
            await self.returns.give_up(store, current, *found)
        return None

    async def _close(self, refund_id: int) -> None:
        """A processed refund that was looked at once more, unless it failed by that."""
        async with self.begin() as store:
            refund = await store.refund(refund_id, lock=True)
            if refund is not None and refund.status is RefundStatus.PROCESSED:
                await store.save_refund(replace(refund, next_look_at=None))

    async def _apply_all(self, refunds: list[KnownRefund]) -> None:
        for known in refunds:
            async with self.begin() as store:
                await self.returns.apply(store, known)
