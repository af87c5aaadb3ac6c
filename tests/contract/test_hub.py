"""The hub: one contract, in memory and over Redis; then what only Redis can do wrong."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis as Client

from adapters.memory.hub import MemoryHub
from adapters.redis.hub import RedisHub
from core.hub import Hub
from services import Redis

PATIENCE_S = 15


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what it waits for says nothing
            await asyncio.sleep(0.01)  # poll


class Listener:
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, data: bytes) -> None:
        self.heard.append(data)


@pytest.fixture(params=["memory", "redis"])
async def hubs(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Hub, Hub]]:
    """Two instances' hubs, which in memory are one."""
    if request.param == "memory":
        hub = MemoryHub()
        yield hub, hub
        return
    url, namespace = request.getfixturevalue("redis"), uuid.uuid4().hex  # another worker's tests use this Redis, too
    one, other = RedisHub(url, namespace), RedisHub(url, namespace)
    yield one, other
    await one.close()
    await other.close()


async def test_all_who_listen_hear_once_and_in_order(hubs: tuple[Hub, Hub]) -> None:
    here, there = Listener(), Listener()
    await hubs[0].subscribe("a", here)
    await hubs[1].subscribe("a", there)
    sent = [b"%d" % number for number in range(500)]
    for data in sent:
        hubs[0].publish("a", data)
    assert here.heard == sent  # its own listeners at once
    await until(lambda: len(there.heard) >= len(sent))
    hubs[1].publish("b", b"of another channel")
    hubs[1].publish("a", b"back")
    await until(lambda: here.heard[-1] == b"back")
    assert (here.heard, there.heard) == ([*sent, b"back"], [*sent, b"back"])


async def test_any_bytes_come_as_they_were(hubs: tuple[Hub, Hub]) -> None:
    there = Listener()
    await hubs[1].subscribe("a", there)
    odd = [b"", b"\x00\xff\n", "नमस्ते".encode(), b"x" * 300_000]
    for data in odd:
        hubs[0].publish("a", data)
    await until(lambda: len(there.heard) == len(odd))
    assert there.heard == odd


async def test_who_listens_no_more_hears_no_more(hubs: tuple[Hub, Hub]) -> None:
    first, second = Listener(), Listener()
    for listener in (first, second):
        await hubs[1].subscribe("a", listener)
    hubs[1].unsubscribe("a", first)
    hubs[1].unsubscribe("a", first)  # again, and what never was: nothing
    hubs[1].unsubscribe("none", first)
    hubs[0].publish("a", b"1")
    await until(lambda: second.heard == [b"1"])
    hubs[1].unsubscribe("a", second)
    await hubs[1].subscribe("a", first)
    hubs[0].publish("a", b"2")
    await until(lambda: first.heard == [b"2"])
    assert second.heard == [b"1"]


async def test_from_the_return_of_subscribe_on_nothing_is_missed(hubs: tuple[Hub, Hub]) -> None:
    for number in range(30):
        listener = Listener()
        await hubs[1].subscribe(f"c{number}", listener)
        hubs[0].publish(f"c{number}", b"at once")
        await until(lambda listener=listener: listener.heard == [b"at once"])  # type: ignore[misc]


async def test_many_may_subscribe_at_once(hubs: tuple[Hub, Hub]) -> None:
    listeners = [Listener() for _ in range(40)]
    await asyncio.gather(*(hubs[1].subscribe(f"c{n % 10}", one) for n, one in enumerate(listeners)))
    for number in range(10):
        hubs[0].publish(f"c{number}", b"x")
    await until(lambda: all(one.heard == [b"x"] for one in listeners))


async def test_a_hub_that_nobody_used_can_be_closed(redis: str) -> None:
    await RedisHub(redis).close()


# --- Redis alone -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def fragile() -> AsyncIterator[tuple[Redis, RedisHub, RedisHub]]:
    with Redis() as server:
        hubs = RedisHub(server.url), RedisHub(server.url)
        yield server, *hubs
        for hub in hubs:
            await hub.close()


async def test_a_restart_is_a_gap_and_then_all_goes_on(fragile: tuple[Redis, RedisHub, RedisHub]) -> None:
    server, here, there = fragile
    mine, theirs, gaps = Listener(), Listener(), []
    there.on_gap(lambda: gaps.append("gap"))
    await here.subscribe("a", mine)
    await there.subscribe("a", theirs)
    await until(lambda: there.is_whole)
    server.stop()
    await until(lambda: not there.is_whole)
    here.publish("a", b"while it was away")
    assert mine.heard == [b"while it was away"]  # one's own do not depend on it
    assert gaps == []
    server.start()
    await until(lambda: here.is_whole and there.is_whole and gaps)
    here.publish("a", b"after")
    await until(lambda: b"after" in theirs.heard)
    assert gaps == ["gap"]


async def test_a_killed_connection_is_a_gap_too(fragile: tuple[Redis, RedisHub, RedisHub]) -> None:
    server, here, there = fragile
    theirs, gaps = Listener(), []
    there.on_gap(lambda: gaps.append("gap"))
    await there.subscribe("a", theirs)
    await until(lambda: there.is_whole)
    async with Client.from_url(server.url) as operator:
        await operator.client_kill_filter(_type="pubsub")
    await until(lambda: gaps)
    here.publish("a", b"after")
    await until(lambda: theirs.heard == [b"after"])


async def test_one_may_subscribe_while_redis_is_away(fragile: tuple[Redis, RedisHub, RedisHub]) -> None:
    server, here, there = fragile
    server.stop()
    theirs = Listener()
    async with asyncio.timeout(5):
        await there.subscribe("a", theirs)
    there.publish("a", b"mine")
    assert theirs.heard == [b"mine"]
    server.start()
    await until(lambda: there.is_whole)
    here.publish("a", b"another's")
    await until(lambda: theirs.heard == [b"mine", b"another's"])


async def test_a_frozen_redis_holds_nobody_up_and_is_noticed(fragile: tuple[Redis, RedisHub, RedisHub]) -> None:
    import signal
    import time

    server, here, there = fragile
    theirs = Listener()
    await there.subscribe("a", theirs)
    await until(lambda: there.is_whole)
    assert server.process is not None
    server.process.send_signal(signal.SIGSTOP)
    began = time.monotonic()
    for _ in range(1000):
        here.publish("a", b"x")
    assert time.monotonic() - began < 0.5
    try:
        await until(lambda: not there.is_whole)
    finally:
        server.process.send_signal(signal.SIGCONT)
    await until(lambda: there.is_whole)


async def test_what_cannot_be_told_is_bounded(fragile: tuple[Redis, RedisHub, RedisHub]) -> None:
    server, here, _ = fragile
    server.stop()
    for _ in range(25_000):
        here.publish("a", b"x")
    assert len(here._untold) <= 10_000
