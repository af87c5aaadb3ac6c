"""Modules and contents, within a transaction."""

from typing import Any

from sqlalchemy import bindparam, delete, exists, func, insert, or_, select, update

from adapters.sql.learning.access import CourseStore
from adapters.sql.learning.notes import BOOKMARKS, NOTES
from adapters.sql.learning.quiz_rows import ATTEMPTS, OF_QUIZ, QUIZ_COLUMNS, QUIZZES, questions, quiz, removals
from adapters.sql.learning.rows import (
    CONTENT_COLUMNS,
    CONTENTS,
    COURSES,
    MODULE_COLUMNS,
    MODULES,
    PROGRESS,
    content,
    media_values,
    module,
)
from adapters.sql.models import Upload
from adapters.sql.store import table
from modules.learning.domain.catalogue import Content, Module
from modules.learning.domain.quizzes import Question, Quiz

UPLOADED = table(Upload)
UPLOADED_REFS = select(UPLOADED.c.ref).where(UPLOADED.c.content_id == bindparam("content_id"))
MODULE_BY_ID = select(*MODULE_COLUMNS).where(MODULES.c.id == bindparam("id"))
CONTENT_BY_ID = select(*CONTENT_COLUMNS).where(CONTENTS.c.id == bindparam("id"))
PLACE_MODULE = update(MODULES).where(MODULES.c.id == bindparam("row")).values(position=bindparam("place"))
PLACE_CONTENT = update(CONTENTS).where(CONTENTS.c.id == bindparam("row")).values(position=bindparam("place"))


class SqlOutlineStore(CourseStore):
    async def touch_course(self, course_id: int) -> None:
        await self.transaction.execute(
            update(COURSES).where(COURSES.c.id == course_id).values(version=COURSES.c.version + 1)
        )

    async def add_module(self, course_id: int, *, title: str, description: str) -> Module:
        last = select(func.coalesce(func.max(MODULES.c.position), 0)).where(MODULES.c.course_id == course_id)
        values = {"course_id": course_id, "title": title, "description": description, "version": 1}
        statement = insert(MODULES).values(position=last.scalar_subquery() + 1, **values).returning(*MODULE_COLUMNS)
        return module((await self.transaction.execute(statement)).one())

    async def module(self, module_id: int) -> Module | None:
        row = await self.transaction.row(MODULE_BY_ID, {"id": module_id})
        return module(row) if row else None

    async def change_module(self, module_id: int, **changes: Any) -> Module:
        statement = (
            update(MODULES)
            .where(MODULES.c.id == module_id)
            .values(version=MODULES.c.version + 1, **changes)
            .returning(*MODULE_COLUMNS)
        )
        return module((await self.transaction.execute(statement)).one())

    async def remove_module(self, module_id: int) -> None:
        await self.transaction.execute(delete(MODULES).where(MODULES.c.id == module_id))

    async def module_ids(self, course_id: int) -> list[int]:
        ordered = select(MODULES.c.id).where(MODULES.c.course_id == course_id)
        return [row[0] for row in await self.transaction.rows(ordered.order_by(MODULES.c.position, MODULES.c.id))]

    async def order_modules(self, ids: list[int]) -> None:
        await self.transaction.execute(PLACE_MODULE, [{"row": id_, "place": n} for n, id_ in enumerate(ids, 1)])

    async def add_content(self, module: Module, **values: Any) -> Content:
        last = select(func.coalesce(func.max(CONTENTS.c.position), 0)).where(CONTENTS.c.module_id == module.id)
        fixed = {
            "course_id": module.course_id,
            "module_id": module.id,
            "is_published": False,
            "captions": {},
            "created_at": self.transaction.clock.now(),
            "version": 1,
        }
        statement = insert(CONTENTS).values(position=last.scalar_subquery() + 1, **fixed, **_columns(values))
        return content((await self.transaction.execute(statement.returning(*CONTENT_COLUMNS))).one())

    async def content(self, content_id: int) -> Content | None:
        row = await self.transaction.row(CONTENT_BY_ID, {"id": content_id})
        return content(row) if row else None

    async def change_content(self, content_id: int, **changes: Any) -> Content:
        statement = (
            update(CONTENTS)
            .where(CONTENTS.c.id == content_id)
            .values(version=CONTENTS.c.version + 1, **_columns(changes))
            .returning(*CONTENT_COLUMNS)
        )
        return content((await self.transaction.execute(statement)).one())

    async def uploaded(self, content_id: int) -> list[str]:
        return [row[0] for row in await self.transaction.rows(UPLOADED_REFS, {"content_id": content_id})]

    async def remove_content(self, content_id: int) -> None:
        await self.transaction.execute(delete(UPLOADED).where(UPLOADED.c.content_id == content_id))
        await self.transaction.execute(delete(BOOKMARKS).where(BOOKMARKS.c.content_id == content_id))
        for statement in removals(select(QUIZZES.c.id).where(QUIZZES.c.content_id == content_id)):
            await self.transaction.execute(statement)
        await self.transaction.execute(delete(CONTENTS).where(CONTENTS.c.id == content_id))

    async def content_ids(self, module_id: int) -> list[int]:
        ordered = select(CONTENTS.c.id).where(CONTENTS.c.module_id == module_id)
        return [row[0] for row in await self.transaction.rows(ordered.order_by(CONTENTS.c.position, CONTENTS.c.id))]

    async def order_contents(self, ids: list[int]) -> None:
        await self.transaction.execute(PLACE_CONTENT, [{"row": id_, "place": n} for n, id_ in enumerate(ids, 1)])

    async def is_content_used(self, content_id: int) -> bool:
        has_progress = exists().where(PROGRESS.c.content_id == content_id)
        in_quiz = QUIZZES.c.content_id == content_id
        was_attempted = exists().where(ATTEMPTS.c.quiz_id == select(QUIZZES.c.id).where(in_quiz).scalar_subquery())
        was_noted = exists().where(NOTES.c.content_id == content_id)
        return bool(await self.transaction.scalar(select(or_(has_progress, was_attempted, was_noted))))

    async def quiz_of(self, content_id: int) -> Quiz | None:
        row = await self.transaction.row(select(*QUIZ_COLUMNS).where(QUIZZES.c.content_id == content_id))
        return quiz(row) if row else None

    async def questions(self, quiz_id: int) -> list[Question]:
        return questions(await self.transaction.rows(OF_QUIZ, {"quiz_id": quiz_id}))


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    columns = {key: value for key, value in values.items() if key != "media"}
    return columns | media_values(values["media"]) if "media" in values else columns
