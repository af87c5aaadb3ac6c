"""Instructors' shares: who gets what of which course, what is owed and what was paid."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.idempotency import Once
from core.transaction import Begin
from modules.commerce.domain.amounts import WHOLE_BP
from modules.commerce.domain.ledger import Posting
from modules.commerce.domain.shares import MoreThanOwed, Share, TooMuchShared, paid_out
from modules.commerce.share_ports import Payout, ShareStore


@dataclass(frozen=True, slots=True)
class Sharing:
    begin: Begin[ShareStore]
    clock: Clock

    async def set_share(self, actor: Actor, course_id: int, user_id: int, share_bp: int) -> Share:
        """From the next sale on the instructor gets this part of it, in hundredths of a per cent; 0 ends it.

        :raises NotFound: no such course, or this is none of its instructors. :raises TooMuchShared:
        """
        async with self.begin() as store:
            if not await store.lock_course(course_id):
                raise NotFound
            if share_bp and not await store.teaches(course_id, user_id):
                raise NotFound("This is none of the course's instructors.")
            others = sum(one.share_bp for one in await store.shares([course_id]) if one.user_id != user_id)
            if others + share_bp > WHOLE_BP:
                raise TooMuchShared
            share = Share(course_id, user_id, share_bp)
            await store.save_share(share)
            await store.audit(
                actor_id=actor.user_id,
                action="share.set",
                target_type="course",
                target_id=course_id,
                user_id=user_id,
                share_bp=share_bp,
            )
            return share

    async def end(self, store: ShareStore, course_id: int, user_id: int) -> None:
        """Reaction within: who teaches the course no more earns nothing of later sales."""
        await store.save_share(Share(course_id, user_id, 0))

    async def pay_out(
        self, actor: Actor, user_id: int, amount_paise: int, *, notes: str, once: Once | None = None
    ) -> Payout:
        """Write down that an instructor was paid. Two at once take turns.

        :raises NotFound: :raises MoreThanOwed:
        """
        async with self.begin() as store:
            if known := await store.answered(once, Payout):
                return known
            if not await store.lock_buyer(user_id):
                raise NotFound
            if amount_paise > await store.owed(user_id):
                raise MoreThanOwed
            payout = await store.add_payout(user_id, amount_paise, notes=notes, created_by_id=actor.user_id)
            await store.post(Posting(f"payout:{payout.id}", None, None, paid_out(amount_paise, user_id)))
            await store.audit(
                actor_id=actor.user_id,
                action="payout.made",
                target_type="user",
                target_id=user_id,
                amount_paise=amount_paise,
            )
            await store.answer(once, payout)
            return payout
