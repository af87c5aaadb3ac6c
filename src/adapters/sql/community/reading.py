"""Read pointers, and how far streams have come to devices, within a transaction."""

from sqlalchemy import Integer, bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.messages import (
    DELIVERIES,
    IN_COMMUNITY,
    MESSAGES,
    POINTER_COLUMNS,
    POINTERS,
    RECEIPTS,
    STREAMS,
    MessageStore,
)
from modules.community.domain.chat import MOST_READERS, Furthest, Message, Pointer
from modules.community.ports import Sent

_NEW = upsert(POINTERS)
MOVE = _NEW.on_conflict_do_update(
    index_elements=["stream_id", "user_id"],
    set_={name: _NEW.excluded[name] for name in ("last_read_seq", "last_read_id", "read_at")},
    where=POINTERS.c.last_read_seq < _NEW.excluded.last_read_seq,
).returning(*POINTER_COLUMNS)
POINTER = select(*POINTER_COLUMNS).where(
    POINTERS.c.stream_id == bindparam("stream_id"), POINTERS.c.user_id == bindparam("user_id")
)
TOP = (
    select(POINTERS.c.user_id, POINTERS.c.last_read_seq)
    .where(POINTERS.c.stream_id == bindparam("stream_id"))
    .order_by(POINTERS.c.last_read_seq.desc())
    .limit(3)
)
_READERS = (
    select(POINTERS.c.user_id)
    .where(
        POINTERS.c.stream_id == bindparam("stream_id"),
        POINTERS.c.last_read_seq >= bindparam("seq"),
        POINTERS.c.user_id != bindparam("sender_id"),
    )
    .limit(MOST_READERS)
    .subquery()
)
READ_BY = select(func.count()).select_from(_READERS)
SENT_BETWEEN = (
    select(MESSAGES.c.id, MESSAGES.c.seq, MESSAGES.c.sender_id)
    .where(
        MESSAGES.c.stream_id == bindparam("stream_id"),
        MESSAGES.c.seq > bindparam("after"),
        MESSAGES.c.seq <= bindparam("up_to"),
        ~MESSAGES.c.is_deleted,
    )
    .order_by(MESSAGES.c.seq.desc())
    .limit(bindparam("at_most", type_=Integer))
)
STREAM = select(STREAMS.c.id, STREAMS.c.seq).where(*IN_COMMUNITY)
FURTHEST = (
    select(*(DELIVERIES.c[name] for name in Furthest.__struct_fields__))
    .where(DELIVERIES.c.stream_id == bindparam("stream_id"))
    .with_for_update()
)
BEGIN = upsert(DELIVERIES).on_conflict_do_nothing()
_FURTHEST = upsert(DELIVERIES)
SET_FURTHEST = _FURTHEST.on_conflict_do_update(
    index_elements=["stream_id"], set_={name: _FURTHEST.excluded[name] for name in Furthest.__struct_fields__}
)


class SqlReadingStore(MessageStore):
    async def pointer(self, stream_id: int, user_id: int) -> Pointer | None:
        row = await self.transaction.row(POINTER, {"stream_id": stream_id, "user_id": user_id})
        return Pointer(*row) if row else None

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

    async def top_pointers(self, stream_id: int) -> list[tuple[int, int]]:
        return [(int(row[0]), int(row[1])) for row in await self.transaction.rows(TOP, {"stream_id": stream_id})]

    async def read_by(self, message: Message) -> int:
        values = {"stream_id": message.stream_id, "seq": message.seq, "sender_id": message.sender_id}
        return int(await self.transaction.scalar(READ_BY, values))

    async def sent_between(self, stream_id: int, after: int, up_to: int, limit: int) -> list[Sent]:
        values = {"stream_id": stream_id, "after": after, "up_to": up_to, "at_most": limit}
        return [Sent(*row) for row in await self.transaction.rows(SENT_BETWEEN, values)][::-1]

    async def stream(self, community_id: int) -> tuple[int, int]:
        row = (await self.transaction.execute(STREAM, {"community_id": community_id})).one()
        return int(row[0]), int(row[1])

    async def furthest(self, stream_id: int) -> Furthest:
        await self.transaction.execute(BEGIN, {"stream_id": stream_id, "seq": 0, "second_seq": 0})
        return Furthest(*(await self.transaction.execute(FURTHEST, {"stream_id": stream_id})).one())

    async def set_furthest(self, stream_id: int, furthest: Furthest) -> None:
        values = {name: getattr(furthest, name) for name in Furthest.__struct_fields__}
        await self.transaction.execute(SET_FURTHEST, {"stream_id": stream_id, **values})
