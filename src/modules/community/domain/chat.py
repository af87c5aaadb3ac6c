"""Chat: messages in a stream whose every change has the next number.

`seq` is taken from the stream's counter in the transaction that writes, so the order of numbers is the order of commits
and there are no holes: whoever has seen number n has seen all below it. A community has one stream, and so have any two
of its members who write to each other.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited
from modules.community.domain.groups import Place

LONGEST_MESSAGE = 4000
MOST_UNREAD = 100
"""Unread messages are counted up to here."""
MOST_READERS = 200
"""Readers of a message are counted, and listed, up to here; in larger groups nobody is told live who reads."""
MOST_CHANGES = 300
"""A client that missed more than these loads pages instead."""


class MessageType(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    FILE = "file"
    SYSTEM = "system"


class MessageStatus(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"


class ClientIdReused(Conflict):
    code = "client_id_reused"
    detail = "This client_id was used for another message."


class SlowMode(RateLimited):
    code = "slow_mode"
    detail = "This community is in slow mode; wait a little before the next message."


class NotSender(Forbidden):
    code = "not_sender"
    detail = "Only its sender may change this message."


class NoRecipient(NotFound):
    code = "no_recipient"
    detail = "This person is not in the community."


class Message(Struct, frozen=True):
    """`seq` is the number of its sending, `change_seq` that of its latest change. With a `recipient_id` it is between
    two members and seen by them alone. `attachment_key` is a storage key.
    """

    id: int
    stream_id: int
    community_id: int
    sender_id: int
    recipient_id: int | None
    seq: int
    change_seq: int
    client_id: str | None
    message: str
    message_type: MessageType
    reply_to_id: int | None
    attachment_key: str | None
    attachment_type: str | None
    attachment_name: str | None
    is_edited: bool
    edited_at: datetime | None
    is_deleted: bool
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    def is_seen_by(self, user_id: int) -> bool:
        """Whether a member of its community may see it."""
        return self.recipient_id is None or user_id in {self.sender_id, self.recipient_id}

    def is_within(self, community_id: int | None) -> bool:
        """Whether it is in this community's own chat; None asks for nothing."""
        return community_id is None or (self.community_id == community_id and self.recipient_id is None)


class Pointer(Struct, frozen=True):
    """Up to where a member has read."""

    user_id: int
    last_read_seq: int
    last_read_id: int
    read_at: datetime


class Furthest(Struct, frozen=True):
    """How far a stream has come to the devices of its members: the two furthest, since for a message only somebody
    other than its sender counts.
    """

    user_id: int | None = None
    seq: int = 0
    second_user_id: int | None = None
    second_seq: int = 0

    def after(self, user_id: int, seq: int) -> "Furthest":
        """When this member's devices have come as far as `seq`; the same if that is nothing new."""
        if user_id == self.user_id:
            return Furthest(user_id, max(seq, self.seq), self.second_user_id, self.second_seq)
        if seq > self.seq:
            return Furthest(user_id, seq, self.user_id, self.seq)
        if seq > self.second_seq:
            return Furthest(self.user_id, self.seq, user_id, seq)
        return self

    def beside(self, user_id: int) -> int:
        """How far it has come to members other than this one."""
        return self.second_seq if user_id == self.user_id else self.seq


class Draft(Struct, frozen=True):
    """A message as its sender means it."""

    community_id: int
    message: str
    recipient_id: int | None = None
    message_type: MessageType = MessageType.TEXT
    reply_to_id: int | None = None
    client_id: str | None = None


def same_message(known: Message, draft: Draft) -> Message:
    """The message that was sent with this client_id before.

    :raises ClientIdReused: it was another one.
    """
    for name in ("community_id", "recipient_id", "message_type", "reply_to_id"):
        if getattr(known, name) != getattr(draft, name):
            raise ClientIdReused
    if known.message != draft.message and not known.is_edited and not known.is_deleted:
        raise ClientIdReused
    return known


def demand_pace(place: Place, last_sent: datetime | None, now: datetime) -> None:
    """:raises SlowMode: the member's last message is too recent; moderators are free of it."""
    gap = timedelta(seconds=place.group.slow_mode_seconds)
    if last_sent is not None and not place.is_moderator and now - last_sent < gap:
        raise SlowMode(retry_after=int((last_sent + gap - now).total_seconds()) + 1)


def demand_text(message: str, *, may_be_empty: bool = False) -> None:
    """:raises Invalid: nothing, or too much."""
    if not message.strip() and not may_be_empty:
        raise Invalid.field("message", "Write something.")
    if len(message) > LONGEST_MESSAGE:
        raise Invalid.field("message", f"At most {LONGEST_MESSAGE} characters.")
