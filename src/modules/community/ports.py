"""What the community needs from the outside. Stores work within one transaction; `lock=True` holds a row to its end."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Actor
from core.errors import Conflict
from core.events import Emits
from core.idempotency import Remembers
from modules.community.domain.chat import Message, Pointer
from modules.community.domain.groups import Group, Member, MemberRole, Place
from modules.community.domain.posts import FlagReason, Post, ReactionType


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


class ChatStore(Emits, Remembers, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None: ...

    async def sent(self, sender_id: int, client_id: str) -> Message | None: ...

    async def last_sent(self, community_id: int, sender_id: int) -> datetime | None:
        """When this member last wrote; holds the member's row, so that parallel calls take turns."""
        ...

    async def next_seq(self, community_id: int) -> tuple[int, int]:
        """The group's stream and its next number; the counter is held until the transaction's end."""
        ...

    async def message(self, message_id: int, *, lock: bool = False) -> Message | None: ...

    async def add_message(self, **values: Any) -> Message:
        """:raises SentBefore:"""
        ...

    async def change_message(self, message_id: int, change_seq: int, **changes: Any) -> Message:
        """Set columns, note the change's number and raise `version` by one."""
        ...

    async def keep_message(self, message: Message) -> None:
        """What it said before a change."""
        ...

    async def move_pointer(self, message: Message, user_id: int) -> Pointer:
        """Where the pointer stands then: at the message, or further on. A move is kept as a row of its own."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


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
