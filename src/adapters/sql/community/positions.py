"""What sockets ask of streams: where they stand, what has changed since, and who has not read what."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, any_, bindparam, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.community.messages import (
    IN_COMMUNITY,
    MESSAGE_COLUMNS,
    MESSAGES,
    POINTERS,
    STREAMS,
    message,
)
from adapters.sql.database import Database
from adapters.sql.learning.rows import USERS
from modules.community.domain.chat import MOST_CHANGES, MOST_UNREAD
from modules.community.live import Changed
from modules.community.queries import Missed, Position

MOST_LOOKED_AT = 1000
"""Whoever has written so much after their own pointer may see fewer unread than there are."""
_POSITIONS = select(STREAMS.c.community_id, STREAMS.c.seq, STREAMS.c.epoch).where(STREAMS.c.first_user_id.is_(None))
POSTGRES_POSITIONS = _POSITIONS.where(STREAMS.c.community_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_POSITIONS = _POSITIONS.where(STREAMS.c.community_id.in_(bindparam("ids", expanding=True)))
# one statement, hence one moment: the changes are all of those up to the number beside them
_CHANGES = (
    select(*MESSAGE_COLUMNS)
    .where(
        MESSAGES.c.stream_id == select(STREAMS.c.id).where(*IN_COMMUNITY).scalar_subquery(),
        MESSAGES.c.change_seq > bindparam("since"),
    )
    .order_by(MESSAGES.c.change_seq)
    .limit(MOST_CHANGES + 1)
    .subquery("changes")
)
MISSED = (
    select(STREAMS.c.seq, STREAMS.c.epoch, USERS.c.email, *_CHANGES.c)
    .select_from(STREAMS)
    .outerjoin(_CHANGES, _CHANGES.c.stream_id == STREAMS.c.id)
    .outerjoin(USERS, USERS.c.id == _CHANGES.c.sender_id)
    .where(*IN_COMMUNITY)
    .order_by(_CHANGES.c.change_seq)
)
SEQ_OF = (
    select(MESSAGES.c.seq)
    .join(STREAMS, STREAMS.c.id == MESSAGES.c.stream_id)
    .where(MESSAGES.c.id == bindparam("id"), *IN_COMMUNITY)
)
_RECENT_DIRECT = (
    select(USERS.c.email, *MESSAGE_COLUMNS)
    .join(USERS, USERS.c.id == MESSAGES.c.sender_id)
    .where(MESSAGES.c.recipient_id.is_not(None), MESSAGES.c.updated_at > bindparam("since"))
    .order_by(MESSAGES.c.updated_at, MESSAGES.c.id)
    .limit(bindparam("at_most", type_=Integer))
)
_BOTH = (MESSAGES.c.sender_id, MESSAGES.c.recipient_id)
POSTGRES_RECENT_DIRECT = _RECENT_DIRECT.where(
    or_(*(one == any_(bindparam("ids", type_=ARRAY(BigInteger))) for one in _BOTH))
)
SQLITE_RECENT_DIRECT = _RECENT_DIRECT.where(or_(*(one.in_(bindparam("ids", expanding=True)) for one in _BOTH)))
_MINE = (
    select(POINTERS.c.last_read_seq)
    .where(POINTERS.c.stream_id == STREAMS.c.id, POINTERS.c.user_id == bindparam("user_id"))
    .correlate(STREAMS)
    .scalar_subquery()
)
_LATER = (
    select(MESSAGES.c.sender_id, MESSAGES.c.is_deleted)
    .where(MESSAGES.c.stream_id == STREAMS.c.id, MESSAGES.c.seq > func.coalesce(_MINE, 0))
    .order_by(MESSAGES.c.seq)
    .limit(MOST_LOOKED_AT)
    .correlate(STREAMS)
    .subquery("later")
)
_UNREAD = (
    select(literal_column("1"))
    .where(_LATER.c.sender_id != bindparam("user_id"), ~_LATER.c.is_deleted)
    .limit(MOST_UNREAD)
    .subquery("unread")
)
COUNT = select(func.count()).select_from(_UNREAD).scalar_subquery()
_COUNTS = select(STREAMS.c.community_id, COUNT).where(STREAMS.c.first_user_id.is_(None))
POSTGRES_UNREAD = _COUNTS.where(STREAMS.c.community_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_UNREAD = _COUNTS.where(STREAMS.c.community_id.in_(bindparam("ids", expanding=True)))
UNREAD_IN = select(COUNT).select_from(STREAMS).where(STREAMS.c.id == bindparam("stream_id"))


class SqlPositions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def positions(self, community_ids: list[int]) -> dict[int, Position]:
        statement = SQLITE_POSITIONS if self._database.is_sqlite else POSTGRES_POSITIONS
        rows = await self._database.rows(statement, {"ids": community_ids}) if community_ids else []
        return {int(row[0]): Position(int(row[1]), str(row[2])) for row in rows}

    async def missed(self, community_id: int, since: int) -> Missed | None:
        rows = await self._database.rows(MISSED, {"community_id": community_id, "since": since})
        if not rows:
            return None
        seq, epoch = int(rows[0][0]), str(rows[0][1])
        changes = [Changed(message(row[3:]), row[2]) for row in rows if row[3] is not None]
        is_all = len(changes) <= MOST_CHANGES
        return Missed(Position(seq, epoch), changes if is_all else [], is_all)

    async def seq_of(self, community_id: int, message_id: int) -> int | None:
        row = await self._database.row(SEQ_OF, {"community_id": community_id, "id": message_id})
        return int(row[0]) if row else None

    async def recent_direct(self, user_ids: list[int], since: datetime, limit: int) -> list[Changed]:
        statement = SQLITE_RECENT_DIRECT if self._database.is_sqlite else POSTGRES_RECENT_DIRECT
        rows = await self._database.rows(statement, {"ids": user_ids, "since": since, "at_most": limit})
        return [Changed(message(row[1:]), row[0]) for row in rows]

    async def unread(self, user_id: int, community_ids: list[int]) -> dict[int, int]:
        statement = SQLITE_UNREAD if self._database.is_sqlite else POSTGRES_UNREAD
        rows = await self._database.rows(statement, {"user_id": user_id, "ids": community_ids}) if community_ids else []
        return {int(community_id): int(count) for community_id, count in rows}

    async def unread_in(self, user_id: int, stream_id: int) -> int:
        values: dict[str, Any] = {"user_id": user_id, "stream_id": stream_id}
        row = await self._database.row(UNREAD_IN, values)
        return int(row[0]) if row else 0
