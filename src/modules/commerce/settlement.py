"""The one place that applies what is known of a payment: verify, webhook and reconciler all end here."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.clock import Clock
from modules.commerce.domain import Known, Payment, Step, learn, next_look
from modules.commerce.events import OrderPaid, PaymentNeedsReview
from modules.commerce.ports import CommerceStore


@dataclass(frozen=True, slots=True)
class Settlement:
    clock: Clock

    async def apply(self, store: CommerceStore, known: Known, *, signature: str | None = None) -> Payment | None:
        """Bring the order up to what is known, within the caller's transaction; None if no order of ours has this id.

        A paid order's enrolment is there when the transaction commits, once, whatever arrives how often in which order.
        """
        payment = await store.payment_of_order(known.order_id)
        if payment is None:
            return None
        await store.lock_buyer(payment.user_id)
        locked = await store.payment(payment.id, lock=True)
        if locked is None:
            return None
        now = self.clock.now()
        after, step = learn(locked, known, may_enrol=await self._obstacle(store, locked), now=now)
        if signature is not None and after.razorpay_pay_id == known.payment_id and after.razorpay_sig is None:
            after = replace(after, razorpay_sig=signature)
        if after != locked:
            after = replace(after, next_look_at=next_look(after, now))
            await store.save(after)
        if step is Step.PAID:
            await store.emit(OrderPaid(payment_id=after.id, user_id=after.user_id, course_id=after.course_id))
        elif step is Step.REVIEW:
            await store.emit(PaymentNeedsReview(payment_id=after.id, reason=after.review_reason or ""))
        return after

    async def _obstacle(self, store: CommerceStore, payment: Payment) -> str | None:
        """Why this buyer must not get this course now."""
        if await store.is_enrolled(payment.user_id, payment.course_id):
            return "already_enrolled"
        if await store.is_suspended(payment.user_id, payment.course_id):
            return "suspended"
        offer = await store.offer(payment.course_id)
        if offer is None:
            return "course_withdrawn"
        is_late = payment.expires_at <= self.clock.now()
        return "course_withdrawn" if is_late and not offer.is_published else None
