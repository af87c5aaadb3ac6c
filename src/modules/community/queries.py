"""What the community shows."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.community.domain.chat import Message, MessageStatus
from modules.community.domain.groups import Group, Member, MemberRole, Place
from modules.community.domain.posts import Post, PostStatus, ReactionType
from modules.community.live import Changed


class Person(Struct, frozen=True):
    id: int
    username: str
    full_name: str
    profile_image: str | None


class GroupCard(Struct, frozen=True):
    """A group as one caller sees it in a list."""

    group: Group
    course_title: str
    post_count: int
    """Posts that members can read, without replies."""
    member: Member | None


class MemberCard(Struct, frozen=True):
    member: Member
    person: Person


class PostCard(Struct, frozen=True):
    post: Post
    author: Person
    my_reaction: ReactionType | None
    mentions: list[Person]


class PostFilter(Struct, frozen=True):
    """`sees_all`: a moderator of that one group, who sees what waits, was rejected or is hidden. `search` finds posts
    and replies that have all its words.
    """

    community_id: int | None = None
    parent_post_id: int | None = None
    author_id: int | None = None
    is_pinned: bool | None = None
    status: PostStatus | None = None
    is_flagged: bool | None = None
    search: str | None = None
    sees_all: bool = False

    @property
    def is_queue(self) -> bool:
        """Whether it is what waits for a moderator: replies too, and the oldest first."""
        return bool(self.is_flagged) or self.status is not None

    @property
    def pins_first(self) -> bool:
        """For the posts of one group; those of all groups, threads and queues are in order of time alone."""
        is_top = self.parent_post_id is None and self.search is None
        return self.community_id is not None and is_top and not self.is_queue


class Revision(Struct, frozen=True):
    """What a post said until `replaced_at`."""

    title: str
    content: str
    replaced_at: datetime


class PostQueries(Protocol):
    async def posts(self, request: PageRequest, viewer: Actor, wanted: PostFilter) -> Page[PostCard]:
        """Top-level posts, the newest first; or, oldest first, replies below `parent_post_id`, or what has a `status`
        or is flagged, replies too. Without `community_id`, of all groups that the viewer is a member of.
        """
        ...

    async def post(self, viewer: Actor, post_id: int) -> PostCard | None: ...

    async def revisions(self, post_id: int) -> list[Revision]:
        """The newest first."""
        ...


class MessageRef(Struct, frozen=True):
    """What is quoted above a reply; empty when it was deleted."""

    id: int
    sender_id: int
    message: str


class MessageCard(Struct, frozen=True):
    """`read_by` counts other members whose pointer is at or past it, up to 200."""

    message: Message
    sender: Person
    sender_email: str
    reply_to: MessageRef | None
    status: MessageStatus
    read_by: int
    read_at: datetime | None


class Messages(Struct, frozen=True, eq=False, weakref=True):
    """A stretch of a chat, newest first. Who asks for the newest at the same moment may be given the same object."""

    cards: list[MessageCard]


class Conversation(Struct, frozen=True):
    """Direct messages with one member: the newest of them, and how many one has not read."""

    person: Person
    latest: Message
    unread_count: int


class Reader(Struct, frozen=True):
    person: Person
    read_at: datetime


class ChatQueries(Protocol):
    async def messages(
        self,
        community_id: int,
        *,
        between: tuple[int, int] | None = None,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
        search: str | None = None,
    ) -> Messages:
        """The latest ones, those before or after a message, or half on each side of it with it.

        Of the community, or `between` two of its members. With `search` those that have all its words, and only
        `before` goes with it.
        """
        ...

    async def message(self, message_id: int) -> MessageCard | None: ...

    async def readers(self, message: Message) -> list[Reader]:
        """Other members whose pointer is at or past it, by when they came there; none in groups above 200 members."""
        ...

    async def conversations(self, request: PageRequest, viewer: Actor, community_id: int) -> Page[Conversation]:
        """The members with whom one exchanges direct messages: who last wrote or was written to comes first."""
        ...


class Position(Struct, frozen=True):
    """Where a stream stands; numbers of another `epoch` mean nothing."""

    seq: int
    epoch: str


class Missed(Struct, frozen=True):
    """What has changed in a stream up to `position`, each message once, in its latest state.

    Where it was too much (`is_all` False), there are no changes in it.
    """

    position: Position
    changes: list[Changed]
    is_all: bool


class StreamQueries(Protocol):
    """What sockets ask of streams."""

    async def positions(self, community_ids: list[int]) -> dict[int, Position]: ...

    async def missed(self, community_id: int, since: int) -> Missed | None:
        """Up to 300 changes after the number `since`; None if there is no such community."""
        ...

    async def seq_of(self, community_id: int, message_id: int) -> int | None:
        """The number of a message of the community's own stream."""
        ...

    async def recent_direct(self, user_ids: list[int], since: datetime, limit: int) -> list[Changed]:
        """Direct messages of these users that changed after this moment, oldest first."""
        ...

    async def unread(self, user_id: int, community_ids: list[int]) -> dict[int, int]:
        """By community: messages of others after one's pointer, up to 100."""
        ...

    async def unread_in(self, user_id: int, stream_id: int) -> int: ...


class CommunityQueries(Protocol):
    async def groups(
        self, request: PageRequest, viewer: Actor, *, course_id: int | None, q: str | None
    ) -> Page[GroupCard]:
        """Groups of courses that the viewer has access to or teaches; private ones for hosts only.

        `q` is a part of the title. Not those that the viewer is banned from.
        """
        ...

    async def group(self, viewer: Actor, community_id: int) -> tuple[Place, GroupCard] | None: ...

    async def place(self, viewer: Actor, community_id: int) -> Place | None: ...

    async def places(self, community_id: int, user_ids: list[int]) -> dict[int, Place]:
        """The places of those among them who are active users, whatever their places are."""
        ...

    async def members(
        self, request: PageRequest, community_id: int, *, role: MemberRole | None, q: str | None
    ) -> Page[MemberCard]:
        """Those who are in it now, oldest first; `q` is the beginning of a user name."""
        ...

    async def member(self, community_id: int, user_id: int) -> MemberCard | None: ...

    async def banned(self, request: PageRequest, community_id: int) -> Page[MemberCard]: ...
