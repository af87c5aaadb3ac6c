"""What goes to a phone."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from modules.notifications.domain.kinds import NotificationType

URGENT = frozenset(
    {
        NotificationType.NEW_MESSAGE,
        NotificationType.NEW_MENTION,
        NotificationType.ANNOUNCEMENT,
        NotificationType.CLASS_STARTING,
    }
)
"""What wakes a sleeping phone; the rest comes when it wakes by itself."""


class Platform(StrEnum):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class Push(Struct, frozen=True):
    """A push to one device. A later one with the same `tag` takes the place of the former on the screen; of those with
    the same `collapse_key` a phone that was away gets the last. `badge`: the number on the app's icon.
    """

    device_id: int
    token: str
    title: str
    body: str
    tag: str
    collapse_key: str
    is_urgent: bool
    badge: int
    expires_at: datetime
    data: dict[str, str]


class Outcome(StrEnum):
    SENT = "sent"
    """Taken by the service; whether it reaches the screen nobody knows."""
    DEVICE_GONE = "device_gone"
    LATER = "later"


class PushResult(Struct, frozen=True):
    """`retry_after` in seconds, where the service asked for it."""

    outcome: Outcome
    retry_after: int | None = None
