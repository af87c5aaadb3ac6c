"""Who is online: one contract, in memory and in Redis; then what several instances make of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from adapters.memory.presence import MemoryPresence
from adapters.redis.presence import RedisPresence
from core.errors import Unavailable
from modules.community.live import Present
from modules.community.ports import Presence
from services import Redis

GROUP = 7
HOLDS_MS = 400


def told(news: list[Present]) -> list[tuple[int, bool, int]]:
    return [(one.user_id, one.is_online, one.count) for one in news]


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - what it waits for says nothing
            await asyncio.sleep(0.02)  # poll


@pytest.fixture(params=["memory", "redis"])
async def presence(request: pytest.FixtureRequest) -> AsyncIterator[Presence]:
    if request.param == "memory":
        yield MemoryPresence()
        return
    with Redis() as server:
        made = RedisPresence(server.url)
        yield made
        await made.close()


async def test_coming_and_going_are_news_once(presence: Presence) -> None:
    assert told(await presence.enter(GROUP, [5])) == [(5, True, 1)]
    assert await presence.enter(GROUP, [5]) == []
    assert told(await presence.enter(GROUP, [5, 6, 4])) == [(6, True, 2), (4, True, 3)]
    online = await presence.online(GROUP)
    assert (online.count, online.users) == (3, [4, 5, 6])
    assert told(await presence.leave(GROUP, [5, 9])) == [(5, False, 2)]
    assert await presence.leave(GROUP, [5]) == []
    assert (await presence.online(GROUP)).users == [4, 6]


async def test_versions_only_go_up_and_the_last_is_that_of_the_state(presence: Presence) -> None:
    news = [
        *await presence.enter(GROUP, [1, 2, 3]),
        *await presence.leave(GROUP, [2]),
        *await presence.enter(GROUP, [2]),
        *await presence.leave(GROUP, [1, 2, 3]),
    ]
    versions = [one.version for one in news]
    assert versions == sorted(set(versions))
    assert len(versions) == 8
    online = await presence.online(GROUP)
    assert (online.version, online.count, online.users) == (versions[-1], 0, [])
    (again,) = await presence.enter(GROUP, [1])
    assert again.version > versions[-1]


async def test_communities_are_apart(presence: Presence) -> None:
    await presence.enter(GROUP, [1])
    assert told(await presence.enter(GROUP + 1, [1])) == [(1, True, 1)]
    await presence.leave(GROUP, [1])
    assert (await presence.online(GROUP + 1)).users == [1]


async def test_of_a_crowd_the_first_hundred_are_shown(presence: Presence) -> None:
    await presence.enter(GROUP, list(range(1, 251)))
    online = await presence.online(GROUP)
    assert (online.count, len(online.users)) == (250, 100)
    assert set(online.users) <= set(range(1, 251))


async def test_twenty_at_once_are_all_counted(presence: Presence) -> None:
    news = await asyncio.gather(*(presence.enter(GROUP, [user, 99]) for user in range(20)))
    flat = [one for many in news for one in many]
    assert len(flat) == 21
    assert len({one.version for one in flat}) == 21
    assert (await presence.online(GROUP)).count == 21


# --- Redis alone -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[Redis]:
    with Redis() as started:
        yield started


@pytest.fixture
async def instances(server: Redis) -> AsyncIterator[tuple[RedisPresence, RedisPresence]]:
    made = RedisPresence(server.url, holds_ms=HOLDS_MS), RedisPresence(server.url, holds_ms=HOLDS_MS)
    yield made
    for one in made:
        await one.close()


async def test_a_user_on_two_instances_leaves_with_the_last(instances: tuple[RedisPresence, RedisPresence]) -> None:
    one, other = instances
    assert told(await one.enter(GROUP, [5])) == [(5, True, 1)]
    assert await other.enter(GROUP, [5]) == []
    assert await one.leave(GROUP, [5]) == []
    assert (await one.online(GROUP)).users == [5]
    assert told(await other.leave(GROUP, [5])) == [(5, False, 0)]


async def test_a_killed_instances_users_run_out_and_are_told_of(
    instances: tuple[RedisPresence, RedisPresence],
) -> None:
    killed, living = instances
    await killed.enter(GROUP, [5, 6])
    await living.enter(GROUP, [6, 7])
    news: list[Present] = []

    async def heard() -> bool:
        news.extend(await living.enter(GROUP, [6, 7]))
        return bool(news)

    await until(heard)
    assert told(news) == [(5, False, 2)]
    assert (await living.online(GROUP)).users == [6, 7]


async def test_who_is_said_again_does_not_run_out(instances: tuple[RedisPresence, RedisPresence]) -> None:
    one, other = instances
    await one.enter(GROUP, [5])
    for _ in range(12):
        await asyncio.sleep(HOLDS_MS / 4000)  # poll: as the keeper does, more often than it holds
        assert await one.enter(GROUP, [5]) == []
    assert (await other.online(GROUP)).users == [5]


async def test_a_flushed_redis_learns_it_again_with_later_versions(
    instances: tuple[RedisPresence, RedisPresence], server: Redis
) -> None:
    one, _ = instances
    (before,) = await one.enter(GROUP, [5])
    async with Client.from_url(server.url) as operator:
        await operator.flushdb()
    assert (await one.online(GROUP)).count == 0
    (after,) = await one.enter(GROUP, [5])
    assert after.version > before.version


async def test_a_redis_that_is_away_is_said_to_be() -> None:
    with Redis() as server:
        presence = RedisPresence(server.url)
        await presence.enter(GROUP, [5])
        server.stop()
        for call in (presence.enter(GROUP, [5]), presence.leave(GROUP, [5]), presence.online(GROUP)):
            with pytest.raises(Unavailable):
                await call
        server.start()
        assert told(await presence.enter(GROUP, [5])) == [(5, True, 1)]
        await presence.close()
