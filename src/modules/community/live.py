"""What open sockets are told of at once, through the hub. Each note goes over a channel that its listeners share."""

import msgspec
from msgspec import Struct

from core.hub import Hub
from modules.community.domain.chat import Message, MessageStatus


class Changed(Struct, frozen=True, tag="changed"):
    """A message was sent, edited or deleted; its latest state. `change_seq` tells the order."""

    message: Message
    sender_email: str


class Told(Struct, frozen=True, tag="told"):
    """What its sender is told of a message: it was delivered, or read by so many."""

    message_id: int
    sender_id: int
    status: MessageStatus
    read_by: int


class Moved(Struct, frozen=True, tag="moved"):
    """A member has read up to here: in the community's chat, or in that with one other member."""

    community_id: int
    user_id: int
    last_read_seq: int


class Typing(Struct, frozen=True, tag="typing"):
    user_id: int
    is_typing: bool


class Present(Struct, frozen=True, tag="present"):
    """A member came online, or went; `version` and `count` are those of the community's presence after it."""

    user_id: int
    is_online: bool
    version: int
    count: int


Note = Changed | Told | Moved | Typing | Present
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Note)


def encode(note: Note) -> bytes:
    return _encoder.encode(note)


def decode(data: bytes) -> Note:
    note: Note = _decoder.decode(data)
    return note


def community_channel(community_id: int) -> str:
    return f"community:{community_id}"


def user_channel(user_id: int) -> str:
    """What concerns one user alone: direct messages."""
    return f"user:{user_id}"


def channels_of(message: Message) -> list[str]:
    """Where those who see the message listen: its community, or the two whom it is between."""
    if message.recipient_id is None:
        return [community_channel(message.community_id)]
    return [user_channel(message.sender_id), user_channel(message.recipient_id)]


def tell(hub: Hub, channels: list[str], note: Note) -> None:
    data = encode(note)
    for channel in channels:
        hub.publish(channel, data)
