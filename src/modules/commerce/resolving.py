"""Money that fits no order: what an administrator decides about it."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.transaction import Begin
from modules.commerce.domain import ledger
from modules.commerce.domain.captures import AlreadyResolved, Capture, RefundUnderWay, Resolution
from modules.commerce.domain.ledger import Posting
from modules.commerce.domain.refunds import UNDER_WAY, refunded
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns


@dataclass(frozen=True, slots=True)
class Resolving:
    begin: Begin[ReturnStore]
    returns: Returns
    clock: Clock

    async def resolve(self, actor: Actor, capture_id: int, resolution: Resolution, *, notes: str) -> Capture:
        """Give held money back, or keep it. What goes back is resolved when it is there. A repeat changes nothing.

        :raises NotFound: :raises AlreadyResolved: in another way. :raises RefundUnderWay:
        """
        async with self.begin() as store:
            seen = await store.capture(capture_id)
            found = None if seen is None else await self.returns.locked(store, seen.razorpay_payment)
            if found is None or found[0].reason is None:
                raise NotFound
            capture, payment = found
            if capture.resolution is resolution:
                return capture
            if capture.resolution is not None:
                raise AlreadyResolved
            refunds = await store.refunds_of_capture(capture_id)
            is_under_way = any(refund.status in UNDER_WAY for refund in refunds)
            left = await self.returns.left(store, capture)
            if is_under_way and resolution is Resolution.ACCEPTED:
                raise RefundUnderWay
            decided = replace(capture, notes=notes, resolved_by_id=actor.user_id)
            if resolution is Resolution.ACCEPTED:
                decided = replace(decided, resolution=resolution, resolved_at=self.clock.now())
                lines = ledger.accepted(left, () if payment is None else payment.items)
                key = f"accepted:{capture.razorpay_payment}"
                await store.post(Posting(key, capture.id, capture.payment_id, lines))
            await store.save_capture(decided)
            if payment is not None and resolution is Resolution.ACCEPTED:
                await store.save(refunded(payment, decided, await store.reserved(capture_id)))
            if resolution is Resolution.REFUNDED and not is_under_way and left > 0:
                await self.returns.promise(store, decided)
            await store.audit(
                actor_id=actor.user_id,
                action=f"review.{resolution}",
                target_type="capture",
                target_id=capture_id,
                notes=notes,
            )
            return decided
