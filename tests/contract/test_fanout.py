"""A post in a large group: its author waits as in a small one, and workers tell everybody, each once.

In large (`make test-long`): 100,000 members; else 3,000.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text

from adapters.sql.notifications.audience import ALL
from adapters.sql.postgres import PostgresConnection, arguments, prepare
from classes import School, fill, found_school
from entrypoints import notices
from entrypoints.compose import compose
from entrypoints.worker.loop import dispatcher
from modules.community.events import PostPublished
from modules.notifications.domain.notices import BATCH
from modules.notifications.telling import BATCHES_A_TURN
from worlds import SandboxClient, build_world, settings_for

IS_LONG = bool(os.environ.get("SHALA_TEST_LONG"))
MEMBERS = 100_000 if IS_LONG else 3_000
DEVICES = 2_000 if IS_LONG else 300
"""So many of them have a phone, and want to be pushed."""


@pytest.fixture
async def large(postgres_database: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[School]:
    world = build_world(postgres_database, sandbox, tmp_path)
    school = await found_school(world)
    await world.settle()
    driver = await asyncpg.connect(postgres_database.replace("+asyncpg", ""))
    try:
        await fill(school, driver, members=MEMBERS, devices=DEVICES)
    finally:
        await driver.close()
    yield school
    await world.close()


async def test_the_author_waits_as_in_a_small_group_and_everybody_is_told_once(large: School) -> None:
    began = time.perf_counter()
    post = await large.write(large.asha)
    answered = time.perf_counter() - began
    assert answered < 1
    assert await told(large, post) == 0
    await large.world.settle()
    assert await told(large, post) == MEMBERS + 2  # the moderator and Ravi
    await retry(large)
    assert shown(large) == DEVICES


async def test_broken_off_three_times_everybody_has_one_row_and_sees_one_push(large: School, tmp_path: Path) -> None:
    """Each time by a house of its own, whose work is cancelled as a killed process would end; leases bring it back."""
    post = await large.write(large.asha)
    for part in (1, 2, 3):
        settings = settings_for(large.world.house.settings.database_url, large.world.sandbox, tmp_path)
        house = compose(settings, clock=large.world.clock)
        worker = dispatcher(house)
        running = asyncio.create_task(worker.drain())
        async with asyncio.timeout(60):
            while await told(large, post) < part * MEMBERS / 5:  # noqa: ASYNC110
                await asyncio.sleep(0.002)  # poll
        running.cancel()
        await worker.stop()
        await asyncio.gather(running, return_exceptions=True)
        await house.close()
        assert await told(large, post) < MEMBERS
        large.world.clock.advance(minutes=3)
    await large.world.settle()
    await retry(large)
    assert await told(large, post) == MEMBERS + 2
    assert await told(large, post, "count(DISTINCT notifications.recipient_id)") == MEMBERS + 2
    assert shown(large) == DEVICES
    assert await large.world.count("notifications", "push_due_at IS NOT NULL") == 0


async def test_several_workers_share_it(large: School) -> None:
    post = await large.write(large.asha)
    spreading = [large.world.house.workflows.telling.tell(*notices.of_post(published(large, post))) for _ in range(3)]
    await asyncio.gather(*spreading, large.world.settle())
    assert (
        await told(large, post, "count(DISTINCT notifications.recipient_id)") == await told(large, post) == MEMBERS + 2
    )


async def test_a_part_costs_the_same_wherever_it_is(large: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four statements for each thousand, and each part of the audience touches as many pages as the first."""
    post = await large.write(large.asha)
    pages, statements = list[int](), 0
    dsn = large.world.house.settings.database_url.replace("+asyncpg", "")
    driver = await asyncpg.connect(dsn, server_settings={"random_page_cost": "1.1"})  # as the pool's
    execute = PostgresConnection.execute

    async def recording(connection: PostgresConnection, statement: Any, values: Any = None) -> Any:
        nonlocal statements
        statements += 1
        if statement is ALL:
            form = prepare(statement, tuple(values))
            said = await driver.fetchval(
                f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {form.shape.sql}", *arguments(form, values)
            )
            top = json.loads(said)[0]["Plan"]
            pages.append(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
        return await execute(connection, statement, values)

    monkeypatch.setattr(PostgresConnection, "execute", recording)
    await large.world.house.workflows.telling.tell(*notices.of_post(published(large, post)))
    in_a_turn = statements
    await large.world.settle()  # long audiences are told in turns
    await driver.close()
    parts = MEMBERS // BATCH + 1
    assert len(pages) == parts
    assert in_a_turn <= 6 * min(parts, BATCHES_A_TURN) + 10
    whole = pages[:-1]
    assert max(whole) <= 3 * min(whole) + 100, pages


def published(school: School, post: int) -> PostPublished:
    return PostPublished(post_id=post, community_id=school.id, author_id=school.asha.id, parent_post_id=None)


async def told(school: School, post: int, counted: str = "count(*)") -> int:
    statement = text(
        f"SELECT {counted} FROM notifications JOIN notices ON notices.id = notice_id WHERE cause = 'post-{post}'"
    )
    row = await school.world.house.database.row(statement)
    assert row is not None
    return int(row[0])


def shown(school: School) -> int:
    """How many pushes phones show: what has the same tag stands in one place."""
    found = school.world.sandbox.sandbox.pushes.newest_first(None, None)
    return len({(one.token, one.tag) for one in found})


async def retry(school: School) -> None:
    """What failed in passing."""
    for _ in range(3):
        school.world.clock.advance(minutes=3)
        await school.world.house.workflows.pushing.send_due()
