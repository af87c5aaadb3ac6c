"""Full-text search over a table's column `terms`, on both databases.

The column holds what core.text made words of, so neither database cuts words itself, and nothing of a query language
is left in them. The migration's indexes hold the same expressions.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, bindparam, cast, literal_column, select, text
from sqlalchemy.dialects.postgresql import TSQUERY


def matches(table: Table, *, is_sqlite: bool) -> ColumnElement[bool]:
    """Whether a row's terms have all words of the parameter `query`."""
    query = bindparam("query", type_=String)
    if is_sqlite:
        fts = f"{table.name}_fts"
        found: Select[Any] = (
            select(literal_column("rowid")).select_from(text(fts)).where(literal_column(fts).op("MATCH")(query))
        )
        return table.c.id.in_(found)
    vector: ColumnElement[Any] = literal_column(
        f"array_to_tsvector(array_remove(string_to_array({table.name}.terms, ' '), ''))"
    )
    return vector.op("@@", is_comparison=True)(cast(cast(query, String), TSQUERY))


def query_of(terms: list[str], *, is_sqlite: bool) -> str:
    """All of the words; the last one may be the beginning of one."""
    if is_sqlite:
        return " ".join(f'"{term}"' for term in terms) + "*"
    return " & ".join(f"'{term}'" for term in terms) + ":*"
