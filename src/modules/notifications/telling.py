"""Telling people of facts: a notice for each, spread over its audience in batches.

Every method may be broken off anywhere and called again: each person gets each notice once.
"""

from dataclasses import dataclass
from datetime import timedelta

from core.actor import Actor
from core.clock import Clock
from core.errors import Forbidden, NotFound
from core.hub import Hub
from core.idempotency import Once
from core.ids import Randomness
from core.transaction import Begin
from modules.notifications.domain.kinds import NotificationType
from modules.notifications.domain.notices import BATCH, Audience, NewNotice, Notice, deliver
from modules.notifications.domain.preferences import TIMEZONE, zone
from modules.notifications.events import NoticePosted, PushesWaiting
from modules.notifications.live import Arrived, tell
from modules.notifications.ports import Expiring, NoticeStore

WARNINGS = (timedelta(days=7), timedelta(days=1))
"""How long before its end somebody is told that their access ends."""
BATCHES_A_TURN = 10
LOOKED_BACK = timedelta(days=1)
"""For so long nobody may have looked, and still everybody is told."""


class NotAnnouncer(Forbidden):
    code = "not_host"
    detail = "Only the course's instructors and administrators may do this."


@dataclass(frozen=True, slots=True)
class Telling:
    begin: Begin[NoticeStore]
    hub: Hub
    randomness: Randomness
    clock: Clock

    async def tell(self, *notices: NewNotice) -> None:
        """Post and spread these, one after the other: those of one cause in the order in which somebody who is in
        several audiences gets only the first. The last of them may be a large one, and goes on by itself.
        """
        for new in notices:
            async with self.begin() as store:
                notice, arrived = await self._next_batch(store, await store.post(new))
            self._announce(arrived)
            await self._spread_rest(notice)

    async def announce(
        self, actor: Actor, community_id: int, *, title: str, message: str, once: Once | None = None
    ) -> int:
        """Tell all members of a group something; the notice's id. They are told in the background.

        :raises NotAnnouncer: :raises NotFound: the caller sees no such group.
        """
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            may = await store.may_announce(actor, community_id)
            if may is None:
                raise NotFound
            if not may:
                raise NotAnnouncer
            notice = await store.post(
                NewNotice(
                    cause=f"announcement-{self.randomness.token(12)}",
                    notification_type=NotificationType.ANNOUNCEMENT,
                    audience=Audience.MEMBERS,
                    actor_id=actor.user_id,
                    community_id=community_id,
                    words={"title": title, "message": message},
                )
            )
            await store.emit(NoticePosted(notice_id=notice.id))
            await store.answer(once, notice.id)
            return notice.id

    async def spread(self, notice_id: int) -> None:
        """Reaction: everybody whom a posted notice is for gets it."""
        async with self.begin() as store:
            notice = await store.notice(notice_id)
            if notice is None:
                return
            notice, arrived = await self._next_batch(store, notice)
        self._announce(arrived)
        await self._spread_rest(notice)

    async def warn_of_expiry(self) -> None:
        """On the schedule: students are told seven days before their access ends, and again one day before. Who extends
        it is told again before the new end.
        """
        now = self.clock.now()
        for warning in WARNINGS:
            last = 0
            while True:
                async with self.begin() as store:
                    found = await store.expiring(now + warning - LOOKED_BACK, now + warning, last, BATCH)
                    new = [_expiry(one, warning) for one in found]
                    known = await store.known([one.cause for one in new])
                for one in new:
                    if one.cause not in known:
                        await self.tell(one)
                if len(found) < BATCH:
                    break
                last = found[-1].enrollment_id

    async def _spread_rest(self, notice: Notice) -> None:
        """Some more of it; what is left waits in the outbox for its next turn, so that others have theirs between."""
        for batch in range(1, BATCHES_A_TURN):
            if notice.is_spread:
                return
            async with self.begin() as store:
                held = await store.notice(notice.id)  # another worker may have gone on with it
                if held is None:
                    return
                notice, arrived = await self._next_batch(store, held)
                if batch == BATCHES_A_TURN - 1 and not notice.is_spread:
                    await store.emit(NoticePosted(notice_id=notice.id))
            self._announce(arrived)

    async def _next_batch(self, store: NoticeStore, notice: Notice) -> tuple[Notice, list[tuple[int, int]]]:
        if notice.is_spread:
            return notice, []
        now = self.clock.now()
        part = await store.audience(notice, BATCH)
        found = (deliver(notice.notification_type, recipient, now) for recipient in part.recipients)
        deliveries = [one for one in found if one is not None]
        arrived = await store.add(notice, deliveries)
        if any(one.push_due_at is not None and one.push_due_at <= now for one in deliveries):
            await store.emit(PushesWaiting(notice_id=notice.id))
        shown = {one.recipient_id for one in deliveries if one.in_app}
        marked = await store.mark_spread(notice, up_to=part.up_to, is_all=part.is_last)
        return marked, [one for one in arrived if one[0] in shown]

    def _announce(self, arrived: list[tuple[int, int]]) -> None:
        """Whoever is connected looks at once; what is lost here they find later."""
        if arrived:
            tell(self.hub, Arrived(arrived))


def _expiry(one: Expiring, warning: timedelta) -> NewNotice:
    return NewNotice(
        cause=f"expiry-{one.enrollment_id}-{one.expiry_date:%Y%m%d%H%M}-{warning.days}",
        notification_type=NotificationType.ENROLMENT_EXPIRING,
        audience=Audience.USER,
        recipient_id=one.user_id,
        course_id=one.course_id,
        link_id=one.course_id,
        words={"date": f"{one.expiry_date.astimezone(zone(TIMEZONE)):%d/%m/%Y}"},
    )
