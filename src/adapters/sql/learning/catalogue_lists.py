"""The lists of the catalogue: their rows, filters and orders, and full-text search on both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    String,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from adapters.sql.learning.access import teaches
from adapters.sql.learning.rows import CATEGORIES, COURSES, LEVELS, PERSON_COLUMNS, USERS
from adapters.sql.pages import KeysetList
from modules.learning.queries import CategoryCard, CourseCard, Person

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
    C.is_sequential,
    C.has_certificate,
    C.certificate_min_score,
    C.certificate_min_attendance,
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


def card(row: Sequence[Any]) -> CourseCard:
    category = None if row[7] is None else CategoryCard(row[7], row[8], row[9])
    values = [*row[:7], category, LEVELS[row[10]], *row[11:22], Person(*row[22:26]), row[26], row[27]]
    return CourseCard(*values)


FILTERS: dict[str, ColumnElement[bool]] = {
    "category": C.category_id
    == select(CATEGORIES.c.id).where(CATEGORIES.c.slug == bindparam("category")).scalar_subquery(),
    "level": C.level == bindparam("level"),
    "language": C.language == bindparam("language"),
    "trending": C.is_trending,
    "not_trending": ~C.is_trending,
    "free": C.price_paise == 0,
    "not_free": C.price_paise > 0,
    "min_paise": C.price_paise >= bindparam("min_paise"),
    "max_paise": C.price_paise <= bindparam("max_paise"),
    "published": C.is_published,
    "published_or_own": or_(
        C.is_published,
        teaches(C.id),
    ),
}
COURSE_LIST = KeysetList(
    CARDS, make=card, orders={name: [column, C.id] for name, column in SORT_COLUMNS.items()}, filters=FILTERS
)

# The terms come from core.text.words, which leaves letters, digits, marks and underscores only: nothing of a query
# language survives in them. The migration's index holds the same expression.
TSVECTOR = (
    "(setweight(array_to_tsvector(string_to_array(courses.title_terms, ' ')), 'A') || "
    "setweight(array_to_tsvector(string_to_array(courses.description_terms, ' ')), 'D'))"
)
AND = " & "
LONGEST_TITLE = 1000  # words


def _postgres_search() -> KeysetList[tuple[CourseCard, int]]:
    query = cast(bindparam("query", type_=String), String)
    vector: ColumnElement[Any] = literal_column(TSVECTOR)
    # without positions ts_rank sees no weights: titles with more of the words come first, and shorter ones of these
    title: ColumnElement[Any] = literal_column("string_to_array(courses.title_terms, ' ')")
    term = func.unnest(func.string_to_array(query, literal_column(f"'{AND}'"))).column_valued("term")
    hit = func.array_to_tsvector(title).op("@@", is_comparison=True)(cast(term, TSQUERY))
    hits = select(func.count()).select_from(term.scalar_alias).where(hit).correlate(COURSES).scalar_subquery()
    rank = cast(hits * LONGEST_TITLE - func.cardinality(title), BigInteger)
    return _ranked(CARDS.where(vector.op("@@")(cast(query, TSQUERY))), rank)


def _sqlite_search() -> KeysetList[tuple[CourseCard, int]]:
    # bm25 goes down to millionths where most courses have the word
    rank = cast(literal_column("-bm25(courses_fts, 10.0, 1.0) * 1000000000000"), BigInteger)
    matching = CARDS.join(text("courses_fts"), literal_column("courses_fts.rowid") == C.id)
    return _ranked(matching.where(literal_column("courses_fts").op("MATCH")(bindparam("query", type_=String))), rank)


def _ranked(statement: Select[Any], rank: ColumnElement[int]) -> KeysetList[tuple[CourseCard, int]]:
    return KeysetList(
        statement.add_columns(rank.label("relevance")),
        make=lambda row: (card(row), int(row[-1])),
        orders={"relevance": [rank, C.id]},
        filters=FILTERS,
    )


def tsquery(terms: list[str]) -> str:
    return AND.join(f"'{term}'" for term in terms) + ":*"


def fts5_query(terms: list[str]) -> str:
    return " ".join(f'"{term}"' for term in terms) + "*"


POSTGRES_SEARCH, SQLITE_SEARCH = _postgres_search(), _sqlite_search()
