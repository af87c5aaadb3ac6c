"""Whole courses, within a transaction."""

from sqlalchemy import select

from adapters.sql.learning.catalogue import SqlCatalogueStore
from adapters.sql.learning.quizzes import SqlQuizStore
from adapters.sql.learning.rows import (
    CATEGORIES,
    CONTENT_COLUMNS,
    CONTENTS,
    MODULE_COLUMNS,
    MODULES,
    content,
    module,
)
from modules.learning.domain.catalogue import Content, Module


class SqlArchiveStore(SqlQuizStore, SqlCatalogueStore):
    async def category(self, category_id: int) -> tuple[str, str] | None:
        wanted = select(CATEGORIES.c.slug, CATEGORIES.c.title).where(CATEGORIES.c.id == category_id)
        row = await self.transaction.row(wanted)
        return (row[0], row[1]) if row else None

    async def modules(self, course_id: int) -> list[Module]:
        wanted = select(*MODULE_COLUMNS).where(MODULES.c.course_id == course_id)
        rows = await self.transaction.rows(wanted.order_by(MODULES.c.position, MODULES.c.id))
        return [module(row) for row in rows]

    async def contents(self, course_id: int) -> list[Content]:
        wanted = select(*CONTENT_COLUMNS).where(CONTENTS.c.course_id == course_id)
        rows = await self.transaction.rows(wanted.order_by(CONTENTS.c.position, CONTENTS.c.id))
        return [content(row) for row in rows]
