"""The one place that applies what is known of a payment: verify, webhook and reconciler all end here."""

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from core.clock import Clock
from modules.commerce.domain import ledger
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.coupons import is_exhausted
from modules.commerce.domain.gateway import Known
from modules.commerce.domain.instalments import access_until, advanced, begun
from modules.commerce.domain.ledger import Posting
from modules.commerce.domain.payments import UNPAID, Payment, Reason, learn, next_look, take
from modules.commerce.domain.shares import earned
from modules.commerce.events import MoneyHeld, OrderPaid, RefundsUnknown
from modules.commerce.ports import CommerceStore


@dataclass(frozen=True, slots=True)
class Settlement:
    clock: Clock

    async def apply(self, store: CommerceStore, known: Known, *, signature: str | None = None) -> Payment | None:
        """Bring the order up to what is known, within the caller's transaction; None if no order of ours has this id.

        A paid order's enrolment is there when the transaction commits, once, whatever arrives how often in which order.
        """
        payment = await store.payment_of_order(known.order_id) if known.order_id else None
        if payment is None:
            return None
        await store.lock_buyer(payment.user_id)
        locked = await store.payment(payment.id, lock=True)
        if locked is None:
            return None
        if not known.is_captured:
            return await self._keep(store, locked, learn(locked, known), known, signature)
        capture = await store.capture_of(known.payment_id, lock=True)
        if capture is not None:
            after = await self._keep(store, locked, locked, known, signature)
        else:
            obstacle = await self._obstacle(store, locked)
            after, reason = take(locked, known, obstacle=obstacle, now=self.clock.now())
            after = await self._keep(store, locked, after, known, signature)
            capture = await self._enter(store, after, known, reason)
        await self._follow(store, capture, known, after)
        return after

    async def hold_stray(self, store: CommerceStore, known: Known) -> None:
        """Money of no order of ours: it goes on the list that an administrator decides about."""
        capture = await store.capture_of(known.payment_id, lock=True)
        if capture is None:
            capture = await self._enter(store, None, known, Reason.UNKNOWN_ORDER)
        await self._follow(store, capture, known, None)

    async def take_free(self, store: CommerceStore, payment: Payment) -> None:
        """An order that costs nothing is paid as it is placed."""
        lines = ledger.sale(payment)
        if lines:
            await store.post(Posting(f"free:{payment.id}", None, payment.id, lines))
        await self._announce(store, payment)

    async def _keep(
        self, store: CommerceStore, before: Payment, after: Payment, known: Known, signature: str | None
    ) -> Payment:
        if signature is not None and after.razorpay_pay_id == known.payment_id and after.razorpay_sig is None:
            after = replace(after, razorpay_sig=signature)
        if after != before:
            after = replace(after, next_look_at=next_look(after, self.clock.now()))
            await store.save(after)
        return after

    async def _enter(
        self, store: CommerceStore, payment: Payment | None, known: Known, reason: Reason | None
    ) -> Capture:
        payment_id = None if payment is None else payment.id
        capture = await store.add_capture(known, payment_id, reason)
        if payment is None or reason:
            lines = ledger.held(known.amount_paise)
        else:
            lines = (*ledger.sale(payment), *earned(payment, await store.shares(payment.course_ids)))
        await store.post(Posting(f"capture:{known.payment_id}", capture.id, payment_id, lines))
        if payment is not None and reason is None:
            await self._announce(store, payment)
        else:
            await store.emit(MoneyHeld(capture_id=capture.id, payment_id=payment_id, reason=reason or ""))
        return capture

    async def _follow(self, store: CommerceStore, capture: Capture, known: Known, payment: Payment | None) -> None:
        """What Razorpay tells later of money that we have: its fee, and refunds that it made without us."""
        if known.fee_paise is not None and capture.fee_paise is None:
            gst = known.fee_gst_paise or 0
            await store.save_capture(replace(capture, fee_paise=known.fee_paise, fee_gst_paise=gst))
            if known.fee_paise:
                lines = ledger.fee(known.fee_paise, gst, () if payment is None else payment.items)
                posting = Posting(f"fee:{capture.razorpay_payment}", capture.id, capture.payment_id, lines)
                await store.post(posting)
        if known.refunded_paise != await store.given_back(capture.id):
            await store.emit(RefundsUnknown(capture_id=capture.id))

    async def _announce(self, store: CommerceStore, payment: Payment) -> None:
        await store.use_coupon(payment.id)
        first, *further = payment.course_ids
        await store.emit(
            OrderPaid(
                payment_id=payment.id,
                user_id=payment.user_id,
                course_id=first,
                further_course_ids=tuple(further),
                purchase_id=payment.purchase_id,
                until=await self._paid_part(store, payment),
            )
        )

    async def _paid_part(self, store: CommerceStore, payment: Payment) -> datetime | None:
        """Until when an instalment opens the course; None if the whole is paid."""
        instalment = payment.snapshot.instalment
        if instalment is None:
            return None
        now, agreement = self.clock.now(), await store.agreement(payment.user_id, instalment.plan_id)
        agreement = begun(payment, instalment, now) if agreement is None else advanced(agreement, now)
        await store.save_agreement(agreement)
        return access_until(agreement)

    async def _obstacle(self, store: CommerceStore, payment: Payment) -> Reason | None:
        """Why this buyer must not get these courses now."""
        if payment.status not in UNPAID:
            return None  # a second capture is one whatever else holds
        instalment = payment.snapshot.instalment
        if instalment is not None:
            agreement = await store.agreement(payment.user_id, instalment.plan_id)
            if instalment.number != 1 + (0 if agreement is None else agreement.paid_count):
                return Reason.INSTALMENT_PAID
        is_first = instalment is None or instalment.number == 1
        if is_first and await store.open_to(payment.user_id, payment.course_ids) == set(payment.course_ids):
            return Reason.ALREADY_ENROLLED
        if await store.is_suspended(payment.user_id, payment.course_ids):
            return Reason.SUSPENDED
        return await self._lateness(store, payment)

    async def _lateness(self, store: CommerceStore, payment: Payment) -> Reason | None:
        """What has changed since the order: it is honoured while the course is sold and its coupon can be used."""
        offer = await store.offer(payment.product, payment.user_id)
        is_late = payment.expires_at <= self.clock.now()
        if offer is None or (is_late and not offer.is_sold):
            return Reason.COURSE_WITHDRAWN
        coupon = await store.lapsed_coupon(payment.id)
        if coupon is None:
            return None
        uses = await store.coupon_uses(coupon.id, payment.user_id, but_payment=payment.id)
        return Reason.COUPON_EXHAUSTED if is_exhausted(coupon, uses) else None
