"""PostgreSQL straight through asyncpg: SQLAlchemy writes each statement once, the driver runs it.

SQLAlchemy's own execution costs several times what the driver does (docs/performance.md). A statement is compiled at
its first use and kept as long as it lives; one that is built for a call takes what another of its shape was compiled
to, by SQLAlchemy's own key for that.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import asyncpg
import msgspec
from sqlalchemy import Dialect, Executable, make_url
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine
from sqlalchemy.util import LRUCache


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


DIALECT: Dialect = PGDialect_asyncpg(json_serializer=_json)  # type: ignore[no-untyped-call]
ACQUIRE_S = 5.0
CLOSE_S = 3.0


class Shape(NamedTuple):
    """What statements that differ in their values alone have in common, as the driver takes it: the text, the
    parameters in order, and what is done to some of them.
    """

    sql: str
    names: tuple[str, ...]
    processors: tuple[tuple[str, Callable[[Any], Any]], ...]
    gives_rows: bool


class Prepared(NamedTuple):
    """A statement with the values that are written into it."""

    shape: Shape
    defaults: dict[str, Any]


_prepared: WeakKeyDictionary[Executable, dict[tuple[str, ...], Prepared]] = WeakKeyDictionary()
_compiled: LRUCache[Any, Any] = LRUCache(1000)
_shapes: WeakKeyDictionary[SQLCompiler, Shape] = WeakKeyDictionary()


def prepare(statement: Executable, given: tuple[str, ...]) -> Prepared:
    """The statement for these parameter names; which columns an INSERT names depends on them."""
    forms = _prepared.setdefault(statement, {})
    form = forms.get(given)
    if form is None:
        form = forms[given] = _compile(statement, given)
    return form


def _compile(statement: Any, given: tuple[str, ...]) -> Prepared:
    # what SQLAlchemy's own connection calls, too
    found = statement._compile_w_cache(DIALECT, compiled_cache=_compiled, column_keys=list(given))  # noqa: SLF001
    compiled, own = cast(SQLCompiler, found[0]), found[1]
    if (shape := _shapes.get(compiled)) is None:
        shape = _shapes[compiled] = _shape(compiled)
    return Prepared(shape, dict(compiled.construct_params(extracted_parameters=own, _check=False)))


def _shape(compiled: SQLCompiler) -> Shape:
    names = tuple(compiled.positiontup or ())
    processors = []
    for name in dict.fromkeys(names):
        kind: TypeEngine[Any] = compiled.binds[name].type
        if (process := kind.dialect_impl(DIALECT).bind_processor(DIALECT)) is not None:
            processors.append((name, process))
    changes = compiled.isinsert or compiled.isupdate or compiled.isdelete
    gives_rows = not changes or bool(compiled.effective_returning)
    return Shape(str(compiled), names, tuple(processors), gives_rows)


def arguments(form: Prepared, values: dict[str, Any] | None) -> list[Any]:
    merged = {**form.defaults, **values} if values else dict(form.defaults)
    for name, process in form.shape.processors:
        merged[name] = process(merged[name])
    return [merged[name] for name in form.shape.names]


class Outcome:
    """What a statement gave, by the few names that the stores use of SQLAlchemy's results."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def all(self) -> Sequence[Any]:
        return self._rows

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one(self) -> Any:
        (row,) = self._rows
        return row

    def scalar(self) -> Any:
        return self._rows[0][0] if self._rows else None


class PostgresConnection:
    """One connection, with or without a transaction around it."""

    def __init__(self, connection: Any) -> None:
        self.driver = connection

    async def execute(self, statement: Executable, values: Any = None) -> Outcome:
        if isinstance(values, list):
            return await self._many(statement, values)
        form = prepare(statement, tuple(values) if values else ())
        given = arguments(form, values)
        if form.shape.gives_rows:
            rows = await self.driver.fetch(form.shape.sql, *given)
            return Outcome(rows, len(rows))
        said = await self.driver.execute(form.shape.sql, *given)
        count = said.rpartition(" ")[2]
        return Outcome((), int(count) if count.isdigit() else 0)

    async def _many(self, statement: Executable, values: list[dict[str, Any]]) -> Outcome:
        if values:
            form = prepare(statement, tuple(values[0]))
            await self.driver.executemany(form.shape.sql, [arguments(form, one) for one in values])
        return Outcome((), len(values))


class PostgresPool:
    """Connections, opened when they are first needed."""

    def __init__(self, url: str, *, size: int, statement_timeout_ms: int) -> None:
        self._dsn = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._size = size
        self._settings = {
            "application_name": "shala",
            "jit": "off",  # short statements pay more for compiling than they gain
            # for memory and SSDs; with the default, made for turning disks, a thousand of a group's members are
            # found by reading all users of the school
            "random_page_cost": "1.1",
            "statement_timeout": str(statement_timeout_ms),
            "lock_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": "60000",
            "timezone": "UTC",
        }
        self._pool: Any = None
        self._opening = asyncio.Lock()
        self._places = asyncio.Semaphore(size)

    @property
    def in_use(self) -> int:
        return 0 if self._pool is None else self._pool.get_size() - self._pool.get_idle_size()

    async def read(self, statement: Executable, values: Any) -> Outcome:
        """One statement in autocommit."""
        driver = await self._take()
        try:
            outcome = await PostgresConnection(driver).execute(statement, values)
        except BaseException:
            await self._give_back(driver, within=ACQUIRE_S)
            raise
        await self._give_back(driver)
        return outcome

    write = read
    """The same: a statement by itself commits by itself."""

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[PostgresConnection, None]:
        driver = await self._take()
        try:
            async with driver.transaction():
                yield PostgresConnection(driver)
        except BaseException:
            await self._give_back(driver, within=ACQUIRE_S)
            raise
        await self._give_back(driver)

    async def close(self) -> None:
        if self._pool is None:
            return
        try:
            async with asyncio.timeout(CLOSE_S):
                await self._pool.close()
        except TimeoutError:  # a statement that was broken off may hold its connection for long
            self._pool.terminate()

    async def _take(self) -> Any:
        """A connection of the pool, after at most 5 s. Its own timeout costs a tenth of a statement, so it is asked
        without one where a place is free, which is nearly always.
        """
        pool, crowded = self._pool or await self._open(), self._places.locked()
        if crowded:
            async with asyncio.timeout(ACQUIRE_S):
                await self._places.acquire()
        else:
            await self._places.acquire()  # does not wait
        try:
            return await pool.acquire(timeout=ACQUIRE_S if crowded else None)
        except BaseException:
            self._places.release()
            raise

    async def _give_back(self, driver: Any, *, within: float | None = None) -> None:
        """`within` bounds what a broken statement may leave to be cleared up; one that went well leaves nothing."""
        try:
            await self._pool.release(driver, timeout=within)
        finally:
            self._places.release()

    async def _open(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn,
                    min_size=0,
                    max_size=self._size,
                    max_inactive_connection_lifetime=1800,
                    server_settings=self._settings,
                    timeout=ACQUIRE_S,
                    init=_initialise,
                    reset=_leave_as_it_is,
                )
        return self._pool


async def _initialise(connection: Any) -> None:
    # what goes in is text already (SQLAlchemy made it); COPY wants the binary format: a version byte, then the text
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda text: b"\x01" + text.encode(),
        decoder=lambda data: msgspec.json.decode(data[1:]),
        format="binary",
    )


async def _leave_as_it_is(_: Any) -> None:
    """Nothing of ours outlives a transaction, so the driver's reset would be a round trip for nothing."""
