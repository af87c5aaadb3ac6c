"""Chat: messages in a stream whose every change has the next number.

`seq` is taken from the stream's counter in the transaction that writes, so the order of numbers is the order of commits
and there are no holes: whoever has seen number n has seen all below it.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden, Invalid, RateLimited
from modules.community.domain.groups import Place

LONGEST_MESSAGE = 4000
MOST_UNREAD = 100
"""Unread messages are counted up to here."""
MOST_READERS = 200
"""Readers of a message are counted, and listed, up to here."""


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


class Message(Struct, frozen=True):
    """`seq` is the number of its sending, `change_seq` that of its latest change."""

    id: int
    stream_id: int
    community_id: int
    sender_id: int
    seq: int
    change_seq: int
    client_id: str | None
    message: str
    message_type: MessageType
    reply_to_id: int | None
    is_edited: bool
    edited_at: datetime | None
    is_deleted: bool
    deleted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class Pointer(Struct, frozen=True):
    """Up to where a member has read."""

    user_id: int
    last_read_seq: int
    last_read_id: int
    read_at: datetime


def same_message(known: Message, message: str, message_type: MessageType, reply_to_id: int | None) -> Message:
    """The message that was sent with this client_id before.

    :raises ClientIdReused: it was another one.
    """
    if (known.message_type, known.reply_to_id) != (message_type, reply_to_id):
        raise ClientIdReused
    if known.message != message and not known.is_edited and not known.is_deleted:
        raise ClientIdReused
    return known


def demand_pace(place: Place, last_sent: datetime | None, now: datetime) -> None:
    """:raises SlowMode: the member's last message is too recent; moderators are free of it."""
    gap = timedelta(seconds=place.group.slow_mode_seconds)
    if last_sent is not None and not place.is_moderator and now - last_sent < gap:
        raise SlowMode(retry_after=int((last_sent + gap - now).total_seconds()) + 1)


def demand_text(message: str) -> None:
    """:raises Invalid: nothing, or too much."""
    if not message.strip():
        raise Invalid.field("message", "Write something.")
    if len(message) > LONGEST_MESSAGE:
        raise Invalid.field("message", f"At most {LONGEST_MESSAGE} characters.")
