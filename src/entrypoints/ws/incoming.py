"""What clients say. Fields that are not known are let pass: an app may be newer than its server."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from core.errors import Invalid
from entrypoints.decoding import decoded, demand_storable
from modules.community.domain.chat import LONGEST_MESSAGE

UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
LARGEST_FRAME = 16_384
LONGEST_ID = 64
Number = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=LONGEST_MESSAGE)]
ClientId = Annotated[str, Meta(pattern=UUID)]


class Said(Struct, frozen=True, tag_field="type"):
    """A frame of a client."""


class Hello(Said, frozen=True, tag="hello"):
    """Speak version 2; tell what changed after a number, or after a message."""

    v: Literal[2] = 2
    epoch: str | None = None
    since_seq: Number | None = None
    since_message_id: Id | None = None
    since_notification_id: Number | None = None


class Send(Said, frozen=True, tag="chat_message"):
    """`mentions` is accepted for apps that know whom they mean; names after an @ are what counts."""

    message: Text
    message_type: Literal["text"] = "text"
    community_id: Id | None = None
    client_id: ClientId | None = None
    reply_to: Id | None = None
    mentions: list[Id] = []


class SendDirect(Said, frozen=True, tag="direct_message"):
    """Write to one member of a community."""

    community_id: Id
    recipient_id: Id
    message: Text
    message_type: Literal["text"] = "text"
    client_id: ClientId | None = None
    reply_to: Id | None = None


class Edit(Said, frozen=True, tag="message_edit"):
    """Change one's own message; refused if it has another version than `expected_version`."""

    message_id: Id
    message: Text
    client_id: ClientId | None = None
    expected_version: Id | None = None


class Delete(Said, frozen=True, tag="message_delete"):
    """Delete one's own message, or any as a moderator."""

    message_id: Id
    client_id: ClientId | None = None


class Read(Said, frozen=True, tag="read_receipt"):
    """Everything up to this message was read."""

    message_id: Id


class Delivered(Said, frozen=True, tag="delivered"):
    """The device has all changes up to this number."""

    seq: Number


class TypingNow(Said, frozen=True, tag="typing"):
    """Somebody types, or no longer."""

    is_typing: bool
    community_id: Id | None = None


class WhoIsOnline(Said, frozen=True, tag="presence_get"):
    """Asks for a `presence_state`."""


class RefreshLogin(Said, frozen=True, tag="auth_refresh"):
    """A new access token, for the login that is about to expire."""

    token: Annotated[str, Meta(max_length=4096)]


class Pong(Said, frozen=True, tag="pong"):
    """Answers a `ping`; any other frame does, too."""


OF_VERSION_2 = (SendDirect, Delivered, WhoIsOnline, RefreshLogin)
"""What is answered with frames that a client of version 1 does not hear."""
OnChat = Hello | Send | Edit | Delete | Read | Delivered | TypingNow | WhoIsOnline | RefreshLogin | Pong
OnNotifications = Hello | SendDirect | Edit | Delete | Read | RefreshLogin | Pong
CHAT: msgspec.json.Decoder[Any] = msgspec.json.Decoder(OnChat)
NOTIFICATIONS: msgspec.json.Decoder[Any] = msgspec.json.Decoder(OnNotifications)


def heard(raw: str, decoder: msgspec.json.Decoder[Any]) -> Any:
    """:raises MalformedJson: :raises Invalid: an unknown type, a faulty field, a NUL in a text."""
    said = decoded(raw, decoder)
    for name in ("message", "token"):
        if text := getattr(said, name, None):
            demand_storable(text, name)
    return said


def client_id_of(raw: str) -> str | None:
    """The `client_id` of a frame that could not be taken as a whole, so that its sender knows which one it was."""
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any]).get("client_id")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, str) and len(found) <= LONGEST_ID else None


def demand_here(community_id: int | None, here: int) -> None:
    """:raises Invalid: the frame is about another community than the socket."""
    if community_id is not None and community_id != here:
        raise Invalid.field("community_id", "This socket belongs to another community.")
