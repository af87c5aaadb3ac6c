"""Two instances over one PostgreSQL and one Redis: what one is told the other hears, also when Redis is away."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from live.rooms import Room, found
from live.test_ending import ENDS, Act
from services import Redis
from sockets import Live, lively, new_id
from worlds import SandboxClient


@pytest.fixture
async def fragile() -> AsyncIterator[Redis]:
    with Redis() as server:
        yield server


@pytest.fixture
async def two(
    postgres_database: str, sandbox: SandboxClient, tmp_path: Path, fragile: Redis
) -> AsyncIterator[tuple[Room, Live]]:
    """A class on the first instance, and the second one; their seconds are real."""
    options = {"SHALA_REDIS_URL": fragile.url}
    async with (
        lively(postgres_database, sandbox, tmp_path / "one", second=1.0, **options) as first,
        lively(postgres_database, sandbox, tmp_path / "two", second=1.0, **options) as second,
    ):
        yield await found(first), second


async def test_what_is_said_to_one_is_heard_on_the_other(two: tuple[Room, Live]) -> None:
    room, there = two
    asha, ravi = await room.enter(room.asha), await there.chat(room.ravi, room.id)
    assert (await asha.next("presence"))["user"] == room.ravi.id
    for number in range(20):
        await asha.say("chat_message", message=f"a{number}", client_id=new_id())
        await ravi.say("chat_message", message=f"r{number}", client_id=new_id())
    for client in (asha, ravi):
        await room.live.until(client.has("chat_message", 40))
        assert [one["seq"] for one in client.heard("chat_message")] == list(range(1, 41))
    await ravi.say("typing", is_typing=True)
    await asha.next("typing")
    await ravi.say("read_receipt", message_id=ravi.heard("chat_message")[-1]["message_id"])
    assert (await asha.next("status"))["status"] == "read"
    await asha.say("presence_get")
    assert (await asha.next("presence_state"))["users"] == sorted([room.asha.id, room.ravi.id])


@pytest.mark.parametrize(("end", "closed"), ENDS)
async def test_a_right_that_ends_closes_within_two_seconds_everywhere(
    two: tuple[Room, Live], end: Act, closed: tuple[int, str]
) -> None:
    room, there = two
    clients = [await room.enter(room.asha)]
    clients += [await there.chat(room.asha, room.id, v=version) for version in (1, 2)]
    await end(room)
    began = time.monotonic()
    for client in clients:
        assert await client.ended() == closed
    assert time.monotonic() - began < 2


async def test_redis_away_costs_time_and_nothing_else(two: tuple[Room, Live], fragile: Redis) -> None:
    room, there = two
    asha, ravi = await room.enter(room.asha), await there.chat(room.ravi, room.id)
    victim = await room.world.classmate(room.course, room.id)
    lost = await there.chat(victim, room.id)
    fragile.stop()
    await room.live.until(lambda: not there.world.house.hub.is_whole)
    for number in range(5):
        await asha.say("chat_message", message=str(number), client_id=new_id())
        await asha.next("ack")
    await room.live.until(ravi.has("chat_message", 5), 4)
    body = {"community_id": room.id, "recipient_id": room.ravi.id, "message": "Only you"}
    personal = await there.personal(room.ravi)
    assert (await room.asha.post("/api/community/messages/", body)).status_code == 201
    await personal.next("direct_message")
    began = time.monotonic()
    await room.host.post(f"/api/community/groups/{room.id}/members/{victim.id}/ban/", {"reason": "Spam"})
    assert await lost.ended() == (4403, "banned")
    assert time.monotonic() - began < 3  # each second the table is looked at
    late = await there.chat(room.host, room.id)
    await late.say("hello", since_seq=0)
    assert len((await late.next("resume"))["events"]) == 5
    fragile.start()
    await room.live.until(lambda: there.world.house.hub.is_whole and room.world.house.hub.is_whole)
    await asha.say("chat_message", message="Back", client_id=new_id())
    await ravi.next("chat_message", where=lambda one: one["message"] == "Back")
    assert [one["seq"] for one in ravi.heard("chat_message")] == list(range(1, 7))


async def test_a_flushed_redis_learns_again_who_is_online(two: tuple[Room, Live], fragile: Redis) -> None:
    room, there = two
    asha, ravi = await room.enter(room.asha), await there.chat(room.ravi, room.id)
    both = sorted([room.asha.id, room.ravi.id])
    fragile.restart()
    for client in (asha, ravi):
        users: list[int] = []
        async with asyncio.timeout(10):
            while users != both:
                await client.say("presence_get")
                told = await client.next_of("presence_state", "error")
                users = told.get("users", [])
                await asyncio.sleep(0.05)  # poll
