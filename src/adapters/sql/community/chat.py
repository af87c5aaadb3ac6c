"""Messages as they are sent, changed and deleted, within a transaction."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.messages import (
    IN_COMMUNITY,
    MESSAGE_COLUMNS,
    MESSAGES,
    REVISIONS,
    STREAMS,
    MessageStore,
    message,
    pair,
)
from adapters.sql.community.rows import MEMBERS
from adapters.sql.failures import Duplicate, violated
from core.text import words
from modules.community.domain.chat import Message
from modules.community.ports import SentBefore

SENT = select(*MESSAGE_COLUMNS).where(
    MESSAGES.c.sender_id == bindparam("sender_id"), MESSAGES.c.client_id == bindparam("client_id")
)
_NEXT = update(STREAMS).values(seq=STREAMS.c.seq + 1).returning(STREAMS.c.id, STREAMS.c.seq)
NEXT_IN_COMMUNITY = _NEXT.where(STREAMS.c.community_id == bindparam("in_group"), STREAMS.c.first_user_id.is_(None))
NEXT_IN_STREAM = _NEXT.where(STREAMS.c.id == bindparam("stream"))
NEXT_BETWEEN = (
    upsert(STREAMS)
    .on_conflict_do_update(
        index_elements=["community_id", "first_user_id", "second_user_id"],
        index_where=STREAMS.c.first_user_id.is_not(None),
        set_={"seq": STREAMS.c.seq + 1},
    )
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
    .where(*IN_COMMUNITY, MESSAGES.c.sender_id == bindparam("user_id"))
    .order_by(MESSAGES.c.seq.desc())
    .limit(1)
)
UNCHANGED: dict[str, Any] = {
    "is_edited": False, "edited_at": None, "is_deleted": False, "deleted_at": None, "version": 1,
}  # fmt: skip


class SqlChatStore(MessageStore):
    async def sent(self, sender_id: int, client_id: str) -> Message | None:
        row = await self.transaction.row(SENT, {"sender_id": sender_id, "client_id": client_id})
        return message(row) if row else None

    async def last_sent(self, community_id: int, sender_id: int) -> datetime | None:
        values = {"community_id": community_id, "user_id": sender_id}
        await self.transaction.row(LOCK_MEMBER, values)
        row = await self.transaction.row(LAST_SENT, values)
        return row[0] if row else None

    async def next_in_community(self, community_id: int) -> tuple[int, int]:
        row = (await self.transaction.execute(NEXT_IN_COMMUNITY, {"in_group": community_id})).one()
        return int(row[0]), int(row[1])

    async def next_between(self, community_id: int, user_id: int, other_id: int) -> tuple[int, int]:
        first = {"community_id": community_id, **pair(user_id, other_id), "seq": 1, "epoch": uuid.uuid4().hex}
        row = (await self.transaction.execute(NEXT_BETWEEN, first)).one()
        return int(row[0]), int(row[1])

    async def next_in(self, stream_id: int) -> int:
        return int((await self.transaction.execute(NEXT_IN_STREAM, {"stream": stream_id})).one()[1])

    async def add_message(self, **values: Any) -> Message:
        now = self.transaction.clock.now()
        values |= {
            **UNCHANGED,
            "change_seq": values["seq"],
            "message_type": values["message_type"].value,
            "terms": _terms(values["message"]),
            "created_at": now,
            "updated_at": now,
        }
        try:
            row = (await self.transaction.execute(ADD, values)).one()
        except Duplicate as error:
            if values["client_id"] and violated(error, "chat_messages.client"):
                raise SentBefore from error
            raise
        return message(row)

    async def change_message(self, message_id: int, change_seq: int, **changes: Any) -> Message:
        if changes.get("is_deleted"):
            changes["terms"] = ""
        elif "message" in changes:
            changes["terms"] = _terms(changes["message"])
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


def _terms(text: str) -> str:
    """What search reads."""
    return " ".join(words(text))
