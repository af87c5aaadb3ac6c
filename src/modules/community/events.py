"""Facts of the community."""

from core.events import Event


class PlaceLost(Event, frozen=True, kw_only=True):
    """A member left or was banned: sockets in this group close."""

    community_id: int
    user_id: int
    reason: str
