"""One history for both databases: up, down, up again, and no difference to the models."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql import migrating
from adapters.sql.models import CommunityGroup, Course, PostCountChange, User
from adapters.sql.store import table
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


async def test_what_waits_to_be_counted_is_counted_on_the_way_down(empty_url: str) -> None:
    await migrating.upgrade(empty_url)
    engine = create_async_engine(empty_url)
    async with engine.begin() as connection:
        await connection.execute(insert(table(User)), row(User, id=1, role="instructor"))
        await connection.execute(insert(table(Course)), row(Course, id=1, level="beginner", created_by_id=1))
        group = row(CommunityGroup, id=1, course_id=1, visibility="public", post_count=5)
        await connection.execute(insert(table(CommunityGroup)), group)
        changes = [{"community_id": 1, "change": change} for change in (1, 1, -1, 1)]
        await connection.execute(insert(table(PostCountChange)), changes)
    await migrating.downgrade(empty_url, "0010")
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT post_count FROM community_groups"))).scalar() == 7
    await engine.dispose()


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


def row(model: Any, **given: Any) -> dict[str, Any]:
    """With something in every column that must have a value."""
    plain = {str: "x", int: 0, float: 0.0, bool: False, object: datetime.now(UTC)}
    needed = [column for column in table(model).columns if not column.nullable and not column.primary_key]
    return {**{column.name: plain[column.type.python_type] for column in needed}, **given}


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
