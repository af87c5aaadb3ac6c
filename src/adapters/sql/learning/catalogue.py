"""Courses, categories and instructors, within a transaction."""

from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.failures import Duplicate, violated
from adapters.sql.learning.access import CourseStore
from adapters.sql.learning.notes import BOOKMARKS, NOTES
from adapters.sql.learning.outline import UPLOADED
from adapters.sql.learning.quiz_rows import QUIZZES, removals
from adapters.sql.learning.rows import (
    CATEGORIES,
    CONTENTS,
    COURSE_COLUMNS,
    COURSES,
    ENROLLMENTS,
    IMPORTS,
    INSTRUCTORS,
    MODULES,
    USERS,
    course,
)
from adapters.sql.models import (
    AssistantConversation,
    BundleCourse,
    ClassSeries,
    ClassSession,
    CommunityGroup,
    CouponCourse,
    CoursePassages,
    CourseShare,
    IndexedContent,
    InstalmentPlan,
    PassageRow,
    Payment,
    StatusSet,
)
from adapters.sql.store import table
from core.actor import Role
from modules.learning.domain.catalogue import Course, Provider, SlugTaken

USED_BY = (
    *(ENROLLMENTS, IMPORTS),
    *map(table, (Payment, CommunityGroup, BundleCourse, InstalmentPlan, CourseShare, CouponCourse)),
)
"""A course with a row in one of these stays."""
GOES_WITH = (
    *map(table, (ClassSession, ClassSeries, StatusSet)),
    *map(table, (AssistantConversation, PassageRow, IndexedContent, CoursePassages)),
    *(CONTENTS, MODULES, INSTRUCTORS),
)
"""Whose rows go with it, in this order."""
ADD_INSTRUCTOR = upsert(INSTRUCTORS).on_conflict_do_nothing()


class SqlCatalogueStore(CourseStore):
    async def category_id(self, slug: str) -> int | None:
        found = await self.transaction.scalar(select(CATEGORIES.c.id).where(CATEGORIES.c.slug == slug))
        return None if found is None else int(found)

    async def add_category(self, *, slug: str, title: str) -> int:
        statement = insert(CATEGORIES).values(slug=slug, title=title).returning(CATEGORIES.c.id)
        try:
            return int(await self.transaction.scalar(statement))
        except Duplicate as error:
            raise SlugTaken from error

    async def add_course(self, *, created_by_id: int, **values: Any) -> Course:
        fixed = {
            "created_by_id": created_by_id,
            "created_at": self.transaction.clock.now(),
            "currency": "INR",
            "is_published": False,
            "rating": 0.0,
            "rating_count": 0,
            "rating_sum": 0,
            "enrolled_count": 0,
            "version": 1,
        }
        return await self._unique(insert(COURSES).values(**fixed, **values).returning(*COURSE_COLUMNS))

    async def change_course(self, course_id: int, **changes: Any) -> Course:
        return await self._unique(
            update(COURSES)
            .where(COURSES.c.id == course_id)
            .values(version=COURSES.c.version + 1, **changes)
            .returning(*COURSE_COLUMNS)
        )

    async def stored_files(self, course_id: int) -> list[str]:
        columns = select(CONTENTS.c.media_provider, CONTENTS.c.media_ref, CONTENTS.c.captions)
        found = list[str]()
        for provider, ref, captions in await self.transaction.rows(columns.where(CONTENTS.c.course_id == course_id)):
            found += [*([ref] if provider == Provider.STORAGE.value else []), *captions.values()]
        uploaded = select(UPLOADED.c.ref).join(CONTENTS, CONTENTS.c.id == UPLOADED.c.content_id)
        rows = await self.transaction.rows(uploaded.where(CONTENTS.c.course_id == course_id))
        return [*found, *(row[0] for row in rows)]

    async def remove_course(self, course_id: int) -> None:
        in_course = QUIZZES.c.content_id.in_(select(CONTENTS.c.id).where(CONTENTS.c.course_id == course_id))
        for statement in removals(select(QUIZZES.c.id).where(in_course)):
            await self.transaction.execute(statement)
        contents = select(CONTENTS.c.id).where(CONTENTS.c.course_id == course_id)
        for kept in (NOTES, BOOKMARKS, UPLOADED):  # of staff, and of previews
            await self.transaction.execute(delete(kept).where(kept.c.content_id.in_(contents)))
        for rows in GOES_WITH:
            await self.transaction.execute(delete(rows).where(rows.c.course_id == course_id))
        await self.transaction.execute(delete(COURSES).where(COURSES.c.id == course_id))

    async def is_course_used(self, course_id: int) -> bool:
        used = or_(*(exists().where(rows.c.course_id == course_id) for rows in USED_BY))
        return bool(await self.transaction.scalar(select(used)))

    async def is_instructor(self, user_id: int) -> bool:
        wanted = exists().where(
            USERS.c.id == user_id, USERS.c.role == Role.INSTRUCTOR.value, USERS.c.deleted_at.is_(None)
        )
        return bool(await self.transaction.scalar(select(wanted)))

    async def add_instructor(self, course_id: int, user_id: int) -> None:
        values = {"course_id": course_id, "user_id": user_id, "added_at": self.transaction.clock.now()}
        await self.transaction.execute(ADD_INSTRUCTOR, values)

    async def remove_instructor(self, course_id: int, user_id: int) -> bool:
        result = await self.transaction.execute(
            delete(INSTRUCTORS).where(INSTRUCTORS.c.course_id == course_id, INSTRUCTORS.c.user_id == user_id)
        )
        return bool(result.rowcount)

    async def count_published_contents(self, course_id: int) -> int:
        wanted = (CONTENTS.c.course_id == course_id, CONTENTS.c.is_published)
        return int(await self.transaction.scalar(select(func.count()).where(*wanted)))

    async def _unique(self, statement: Any) -> Course:
        try:
            return course((await self.transaction.execute(statement)).one())
        except Duplicate as error:
            if violated(error, "courses.slug"):
                raise SlugTaken from error
            raise
