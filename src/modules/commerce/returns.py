"""What a refund does to its payment, and the one place that applies what is known of one: the call's answer, webhook
and reconciler all end here.
"""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from core.clock import Clock
from modules.commerce.domain import ledger
from modules.commerce.domain.captures import Capture, Resolution
from modules.commerce.domain.gateway import KnownRefund
from modules.commerce.domain.ledger import Posting
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.refunds import (
    FIRST_LOOK,
    GIVEN,
    LAST_LOOK,
    RESERVING,
    TOLD,
    Origin,
    Refund,
    RefundStatus,
    moves,
    next_refund_look,
    refunded,
)
from modules.commerce.domain.shares import adjusted
from modules.commerce.events import (
    AccessOwed,
    AccessReturned,
    AccessWithdrawn,
    RefundApproved,
    RefundFailed,
    RefundProcessed,
)
from modules.commerce.refund_ports import ReturnStore


@dataclass(frozen=True, slots=True)
class Returns:
    clock: Clock

    async def apply(self, store: ReturnStore, known: KnownRefund) -> Refund | None:
        """Bring a refund up to what is known, within the caller's transaction; None if the payment is not known.

        One made at Razorpay gets a record: all of a payment's money gone ends access, a part of it does not.
        """
        found = await self.locked(store, known.payment_id)
        if found is None:
            return None
        capture, payment = found
        refund = await store.refund_at_gateway(known.refund_id)
        if refund is None and known.receipt:
            refund = await store.refund_with_key(known.receipt)
        if refund is None:
            refund = await self._found_elsewhere(store, capture, known)
        if not moves(refund, known.status):
            return refund
        now, status = self.clock.now(), TOLD[known.status]
        after = replace(
            refund,
            status=status,
            razorpay_refund=known.refund_id,
            processed_at=now if status is RefundStatus.PROCESSED else refund.processed_at,
            next_look_at=_next_look(refund, status, now),
        )
        await store.save_refund(after)
        if refund.status is RefundStatus.FAILED:
            await self.withdraw(store, after, capture, payment)
        if status is RefundStatus.FAILED:
            await self.take_back(store, after, capture, payment)
        else:
            await self._give(store, after, capture, payment)
        return after

    async def locked(self, store: ReturnStore, razorpay_payment: str) -> tuple[Capture, Payment | None] | None:
        """The money and its order, locked in the order in which everybody locks: buyer, order, money."""
        capture = await store.capture_of(razorpay_payment)
        if capture is None:
            return None
        payment = None if capture.payment_id is None else await store.payment(capture.payment_id)
        if payment is not None:
            await store.lock_buyer(payment.user_id)
            payment = await store.payment(payment.id, lock=True)
        capture = await store.capture_of(razorpay_payment, lock=True)
        return None if capture is None else (capture, payment)

    async def withdraw(self, store: ReturnStore, refund: Refund, capture: Capture, payment: Payment | None) -> None:
        """A refund is promised: its amount is no longer ours, and access ends if it is to end."""
        if payment is None:
            return
        await store.save(refunded(payment, capture, await store.reserved(capture.id)))
        if refund.ends_access:
            await self.end_access(store, payment)

    async def promise(self, store: ReturnStore, capture: Capture) -> Refund:
        """All that is left of this money is to go back. The key says which try it is, so that a repeat is none."""
        tries = sum(refund.origin is Origin.REVIEW for refund in await store.refunds_of_capture(capture.id))
        now = self.clock.now()
        refund = await store.add_refund(
            capture,
            origin=Origin.REVIEW,
            status=RefundStatus.APPROVED,
            amount_paise=await self.left(store, capture),
            gateway_key=f"review-{capture.razorpay_payment}-{tries + 1}",
            reason=f"Not taken: {(capture.reason or '').replace('_', ' ')}",
            decided_at=now,
            next_look_at=now + FIRST_LOOK,
        )
        payment = None if capture.payment_id is None else await store.payment(capture.payment_id, lock=True)
        await self.withdraw(store, refund, capture, payment)
        await store.emit(RefundApproved(refund_id=refund.id))
        return refund

    async def end_access(self, store: ReturnStore, payment: Payment) -> None:
        """What the order opened is closed; of instalments the rest is not to be paid."""
        if payment.snapshot.instalment is not None:
            agreement = await store.agreement_begun(payment.purchase_id)
            if agreement is not None and agreement.ended_at is None:
                await store.save_agreement(replace(agreement, ended_at=self.clock.now()))
        await store.emit(AccessWithdrawn(purchase_id=payment.purchase_id, user_id=payment.user_id))
        standing = [one for one in await store.standing_payments(payment.user_id) if one.id != payment.id]
        for course_id in payment.course_ids:
            other = next((one for one in standing if course_id in one.course_ids), None)
            if other is not None:
                await _owe(store, other, course_id)

    async def return_access(self, store: ReturnStore, payment: Payment) -> None:
        """What the order opened is open again; its instalments go on, unless the buyer has begun anew meanwhile."""
        if payment.snapshot.instalment is not None:
            agreement = await store.agreement_begun(payment.purchase_id)
            if agreement is not None and agreement.next_due_at is not None:
                is_begun_anew = await store.agreement(agreement.user_id, agreement.plan_id) is not None
                if not is_begun_anew:
                    await store.save_agreement(replace(agreement, ended_at=None))
        await store.emit(AccessReturned(purchase_id=payment.purchase_id, user_id=payment.user_id))
        if payment.snapshot.instalment is None:
            for course_id in payment.course_ids:
                await _owe(store, payment, course_id)

    async def take_back(self, store: ReturnStore, refund: Refund, capture: Capture, payment: Payment | None) -> None:
        """A promised refund failed: the amount is ours again, and access returns unless something else ended it."""
        if lines := await store.posted(f"refund:{refund.id}"):
            posting = Posting(f"refund-failed:{refund.id}", capture.id, capture.payment_id, ledger.reversal(lines))
            await store.post(posting)
            await self.adjust_shares(store, capture, f"refund-failed:{refund.id}")
        is_back = await store.reserved(capture.id) < capture.amount_paise
        if capture.resolution is Resolution.REFUNDED and is_back:
            capture = replace(capture, resolution=None, resolved_at=None)
            await store.save_capture(capture)
        if payment is not None:
            await store.save(refunded(payment, capture, await store.reserved(capture.id)))
            if refund.ends_access and not await store.is_access_ended(payment.id):
                await self.return_access(store, payment)
        await store.emit(
            RefundFailed(
                refund_id=refund.id, payment_id=capture.payment_id, user_id=None if payment is None else payment.user_id
            )
        )

    async def adjust_shares(self, store: ReturnStore, capture: Capture, cause: str) -> None:
        """What instructors earned of this money follows what is left of it."""
        lines = adjusted(await store.earned(capture.id), capture.amount_paise, await store.gone(capture.id))
        if lines:
            await store.post(Posting(f"shares:{cause}", capture.id, capture.payment_id, lines))

    async def _give(self, store: ReturnStore, refund: Refund, capture: Capture, payment: Payment | None) -> None:
        if not await store.posted(f"refund:{refund.id}"):
            items = () if payment is None else payment.items
            lines = ledger.refund(refund.amount_paise, items, ledger.account_of(capture))
            await store.post(Posting(f"refund:{refund.id}", capture.id, capture.payment_id, lines))
            await self.adjust_shares(store, capture, f"refund:{refund.id}")
        if refund.status is not RefundStatus.PROCESSED:
            return
        is_all = await store.reserved(capture.id) >= capture.amount_paise
        if capture.is_held and is_all:
            capture = replace(capture, resolution=Resolution.REFUNDED, resolved_at=self.clock.now())
            await store.save_capture(capture)
            if payment is not None:
                await store.save(refunded(payment, capture, await store.reserved(capture.id)))
        await self._end_if_all_is_gone(store, refund, capture, payment)
        user_id = None if payment is None else payment.user_id
        await store.emit(RefundProcessed(refund_id=refund.id, payment_id=capture.payment_id, user_id=user_id))

    async def _end_if_all_is_gone(
        self, store: ReturnStore, refund: Refund, capture: Capture, payment: Payment | None
    ) -> None:
        """Parts that were given back here and elsewhere may be all of it together, which none of them is."""
        if payment is None or capture.reason is not None or await store.given_back(capture.id) < capture.amount_paise:
            return
        refunds = await store.refunds_of_capture(capture.id)
        if not any(one.ends_access or one.keeps_access for one in refunds if one.status in GIVEN):
            await store.save_refund(replace(refund, ends_access=True))
            await self.end_access(store, payment)

    async def left(self, store: ReturnStore, capture: Capture) -> int:
        """What of this money can still be promised: neither given back nor lost to a bank. Below nothing if both."""
        lost = await store.gone(capture.id) - await store.given_back(capture.id)
        return capture.amount_paise - await store.reserved(capture.id) - lost

    async def give_up(self, store: ReturnStore, refund: Refund, capture: Capture, payment: Payment | None) -> None:
        """It is not made: nobody tries any more."""
        failed = replace(refund, status=RefundStatus.FAILED, next_look_at=None)
        await store.save_refund(failed)
        await self.take_back(store, failed, capture, payment)

    async def _found_elsewhere(self, store: ReturnStore, capture: Capture, known: KnownRefund) -> Refund:
        payment = None if capture.payment_id is None else await store.payment(capture.payment_id, lock=True)
        is_failed = TOLD[known.status] is RefundStatus.FAILED
        made = [one for one in await store.refunds_of_capture(capture.id) if one.razorpay_refund is not None]
        total = sum(one.amount_paise for one in made if one.status in RESERVING) + known.amount_paise
        is_own = payment is not None and payment.razorpay_pay_id == capture.razorpay_payment
        refund = await store.add_refund(
            capture,
            origin=Origin.GATEWAY,
            status=RefundStatus.APPROVED,
            amount_paise=known.amount_paise,
            gateway_key=f"gateway-{known.refund_id}",
            reason="Refunded at Razorpay",
            razorpay_refund=known.refund_id,
            ends_access=is_own and capture.reason is None and total >= capture.amount_paise and not is_failed,
            decided_at=self.clock.now(),
        )
        if not is_failed:
            await self.withdraw(store, refund, capture, payment)
        return refund


async def _owe(store: ReturnStore, payment: Payment, course_id: int) -> None:
    await store.emit(AccessOwed(purchase_id=payment.id, user_id=payment.user_id, course_id=course_id))


def _next_look(refund: Refund, status: RefundStatus, now: datetime) -> datetime | None:
    if status is RefundStatus.FAILED:
        return None
    return now + LAST_LOOK if status is RefundStatus.PROCESSED else next_refund_look(refund, now)
