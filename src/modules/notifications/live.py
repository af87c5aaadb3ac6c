"""What open sockets are told of notifications, through the hub: who is to look, and at what."""

import msgspec
from msgspec import Struct

from core.hub import Hub

CHANNEL = "notifications"


class Arrived(Struct, frozen=True, tag="arrived"):
    """Recipient and id of new notifications, all of one batch."""

    rows: list[tuple[int, int]]


class WasRead(Struct, frozen=True, tag="read"):
    """What somebody has read: one notification, or everything up to an id."""

    user_id: int
    notification_id: int | None
    up_to_id: int | None


Hint = Arrived | WasRead
_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Hint)


def decode(data: bytes) -> Hint:
    hint: Hint = _decoder.decode(data)
    return hint


def tell(hub: Hub, hint: Hint) -> None:
    hub.publish(CHANNEL, _encoder.encode(hint))
