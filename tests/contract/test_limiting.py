"""Limits: one contract, counted within one process and over Redis; then each by itself."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
import redis.asyncio

from adapters.limiting import RateLimits
from services import Redis


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    made = Seconds()
    monkeypatch.setattr("adapters.limiting.time", SimpleNamespace(monotonic=made.monotonic))
    return made


@pytest.fixture(params=["memory", "redis"])
async def limits(request: pytest.FixtureRequest) -> AsyncIterator[RateLimits]:
    with contextlib.nullcontext() if request.param == "memory" else Redis() as server:
        made = RateLimits(server.url if server else None)
        yield made
        await made.close()


async def hits(limits: RateLimits, count: int, who: str = "asha", name: str = "chat") -> list[bool]:
    """Which of so many calls are let in."""
    return [await limits.hit(name, who, most=5, seconds=60) == 0 for _ in range(count)]


async def test_so_many_are_let_in_and_then_told_when(limits: RateLimits) -> None:
    assert await hits(limits, 7) == [True] * 5 + [False] * 2
    assert 0 < await limits.hit("chat", "asha", most=5, seconds=60) <= 60


async def test_callers_and_limits_are_apart(limits: RateLimits) -> None:
    await hits(limits, 6)
    assert await hits(limits, 1, who="ravi") == [True]
    assert await hits(limits, 1, name="uploads") == [True]


async def test_of_twenty_at_once_no_more_are_let_in(limits: RateLimits) -> None:
    answers = await asyncio.gather(*(limits.hit("chat", "asha", most=5, seconds=60) for _ in range(20)))
    assert sum(answer == 0 for answer in answers) == 5


async def test_a_window_ends(limits: RateLimits) -> None:
    async def is_let_in() -> bool:
        return await limits.hit("chat", "asha", most=1, seconds=1) == 0

    assert [await is_let_in(), await is_let_in()] == [True, False]
    async with asyncio.timeout(10):
        while not await is_let_in():  # noqa: ASYNC110 - a window says nothing when it ends
            await asyncio.sleep(0.05)  # poll


async def test_instances_count_together() -> None:
    with Redis() as server:
        one, other = RateLimits(server.url), RateLimits(server.url)
        assert await hits(one, 3) == [True] * 3
        assert await hits(other, 3) == [True, True, False]
        for made in (one, other):
            await made.close()


async def test_redis_hears_of_a_caller_from_a_tenth_of_the_limit_on() -> None:
    """And then of all calls before: another instance lets in what is left, and its own tenth."""
    with Redis() as server:
        client = redis.asyncio.Redis.from_url(server.url)
        one, other = RateLimits(server.url), RateLimits(server.url)

        async def let_in(limits: RateLimits, calls: int) -> int:
            return sum([await limits.hit("user", "asha", most=100, seconds=60) == 0 for _ in range(calls)])

        assert await let_in(one, 10) == 10
        assert await client.keys("*") == []
        assert await let_in(one, 50) == 50
        (key,) = await client.keys("*")
        assert await client.get(key) == b"60"
        assert await let_in(other, 60) == 40
        for made in (one, other, client):
            await (made.close() if isinstance(made, RateLimits) else made.aclose())


async def test_each_counts_by_itself_when_redis_is_away() -> None:
    with Redis() as server:
        limits = RateLimits(server.url)
        assert await hits(limits, 2) == [True] * 2
        server.stop()
        assert await hits(limits, 5) == [True] * 3 + [False] * 2
        await limits.close()


# --- one process -----------------------------------------------------------------------------------------------------


async def test_a_window_lasts_from_the_first_call(seconds: Seconds) -> None:
    limits = RateLimits()
    assert [await limits.hit("login", "asha", most=2, seconds=60) for _ in range(3)] == [0, 0, 60]
    seconds.now += 45
    assert await limits.hit("login", "asha", most=2, seconds=60) == 15
    assert await limits.hit("login", "ravi", most=2, seconds=60) == 0
    assert await limits.hit("codes", "asha", most=2, seconds=60) == 0
    seconds.now += 15
    assert [await limits.hit("login", "asha", most=2, seconds=60) for _ in range(3)] == [0, 0, 60]


async def test_windows_that_are_over_take_no_memory(seconds: Seconds) -> None:
    limits = RateLimits()
    for number in range(1000):
        await limits.hit("address", f"a{number}", most=5, seconds=60)
    await limits.hit("hourly", "asha", most=1, seconds=3600)
    seconds.now += 61
    await limits.hit("address", "one", most=5, seconds=60)
    assert len(limits._home._windows) == 2
    assert await limits.hit("hourly", "asha", most=1, seconds=3600) > 3000
