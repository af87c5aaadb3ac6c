"""Buying a course."""

from dataclasses import dataclass

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.idempotency import Once
from core.ids import Randomness
from core.transaction import Begin
from modules.commerce.domain import (
    FIRST_LOOK,
    GATEWAY_ID,
    ORDER_LIFETIME,
    SMALLEST_PAISE,
    AlreadyEnrolled,
    AmountTooSmall,
    GatewayUnavailable,
    InvalidSignature,
    Offer,
    Payment,
    PaymentMismatch,
    Snapshot,
    Status,
    Suspended,
    UnderReview,
    is_same_offer,
)
from modules.commerce.events import OrderPaid
from modules.commerce.ports import CommerceStore, GatewayOrder, PaymentGateway
from modules.commerce.settlement import Settlement


class OpenOrder(Struct, frozen=True):
    """An order to pay; `is_new` tells who made it, of many calls at once."""

    payment: Payment
    is_new: bool


@dataclass(frozen=True, slots=True)
class Checkout:
    begin: Begin[CommerceStore]
    gateway: PaymentGateway
    settlement: Settlement
    randomness: Randomness
    clock: Clock

    async def open_order(
        self,
        actor: Actor,
        course_id: int,
        *,
        gstin: str | None = None,
        billing_state: str | None = None,
        once: Once | None = None,
    ) -> OpenOrder:
        """An order that the app can pay: the open one for the same offer, or a new one. What is free is had at once.

        The order is committed before Razorpay hears of it, so that nothing is lost if the answer is.

        :raises NotFound: :raises AlreadyEnrolled: :raises AmountTooSmall: :raises GatewayUnavailable: safe to repeat.
        """
        async with self.begin() as store:
            if known := await store.answered(once, OpenOrder):
                return known
            opened = await self._place(store, actor, course_id, gstin, billing_state)
            payment = opened.payment
            if payment.razorpay_order is not None or payment.status is Status.PAID:
                await store.answer(once, opened)
                return opened
        order = await self._order_at_gateway(payment)
        async with self.begin() as store:
            locked = await store.payment(payment.id, lock=True)
            if locked is None:
                raise NotFound
            if locked.razorpay_order is None:
                locked = replace(locked, razorpay_order=order.order_id, status=Status.CREATED)
                await store.save(locked)
            opened = OpenOrder(locked, opened.is_new)
            await store.answer(once, opened)
            return opened

    async def verify(self, actor: Actor, *, order_id: str, payment_id: str, signature: str) -> Payment:
        """Take the checkout's proof. When it returns a paid payment, the enrolment exists.

        :raises NotFound: not an order of this buyer. :raises InvalidSignature: :raises PaymentMismatch:
        :raises UnderReview: the money came but does not fit the order. :raises GatewayUnavailable: ask again.
        """
        if not (GATEWAY_ID.fullmatch(order_id) and GATEWAY_ID.fullmatch(payment_id)):
            raise InvalidSignature("These are not ids of Razorpay.")
        async with self.begin() as store:
            order = await store.payment_of_order(order_id)
        if order is None or order.razorpay_order is None or order.user_id != actor.user_id:
            raise NotFound
        if not self.gateway.proves(order_id=order.razorpay_order, payment_id=payment_id, signature=signature):
            raise InvalidSignature
        if order.status is Status.PAID and order.razorpay_pay_id == payment_id:
            return order  # a repeat: Razorpay has nothing to add
        known = await self.gateway.payment(payment_id)
        if known is None or known.order_id != order.razorpay_order:
            raise PaymentMismatch
        async with self.begin() as store:
            payment = await self.settlement.apply(store, known, signature=signature)
        if payment is None:
            raise NotFound
        if payment.status is Status.NEEDS_REVIEW:
            raise UnderReview
        return payment

    async def _place(
        self, store: CommerceStore, actor: Actor, course_id: int, gstin: str | None, billing_state: str | None
    ) -> OpenOrder:
        await store.lock_buyer(actor.user_id)
        offer = await store.offer(course_id)
        if offer is None or not offer.is_published:
            raise NotFound
        if await store.is_enrolled(actor.user_id, course_id):
            raise AlreadyEnrolled
        if await store.is_suspended(actor.user_id, course_id):
            raise Suspended
        if 0 < offer.price_paise < SMALLEST_PAISE:
            raise AmountTooSmall
        snapshot = Snapshot(offer.title, offer.price_paise, gstin, billing_state)
        existing = await store.open_payment(actor.user_id, course_id)
        if existing is not None:
            if is_same_offer(existing, offer, snapshot, self.clock.now()):
                return OpenOrder(existing, is_new=False)
            await store.save(replace(existing, is_open=False))  # superseded, but still payable
        return OpenOrder(await self._new(store, actor, offer, snapshot), is_new=True)

    async def _new(self, store: CommerceStore, actor: Actor, offer: Offer, snapshot: Snapshot) -> Payment:
        now = self.clock.now()
        payment = await store.add_payment(
            user_id=actor.user_id,
            course_id=offer.course_id,
            receipt=self.randomness.token(16),
            amount_paise=offer.price_paise,
            currency=offer.currency,
            snapshot=snapshot,
            expires_at=now + ORDER_LIFETIME,
            next_look_at=now + FIRST_LOOK if offer.price_paise else None,
        )
        if offer.price_paise == 0:
            payment = replace(payment, status=Status.PAID, completed_at=now, is_open=False)
            await store.save(payment)
            await store.emit(OrderPaid(payment_id=payment.id, user_id=actor.user_id, course_id=offer.course_id))
        return payment

    async def _order_at_gateway(self, payment: Payment) -> GatewayOrder:
        """Create Razorpay's order once: what a lost answer or a parallel call left behind is found by its receipt."""
        try:
            order = await self.gateway.create_order(
                receipt=payment.receipt,
                amount_paise=payment.amount_paise,
                currency=payment.currency,
                notes={"payment_id": str(payment.id), "course_id": str(payment.course_id)},
            )
        except GatewayUnavailable:
            order = await self.gateway.order_by_receipt(payment.receipt)
        else:
            order = order or await self.gateway.order_by_receipt(payment.receipt)
        if order is None:
            raise GatewayUnavailable(retry_after=2)
        return order
