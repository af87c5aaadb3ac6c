"""Keyset pages in SQL, built per list and run with bound values."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_

from adapters.sql.database import AnyRow, Database
from core.paging import Page, PageRequest, cut

Item = TypeVar("Item")


async def page(
    database: Database,
    statement: Select[Any],
    request: PageRequest,
    *,
    keys: Sequence[ColumnElement[Any]],
    descending: bool,
    make: Callable[[AnyRow], Item],
    values: Callable[[Item], tuple[Any, ...]],
) -> Page[Item]:
    """One page of `statement` in the order of `keys` (the last of them unique); `values` reads a row's keys."""
    count = None
    if request.want_count:
        counted = await database.row(select(func.count()).select_from(statement.order_by(None).subquery()))
        count = int(counted[0]) if counted else 0
    downwards = descending != request.backward
    if request.after is not None:
        bound = (literal(value, key.type) for key, value in zip(keys, request.after, strict=True))
        here, there = tuple_(*keys), tuple_(*bound)
        statement = statement.where(here < there if downwards else here > there)
    ordered = statement.order_by(*(key.desc() if downwards else key.asc() for key in keys))
    rows = await database.rows(ordered.limit(request.limit + 1))
    return cut([make(row) for row in rows], request, values, count)
