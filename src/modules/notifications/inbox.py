"""Reading one's notifications; other devices follow."""

from dataclasses import dataclass

from core.actor import Actor
from core.errors import NotFound
from core.hub import Hub
from core.transaction import Begin
from modules.notifications.live import WasRead, tell
from modules.notifications.ports import NotificationStore


@dataclass(frozen=True, slots=True)
class Inbox:
    begin: Begin[NotificationStore]
    hub: Hub

    async def mark_read(self, actor: Actor, notification_id: int) -> None:
        """A repeat changes nothing. It is neither mailed nor pushed after this.

        :raises NotFound:
        """
        async with self.begin() as store:
            was_unread = await store.mark_read(actor.user_id, notification_id)
        if was_unread is None:
            raise NotFound
        if was_unread:
            tell(self.hub, WasRead(actor.user_id, notification_id, None))

    async def mark_all_read(self, actor: Actor, up_to_id: int | None) -> tuple[int, int]:
        """Everything, or all up to an id, so that what came meanwhile stays unread; how many were marked, and how many
        are unread after it.
        """
        async with self.begin() as store:
            up_to = await store.newest(actor.user_id) if up_to_id is None else up_to_id
            updated = await store.mark_all_read(actor.user_id, up_to)
            unread = await store.unread_count(actor.user_id)
        if updated:
            tell(self.hub, WasRead(actor.user_id, None, up_to))
        return updated, unread
