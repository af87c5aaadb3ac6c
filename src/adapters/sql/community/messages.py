"""Tables and columns of the chat, how rows become messages, and a message within a transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from adapters.sql.community.places import PlaceStore
from adapters.sql.models import ChatMessage, ChatStream, Delivery, MessageRevision, ReadPointer, ReadReceipt
from adapters.sql.store import table
from modules.community.domain.chat import Message, MessageType, Pointer
from modules.community.live import community_channel, user_channel

MESSAGES, STREAMS, POINTERS = table(ChatMessage), table(ChatStream), table(ReadPointer)
REVISIONS, RECEIPTS, DELIVERIES = table(MessageRevision), table(ReadReceipt), table(Delivery)
MESSAGE_COLUMNS = [MESSAGES.c[name] for name in Message.__struct_fields__]
POINTER_COLUMNS = [POINTERS.c[name] for name in Pointer.__struct_fields__]
TYPES = {kind.value: kind for kind in MessageType}
_TYPE = Message.__struct_fields__.index("message_type")
BY_ID = select(*MESSAGE_COLUMNS).where(MESSAGES.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update(key_share=True)  # replies that refer to it do not wait
IN_COMMUNITY = (STREAMS.c.community_id == bindparam("community_id"), STREAMS.c.first_user_id.is_(None))
BETWEEN = (
    STREAMS.c.community_id == bindparam("community_id"),
    STREAMS.c.first_user_id == bindparam("first_user_id"),
    STREAMS.c.second_user_id == bindparam("second_user_id"),
)


def message(row: Sequence[Any]) -> Message:
    values = list(row)
    values[_TYPE] = TYPES[values[_TYPE]]
    return Message(*values)


def pair(user_id: int, other_id: int) -> dict[str, int]:
    """How a stream of two names them."""
    return {"first_user_id": min(user_id, other_id), "second_user_id": max(user_id, other_id)}


class MessageStore(PlaceStore):
    async def message(self, message_id: int, *, lock: bool = False) -> Message | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": message_id})
        return message(row) if row else None

    async def listeners(self, message: Message) -> list[str]:
        if message.recipient_id is None:
            return [community_channel(message.community_id)]
        both = (message.sender_id, message.recipient_id)
        places = {user_id: await self.place_of(user_id, message.community_id) for user_id in both}
        return [user_channel(user_id) for user_id, place in places.items() if place is not None and place.is_member]
