"""The database as the rest of the house uses it: transactions that carry facts, and reads that do not wait for them."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Executable, insert, select
from sqlalchemy.engine import CursorResult, Result, Row
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.engine import create_engines, is_sqlite
from adapters.sql.models import OutboxMessage
from core.clock import Clock
from core.errors import Invalid, Unavailable
from core.events import Event, Reactions, Wakes

Store = TypeVar("Store")
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
PING = select(1)
INSERT_OUTBOX = insert(OutboxMessage.__table__)  # type: ignore[arg-type]
RETRYABLE_STATES = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53300"}


class SqlTransaction:
    """One open transaction. Stores are views of it; facts emitted through any of them belong to it."""

    def __init__(self, connection: AsyncConnection, reactions: Reactions, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self.has_news = False
        self._reactions = reactions

    async def emit(self, event: Event) -> None:
        for reaction in self._reactions.within.get(type(event), ()):
            await reaction.call(self, event)
        if after := self._reactions.after.get(type(event), ()):
            now, payload = self.clock.now(), msgspec.to_builtins(event)
            message = {"event": event.name, "payload": payload, "created_at": now, "run_at": now, "attempts": 0}
            await self.connection.execute(INSERT_OUTBOX, [{**message, "reaction": r.name} for r in after])
            self.has_news = True

    async def execute(self, statement: Executable, values: Any = None) -> CursorResult[Any]:
        return await self.connection.execute(statement, values)

    async def row(self, statement: Executable, values: Any = None) -> AnyRow | None:
        return (await self.connection.execute(statement, values)).first()

    async def rows(self, statement: Executable, values: Any = None) -> list[AnyRow]:
        return list((await self.connection.execute(statement, values)).all())

    async def scalar(self, statement: Executable, values: Any = None) -> Any:
        return (await self.connection.execute(statement, values)).scalar()


class Database:
    """Owns the engines. `reactions` is set once by the composition root, before the first transaction."""

    def __init__(
        self, url: str, *, clock: Clock, wakes: Wakes, pool_size: int = 10, statement_timeout_ms: int = 10_000
    ) -> None:
        self.url = url
        self.reactions = Reactions.of(within=(), after=())
        self.writing, self.reading = create_engines(url, pool_size=pool_size, statement_timeout_ms=statement_timeout_ms)
        self._clock = clock
        self._wakes = wakes

    @property
    def is_sqlite(self) -> bool:
        return is_sqlite(self.url)

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
            async with self.writing.begin() as connection:
                transaction = SqlTransaction(connection, self.reactions, self._clock)
                yield transaction
        if transaction.has_news:
            self._wakes.wake()

    async def rows(self, statement: Executable, values: Any = None) -> list[AnyRow]:
        """All rows of one reading statement, outside any transaction."""
        with translated():
            async with self.reading.connect() as connection:
                result: Result[Any] = await connection.execute(statement, values)
                return list(result.all())

    async def row(self, statement: Executable, values: Any = None) -> AnyRow | None:
        """The first row of one reading statement, or None."""
        with translated():
            async with self.reading.connect() as connection:
                result: Result[Any] = await connection.execute(statement, values)
                return result.first()

    async def ping(self) -> None:
        """:raises Unavailable: the database does not answer."""
        await self.row(PING)

    async def close(self) -> None:
        await self.writing.dispose()
        await self.reading.dispose()


class translated:  # noqa: N801 - reads as a statement
    """Turns what the drivers raise when the database is away or busy into `Unavailable`; all else passes."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, PoolTimeout | ConnectionError | TimeoutError | asyncio.TimeoutError):
            raise Unavailable(retry_after=1) from error
        if isinstance(error, DataError | OverflowError):
            # a NUL in a text, an id beyond 64 bits: nothing that could be there
            raise Invalid("A number is too large, or a text has a character that cannot be stored.") from error
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError) and _is_passing(error):
            raise Unavailable(retry_after=1) from error


def _is_passing(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if error.connection_invalidated or state in RETRYABLE_STATES:
        return True
    gone = isinstance(error, InterfaceError) or (isinstance(state, str) and state.startswith("08"))
    return gone or (isinstance(error, OperationalError) and "locked" in str(error.orig))


def violated(error: IntegrityError, name: str) -> bool:
    """Whether the unique constraint or index over the columns in `name` (as `table.column`) was the one violated.

    asyncpg names the constraint; SQLite names the columns in its message.
    """
    constraint = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    if constraint is not None:
        table, column = name.split(".")
        return constraint in {f"uq_{table}_{column}", f"ix_{table}_{column}"} or constraint == name
    return name in str(error.orig)
