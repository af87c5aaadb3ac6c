"""Disputes that a buyer's bank opens: they freeze refunds while they last, and a lost one ends access."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.clock import Clock
from modules.commerce.domain import ledger
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.disputes import Dispute, is_news
from modules.commerce.domain.gateway import DisputeStatus, KnownDispute
from modules.commerce.domain.ledger import Posting
from modules.commerce.domain.payments import Payment
from modules.commerce.events import DisputeMoved
from modules.commerce.refund_ports import ReturnStore
from modules.commerce.returns import Returns


@dataclass(frozen=True, slots=True)
class Disputes:
    returns: Returns
    clock: Clock

    async def apply(self, store: ReturnStore, known: KnownDispute) -> Dispute | None:
        """Bring a dispute up to what is known, within the caller's transaction; None if the payment is not known."""
        found = await self.returns.locked(store, known.payment_id)
        if found is None:
            return None
        capture, payment = found
        dispute = await store.dispute(known.dispute_id)
        is_new = dispute is None
        dispute = dispute or await store.add_dispute(capture, known)
        if not is_new and not is_news(dispute.status, known.status):
            return dispute
        after = replace(
            dispute,
            status=known.status,
            deducted_paise=known.deducted_paise or dispute.deducted_paise,
            respond_by=known.respond_by,
            updated_at=self.clock.now(),
        )
        await store.save_dispute(after)
        if known.status is DisputeStatus.LOST:
            await self._lose(store, after, capture, payment)
        elif known.status is DisputeStatus.WON:
            await self._win(store, after, capture, payment)
        moved = DisputeMoved(dispute_id=after.id, payment_id=capture.payment_id, status=after.status.value)
        await store.emit(moved)
        return after

    async def _lose(self, store: ReturnStore, dispute: Dispute, capture: Capture, payment: Payment | None) -> None:
        if dispute.deducted_paise:
            lines = ledger.dispute(dispute.deducted_paise, () if payment is None else payment.items)
            await store.post(Posting(f"dispute-lost:{dispute.id}", capture.id, capture.payment_id, lines))
            await self.returns.adjust_shares(store, capture, f"dispute-lost:{dispute.id}")
        if payment is not None and payment.razorpay_pay_id == capture.razorpay_payment:
            await self.returns.end_access(store, payment)

    async def _win(self, store: ReturnStore, dispute: Dispute, capture: Capture, payment: Payment | None) -> None:
        """Won by appeal after it was lost: money and access come back."""
        lines = await store.posted(f"dispute-lost:{dispute.id}")
        if lines:
            posting = Posting(f"dispute-won:{dispute.id}", capture.id, capture.payment_id, ledger.reversal(lines))
            await store.post(posting)
            await self.returns.adjust_shares(store, capture, f"dispute-won:{dispute.id}")
        if payment is not None and not await store.is_access_ended(payment.id):
            await self.returns.return_access(store, payment)
