"""Messages as the app reads and writes them."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import UNSET, Meta, Struct

from entrypoints.http.calls import Call, caller, do, house
from entrypoints.http.wire import PersonRef, media, person
from modules.community.domain.chat import LONGEST_MESSAGE, Message, MessageStatus, MessageType
from modules.community.queries import Conversation, MessageCard

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
Text = Annotated[str, Meta(max_length=LONGEST_MESSAGE)]
ClientId = Annotated[str, Meta(pattern=UUID)]


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """With `client_id` (a UUID of the app's own) a message is sent once, however often the call is repeated. With
    `recipient_id` it is for that member alone. As multipart/form-data it may carry a file, `attachment`.
    """

    community_id: int
    message: Text = ""
    message_type: Literal["text", "image", "file"] = "text"
    reply_to_id: int | None = None
    client_id: ClientId | None = None
    recipient_id: int | None = None


class MessageChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """The rest of a message may be sent back and is ignored."""

    message: Text
    id: Any = UNSET
    community_id: Any = UNSET
    sender_id: Any = UNSET
    sender_email: Any = UNSET
    sender: Any = UNSET
    recipient_id: Any = UNSET
    message_type: Any = UNSET
    attachment: Any = UNSET
    attachment_type: Any = UNSET
    attachment_name: Any = UNSET
    status: Any = UNSET
    reply_to_id: Any = UNSET
    reply_to_info: Any = UNSET
    is_edited: Any = UNSET
    edited_at: Any = UNSET
    is_deleted: Any = UNSET
    deleted_at: Any = UNSET
    created_at: Any = UNSET
    read_at: Any = UNSET
    updated_at: Any = UNSET
    client_id: Any = UNSET
    seq: Any = UNSET
    read_by: Any = UNSET
    version: Any = UNSET


class Quoted(Struct, frozen=True):
    id: int
    sender_id: int
    message: str


class MessageInfo(Struct, frozen=True):
    """`seq` is its number in the chat; `read_by` counts other members up to 200; `client_id` is its sender's alone.
    `attachment` is an address that opens the file for a day at least, without a token.
    """

    id: int
    community_id: int
    sender_id: int
    sender_email: str
    sender: PersonRef
    recipient_id: int | None
    message: str
    message_type: MessageType
    attachment: str | None
    attachment_type: str | None
    attachment_name: str | None
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


class LatestMessage(Struct, frozen=True):
    id: int
    sender_id: int
    message: str
    message_type: MessageType
    is_deleted: bool
    created_at: datetime


class ConversationInfo(Struct, frozen=True):
    """Direct messages with one member; `unread_count` counts theirs up to 100."""

    community_id: int
    user_id: int
    user: PersonRef
    latest: LatestMessage
    unread_count: int


class Eyes(NamedTuple):
    """Whose they are, and what is the same for all messages that they see in one answer."""

    user_id: int
    media_base: str
    are_masked: bool
    link: Callable[[Message], str | None]


def eyes(request: Call) -> Eyes:
    masks = house(request).settings.mask_emails
    return Eyes(caller(request).user_id, media(request), masks, do(request).attachments.link)


def message_info(seen_by: Eyes, card: MessageCard) -> MessageInfo:
    message, quoted = card.message, card.reply_to
    is_own = message.sender_id == seen_by.user_id
    return MessageInfo(
        id=message.id,
        community_id=message.community_id,
        sender_id=message.sender_id,
        # others see the address masked where the school wants that
        sender_email=masked(card.sender_email) if seen_by.are_masked and not is_own else card.sender_email,
        sender=person(seen_by.media_base, card.sender),
        recipient_id=message.recipient_id,
        message="" if message.is_deleted else message.message,
        message_type=message.message_type,
        attachment=seen_by.link(message),
        attachment_type=message.attachment_type,
        attachment_name=message.attachment_name,
        status=card.status,
        reply_to_id=message.reply_to_id,
        reply_to_info=Quoted(quoted.id, quoted.sender_id, quoted.message) if quoted else None,
        is_edited=message.is_edited,
        edited_at=message.edited_at,
        is_deleted=message.is_deleted,
        deleted_at=message.deleted_at,
        created_at=message.created_at,
        read_at=card.read_at,
        updated_at=message.updated_at,
        client_id=message.client_id if is_own else None,
        seq=message.seq,
        read_by=card.read_by,
        version=message.version,
    )


def conversation_info(request: Call, one: Conversation) -> ConversationInfo:
    latest = one.latest
    return ConversationInfo(
        community_id=latest.community_id,
        user_id=one.person.id,
        user=person(media(request), one.person),
        latest=LatestMessage(
            latest.id,
            latest.sender_id,
            "" if latest.is_deleted else latest.message,
            latest.message_type,
            latest.is_deleted,
            latest.created_at,
        ),
        unread_count=one.unread_count,
    )


def masked(email: str) -> str:
    """Its first letter and its domain."""
    name, _, domain = email.partition("@")
    return f"{name[:1]}***@{domain}"
