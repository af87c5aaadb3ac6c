"""Messages as the app reads them."""

from datetime import datetime

from msgspec import Struct

from entrypoints.http.calls import Call, caller, house
from entrypoints.http.wire import PersonRef, person
from modules.community.domain.chat import MessageStatus, MessageType
from modules.community.queries import MessageCard


class Quoted(Struct, frozen=True):
    id: int
    sender_id: int
    message: str


class MessageInfo(Struct, frozen=True):
    """`seq` is its number in the chat; `read_by` counts other members up to 200; `client_id` is its sender's alone."""

    id: int
    community_id: int
    sender_id: int
    sender_email: str
    sender: PersonRef
    recipient_id: None
    message: str
    message_type: MessageType
    attachment: None
    attachment_type: None
    status: MessageStatus
    reply_to_id: int | None
    reply_to_info: Quoted | None
    is_edited: bool
    edited_at: datetime | None
    is_deleted: bool
    deleted_at: datetime | None
    created_at: datetime
    read_at: datetime | None
    updated_at: datetime
    client_id: str | None
    seq: int
    read_by: int
    version: int


class PointerInfo(Struct, frozen=True):
    message_id: int
    community_id: int
    last_read_seq: int
    read_at: datetime
    unread_count: int


class ReaderInfo(Struct, frozen=True):
    user_id: int
    user: PersonRef
    read_at: datetime


class ReceiptsInfo(Struct, frozen=True):
    """`results` are empty in groups above 200 members."""

    message_id: int
    status: MessageStatus
    read_by: int
    results: list[ReaderInfo]
    next: None


def message_info(request: Call, card: MessageCard) -> MessageInfo:
    message, quoted = card.message, card.reply_to
    return MessageInfo(
        id=message.id,
        community_id=message.community_id,
        sender_id=message.sender_id,
        sender_email=_email(request, card),
        sender=person(request, card.sender),
        recipient_id=None,
        message="" if message.is_deleted else message.message,
        message_type=message.message_type,
        attachment=None,
        attachment_type=None,
        status=MessageStatus.READ if card.read_by else MessageStatus.SENT,
        reply_to_id=message.reply_to_id,
        reply_to_info=Quoted(quoted.id, quoted.sender_id, quoted.message) if quoted else None,
        is_edited=message.is_edited,
        edited_at=message.edited_at,
        is_deleted=message.is_deleted,
        deleted_at=message.deleted_at,
        created_at=message.created_at,
        read_at=card.read_at,
        updated_at=message.updated_at,
        client_id=message.client_id if message.sender_id == caller(request).user_id else None,
        seq=message.seq,
        read_by=card.read_by,
        version=message.version,
    )


def _email(request: Call, card: MessageCard) -> str:
    """The sender's address; others see its first letter and its domain where the school wants that."""
    is_open = not house(request).settings.mask_emails
    if is_open or card.message.sender_id == caller(request).user_id:
        return card.sender_email
    name, _, domain = card.sender_email.partition("@")
    return f"{name[:1]}***@{domain}"
