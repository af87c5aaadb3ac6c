"""Connections to PostgreSQL: what fails is replaced, what is cancelled comes back, and callers take turns."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text, update

from adapters.sql import postgres
from adapters.sql.database import Database
from adapters.sql.learning.rows import USERS
from adapters.sql.postgres import PostgresPool, arguments, prepare
from worlds import TestClock

ONE, PID = text("SELECT 1"), text("SELECT pg_backend_pid()")


class Silent:
    def wake(self) -> None: ...


@pytest.fixture
async def database(postgres_database: str) -> AsyncIterator[Database]:
    made = Database(postgres_database, clock=TestClock(), wakes=Silent())
    yield made
    await made.close()


async def pid_of(database: Database) -> int:
    row = await database.row(PID)
    assert row is not None
    return int(row[0])


async def other_sleeps(database: Database) -> bool:
    row = await database.row(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
    return row is not None and row[0] > 0


async def test_a_connection_is_used_again(database: Database) -> None:
    assert await pid_of(database) == await pid_of(database)
    assert database.connections_in_use == 0


async def test_connections_that_the_server_closed_are_replaced_and_nobody_notices(
    database: Database, postgres_database: str
) -> None:
    both = asyncio.Barrier(5)

    async def hold() -> int:
        async with database.transaction() as transaction:
            found = await transaction.row(PID)
            await both.wait()  # five at once, so that five stand idle afterwards
        assert found is not None
        return int(found[0])

    before = await asyncio.gather(*(hold() for _ in range(5)))
    other = await asyncpg.connect(postgres_database.replace("+asyncpg", ""))
    await other.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", list(before))
    while await other.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = ANY($1::int[])", list(before)):
        pass  # each question is a round trip: no spinning
    for _ in range(20):
        await other.fetchval("SELECT 1")  # the news arrives on the same loop as these answers
    await other.close()
    after = await asyncio.gather(*(pid_of(database) for _ in range(5)))
    assert not set(after) & set(before)
    assert database.connections_in_use == 0


async def test_a_cancelled_call_gives_its_connection_back_unharmed(database: Database) -> None:
    slow = asyncio.create_task(database.row(text("SELECT pg_sleep(30)")))
    while not await other_sleeps(database):
        assert not slow.done()
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    assert database.connections_in_use == 0
    for _ in range(3):
        assert await database.row(ONE) == (1,)


async def test_a_failed_transaction_leaves_nothing_open(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as transaction:
            await transaction.execute(text("CREATE TABLE left_open (x int)"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    row = await database.row(text("SELECT to_regclass('left_open') IS NULL, pg_current_xact_id_if_assigned() IS NULL"))
    assert row is not None
    assert tuple(row) == (True, True)


async def test_more_callers_than_connections_take_turns_and_then_give_up(
    postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = PostgresPool(postgres_database, size=2, statement_timeout_ms=5000)
    try:
        answers = await asyncio.gather(*(pool.read(text("SELECT pg_sleep(0.01), 1"), None) for _ in range(20)))
        assert len(answers) == 20
        monkeypatch.setattr(postgres, "ACQUIRE_S", 0.05)
        async with pool.transaction(), pool.transaction():
            with pytest.raises(TimeoutError):
                await pool.read(ONE, None)
        assert pool.in_use == 0
        assert (await pool.read(ONE, None)).scalar() == 1
    finally:
        await pool.close()


async def test_closing_waits_for_what_is_under_way(postgres_database: str) -> None:
    pool = PostgresPool(postgres_database, size=2, statement_timeout_ms=5000)
    going = asyncio.create_task(pool.read(text("SELECT pg_sleep(0.2), 7"), None))
    while not pool.in_use:
        await pool.read(ONE, None)
    async with asyncio.timeout(5):
        await pool.close()
    assert (await going).one()[1] == 7


def test_statements_of_one_shape_are_compiled_once() -> None:
    def renamed(user_id: int, name: str | None) -> Any:
        return update(USERS).where(USERS.c.id == user_id).values(full_name=name).returning(USERS.c.id)

    first, second = prepare(renamed(1, "Ravi"), ()), prepare(renamed(2, None), ())
    assert first.shape is second.shape
    assert (arguments(first, None), arguments(second, None)) == (["Ravi", 1], [None, 2])
    other = prepare(update(USERS).where(USERS.c.id == 3).values(full_name="Asha"), ())
    assert other.shape is not first.shape
    assert not other.shape.gives_rows
