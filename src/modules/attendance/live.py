"""What open sockets are told of check-ins, through the hub: which records to look at."""

import msgspec
from msgspec import Struct

from core.hub import Hub

CHANNEL = "attendance"


class Recorded(Struct, frozen=True, tag="recorded"):
    """Records of a class were made or changed."""

    session_id: int
    user_ids: list[int]


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Recorded)


def decode(data: bytes) -> Recorded:
    return _decoder.decode(data)


def tell(hub: Hub, hint: Recorded) -> None:
    hub.publish(CHANNEL, _encoder.encode(hint))
