"""Coming back: what was missed, once, and in order with what is told meanwhile."""

import asyncio
from functools import partial
from typing import Any

import pytest

from live.rooms import Room
from modules.community.domain.chat import Draft
from modules.community.live import community_channel
from sockets import CHAT, Client, new_id


async def send(room: Room, text: str) -> dict[str, Any]:
    message, _ = await room.world.house.workflows.chatting.send(room.asha.actor, Draft(room.id, text))
    return {"id": message.id, "seq": message.seq}


async def test_what_was_missed_comes_as_one_set(room: Room) -> None:
    do = room.world.house.workflows
    sent = [await send(room, str(number)) for number in range(1, 6)]
    ravi = await room.enter(room.ravi)
    welcome = ravi.heard("welcome")[0]
    assert welcome["seq"] == 5
    await ravi.close()
    await do.chatting.edit(room.asha.actor, sent[0]["id"], "1 edited")
    new = await send(room, "6")
    await do.chatting.edit(room.asha.actor, new["id"], "6 edited")
    await do.chatting.edit(room.asha.actor, new["id"], "6 edited again")
    await do.chatting.remove(room.asha.actor, sent[1]["id"])
    back = await room.enter(room.ravi)
    await back.say("hello", v=2, epoch=welcome["epoch"], since_seq=5)
    resume = await back.next("resume")
    assert (resume["seq"], resume["epoch"]) == (10, welcome["epoch"])
    assert [(one["type"], one["message_id"], one.get("message")) for one in resume["events"]] == [
        ("message_updated", sent[0]["id"], "1 edited"),
        ("chat_message", new["id"], "6 edited again"),
        ("message_deleted", sent[1]["id"], None),
    ]
    assert resume["events"][1]["seq"] == 7
    await send(room, "11")
    assert (await back.next("chat_message"))["seq"] == 11


async def test_ones_own_messages_come_back_with_their_client_ids(room: Room) -> None:
    asha, client_id = await room.enter(room.asha), new_id()
    await asha.say("chat_message", message="Was it sent?", client_id=client_id)
    await asha.next("ack")
    for person, known in ((room.asha, client_id), (room.ravi, None)):
        client = await room.enter(person)
        await client.say("hello", since_seq=0)
        assert (await client.next("resume"))["events"][0].get("client_id") == known


async def test_one_may_resume_after_a_message(room: Room) -> None:
    first, _ = await send(room, "1"), await send(room, "2")
    ravi = await room.enter(room.ravi, v=1)
    await ravi.say("hello", v=2, since_message_id=first["id"])
    assert [one["message"] for one in (await ravi.next("resume"))["events"]] == ["2"]
    await ravi.say("hello", v=2, since_message_id=999)
    assert (await ravi.next("error"))["code"] == "not_found"


async def test_nothing_missed_is_an_empty_set(room: Room) -> None:
    ravi = await room.enter(room.ravi)
    await ravi.say("hello", since_seq=0)
    resume = await ravi.next("resume")
    assert (resume["events"], resume["seq"]) == ([], 0)


@pytest.mark.parametrize("said", [{"epoch": "another", "since_seq": 0}, {"since_seq": 99}])
async def test_numbers_of_another_count_mean_nothing(room: Room, said: dict[str, Any]) -> None:
    await send(room, "1")
    ravi = await room.enter(room.ravi)
    await ravi.say("hello", **said)
    resync = await ravi.next("resync")
    assert (resync["reason"], resync["seq"]) == ("epoch", 1)


async def test_too_much_is_to_be_loaded_in_pages(room: Room) -> None:
    for number in range(301):
        await send(room, str(number))
    ravi = await room.enter(room.ravi)
    await ravi.say("hello", since_seq=0)
    resync = await ravi.next("resync")
    assert (resync["reason"], resync["seq"]) == ("too_far", 301)
    await ravi.say("hello", since_seq=1)
    resume = await ravi.next("resume")
    assert [one["seq"] for one in resume["events"]] == list(range(2, 302))


async def test_a_large_set_is_to_be_loaded_in_pages(sqlite_room: Room) -> None:
    for _ in range(70):
        await send(sqlite_room, "x" * 4000)
    ravi = await sqlite_room.enter(sqlite_room.ravi)
    await ravi.say("hello", since_seq=0)
    assert (await ravi.next("resync"))["reason"] == "too_far"


async def test_what_is_said_while_somebody_resumes_is_told_once(room: Room) -> None:
    """Ten clients come back, again and again, while others write: each ends with every message once, in order."""
    talking = asyncio.create_task(_talk(room, 60))
    clients = [await room.enter(room.ravi if number % 2 else room.host) for number in range(10)]
    for client in clients:
        await client.say("hello", since_seq=0)
    await talking
    for client in clients:
        await client.next("resume")  # a welcome that came after the last message stands at 60, too, and holds none
        await room.live.until(partial(stands_at, client, 60))
        assert sorted(replayed(client)) == list(range(1, 61))


async def _talk(room: Room, count: int) -> None:
    for number in range(count):
        await send(room, str(number))


def stands_at(client: Client, seq: int) -> bool:
    return position(client) == seq


def position(client: Client) -> int:
    """Where an app stands after all that it heard: live changes come one by one."""
    at = 0
    for one in client.frames:
        if one["type"] in {"welcome", "resume", "resync"}:
            at = max(at, one["seq"])
        elif one["type"] == "chat_message":
            assert one["seq"] in {at + 1, *range(1, at + 1)}, (at, one)
            at = max(at, one["seq"])
    return at


def replayed(client: Client) -> list[int]:
    """The numbers of messages that an app holds: it drops what it knows."""
    held: dict[int, int] = {}
    for one in client.frames:
        for event in one.get("events", [one]):
            if event["type"] == "chat_message":
                held[event["message_id"]] = event["seq"]
    return list(held.values())


async def test_a_change_that_the_hub_lost_is_found_by_its_number(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi, v=1)
    hub = room.world.house.hub
    publish, lost = hub.publish, []

    def lossy(channel: str, data: bytes) -> None:
        if channel == community_channel(room.id) and b"Lost" in data:
            lost.append(data)
        else:
            publish(channel, data)

    monkeypatch.setattr(type(hub), "publish", lambda _, channel, data: lossy(channel, data))
    await asha.say("chat_message", message="Lost", client_id=new_id())
    await asha.next("ack")
    await asha.say("chat_message", message="Not lost", client_id=new_id())
    for client in (asha, ravi):  # the gap shows
        assert [(await client.next("chat_message"))["message"] for _ in range(2)] == ["Lost", "Not lost"]
    await asha.say("chat_message", message="Lost as the last", client_id=new_id())
    for client in (asha, ravi):  # no gap shows: the timer looks
        assert (await client.next("chat_message"))["message"] == "Lost as the last"
    assert len(lost) == 2


async def test_a_lost_stretch_with_edits_is_told_as_a_set(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi, v=1)
    hub = room.world.house.hub
    with monkeypatch.context() as deaf:
        deaf.setattr(type(hub), "publish", lambda *_: None)
        first = await send(room, "First")
        await room.world.house.workflows.chatting.edit(room.asha.actor, first["id"], "First, edited")
    await send(room, "Second")
    resume = await asha.next("resume")
    assert (resume["events"][0]["message"], resume["events"][0]["seq"]) == ("First, edited", 1)
    assert (await ravi.next("chat_message"))["message"] == "First, edited"
    await ravi.next("chat_message", where=lambda one: one["message"] == "Second")
    assert resume["seq"] in {2, 3}


async def test_an_address_without_a_slash_is_the_same(sqlite_room: Room) -> None:
    client = await sqlite_room.live.open(f"{CHAT.format(sqlite_room.id).rstrip('/')}?v=2", sqlite_room.asha.token)
    await client.next("welcome")
