"""Reads by id that many ask for at the same moment: on PostgreSQL one statement serves them all."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import ARRAY, BigInteger, BindParameter, Select, bindparam, column, func, literal_column, select, true
from sqlalchemy.sql.visitors import replacement_traverse

from adapters.sql.database import AnyRow, Database
from adapters.sql.failures import translated
from adapters.sql.together import Together
from core.errors import Invalid

SMALLEST, LARGEST = -(2**63), 2**63 - 1
Key = tuple[int, ...]


class KeyedReads:
    """`statement` takes nothing but ids, under these names. Who asks alone runs it as it is; for those who come while
    a question is under way it is run beside the list of their keys (`LATERAL`), each key's rows being what the
    statement gives for it. SQLite has no round trip to save.
    """

    def __init__(self, database: Database, statement: Select[Any], *names: str) -> None:
        self._database = database
        self._statement = statement
        self._names = names
        self._for_many = _beside_keys(statement, names)
        self._together = Together(self._ask)

    async def rows(self, *key: int) -> Sequence[AnyRow]:
        """What the statement gives for this key, read after it was asked for.

        :raises Invalid: no column holds such a number. :raises Unavailable: as for any statement.
        """
        if self._database.is_sqlite:
            return await self._database.rows(self._statement, self._values(key))
        for one in key:
            if not SMALLEST <= one <= LARGEST:  # it would fail the others' question, too
                raise Invalid("A number is too large.")
        with translated():
            return await self._together.get(key) or ()

    async def row(self, *key: int) -> AnyRow | None:
        """The first of them."""
        rows = await self.rows(*key)
        return rows[0] if rows else None

    def _values(self, key: Key) -> dict[str, Any]:
        return dict(zip(self._names, key, strict=True))

    async def _ask(self, keys: list[Key]) -> dict[Key, Sequence[AnyRow]]:
        distinct = list(dict.fromkeys(keys))
        if len(distinct) == 1:
            return {distinct[0]: await self._database.rows(self._statement, self._values(distinct[0]))}
        lists = zip(*distinct, strict=True)
        values = {f"all_{name}": list(ids) for name, ids in zip(self._names, lists, strict=True)}
        found: dict[Key, list[AnyRow]] = {}
        for row in await self._database.rows(self._for_many, values):
            found.setdefault(distinct[row[0] - 1], []).append(row[1:])
        return cast("dict[Key, Sequence[AnyRow]]", found)


@cache  # statements are constants, and this takes some milliseconds
def _beside_keys(statement: Select[Any], names: tuple[str, ...]) -> Select[Any]:
    lists = (bindparam(f"all_{name}", type_=ARRAY(BigInteger)) for name in names)
    asked = (
        func.unnest(*lists)
        .table_valued(*(column(name, BigInteger) for name in names), with_ordinality="place")
        .render_derived(name="asked")
    )

    def with_key(element: Any, **_: Any) -> Any:
        is_key = isinstance(element, BindParameter) and element.key in names
        # not the column itself: each subquery would take the list of keys into its own FROM
        return literal_column(f"asked.{element.key}", BigInteger) if is_key else None

    found = cast("Select[Any]", replacement_traverse(statement, {}, with_key)).lateral("found")
    return select(asked.c.place, *found.c).select_from(asked.join(found, true()))
