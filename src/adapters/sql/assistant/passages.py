"""Passages of what is published: within a transaction, and as they are ranked."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.assistant.rows import COURSE_VERSIONS, INDEXED, PASSAGES
from adapters.sql.database import Database
from adapters.sql.learning.rows import CONTENTS
from adapters.sql.store import SqlStore
from modules.assistant.domain.passages import Passage, Sentence
from modules.assistant.ports import IndexedPassage, Source

_CONTENT = bindparam("content", type_=CONTENTS.c.id.type)
STILL = (
    select(CONTENTS.c.id)
    .where(CONTENTS.c.id == _CONTENT, CONTENTS.c.is_published, CONTENTS.c.version == bindparam("version"))
    .with_for_update(key_share=True)
)
DROP = delete(PASSAGES).where(PASSAGES.c.content_id == _CONTENT)
FORGET = delete(INDEXED).where(INDEXED.c.content_id == _CONTENT).returning(INDEXED.c.course_id)
ADD = insert(PASSAGES)
_REMEMBER = upsert(INDEXED)
REMEMBER = _REMEMBER.on_conflict_do_update(
    index_elements=["content_id"],
    set_={"version": _REMEMBER.excluded.version, "indexed_at": _REMEMBER.excluded.indexed_at},
)
RAISE = upsert(COURSE_VERSIONS).on_conflict_do_update(
    index_elements=["course_id"], set_={"version": COURSE_VERSIONS.c.version + 1}
)
VERSION = select(func.coalesce(func.max(COURSE_VERSIONS.c.version), 0)).where(
    COURSE_VERSIONS.c.course_id == bindparam("course_id")
)
OF_COURSE = (
    select(PASSAGES.c.content_id, CONTENTS.c.title, PASSAGES.c.heading, PASSAGES.c.page, PASSAGES.c.sentences)
    .join(CONTENTS, CONTENTS.c.id == PASSAGES.c.content_id)
    .where(PASSAGES.c.course_id == bindparam("course_id"))
    .order_by(PASSAGES.c.content_id, PASSAGES.c.position)
)


class SqlIndexStore(SqlStore):
    async def replace(self, source: Source, passages: Sequence[Passage]) -> bool:
        named = {"content": source.content_id}
        if await self.transaction.row(STILL, {**named, "version": source.version}) is None:
            return False
        await self.transaction.execute(DROP, named)
        rows: list[dict[str, Any]] = [
            {
                "course_id": source.course_id,
                "content_id": source.content_id,
                "position": position,
                "heading": passage.heading,
                "page": passage.page,
                "sentences": [[one.text, one.second] for one in passage.sentences],
            }
            for position, passage in enumerate(passages)
        ]
        if rows:
            await self.transaction.execute(ADD, rows if len(rows) > 1 else rows[0])
        now = self.transaction.clock.now()
        kept = {"content_id": source.content_id, "course_id": source.course_id, "version": source.version}
        await self.transaction.execute(REMEMBER, {**kept, "indexed_at": now})
        await self.transaction.execute(RAISE, {"course_id": source.course_id, "version": 1})
        return True

    async def drop(self, content_id: int) -> None:
        await self.transaction.execute(DROP, {"content": content_id})
        course_id = await self.transaction.scalar(FORGET, {"content": content_id})
        if course_id is not None:
            await self.transaction.execute(RAISE, {"course_id": int(course_id), "version": 1})


class SqlPassages:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self, course_id: int) -> int:
        row = await self._database.row(VERSION, {"course_id": course_id})
        return int(row[0]) if row else 0

    async def of_course(self, course_id: int) -> list[IndexedPassage]:
        rows = await self._database.rows(OF_COURSE, {"course_id": course_id})
        return [
            IndexedPassage(id_, title, Passage(heading, page, _sentences(kept)))
            for id_, title, heading, page, kept in rows
        ]


def _sentences(kept: Any) -> tuple[Sentence, ...]:
    return tuple(Sentence(*one) for one in msgspec.convert(kept, list[tuple[str, int | None]]))
