"""Facts that notifications announces."""

from datetime import datetime
from typing import Any

from core.events import Event


class NoticePosted(Event, frozen=True, kw_only=True):
    """A notice waits to be spread."""

    notice_id: int


class PushesWaiting(Event, frozen=True, kw_only=True):
    """Some of a notice's notifications are to be pushed now."""

    notice_id: int


class GroupChosen(Event, frozen=True, kw_only=True):
    """A member chose what to hear of a group; None stays as it is, and `ends_mute` ends the mute."""

    user_id: int
    community_id: int
    email_notifications: bool | None
    push_notifications: bool | None
    muted_until: datetime | None
    ends_mute: bool

    def changes(self) -> dict[str, Any]:
        """By the names of a member's own choices."""
        names = ("email_notifications", "push_notifications", "muted_until")
        chosen = {name: value for name in names if (value := getattr(self, name)) is not None}
        return {**chosen, "muted_until": None} if self.ends_mute else chosen
