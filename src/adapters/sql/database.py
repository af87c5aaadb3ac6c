"""The database as the rest of the house uses it: transactions that carry facts, and reads that do not wait for them."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Executable, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.sql.engine import reading_engine, writing_engine
from adapters.sql.failures import translated
from adapters.sql.models import OutboxMessage
from adapters.sql.postgres import PostgresConnection, PostgresPool
from core.clock import Clock
from core.events import Event, Reactions, Wakes

Store = TypeVar("Store")
AnyRow: TypeAlias = Sequence[Any]
"""A row by position; the drivers' own rows all behave like this."""
PING = select(1)
INSERT_OUTBOX = insert(OutboxMessage.__table__)  # type: ignore[arg-type]


class Outcome(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...
    def all(self) -> Sequence[AnyRow]: ...
    def first(self) -> AnyRow | None: ...
    def one(self) -> AnyRow: ...
    def scalar(self) -> Any: ...


class SqlTransaction:
    """One open transaction. Stores are views of it; facts emitted through any of them belong to it."""

    def __init__(self, connection: AsyncConnection | PostgresConnection, reactions: Reactions, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self.has_news = False
        self.afterwards: list[Callable[[], None]] = []
        """Called when it has committed; they must not fail."""
        self._reactions = reactions

    @property
    def is_sqlite(self) -> bool:
        return not isinstance(self.connection, PostgresConnection)

    async def emit(self, event: Event) -> None:
        for reaction in self._reactions.within.get(type(event), ()):
            await reaction.call(self, event)
        if after := self._reactions.after.get(type(event), ()):
            now, payload = self.clock.now(), msgspec.to_builtins(event)
            message = {"event": event.name, "payload": payload, "created_at": now, "run_at": now, "attempts": 0}
            rows = [{**message, "reaction": r.name} for r in after]
            # one by itself is cheaper than a list of one
            await self.execute(INSERT_OUTBOX, rows if len(rows) > 1 else rows[0])
            self.has_news = True

    async def execute(self, statement: Executable, values: Any = None) -> Outcome:
        """Run a statement, or (with a list of values) run it for each of them."""
        return await self.connection.execute(statement, values)

    async def row(self, statement: Executable, values: Any = None) -> AnyRow | None:
        return (await self.execute(statement, values)).first()

    async def rows(self, statement: Executable, values: Any = None) -> Sequence[AnyRow]:
        return (await self.execute(statement, values)).all()

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        return (await self.execute(statement, values)).scalar()


class Connections(Protocol):
    """How one kind of database gives connections: for a transaction, and for single reading statements."""

    @property
    def in_use(self) -> int: ...
    async def read(self, statement: Executable, values: Any) -> Outcome: ...
    async def write(self, statement: Executable, values: Any) -> Outcome: ...
    def transaction(self) -> AbstractAsyncContextManager[Any]: ...
    async def close(self) -> None: ...


class SqliteEngines:
    def __init__(self, url: str) -> None:
        self._writing: AsyncEngine = writing_engine(url)
        self._reading: AsyncEngine = reading_engine(url)

    @property
    def in_use(self) -> int:
        return int(self._writing.pool.checkedout())  # type: ignore[attr-defined]

    async def read(self, statement: Executable, values: Any) -> Outcome:
        async with self._reading.connect() as connection:
            return await connection.execute(statement, values)

    async def write(self, statement: Executable, values: Any) -> Outcome:
        async with self._writing.begin() as connection:
            return await connection.execute(statement, values)

    def transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._writing.begin()

    async def close(self) -> None:
        await self._writing.dispose()
        await self._reading.dispose()


class Database:
    """Owns the connections. `reactions` is set once by the composition root, before the first transaction."""

    def __init__(
        self, url: str, *, clock: Clock, wakes: Wakes, pool_size: int = 20, statement_timeout_ms: int = 10_000
    ) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.reactions = Reactions.of(within=(), after=())
        self._connections: Connections = (
            SqliteEngines(url)
            if self.is_sqlite
            else PostgresPool(url, size=pool_size, statement_timeout_ms=statement_timeout_ms)
        )
        self._clock = clock
        self._wakes = wakes

    @property
    def connections_in_use(self) -> int:
        return self._connections.in_use

    def begin(self, store: Callable[[SqlTransaction], Store]) -> Callable[[], AbstractAsyncContextManager[Store]]:
        """A module's `Begin`: each call opens a transaction and gives that module's store over it."""

        @asynccontextmanager
        async def begin() -> AsyncGenerator[Store, None]:
            async with self.transaction() as transaction:
                yield store(transaction)

        return begin

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[SqlTransaction, None]:
        """Commits on leaving, rolls back on an exception.

        :raises Unavailable: the database cannot be reached, is overloaded, or asks to repeat the transaction.
        """
        with translated():
            async with self._connections.transaction() as connection:
                transaction = SqlTransaction(connection, self.reactions, self._clock)
                yield transaction
        if transaction.has_news:
            self._wakes.wake()
        for call in transaction.afterwards:
            call()

    async def rows(self, statement: Executable, values: Any = None) -> Sequence[AnyRow]:
        """All rows of one reading statement, outside any transaction."""
        with translated():
            return (await self._connections.read(statement, values)).all()

    async def row(self, statement: Executable, values: Any = None) -> AnyRow | None:
        """The first row of one reading statement, or None."""
        with translated():
            return (await self._connections.read(statement, values)).first()

    async def write(self, statement: Executable, values: Any = None) -> AnyRow | None:
        """One statement that is a transaction by itself; the first row it returns."""
        with translated():
            return (await self._connections.write(statement, values)).first()

    async def write_all(self, statement: Executable, values: Any = None) -> Sequence[AnyRow]:
        """The same; all rows it returns."""
        with translated():
            return (await self._connections.write(statement, values)).all()

    async def ping(self) -> None:
        """:raises Unavailable: the database does not answer."""
        await self.row(PING)

    async def close(self) -> None:
        await self._connections.close()
