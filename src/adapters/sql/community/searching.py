"""Full-text search over a table's column `terms`, on both databases.

The column holds what core.text made words of, so neither database cuts words itself, and nothing of a query language
is left in them. The migration's indexes hold the same expressions.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, bindparam, cast, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY

PLACES = {"chat_messages": "stream_id", "community_posts": "community_id"}
"""The column whose value is in the index as a word of its own (#42): a rare one beside a common one costs little."""


def matches(table: Table, *, is_sqlite: bool, place: ColumnElement[Any] | None = None) -> ColumnElement[bool]:
    """Whether a row's terms have all words of the parameter `query`, and the row is of this stream or community."""
    query = bindparam("query", type_=String)
    if is_sqlite:
        fts = f"{table.name}_fts"
        found: Select[Any] = select(literal_column("rowid")).select_from(text(fts))
        return table.c.id.in_(found.where(literal_column(fts).op("MATCH")(query)))
    column = f"{table.name}.{PLACES[table.name]}"
    words = f"array_remove(string_to_array({table.name}.terms, ' '), '')"
    vector: ColumnElement[Any] = literal_column(
        f"array_to_tsvector(array_append({words}, ('#'::text || ({column})::text)))"
    )
    wanted: ColumnElement[Any] = cast(query, String)
    if place is not None:
        wanted = func.concat("'#", place, "' & ", wanted)
    return vector.op("@@", is_comparison=True)(cast(wanted, TSQUERY))


def query_of(terms: list[str], *, is_sqlite: bool) -> str:
    """All of the words; the last one may be the beginning of one."""
    if is_sqlite:
        return " ".join(f'"{term}"' for term in terms) + "*"
    return " & ".join(f"'{term}'" for term in terms) + ":*"
