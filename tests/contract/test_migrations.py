"""One history for both databases: up, down, up again, and no difference to the models."""

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql import migrating
from databases import administer, database


@pytest.fixture(params=["sqlite", "postgres"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"
        return
    name = f"empty_{uuid.uuid4().hex[:12]}"
    await administer(f"CREATE DATABASE {name}")
    yield database(name)
    await administer(f"DROP DATABASE {name} WITH (FORCE)")


async def test_up_down_up_and_the_models_agree(empty_url: str) -> None:
    assert not await migrating.is_current(empty_url)
    await migrating.upgrade(empty_url)
    await migrating.check(empty_url)
    assert await migrating.is_current(empty_url)
    await migrating.downgrade(empty_url)
    assert await left_behind(empty_url) <= {"alembic_version", "sqlite_sequence"}
    await migrating.upgrade(empty_url)
    await migrating.check(empty_url)


async def test_a_difference_to_the_models_is_noticed(empty_url: str) -> None:
    await migrating.upgrade(empty_url)
    engine = create_async_engine(empty_url)
    async with engine.begin() as connection:
        await connection.execute(text("ALTER TABLE courses ADD COLUMN surprise INTEGER"))
    await engine.dispose()
    with pytest.raises(Exception, match="surprise"):
        await migrating.check(empty_url)


async def test_two_instances_may_migrate_at_once(empty_url: str) -> None:
    import asyncio

    if empty_url.startswith("sqlite"):
        pytest.skip("SQLite serves one process only")
    await asyncio.gather(*(asyncio.to_thread(asyncio.run, migrating.upgrade(empty_url)) for _ in range(3)))
    assert await migrating.is_current(empty_url)


async def left_behind(url: str) -> set[str]:
    engine = create_async_engine(url)
    listed = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if url.startswith("sqlite")
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    async with engine.connect() as connection:
        names = {row[0] for row in await connection.execute(text(listed))}
    await engine.dispose()
    return names
