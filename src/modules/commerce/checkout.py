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
from modules.commerce.domain.coupons import Coupon, InvalidCoupon, demand_left, discounted, plain_code
from modules.commerce.domain.gateway import GATEWAY_ID, GatewayUnavailable
from modules.commerce.domain.invoices import Supplier
from modules.commerce.domain.payments import (
    FIRST_LOOK,
    ORDER_LIFETIME,
    SMALLEST_PAISE,
    AlreadyEnrolled,
    AmountTooSmall,
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
from modules.commerce.domain.tax import place_of_supply, plain_gstin
from modules.commerce.ports import CommerceStore, GatewayOrder, PaymentGateway
from modules.commerce.settlement import Settlement


class OpenOrder(Struct, frozen=True):
    """An order to pay; `is_new` tells who made it, of many calls at once."""

    payment: Payment
    is_new: bool


class Terms(Struct, frozen=True):
    """What the buyer adds to the choice of a course."""

    coupon_code: str | None
    gstin: str | None
    billing_state: str | None
    billing_name: str | None
    billing_address: str | None


@dataclass(frozen=True, slots=True)
class Checkout:
    begin: Begin[CommerceStore]
    gateway: PaymentGateway
    settlement: Settlement
    supplier: Supplier
    randomness: Randomness
    clock: Clock

    async def open_order(
        self,
        actor: Actor,
        product: str,
        *,
        coupon_code: str | None = None,
        gstin: str | None = None,
        billing_state: str | None = None,
        billing_name: str | None = None,
        billing_address: str | None = None,
        once: Once | None = None,
    ) -> OpenOrder:
        """An order that the app can pay: the open one for the same offer, or a new one. What is free is had at once.

        The order is committed before Razorpay hears of it, so that nothing is lost if the answer is.

        :raises NotFound: :raises AlreadyEnrolled: :raises AmountTooSmall: :raises InvalidCoupon:
        :raises CouponExhausted: :raises Invalid: the GSTIN or the state. :raises GatewayUnavailable: safe to repeat.
        """
        gstin, billing_state = gstin and plain_gstin(gstin), billing_state and billing_state.upper()
        place_of_supply(gstin, billing_state, self.supplier.state)
        terms = Terms(coupon_code and plain_code(coupon_code), gstin, billing_state, billing_name, billing_address)
        async with self.begin() as store:
            if known := await store.answered(once, OpenOrder):
                return known
            opened = await self._place(store, actor, product, terms)
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
        if order.completed_at is not None and order.razorpay_pay_id == payment_id:
            return _demand_settled(order)  # a repeat: Razorpay has nothing to add
        known = await self.gateway.payment(payment_id)
        if known is None or known.order_id != order.razorpay_order:
            raise PaymentMismatch
        async with self.begin() as store:
            payment = await self.settlement.apply(store, known, signature=signature)
        if payment is None:
            raise NotFound
        if known.is_captured and payment.razorpay_pay_id != known.payment_id:
            raise UnderReview("This order was paid already: what was paid twice goes back.")
        return _demand_settled(payment)

    async def _place(self, store: CommerceStore, actor: Actor, product: str, terms: Terms) -> OpenOrder:
        await store.lock_buyer(actor.user_id)
        offer = await store.offer(product, actor.user_id)
        if offer is None or not offer.is_sold:
            raise NotFound
        course_ids = [item.course_id for item in offer.items]
        is_going_on = offer.instalment is not None and offer.instalment.number > 1
        if not is_going_on and await store.open_to(actor.user_id, course_ids) == set(course_ids):
            raise AlreadyEnrolled
        if await store.is_suspended(actor.user_id, course_ids):
            raise Suspended
        coupon = None
        if terms.coupon_code:
            if offer.instalment is not None:
                raise InvalidCoupon("Coupons are for courses that are paid at once.")
            coupon = await store.coupon(terms.coupon_code, lock=True)
            offer = discounted(coupon, offer, self.clock.now())
        if 0 < offer.price_paise < SMALLEST_PAISE:
            raise AmountTooSmall
        snapshot = await self._snapshot(store, offer, terms)
        existing = await store.open_payment(actor.user_id, product)
        if existing is not None:
            if is_same_offer(existing, offer, snapshot, self.clock.now()):
                return OpenOrder(existing, is_new=False)
            await store.save(replace(existing, is_open=False))  # superseded, but still payable
            if coupon is not None and existing.snapshot.coupon_code == coupon.code:
                await store.release_coupon(existing.id)  # it passes to the new order; of another, both might be paid
        return OpenOrder(await self._new(store, actor, offer, snapshot, coupon), is_new=True)

    async def _snapshot(self, store: CommerceStore, offer: Offer, terms: Terms) -> Snapshot:
        """A later instalment is billed as the first was, unless other terms come with it."""
        instalment, billed = offer.instalment, (terms.gstin, terms.billing_state)
        if instalment is not None and instalment.first_payment_id is not None and billed == (None, None):
            first = await store.payment(instalment.first_payment_id)
            if first is not None:
                known = first.snapshot
                terms = Terms(None, known.gstin, known.billing_state, known.billing_name, known.billing_address)
        return Snapshot(
            offer.title,
            offer.list_price_paise,
            terms.gstin,
            terms.billing_state,
            offer.items,
            coupon_code=terms.coupon_code,
            tax_bp=self.supplier.tax_bp,
            place_of_supply=place_of_supply(terms.gstin, terms.billing_state, self.supplier.state),
            instalment=offer.instalment,
            billing_name=terms.billing_name,
            billing_address=terms.billing_address,
        )

    async def _new(
        self, store: CommerceStore, actor: Actor, offer: Offer, snapshot: Snapshot, coupon: Coupon | None
    ) -> Payment:
        now = self.clock.now()
        payment = await store.add_payment(
            user_id=actor.user_id,
            course_id=offer.items[0].course_id,
            product=offer.product,
            receipt=self.randomness.token(16),
            amount_paise=offer.price_paise,
            currency=offer.currency,
            snapshot=snapshot,
            expires_at=now + ORDER_LIFETIME,
            next_look_at=now + FIRST_LOOK if offer.price_paise else None,
        )
        if coupon is not None:
            demand_left(coupon, await store.coupon_uses(coupon.id, actor.user_id, but_payment=payment.id))
            await store.reserve(coupon, payment)
        if offer.price_paise == 0:
            payment = replace(payment, status=Status.PAID, completed_at=now, is_open=False)
            await store.save(payment)
            await self.settlement.take_free(store, payment)
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


def _demand_settled(payment: Payment) -> Payment:
    """:raises UnderReview:"""
    if payment.status is Status.NEEDS_REVIEW:
        raise UnderReview
    if payment.status is Status.REFUNDED:
        raise UnderReview("This payment was given back.")
    return payment
