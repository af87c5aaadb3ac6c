"""Facts of the community."""

from core.events import Event


class PostPublished(Event, frozen=True, kw_only=True):
    """A post or reply can be read by the members: at once, or when a moderator has approved it."""

    post_id: int
    community_id: int
    author_id: int
    parent_post_id: int | None
    has_mentions: bool = True
    """Whether it names anybody with an @, be that a member or not; assumed of facts stored before this was in them."""


class PostModerated(Event, frozen=True, kw_only=True):
    """A moderator approved or rejected a post; its author is told."""

    post_id: int
    community_id: int
    author_id: int
    moderator_id: int
    status: str
    version: int


class PostReported(Event, frozen=True, kw_only=True):
    """A member reported a post for the first time since a moderator has looked at it, or (`is_hidden`) so many did
    that it is hidden until one does.
    """

    report_id: int
    post_id: int
    community_id: int
    is_hidden: bool


class PostWaits(Event, frozen=True, kw_only=True):
    """A post or reply waits for a moderator's approval."""

    post_id: int
    community_id: int
    author_id: int
    version: int


class DirectMessageSent(Event, frozen=True, kw_only=True):
    message_id: int
    community_id: int
    sender_id: int
    recipient_id: int


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
