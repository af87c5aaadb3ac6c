"""Messages and read pointers, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.places import PlaceStore
from adapters.sql.community.rows import MEMBERS
from adapters.sql.failures import Duplicate, violated
from adapters.sql.models import ChatMessage, ChatStream, MessageRevision, ReadPointer, ReadReceipt
from adapters.sql.store import table
from modules.community.domain.chat import Message, MessageType, Pointer
from modules.community.ports import SentBefore

MESSAGES, STREAMS, POINTERS = table(ChatMessage), table(ChatStream), table(ReadPointer)
REVISIONS, RECEIPTS = table(MessageRevision), table(ReadReceipt)
MESSAGE_COLUMNS = [MESSAGES.c[name] for name in Message.__struct_fields__]
POINTER_COLUMNS = [POINTERS.c[name] for name in Pointer.__struct_fields__]
TYPES = {kind.value: kind for kind in MessageType}
BY_ID = select(*MESSAGE_COLUMNS).where(MESSAGES.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update(key_share=True)  # replies that refer to it do not wait
SENT = select(*MESSAGE_COLUMNS).where(
    MESSAGES.c.sender_id == bindparam("sender_id"), MESSAGES.c.client_id == bindparam("client_id")
)
NEXT_SEQ = (
    update(STREAMS)
    .where(STREAMS.c.community_id == bindparam("in_group"))
    .values(seq=STREAMS.c.seq + 1)
    .returning(STREAMS.c.id, STREAMS.c.seq)
)
ADD = insert(MESSAGES).returning(*MESSAGE_COLUMNS)
LOCK_MEMBER = (
    select(MEMBERS.c.id)
    .where(MEMBERS.c.community_id == bindparam("community_id"), MEMBERS.c.user_id == bindparam("user_id"))
    .with_for_update()
)
LAST_SENT = (
    select(MESSAGES.c.created_at)
    .join(STREAMS, STREAMS.c.id == MESSAGES.c.stream_id)
    .where(STREAMS.c.community_id == bindparam("community_id"), MESSAGES.c.sender_id == bindparam("user_id"))
    .order_by(MESSAGES.c.seq.desc())
    .limit(1)
)
_NEW = upsert(POINTERS)
MOVE = _NEW.on_conflict_do_update(
    index_elements=["stream_id", "user_id"],
    set_={name: _NEW.excluded[name] for name in ("last_read_seq", "last_read_id", "read_at")},
    where=POINTERS.c.last_read_seq < _NEW.excluded.last_read_seq,
).returning(*POINTER_COLUMNS)
POINTER = select(*POINTER_COLUMNS).where(
    POINTERS.c.stream_id == bindparam("stream_id"), POINTERS.c.user_id == bindparam("user_id")
)


def message(row: Sequence[Any]) -> Message:
    values = list(row)
    values[8] = TYPES[values[8]]
    return Message(*values)


class SqlChatStore(PlaceStore):
    async def sent(self, sender_id: int, client_id: str) -> Message | None:
        row = await self.transaction.row(SENT, {"sender_id": sender_id, "client_id": client_id})
        return message(row) if row else None

    async def last_sent(self, community_id: int, sender_id: int) -> datetime | None:
        values = {"community_id": community_id, "user_id": sender_id}
        await self.transaction.row(LOCK_MEMBER, values)
        row = await self.transaction.row(LAST_SENT, values)
        return row[0] if row else None

    async def next_seq(self, community_id: int) -> tuple[int, int]:
        row = (await self.transaction.execute(NEXT_SEQ, {"in_group": community_id})).one()
        return int(row[0]), int(row[1])

    async def message(self, message_id: int, *, lock: bool = False) -> Message | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": message_id})
        return message(row) if row else None

    async def add_message(self, **values: Any) -> Message:
        now = self.transaction.clock.now()
        fixed = {"is_edited": False, "edited_at": None, "is_deleted": False, "deleted_at": None, "version": 1}
        values |= {"change_seq": values["seq"], "message_type": values["message_type"].value}
        try:
            row = (await self.transaction.execute(ADD, {**fixed, **values, "created_at": now, "updated_at": now})).one()
        except Duplicate as error:
            if values["client_id"] and violated(error, "chat_messages.client"):
                raise SentBefore from error
            raise
        return message(row)

    async def change_message(self, message_id: int, change_seq: int, **changes: Any) -> Message:
        statement = (
            update(MESSAGES)
            .where(MESSAGES.c.id == message_id)
            .values(
                change_seq=change_seq,
                version=MESSAGES.c.version + 1,
                updated_at=self.transaction.clock.now(),
                **changes,
            )
        )
        return message((await self.transaction.execute(statement.returning(*MESSAGE_COLUMNS))).one())

    async def keep_message(self, message: Message) -> None:
        values = {"message_id": message.id, "message": message.message, "replaced_at": self.transaction.clock.now()}
        await self.transaction.execute(insert(REVISIONS), values)

    async def move_pointer(self, message: Message, user_id: int) -> Pointer:
        now = self.transaction.clock.now()
        who = {"stream_id": message.stream_id, "user_id": user_id}
        there = {**who, "last_read_seq": message.seq, "last_read_id": message.id, "read_at": now}
        moved = await self.transaction.row(MOVE, there)
        if moved is None:
            return Pointer(*(await self.transaction.execute(POINTER, who)).one())
        receipt = {**who, "message_id": message.id, "seq": message.seq, "read_at": now}
        await self.transaction.execute(insert(RECEIPTS), receipt)
        return Pointer(*moved)
