"""The catalogue as people read it: lists, search and outlines."""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.rows import (
    CATEGORIES,
    CONTENTS,
    COURSES,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    INSTRUCTORS,
    LEVELS,
    MODULES,
    PERSON_COLUMNS,
    PROGRESS,
    PROGRESS_COLUMNS,
    TYPES,
    USERS,
    enrollment,
    progress,
)
from adapters.sql.pages import page
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

C = COURSES.c
CARD_COLUMNS = [
    C.id,
    C.title,
    C.slug,
    C.description,
    C.price_paise,
    C.currency,
    C.thumbnail,
    CATEGORIES.c.id,
    CATEGORIES.c.slug,
    CATEGORIES.c.title,
    C.level,
    C.language,
    C.is_published,
    C.is_trending,
    C.rating,
    C.rating_count,
    C.enrolled_count,
    C.access_days,
    *PERSON_COLUMNS,
    C.created_at,
    C.version,
]
CARDS = (
    select(*CARD_COLUMNS)
    .select_from(COURSES)
    .join(USERS, USERS.c.id == C.created_by_id)
    .outerjoin(CATEGORIES, CATEGORIES.c.id == C.category_id)
)
CARD_BY_ID = CARDS.where(C.id == bindparam("id"))
SORT_COLUMNS: dict[str, ColumnElement[Any]] = {
    "created_at": C.created_at,
    "price": C.price_paise,
    "rating": C.rating,
    "enrolled_count": C.enrolled_count,
    "title": C.title,
}
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
    exists().where(INSTRUCTORS.c.course_id == bindparam("course_id"), INSTRUCTORS.c.user_id == bindparam("user_id")),
    *ENROLLMENT_COLUMNS,
).select_from(
    select(literal_column("1"))
    .subquery()
    .outerjoin(
        ENROLLMENTS,
        and_(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id")),
    )
)


class SqlCatalogueQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def courses(self, request: PageRequest, wanted: CourseFilter, viewer: Actor | None) -> Page[CourseCard]:
        statement = _filtered(CARDS.where(_visible(viewer)), wanted)
        if wanted.q and (terms := list(dict.fromkeys(words(wanted.q)))[:MOST_TERMS]):
            return await self._search(statement, request, terms)
        name = wanted.ordering.removeprefix("-")
        column = SORT_COLUMNS[name]
        attribute = {"price": "price_paise"}.get(name, name)
        return await page(
            self._database,
            statement,
            request,
            keys=[column, C.id],
            descending=wanted.ordering.startswith("-"),
            make=card,
            values=lambda found: (getattr(found, attribute), found.id),
        )

    async def outline(self, course_id: int, viewer: Actor | None) -> Outline | None:
        row = await self._database.row(CARD_BY_ID, {"id": course_id})
        if row is None:
            return None
        found, teaches, enrolled = card(row), False, None
        if viewer is not None:
            values = {"course_id": course_id, "user_id": viewer.user_id}
            seen = await self._database.row(VIEWER, values)
            if seen is not None:
                teaches, enrolled = bool(seen[0]) and viewer.role is Role.INSTRUCTOR, enrollment(seen[1:])
        is_staff = teaches or (viewer is not None and viewer.is_admin)
        if not (found.is_published or is_staff or enrolled):
            return None
        modules = await self._modules(course_id, enrolled.id if enrolled else None, is_staff=is_staff)
        return Outline(found, is_staff, modules, enrolled)

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

    async def _search(self, statement: Select[Any], request: PageRequest, terms: list[str]) -> Page[CourseCard]:
        match, rank = _sqlite_search(terms) if self._database.is_sqlite else _postgres_search(terms)
        if self._database.is_sqlite:
            statement = statement.join(text("courses_fts"), literal_column("courses_fts.rowid") == C.id)
        ranked = statement.add_columns(rank.label("relevance")).where(match)
        found = await page(
            self._database,
            ranked,
            request,
            keys=[rank, C.id],
            descending=True,
            make=lambda row: (card(row), int(row[-1])),
            values=lambda pair: (pair[1], pair[0].id),
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


def card(row: Sequence[Any] | AnyRow) -> CourseCard:
    category = None if row[7] is None else CategoryCard(row[7], row[8], row[9])
    values = [*row[:7], category, LEVELS[row[10]], *row[11:18], Person(*row[18:22]), row[22], row[23]]
    return CourseCard(*values)


def _visible(viewer: Actor | None) -> ColumnElement[bool]:
    if viewer is None or viewer.role is Role.STUDENT:
        return C.is_published
    if viewer.is_admin:
        return or_(C.is_published, ~C.is_published)
    own = exists().where(INSTRUCTORS.c.course_id == C.id, INSTRUCTORS.c.user_id == viewer.user_id)
    return or_(C.is_published, own)


def _filtered(statement: Select[Any], wanted: CourseFilter) -> Select[Any]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.category is not None:
        conditions.append(
            C.category_id == select(CATEGORIES.c.id).where(CATEGORIES.c.slug == wanted.category).scalar_subquery()
        )
    if wanted.level is not None:
        conditions.append(C.level == wanted.level.value)
    if wanted.language is not None:
        conditions.append(C.language == wanted.language)
    if wanted.is_trending is not None:
        conditions.append(C.is_trending if wanted.is_trending else ~C.is_trending)
    if wanted.is_free is not None:
        conditions.append(C.price_paise == 0 if wanted.is_free else C.price_paise > 0)
    if wanted.min_paise is not None:
        conditions.append(C.price_paise >= wanted.min_paise)
    if wanted.max_paise is not None:
        conditions.append(C.price_paise <= wanted.max_paise)
    return statement.where(*conditions)


MOST_TERMS = 12
LONGEST_TITLE = 1000  # words
# The terms come from core.text.words, which leaves letters, digits, marks and underscores only: nothing of a query
# language survives in them. The migration's index holds the same expression.
TSVECTOR = (
    "(setweight(array_to_tsvector(string_to_array(courses.title_terms, ' ')), 'A') || "
    "setweight(array_to_tsvector(string_to_array(courses.description_terms, ' ')), 'D'))"
)


def _postgres_search(terms: list[str]) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    lexemes = [*(f"'{term}'" for term in terms[:-1]), f"'{terms[-1]}':*"]
    query = cast(" & ".join(lexemes), TSQUERY)
    vector: ColumnElement[Any] = literal_column(TSVECTOR)
    # without positions ts_rank sees no weights: titles with more of the words come first, and shorter ones of these
    title: ColumnElement[Any] = literal_column("string_to_array(courses.title_terms, ' ')")
    title_vector = func.array_to_tsvector(title)
    hits = [cast(title_vector.op("@@", is_comparison=True)(cast(one, TSQUERY)), Integer) for one in lexemes]
    rank = cast(reduce(add, hits) * LONGEST_TITLE - func.cardinality(title), BigInteger)
    return vector.op("@@")(query), rank


def _sqlite_search(terms: list[str]) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    query = " ".join(f'"{term}"' for term in terms[:-1]) + f' "{terms[-1]}"*'
    match = literal_column("courses_fts").op("MATCH")(query.strip())
    # bm25 goes down to millionths where most courses have the word
    rank = cast(literal_column("-bm25(courses_fts, 10.0, 1.0) * 1000000000000"), BigInteger)
    return match, rank
