"""Messages as people read them."""

from typing import Any

from sqlalchemy import BigInteger, Integer, Select, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.community.chat import MESSAGE_COLUMNS, MESSAGES, POINTERS, RECEIPTS, STREAMS, message
from adapters.sql.community.rows import GROUPS, PERSON_COLUMNS
from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.rows import USERS
from modules.community.domain.chat import MOST_READERS, MOST_UNREAD, Message
from modules.community.queries import MessageCard, MessageRef, Person, Reader

QUOTED = MESSAGES.alias("quoted")
_MESSAGE = len(MESSAGE_COLUMNS)
_PERSON = _MESSAGE + len(PERSON_COLUMNS)
_PAST = (POINTERS.c.stream_id == MESSAGES.c.stream_id, POINTERS.c.last_read_seq >= MESSAGES.c.seq)
_READERS = (
    select(POINTERS.c.user_id)
    .where(*_PAST, POINTERS.c.user_id != MESSAGES.c.sender_id)
    .limit(MOST_READERS)
    .correlate(MESSAGES)
    .subquery()
)
_READ_BY = select(func.count()).select_from(_READERS).scalar_subquery()
# the move that came to rest nearest to it: as good as the first one, and found without looking at all of them
_READ_AT = (
    select(RECEIPTS.c.read_at)
    .where(
        RECEIPTS.c.stream_id == MESSAGES.c.stream_id,
        RECEIPTS.c.seq >= MESSAGES.c.seq,
        RECEIPTS.c.user_id != MESSAGES.c.sender_id,
    )
    .order_by(RECEIPTS.c.seq, RECEIPTS.c.id)
    .limit(1)
    .correlate(MESSAGES)
    .scalar_subquery()
)
CARDS = (
    select(
        *MESSAGE_COLUMNS,
        *PERSON_COLUMNS,
        USERS.c.email,
        QUOTED.c.id,
        QUOTED.c.sender_id,
        QUOTED.c.message,
        QUOTED.c.is_deleted,
        _READ_BY,
        _READ_AT,
    )
    .select_from(MESSAGES)
    .join(USERS, USERS.c.id == MESSAGES.c.sender_id)
    .outerjoin(QUOTED, QUOTED.c.id == MESSAGES.c.reply_to_id)
)
CARD_BY_ID = CARDS.where(MESSAGES.c.id == bindparam("id"))
_STREAM = select(STREAMS.c.id).where(STREAMS.c.community_id == bindparam("community_id")).scalar_subquery()
_SEQ = select(MESSAGES.c.seq).where(MESSAGES.c.id == bindparam("id"), MESSAGES.c.stream_id == _STREAM).scalar_subquery()
_LIMIT = bindparam("page_limit", type_=Integer)
_OF_STREAM = CARDS.where(MESSAGES.c.stream_id == _STREAM)
_DOWN, _UP = MESSAGES.c.seq.desc(), MESSAGES.c.seq.asc()
LATEST: Select[Any] = _OF_STREAM.order_by(_DOWN).limit(_LIMIT)
BEFORE: Select[Any] = _OF_STREAM.where(MESSAGES.c.seq < _SEQ).order_by(_DOWN).limit(_LIMIT)
UP_TO: Select[Any] = _OF_STREAM.where(MESSAGES.c.seq <= _SEQ).order_by(_DOWN).limit(_LIMIT)
AFTER: Select[Any] = _OF_STREAM.where(MESSAGES.c.seq > _SEQ).order_by(_UP).limit(_LIMIT)
READERS = (
    select(*PERSON_COLUMNS, func.min(RECEIPTS.c.read_at))
    .join(RECEIPTS, RECEIPTS.c.user_id == USERS.c.id)
    .where(
        RECEIPTS.c.stream_id == bindparam("stream_id"),
        RECEIPTS.c.seq >= bindparam("seq"),
        RECEIPTS.c.user_id != bindparam("sender_id"),
    )
    .group_by(*PERSON_COLUMNS)
    .order_by(func.min(RECEIPTS.c.read_at), USERS.c.id)
    .limit(MOST_READERS)
)
MEMBER_COUNT = select(GROUPS.c.member_count).where(GROUPS.c.id == bindparam("community_id"))
_MINE = (
    select(POINTERS.c.last_read_seq)
    .where(POINTERS.c.stream_id == STREAMS.c.id, POINTERS.c.user_id == bindparam("user_id"))
    .correlate(STREAMS)
    .scalar_subquery()
)
_UNREAD = (
    select(MESSAGES.c.id)
    .where(
        MESSAGES.c.stream_id == STREAMS.c.id,
        MESSAGES.c.seq > func.coalesce(_MINE, 0),
        MESSAGES.c.sender_id != bindparam("user_id"),
        ~MESSAGES.c.is_deleted,
    )
    .limit(MOST_UNREAD)
    .correlate(STREAMS)
    .subquery()
)
_COUNTS = select(STREAMS.c.community_id, select(func.count()).select_from(_UNREAD).scalar_subquery())
POSTGRES_UNREAD = _COUNTS.where(STREAMS.c.community_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_UNREAD = _COUNTS.where(STREAMS.c.community_id.in_(bindparam("ids", expanding=True)))


def _card(row: AnyRow) -> MessageCard:
    email, quoted_id, quoted_sender, quoted, is_gone, read_by, read_at = row[_PERSON:]
    reply_to = None if quoted_id is None else MessageRef(quoted_id, quoted_sender, "" if is_gone else quoted)
    return MessageCard(message(row[:_MESSAGE]), Person(*row[_MESSAGE:_PERSON]), email, reply_to, read_by, read_at)


class SqlChatQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def messages(
        self,
        community_id: int,
        *,
        limit: int,
        before: int | None = None,
        after: int | None = None,
        around: int | None = None,
    ) -> list[MessageCard]:
        if after is not None:
            return (await self._cards(AFTER, community_id, limit, after))[::-1]
        if around is not None:
            newer = await self._cards(AFTER, community_id, limit // 2, around)
            return newer[::-1] + await self._cards(UP_TO, community_id, limit - len(newer), around)
        if before is not None:
            return await self._cards(BEFORE, community_id, limit, before)
        return await self._cards(LATEST, community_id, limit, None)

    async def message(self, message_id: int) -> MessageCard | None:
        row = await self._database.row(CARD_BY_ID, {"id": message_id})
        return _card(row) if row else None

    async def readers(self, message: Message) -> list[Reader]:
        counted = await self._database.row(MEMBER_COUNT, {"community_id": message.community_id})
        if counted is None or counted[0] > MOST_READERS:
            return []
        values = {"stream_id": message.stream_id, "seq": message.seq, "sender_id": message.sender_id}
        return [Reader(Person(*row[:-1]), row[-1]) for row in await self._database.rows(READERS, values)]

    async def unread(self, user_id: int, community_ids: list[int]) -> dict[int, int]:
        statement = SQLITE_UNREAD if self._database.is_sqlite else POSTGRES_UNREAD
        rows = await self._database.rows(statement, {"user_id": user_id, "ids": community_ids}) if community_ids else []
        return {int(community_id): int(count) for community_id, count in rows}

    async def _cards(
        self, statement: Select[Any], community_id: int, limit: int, message_id: int | None
    ) -> list[MessageCard]:
        values: dict[str, Any] = {"community_id": community_id, "page_limit": limit}
        if message_id is not None:
            values["id"] = message_id
        return [_card(row) for row in await self._database.rows(statement, values)]
