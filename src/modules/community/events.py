"""Facts of the community."""

from core.events import Event


class PostPublished(Event, frozen=True, kw_only=True):
    """A post or reply can be read by the members: at once, or when a moderator has approved it."""

    post_id: int
    community_id: int
    author_id: int
    parent_post_id: int | None


class PostModerated(Event, frozen=True, kw_only=True):
    """A moderator approved or rejected a post; its author is told."""

    post_id: int
    community_id: int
    author_id: int
    moderator_id: int
    status: str


class PostHidden(Event, frozen=True, kw_only=True):
    """So many members reported a post that it is hidden until a moderator has looked at it."""

    post_id: int
    community_id: int


class PlaceLost(Event, frozen=True, kw_only=True):
    """A member left or was banned."""

    community_id: int
    user_id: int
    reason: str


class GroupClosed(Event, frozen=True, kw_only=True):
    """The group is for instructors only from now on."""

    community_id: int


class AttachmentDropped(Event, frozen=True, kw_only=True):
    """A message was deleted, and its file is nobody's any more."""

    key: str
