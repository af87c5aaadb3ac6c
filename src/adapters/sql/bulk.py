"""Rows by the thousand, past the stores: for seeding, which knows all rules of what it writes."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, insert, select, text, update

from adapters.sql.database import Database, SqlTransaction
from adapters.sql.models import metadata
from adapters.sql.postgres import DIALECT, PostgresConnection

NO_TIMEOUT = text("SET LOCAL statement_timeout = 0")


class SqlBulk:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_empty(self, table: str) -> bool:
        """Whether the table has no rows at this moment."""
        return await self._database.row(select(metadata.tables[table].c.id).limit(1)) is None

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator["BulkTransaction", None]:
        """A transaction that may take its time: commits on leaving, rolls back on an exception."""
        async with self._database.transaction() as transaction:
            if self._database.is_sqlite:
                yield BulkTransaction(transaction)
            else:
                await transaction.execute(NO_TIMEOUT)
                yield _CopyingTransaction(transaction)

    async def analyze(self) -> None:
        """Tell the planner how many rows there are now."""
        async with self.begin() as bulk:
            for table in metadata.tables:
                await bulk.transaction.execute(text(f"ANALYZE {table}"))


class BulkTransaction:
    """On SQLite: its transactions exclude one another, so what is read here stays true until the end."""

    def __init__(self, transaction: SqlTransaction) -> None:
        self.transaction = transaction
        self._reserved: dict[str, int] = {}

    async def claim_empty(self, table: str) -> bool:
        """Whether the table has no rows; nobody else adds any until the transaction's end."""
        return await self.transaction.row(select(metadata.tables[table].c.id).limit(1)) is None

    async def reserve(self, table: str, count: int) -> list[int]:
        """Ids for rows that are inserted within this transaction, ascending; nobody else gets them."""
        last = self._reserved.get(table)
        if last is None:
            last = int(await self.transaction.scalar(select(func.coalesce(func.max(metadata.tables[table].c.id), 0))))
        self._reserved[table] = last + count
        return list(range(last + 1, last + count + 1))

    async def ids_by(self, table: str, column: str) -> dict[Any, int]:
        """The ids of all rows, by a column that is unique."""
        rows = metadata.tables[table]
        return {key: int(id_) for id_, key in await self.transaction.rows(select(rows.c.id, rows.c[column]))}

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows that all have the same columns; without `id` each gets the next one."""
        if rows:
            await self.transaction.execute(insert(metadata.tables[table]), list(rows))

    async def add(self, table: str, column: str, amounts: Mapping[int, int]) -> None:
        """Raise a counter in each of the rows, by id."""
        if not amounts:
            return
        rows = metadata.tables[table]
        raise_it = update(rows).where(rows.c.id == bindparam("row"))
        values = {column: rows.c[column] + bindparam("amount")}
        # in the order of ids, so that two of these never wait for each other
        parameters = [{"row": id_, "amount": amount} for id_, amount in sorted(amounts.items())]
        await self.transaction.execute(raise_it.values(values), parameters)


class _CopyingTransaction(BulkTransaction):
    """On PostgreSQL: COPY, sequences and a table lock."""

    async def claim_empty(self, table: str) -> bool:
        await self.transaction.execute(text(f"LOCK TABLE {metadata.tables[table]} IN SHARE ROW EXCLUSIVE MODE"))
        return await super().claim_empty(table)

    async def reserve(self, table: str, count: int) -> list[int]:
        series = func.generate_series(1, count).table_valued("n")
        following = select(func.nextval(func.pg_get_serial_sequence(table, "id"))).select_from(series)
        return sorted(int(row[0]) for row in await self.transaction.rows(following))

    async def insert(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        columns = list(rows[0])
        stored = _as_stored(metadata.tables[table], columns)
        records = [[keep(row[name]) for name, keep in stored] for row in rows]
        driver = cast(PostgresConnection, self.transaction.connection).driver
        await driver.copy_records_to_table(table, records=records, columns=columns)


def _as_stored(table: Table, columns: list[str]) -> list[tuple[str, Callable[[Any], Any]]]:
    """Each column with what SQLAlchemy would do to its values, which COPY passes by: JSON becomes text."""
    processors = [(name, table.c[name].type.dialect_impl(DIALECT).bind_processor(DIALECT)) for name in columns]
    return [(name, process or _as_it_is) for name, process in processors]


def _as_it_is(value: Any) -> Any:
    return value
