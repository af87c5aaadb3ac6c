"""The catalogue as people read it: lists, search and outlines."""

from typing import Any

from msgspec import Struct
from sqlalchemy import (
    and_,
    bindparam,
    literal_column,
    select,
)

from adapters.sql.database import Database
from adapters.sql.failures import translated
from adapters.sql.learning.access import is_staff, teaches
from adapters.sql.learning.catalogue_lists import (
    CARD_BY_ID,
    COURSE_LIST,
    POSTGRES_SEARCH,
    SQLITE_SEARCH,
    card,
    fts5_query,
    tsquery,
)
from adapters.sql.learning.rows import (
    CATEGORIES,
    CONTENTS,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    INSTRUCTORS,
    MODULES,
    PERSON_COLUMNS,
    PROGRESS,
    PROGRESS_COLUMNS,
    TYPES,
    USERS,
    enrollment,
    progress,
)
from adapters.sql.pages import given
from adapters.sql.together import Shared
from core.actor import Actor, Role
from core.paging import Page, PageRequest
from core.text import words
from modules.learning.queries import (
    CategoryCard,
    CourseCard,
    CourseFilter,
    Outline,
    OutlineContent,
    OutlineModule,
    Person,
)

MOST_TERMS = 12
OUTLINE_MODULES = (
    select(MODULES.c.id, MODULES.c.course_id, MODULES.c.title, MODULES.c.description, MODULES.c.position)
    .where(MODULES.c.course_id == bindparam("course_id"))
    .order_by(MODULES.c.position, MODULES.c.id)
)
OUTLINE_CONTENTS = (
    select(
        CONTENTS.c.id,
        CONTENTS.c.module_id,
        CONTENTS.c.title,
        CONTENTS.c.content_type,
        CONTENTS.c.video_duration,
        CONTENTS.c.is_preview,
        CONTENTS.c.is_published,
        CONTENTS.c.available_after_days,
        CONTENTS.c.position,
        *PROGRESS_COLUMNS,
    )
    .outerjoin(
        PROGRESS,
        and_(PROGRESS.c.content_id == CONTENTS.c.id, PROGRESS.c.enrollment_id == bindparam("enrollment_id")),
    )
    .where(CONTENTS.c.course_id == bindparam("course_id"))
    .order_by(CONTENTS.c.position, CONTENTS.c.id)
)
VIEWER = select(
    teaches(bindparam("course_id")),
    *ENROLLMENT_COLUMNS,
).select_from(
    select(literal_column("1"))
    .subquery()
    .outerjoin(
        ENROLLMENTS,
        and_(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id")),
    )
)


class _Asked(Struct, frozen=True):
    """A list of courses in somebody's eyes; students and strangers see the same."""

    request: PageRequest
    wanted: CourseFilter
    sees: str
    user_id: int


class SqlCatalogueQueries:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists = Shared(self._list)  # at nine in the morning everybody opens the same page

    async def courses(self, request: PageRequest, wanted: CourseFilter, viewer: Actor | None) -> Page[CourseCard]:
        sees, user_id = "published", 0
        if viewer is not None and viewer.role is not Role.STUDENT:
            sees, user_id = ("", 0) if viewer.is_admin else ("published_or_own", viewer.user_id)
        with translated():
            return await self._lists.get(_Asked(request, wanted, sees, user_id))

    async def _list(self, asked: _Asked) -> Page[CourseCard]:
        request, wanted = asked.request, asked.wanted
        where, values = _wanted(wanted)
        if asked.sees:
            where.append(asked.sees)
        if asked.user_id:
            values["user_id"] = asked.user_id
        if wanted.q and (terms := list(dict.fromkeys(words(wanted.q)))[:MOST_TERMS]):
            return await self._search(request, terms, where, values)
        order = wanted.ordering.removeprefix("-")
        attribute = {"price": "price_paise"}.get(order, order)
        return await COURSE_LIST.page(
            self._database,
            request,
            where=where,
            values=values,
            order=order,
            descending=wanted.ordering.startswith("-"),
            keys=lambda found: (getattr(found, attribute), found.id),
        )

    async def outline(self, course_id: int, viewer: Actor | None) -> Outline | None:
        row = await self._database.row(CARD_BY_ID, {"id": course_id})
        if row is None:
            return None
        found, is_own, enrolled = card(row), False, None
        if viewer is not None:
            values = {"course_id": course_id, "user_id": viewer.user_id}
            seen = await self._database.row(VIEWER, values)
            if seen is not None:
                is_own, enrolled = bool(seen[0]), enrollment(seen[1:])
        sees_all = is_staff(viewer, teaches=is_own)
        if not (found.is_published or sees_all or enrolled):
            return None
        modules = await self._modules(course_id, enrolled.id if enrolled else None, is_staff=sees_all)
        return Outline(found, sees_all, modules, enrolled)

    async def categories(self) -> list[CategoryCard]:
        columns = select(CATEGORIES.c.id, CATEGORIES.c.slug, CATEGORIES.c.title).order_by(CATEGORIES.c.title)
        return [CategoryCard(*row) for row in await self._database.rows(columns)]

    async def instructors(self, course_id: int) -> list[Person]:
        statement = (
            select(*PERSON_COLUMNS)
            .join(INSTRUCTORS, INSTRUCTORS.c.user_id == USERS.c.id)
            .where(INSTRUCTORS.c.course_id == course_id)
            .order_by(USERS.c.id)
        )
        return [Person(*row) for row in await self._database.rows(statement)]

    async def _search(
        self, request: PageRequest, terms: list[str], where: list[str], values: dict[str, Any]
    ) -> Page[CourseCard]:
        is_sqlite = self._database.is_sqlite
        found = await (SQLITE_SEARCH if is_sqlite else POSTGRES_SEARCH).page(
            self._database,
            request,
            where=where,
            values={**values, "query": fts5_query(terms) if is_sqlite else tsquery(terms)},
            order="relevance",
            keys=lambda pair: (pair[1], pair[0].id),
        )
        return Page([pair[0] for pair in found.results], found.next_cursor, found.previous_cursor, found.count)

    async def _modules(self, course_id: int, enrollment_id: int | None, *, is_staff: bool) -> list[OutlineModule]:
        modules = [
            OutlineModule(*[*row, []]) for row in await self._database.rows(OUTLINE_MODULES, {"course_id": course_id})
        ]
        by_id = {module.id: module for module in modules}
        values = {"course_id": course_id, "enrollment_id": enrollment_id or 0}
        for row in await self._database.rows(OUTLINE_CONTENTS, values):
            id_, module_id, title, kind, duration, preview, published, days, order = row[:9]
            if (published or is_staff) and module_id in by_id:  # a module may have come between the two reads
                by_id[module_id].contents.append(
                    OutlineContent(
                        id_,
                        module_id,
                        title,
                        TYPES[kind],
                        duration,
                        preview,
                        published,
                        days,
                        order,
                        progress(row[9:]),
                    )
                )
        return modules


def _wanted(wanted: CourseFilter) -> tuple[list[str], dict[str, Any]]:
    """The names of the filters that are set, and their values."""
    values = given(
        category=wanted.category,
        level=wanted.level and wanted.level.value,
        language=wanted.language,
        min_paise=wanted.min_paise,
        max_paise=wanted.max_paise,
    )
    where = sorted(values)
    for name, flag in (("trending", wanted.is_trending), ("free", wanted.is_free)):
        if flag is not None:
            where.append(name if flag else f"not_{name}")
    return where, values
