"""What people read of their notifications."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.notifications.domain.cards import Device, NotificationCard
from modules.notifications.domain.kinds import Channels, NotificationType
from modules.notifications.domain.preferences import GroupChoice, Preferences


class Recent(Struct, frozen=True):
    """What came after a notification. `is_all` False: there is more, and the list has it."""

    cards: list[NotificationCard]
    is_all: bool


class PreferenceCentre(Struct, frozen=True):
    """Everything that somebody can choose, with all types and all groups that they are in."""

    preferences: Preferences
    types: dict[NotificationType, Channels]
    groups: list[GroupChoice]


class NotificationQueries(Protocol):
    async def notifications(
        self, request: PageRequest, viewer: Actor, *, is_read: bool | None, notification_type: NotificationType | None
    ) -> Page[NotificationCard]:
        """The newest first."""
        ...

    async def notification(self, viewer: Actor, notification_id: int) -> NotificationCard | None:
        """None also for what is somebody else's."""
        ...

    async def unread_counts(self, user_ids: list[int]) -> dict[int, int]:
        """Exact; who has none is left out."""
        ...

    async def cards(self, notification_ids: list[int]) -> list[NotificationCard]:
        """Those that are shown in the app, the oldest first."""
        ...

    async def recent(self, user_id: int, since_id: int, limit: int) -> Recent:
        """What is newer than this notification, and what came within the minute before it (rows can commit out of the
        order of their ids); the oldest first, and of more than `limit` the newest.
        """
        ...

    async def newer(self, user_ids: list[int], since: datetime) -> list[tuple[int, int, datetime]]:
        """Recipient, id and moment of what these users got since then; of one user, the last twenty."""
        ...

    async def centre(self, user_id: int) -> PreferenceCentre: ...

    async def devices(self, user_id: int) -> list[Device]:
        """Those whose login lasts, the oldest first."""
        ...
