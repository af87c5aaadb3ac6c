"""Keyset pages in SQL. The statement of each kind of page is built once and run with bound values."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, select, tuple_

from adapters.sql.database import AnyRow, Database
from core.paging import Page, PageRequest, cut

Item = TypeVar("Item")


class KeysetList(Generic[Item]):
    """A list that people page through: its rows, the filters it knows, and the orders it can have.

    `filters` are conditions by name, with bound parameters; the last key of an order is unique. `make` reads a row.
    """

    def __init__(
        self,
        statement: Select[Any],
        *,
        make: Callable[[AnyRow], Item],
        orders: Mapping[str, Sequence[ColumnElement[Any]]],
        filters: Mapping[str, ColumnElement[bool]] | None = None,
    ) -> None:
        self._statement = statement
        self._make = make
        self._orders = orders
        self._filters = filters or {}
        self._pages: dict[tuple[tuple[str, ...], str, bool, bool], Select[Any]] = {}
        self._counts: dict[tuple[str, ...], Select[Any]] = {}

    async def page(
        self,
        database: Database,
        request: PageRequest,
        *,
        keys: Callable[[Item], tuple[Any, ...]],
        where: Sequence[str] = (),
        values: Mapping[str, Any] | None = None,
        order: str = "id",
        descending: bool = True,
    ) -> Page[Item]:
        """One page under the filters named by `where`; `keys` reads from an item what the order goes by."""
        names, given = tuple(where), dict(values or {})
        count = None
        if request.want_count:
            counted = await database.row(self._count(names), given)
            count = int(counted[0]) if counted else 0
        statement = self._page(names, order, request.after is not None, descending != request.backward)
        after = {f"after_{n}": value for n, value in enumerate(request.after or ())}
        rows = await database.rows(statement, {**given, **after, "page_limit": request.limit + 1})
        return cut([self._make(row) for row in rows], request, keys, count)

    def _page(self, names: tuple[str, ...], order: str, resumes: bool, downwards: bool) -> Select[Any]:
        shape = (names, order, resumes, downwards)
        if shape not in self._pages:
            keys, statement = self._orders[order], self._filtered(names)
            if resumes:
                bound = (bindparam(f"after_{n}", type_=key.type) for n, key in enumerate(keys))
                here, there = tuple_(*keys), tuple_(*bound)
                statement = statement.where(here < there if downwards else here > there)
            ordered = statement.order_by(*(key.desc() if downwards else key.asc() for key in keys))
            self._pages[shape] = ordered.limit(bindparam("page_limit", type_=Integer))
        return self._pages[shape]

    def _count(self, names: tuple[str, ...]) -> Select[Any]:
        if names not in self._counts:
            self._counts[names] = select(func.count()).select_from(self._filtered(names).subquery())
        return self._counts[names]

    def _filtered(self, names: tuple[str, ...]) -> Select[Any]:
        return self._statement.where(*(self._filters[name] for name in names))


def given(**filters: Any) -> dict[str, Any]:
    """The filters that are set: their names are the filters' and their values' alike."""
    return {name: value for name, value in filters.items() if value is not None}


def beginning(search: str) -> str:
    """A pattern for LIKE (`escape="/"`) over lower-case columns: what begins with the search, taken literally."""
    return f"{_literal(search)}%"


def containing(search: str) -> str:
    """The same for what has the search anywhere in it."""
    return f"%{_literal(search)}%"


def _literal(search: str) -> str:
    return search.strip().lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
