"""What the community needs from the outside. Stores work within one transaction; `lock=True` holds a row to its end."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict
from core.events import Emits
from core.idempotency import Remembers
from modules.community.domain.chat import Furthest, Message, MessageType, Pointer
from modules.community.domain.groups import Group, Member, MemberRole, Place
from modules.community.domain.posts import FlagReason, Post, ReactionType
from modules.community.live import Present


class Flag(Struct, frozen=True):
    id: int
    post_id: int
    reason: FlagReason
    comment: str
    created_at: datetime


class GroupStore(Emits, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None:
        """The caller's place; with `lock`, the group's row is held."""
        ...

    async def place_of(self, user_id: int, community_id: int) -> Place | None:
        """Somebody's place; None also if there is no such active user."""
        ...

    async def hold(self, community_id: int) -> None:
        """Lock the group's row."""
        ...

    async def groups_of(self, user_id: int) -> list[int]:
        """The groups that the user is in, in the order in which they are to be locked."""
        ...

    async def has_course(self, course_id: int) -> bool: ...

    async def add_group(self, *, course_id: int, **values: Any) -> Group:
        """:raises CourseHasGroup:"""
        ...

    async def change_group(self, community_id: int, **changes: Any) -> Group:
        """Set columns and raise `version` by one."""
        ...

    async def join(self, community_id: int, user_id: int, role: MemberRole) -> Member:
        """Add the member or take them back, and count them if they were not counted."""
        ...

    async def leave(self, community_id: int, user_id: int) -> bool:
        """Take the member off the count; False if there was none."""
        ...

    async def ban(self, community_id: int, user_id: int, now: datetime) -> Member:
        """Also somebody who never joined."""
        ...

    async def change_member(self, community_id: int, user_id: int, **changes: Any) -> Member | None:
        """None if there is no such row."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class PostStore(Emits, Remembers, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None: ...

    async def post(self, post_id: int, *, lock: bool = False) -> Post | None: ...

    async def add_post(self, *, mentions: list[str], **values: Any) -> Post:
        """Also mentions those of the user names who are members, or instructors of the course."""
        ...

    async def change_post(self, post_id: int, **changes: Any) -> Post:
        """Set columns and raise `version` by one."""
        ...

    async def mark_published(self, post_id: int, now: datetime) -> Post:
        """Not a change of the post: its version stays."""
        ...

    async def keep_revision(self, post: Post) -> None:
        """What the post said before a change."""
        ...

    async def set_mentions(self, post_id: int, community_id: int, names: list[str]) -> None: ...

    async def count(self, post: Post, by: int) -> None:
        """Add to the replies of the post above, or to the posts of the group."""
        ...

    async def reaction(self, post_id: int, user_id: int) -> ReactionType | None: ...

    async def set_reaction(self, post_id: int, user_id: int, reaction: ReactionType | None) -> None: ...

    async def set_flags(self, post_id: int, flag_count: int, *, flagged_review: bool) -> None:
        """Not a change of the post: its version stays."""
        ...

    async def set_reactions(self, post_id: int, reactions: dict[str, int]) -> None: ...

    async def add_flag(self, post_id: int, user_id: int, reason: FlagReason, comment: str) -> Flag:
        """:raises AlreadyFlagged:"""
        ...

    async def clear_flags(self, post_id: int) -> None:
        """They have been looked at; the same users may flag again."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class SentBefore(Conflict):
    """A parallel call has just sent a message with the same client_id."""


class Sent(Struct, frozen=True):
    """A message's number and sender."""

    id: int
    seq: int
    sender_id: int


class ChatStore(Emits, Remembers, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None: ...

    async def place_of(self, user_id: int, community_id: int) -> Place | None:
        """Somebody's place; None also if there is no such active user."""
        ...

    async def sent(self, sender_id: int, client_id: str) -> Message | None: ...

    async def last_sent(self, community_id: int, sender_id: int) -> datetime | None:
        """When this member last wrote to all; holds the member's row, so that parallel calls take turns."""
        ...

    async def next_in_community(self, community_id: int) -> tuple[int, int]:
        """The group's stream and its next number; the counter is held until the transaction's end."""
        ...

    async def next_between(self, community_id: int, user_id: int, other_id: int) -> tuple[int, int]:
        """The same of two members' stream, which begins with their first message."""
        ...

    async def next_in(self, stream_id: int) -> int: ...

    async def message(self, message_id: int, *, lock: bool = False) -> Message | None: ...

    async def listeners(self, message: Message) -> list[str]:
        """Where those listen who see the message now: of two, only who is still a member."""
        ...

    async def add_message(self, **values: Any) -> Message:
        """:raises SentBefore:"""
        ...

    async def change_message(self, message_id: int, change_seq: int, **changes: Any) -> Message:
        """Set columns, note the change's number and raise `version` by one."""
        ...

    async def keep_message(self, message: Message) -> None:
        """What it said before a change."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class ReadingStore(Emits, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None: ...

    async def message(self, message_id: int, *, lock: bool = False) -> Message | None: ...

    async def listeners(self, message: Message) -> list[str]:
        """Where those listen who see the message now: of two, only who is still a member."""
        ...

    async def pointer(self, stream_id: int, user_id: int) -> Pointer | None: ...

    async def move_pointer(self, message: Message, user_id: int) -> Pointer:
        """Where the pointer stands then: at the message, or further on. A move is kept as a row of its own."""
        ...

    async def top_pointers(self, stream_id: int) -> list[tuple[int, int]]:
        """The three members who have read furthest, and how far."""
        ...

    async def read_by(self, message: Message) -> int:
        """How many members other than its sender have read it, up to 200."""
        ...

    async def sent_between(self, stream_id: int, after: int, up_to: int, limit: int) -> list[Sent]:
        """Messages that stand, numbered above `after` and up to `up_to`: the newest, oldest first."""
        ...

    async def stream(self, community_id: int) -> tuple[int, int]:
        """The group's stream and its last number."""
        ...

    async def furthest(self, stream_id: int) -> Furthest:
        """Held until the transaction's end."""
        ...

    async def set_furthest(self, stream_id: int, furthest: Furthest) -> None: ...


class KeptFile(Struct, frozen=True):
    """`kind` is what a message with it is."""

    key: str
    mime_type: str
    name: str
    kind: MessageType


class Attachments(Protocol):
    """Private files on messages."""

    async def keep(self, data: bytes, name: str) -> KeptFile:
        """Store it by what its content is; pictures are re-encoded and stripped of metadata.

        :raises Unsupported: :raises Invalid: a picture that cannot be read. :raises Unavailable:
        """
        ...

    def link(self, message: Message) -> str | None:
        """An address that opens the message's file for a day at least; None if it has none."""
        ...

    async def discard(self, key: str) -> None: ...


class Online(Struct, frozen=True):
    """Who is online in a community: how many, and the first hundred of them."""

    version: int
    count: int
    users: list[int]


class Presence(Protocol):
    """Who is online, over all instances, by community and user. An instance speaks for its own sockets; what it says
    holds for 45 s and is to be said again before, so that one that was killed leaves no ghosts.

    Each method may raise Unavailable.
    """

    async def enter(self, community_id: int, user_ids: list[int]) -> list[Present]:
        """These users have sockets here, now or still. The news: who was not online before, and those whose time has
        run out elsewhere meanwhile.
        """
        ...

    async def leave(self, community_id: int, user_ids: list[int]) -> list[Present]:
        """These users have no sockets here any more. The news, as above: who is not online elsewhere either."""
        ...

    async def online(self, community_id: int) -> Online: ...


class PostViews(Protocol):
    """Who has seen a post, counted some seconds later."""

    def note(self, post_id: int, user_id: int) -> None: ...


class Markdown(Protocol):
    """Makes HTML that is safe to show."""

    def render(self, source: str) -> str: ...


class Banners(Protocol):
    """Public pictures above a group."""

    async def keep(self, data: bytes) -> str:
        """Re-encoded, stripped of metadata; its storage key.

        :raises Invalid: not a picture, or one that is too large.
        """
        ...

    async def discard(self, key: str) -> None: ...
