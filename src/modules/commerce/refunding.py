"""Refunds: asked for by students, decided by administrators, made once."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.idempotency import Once
from core.ids import Randomness
from core.transaction import Begin
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.refunds import (
    FIRST_LOOK,
    REFUNDABLE,
    RESERVING,
    DisputeOpen,
    NotRefundable,
    Origin,
    Refund,
    RefundDecided,
    RefundOpen,
    RefundStatus,
    demand_amount,
)
from modules.commerce.events import RefundApproved, RefundRejected
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns


@dataclass(frozen=True, slots=True)
class Refunding:
    begin: Begin[ReturnStore]
    returns: Returns
    randomness: Randomness
    clock: Clock

    async def ask(
        self, actor: Actor, payment_id: int, *, reason: str, amount_paise: int | None = None, once: Once | None = None
    ) -> Refund:
        """The buyer, or an administrator for them, asks for all that is left of a payment, or for a part of it.

        :raises NotFound: :raises NotRefundable: :raises RefundOpen: :raises DisputeOpen: :raises AmountTooLarge:
        :raises RefundTooSmall:
        """
        async with self.begin() as store:
            if known := await store.answered(once, Refund):
                return known
            payment = await store.payment(payment_id)
            if payment is None or not (actor.is_admin or payment.user_id == actor.user_id):
                raise NotFound
            capture, payment = await _refundable(store, await self._locked(store, payment))
            if await store.open_refund(payment_id) is not None:
                raise RefundOpen
            left = await self.returns.left(store, capture)
            amount = left if amount_paise is None else amount_paise
            demand_amount(amount, left)
            refund = await store.add_refund(
                capture,
                origin=Origin.REQUEST,
                status=RefundStatus.REQUESTED,
                amount_paise=amount,
                gateway_key=f"refund-{self.randomness.token(16)}",
                reason=reason,
            )
            await store.answer(once, refund)
            return refund

    async def approve(
        self,
        actor: Actor,
        refund_id: int,
        *,
        amount_paise: int | None = None,
        admin_notes: str = "",
        revoke_access: bool | None = None,
    ) -> Refund:
        """Promise the money, all of it or another part; the call to Razorpay follows. A repeat changes nothing.

        Access ends now if nothing is left of the payment, unless `revoke_access` says otherwise.

        :raises NotFound: :raises RefundDecided: it was rejected, or has failed. :raises NotRefundable:
        :raises DisputeOpen: :raises AmountTooLarge: :raises RefundTooSmall:
        """
        async with self.begin() as store:
            refund = await store.refund(refund_id)
            payment = None if refund is None or refund.payment_id is None else await store.payment(refund.payment_id)
            if refund is None or payment is None:
                raise NotFound
            if refund.status in RESERVING:
                return refund
            found = await self._locked(store, payment)
            refund = _found(await store.refund(refund_id, lock=True))
            if refund.status in RESERVING:
                return refund  # another administrator was quicker
            capture, payment = await _refundable(store, found)
            if refund.status is not RefundStatus.REQUESTED:
                raise RefundDecided
            left, now = await self.returns.left(store, capture), self.clock.now()
            amount = refund.amount_paise if amount_paise is None else amount_paise
            demand_amount(amount, left)
            approved = replace(
                refund,
                status=RefundStatus.APPROVED,
                amount_paise=amount,
                admin_notes=admin_notes,
                ends_access=amount == left if revoke_access is None else revoke_access,
                keeps_access=revoke_access is False,
                decided_by_id=actor.user_id,
                decided_at=now,
                next_look_at=now + FIRST_LOOK,
            )
            await store.save_refund(approved)
            await self.returns.withdraw(store, approved, capture, payment)
            await store.emit(RefundApproved(refund_id=refund_id))
            await store.audit(
                actor_id=actor.user_id,
                action="refund.approved",
                target_type="refund",
                target_id=refund_id,
                amount_paise=amount,
                ends_access=approved.ends_access,
            )
            return approved

    async def reject(self, actor: Actor, refund_id: int, *, admin_notes: str) -> Refund:
        """Say no, with the reason that the student reads. A repeat changes nothing.

        :raises NotFound: :raises RefundDecided:
        """
        async with self.begin() as store:
            refund = await store.refund(refund_id, lock=True)
            if refund is None or refund.payment_id is None:
                raise NotFound
            if refund.status is RefundStatus.REJECTED:
                return refund
            if refund.status is not RefundStatus.REQUESTED:
                raise RefundDecided
            rejected = replace(
                refund,
                status=RefundStatus.REJECTED,
                admin_notes=admin_notes,
                decided_by_id=actor.user_id,
                decided_at=self.clock.now(),
            )
            await store.save_refund(rejected)
            payment = await store.payment(refund.payment_id)
            buyer_id = payment.user_id if payment is not None else 0
            await store.emit(RefundRejected(refund_id=refund_id, payment_id=refund.payment_id, user_id=buyer_id))
            await store.audit(
                actor_id=actor.user_id, action="refund.rejected", target_type="refund", target_id=refund_id
            )
            return rejected

    async def _locked(self, store: ReturnStore, payment: Payment) -> tuple[Capture, Payment | None] | None:
        return None if payment.razorpay_pay_id is None else await self.returns.locked(store, payment.razorpay_pay_id)


def _found(refund: Refund | None) -> Refund:
    if refund is None:
        raise NotFound
    return refund


async def _refundable(store: ReturnStore, found: tuple[Capture, Payment | None] | None) -> tuple[Capture, Payment]:
    """:raises NotRefundable: :raises DisputeOpen:"""
    if found is None:
        raise NotRefundable
    capture, payment = found
    if payment is None or payment.status not in REFUNDABLE:
        raise NotRefundable
    if await store.is_disputed(capture.id):
        raise DisputeOpen
    return capture, payment
