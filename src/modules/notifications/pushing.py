"""Pushes to phones. Their rows are the queue; a push that is repeated has the same tag, and takes the place of the
first on the screen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.clock import Clock
from core.errors import Unavailable
from core.transaction import Begin
from modules.notifications.domain.kinds import NotificationType
from modules.notifications.domain.notices import PUSH_KEPT, channels
from modules.notifications.domain.preferences import quiet_until
from modules.notifications.domain.pushes import URGENT, Outcome, Push, PushResult
from modules.notifications.domain.texts import is_news, link_of, told
from modules.notifications.events import PushesWaiting
from modules.notifications.ports import PushService, PushStore, Target, Waiting

AT_ONCE = 200
LEASE = timedelta(minutes=5)
RUN = timedelta(seconds=25)
SHORTEST_RETRY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Pushing:
    begin: Begin[PushStore]
    service: PushService | None
    """None where no project of Firebase is configured: what waits is dropped."""
    clock: Clock

    async def send_due(self) -> None:
        """On the schedule: push what is due, for 25 s at most; any number of these may run at once.

        :raises Unavailable: the service does not let us in; all of it waits.
        """
        ends = self.clock.now() + RUN
        while self.clock.now() < ends and await self._send_some():
            pass

    async def send_some(self, notice_id: int) -> None:
        """Reaction: push some of what is due, and come again for the rest, so that others have their turn between.

        :raises Unavailable: as above.
        """
        if await self._send_some():
            async with self.begin() as store:
                await store.emit(PushesWaiting(notice_id=notice_id))

    async def _send_some(self) -> bool:
        """Whether there may be more."""
        async with self.begin() as store:
            claimed = await store.claim(AT_ONCE, self.clock.now() + LEASE)
            if not claimed:
                return False
            wanted = await self._still_wanted(store, claimed)
            owners = list({one.card.recipient_id for one in wanted})
            targets, unread = await store.targets(owners), await store.unread_counts(owners)
        plan = [(one, target) for one in wanted for target in _targets(one, targets)]
        pushes = [_push(one, target, unread.get(one.card.recipient_id, 0)) for one, target in plan]
        try:
            results = await self.service.send(pushes) if self.service and pushes else []
        except Unavailable:
            async with self.begin() as store:
                for one in wanted:
                    await store.put_off(one.card.id, self._retry_at(one, None), one.devices_left)
            raise
        await self._record(wanted, plan, results)
        return len(claimed) == AT_ONCE

    async def _still_wanted(self, store: PushStore, claimed: list[Waiting]) -> list[Waiting]:
        """What was read, deleted or chosen otherwise since is dropped, and what falls into quiet hours waits."""
        now, wanted, dropped = self.clock.now(), list[Waiting](), list[int]()
        for one in claimed:
            if self.service is None or not _is_wanted(one, now):
                dropped.append(one.card.id)
            elif (end := quiet_until(one.preferences, now)) is not None:
                await store.put_off(one.card.id, end, one.devices_left)
            else:
                wanted.append(one)
        if dropped:
            await store.drop(dropped)
        return wanted

    async def _record(
        self, wanted: list[Waiting], plan: list[tuple[Waiting, Target]], results: list[PushResult]
    ) -> None:
        of_row: dict[int, list[tuple[Target, PushResult]]] = {one.card.id: [] for one in wanted}
        for (one, target), result in zip(plan, results, strict=True):
            of_row[one.card.id].append((target, result))
        sent, dropped = list[int](), list[int]()
        async with self.begin() as store:
            for one in wanted:
                outcomes = of_row[one.card.id]
                left = [(target, result) for target, result in outcomes if result.outcome is Outcome.LATER]
                if left:
                    asked = max((result.retry_after or 0 for _, result in left), default=0)
                    until = self._retry_at(one, asked)
                    await store.put_off(one.card.id, until, [target.device_id for target, _ in left])
                elif any(result.outcome is Outcome.SENT for _, result in outcomes) or one.devices_left:
                    sent.append(one.card.id)
                else:
                    dropped.append(one.card.id)
            if sent:
                await store.mark_pushed(sent)
            if dropped:
                await store.drop(dropped)
            gone = [target for (_, target), r in zip(plan, results, strict=True) if r.outcome is Outcome.DEVICE_GONE]
            await store.remove_devices(gone)

    def _retry_at(self, one: Waiting, asked: int | None) -> datetime:
        """As much later again as it is late already; not before the service asked for it."""
        now = self.clock.now()
        return now + max(SHORTEST_RETRY, (now - one.card.created_at) / 2, timedelta(seconds=asked or 0))


def _is_wanted(one: Waiting, now: datetime) -> bool:
    card = one.card
    is_muted = one.muted_until is not None and one.muted_until > now
    is_chosen = channels(card.notification_type, one.chosen).push
    is_new = card.created_at > now - PUSH_KEPT
    return is_news(card) and is_new and one.may_push and not is_muted and is_chosen


def _targets(one: Waiting, targets: dict[int, list[Target]]) -> list[Target]:
    found = targets.get(one.card.recipient_id, [])
    if one.devices_left is None:
        return found
    return [target for target in found if target.device_id in one.devices_left]


def _push(one: Waiting, target: Target, badge: int) -> Push:
    card = one.card
    title, message = told(card)
    is_message = card.notification_type is NotificationType.NEW_MESSAGE
    conversation = f"{card.community_id}-{card.actor.id if card.actor else 0}"
    link_type, link_id = link_of(card) or ("", "")
    data = {
        "notification_id": str(card.id) if one.in_app else "",
        "notification_type": card.notification_type.value,
        "recipient_id": str(card.recipient_id),
        "link_type": str(link_type),
        "link_id": str(link_id),
        "community_id": str(card.community_id or ""),
    }
    return Push(
        device_id=target.device_id,
        token=target.token,
        title=title,
        body=message,
        # messages of one conversation stand in one place on the screen; all else stands by itself
        tag=f"message-{conversation}" if is_message else f"notification-{card.id}",
        collapse_key=f"message-{conversation}"
        if is_message
        else f"{card.notification_type}-{card.community_id or card.link_id or 0}",
        expires_at=card.created_at + PUSH_KEPT,
        is_urgent=card.notification_type in URGENT,
        badge=badge,
        data=data,
    )
