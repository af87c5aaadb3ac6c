"""What passes: typing, receipts, delivery, presence."""

from typing import Any

import pytest

from live.rooms import Room
from modules.community.live import Present, community_channel, encode
from sockets import Client, new_id


async def sent(client: Client, text: str = "Hello") -> dict[str, Any]:
    await client.say("chat_message", message=text, client_id=new_id())
    return await client.next("ack")


async def test_typing_is_told_to_others_and_ends_by_itself(room: Room) -> None:
    asha, ravi, host = [await room.enter(person) for person in (room.asha, room.ravi, room.host)]
    await asha.say("typing", is_typing=True, community_id=room.id)
    for client in (ravi, host):
        begun = await client.next("typing")
        assert begun == {
            "type": "typing",
            "user_id": room.asha.id,
            "is_typing": True,
            "expires_in_ms": 3000,
            "community_id": room.id,
        }
        assert (await client.next("typing"))["is_typing"] is False
    assert asha.heard("typing") == []


async def test_typing_is_told_once_a_second_and_not_again_by_its_end(room: Room) -> None:
    room.live.sockets.second = 1.0
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    for _ in range(10):
        await asha.say("typing", is_typing=True)
    await asha.say("typing", is_typing=False)
    await asha.say("typing", is_typing=False)
    await sent(asha)
    await ravi.next("chat_message")
    assert [one["is_typing"] for one in ravi.heard("typing")] == [True, False]


async def test_who_leaves_types_no_more(room: Room) -> None:
    room.live.sockets.second = 1.0
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await asha.say("typing", is_typing=True)
    await ravi.next("typing")
    await asha.close()
    assert (await ravi.next("typing"))["is_typing"] is False


async def test_so_many_typists_are_enough(sqlite_room: Room) -> None:
    room, watching = sqlite_room, await sqlite_room.enter(sqlite_room.host)
    room.live.sockets.second = 1.0
    for _ in range(14):
        person = await room.world.classmate(room.course, room.id)
        client = await room.enter(person)
        await client.say("typing", is_typing=True)
        await client.say("presence_get")
        await client.next("presence_state")
    assert len({one["user_id"] for one in watching.heard("typing")}) == 10


async def test_the_sender_hears_of_delivery_and_reading_in_that_order(room: Room) -> None:
    asha, ravi, host = [await room.enter(person) for person in (room.asha, room.ravi, room.host)]
    message = await sent(asha)
    await asha.say("delivered", seq=message["seq"])  # one's own device does not count
    await ravi.say("delivered", seq=message["seq"])
    delivered = await asha.next("status")
    assert delivered == {"type": "status", "message_id": message["message_id"], "status": "delivered", "read_by": 0}
    page = (await room.asha.get(f"/api/community/groups/{room.id}/messages/")).json()["results"]
    assert page[0]["status"] == "delivered"
    await ravi.say("read_receipt", message_id=message["message_id"])
    assert await asha.next("status") == {**delivered, "status": "read", "read_by": 1}
    await host.say("read_receipt", message_id=message["message_id"])
    assert (await asha.next("status"))["read_by"] == 2
    await host.say("delivered", seq=message["seq"])  # it was read: nothing goes back
    receipts = await asha.next("receipts")
    assert {"user_id": room.ravi.id, "last_read_seq": 1} in [*receipts["items"], *_items(asha)]
    assert [one["status"] for one in asha.heard("status")] == ["delivered", "read", "read"]
    assert ravi.heard("status") == []


def _items(client: Client) -> list[dict[str, Any]]:
    return [item for one in client.heard("receipts") for item in one["items"]]


async def test_nobody_claims_to_have_what_was_not_sent(room: Room) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await ravi.say("delivered", seq=10**12)
    message = await sent(asha)
    await ravi.next("chat_message")
    assert asha.heard("status") == []
    await ravi.say("delivered", seq=message["seq"])
    assert (await asha.next("status"))["status"] == "delivered"


async def test_all_that_was_passed_is_read_for_each_of_its_senders(room: Room) -> None:
    asha, ravi, host = [await room.enter(person) for person in (room.asha, room.ravi, room.host)]
    ids = [(await sent(client))["message_id"] for client in (asha, host, asha)]
    await ravi.say("read_receipt", message_id=ids[2])
    assert [(await asha.next("status"))["message_id"] for _ in range(2)] == [ids[0], ids[2]]
    assert (await host.next("status"))["message_id"] == ids[1]
    await ravi.say("read_receipt", message_id=ids[0])  # back: nothing
    await sent(asha, "After")
    await ravi.next("chat_message", where=lambda one: one["message"] == "After")
    assert len(asha.heard("status")) == 2


async def test_many_receipts_in_a_second_are_one_move(sqlite_room: Room) -> None:
    room = sqlite_room
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    ids = [(await sent(asha))["message_id"] for _ in range(20)]
    for message_id in ids:
        await ravi.say("read_receipt", message_id=message_id)
    await asha.next("status", where=lambda one: one["message_id"] == ids[-1])
    assert await room.world.count("read_receipts") <= 3


async def test_what_was_read_last_is_kept_when_the_phone_goes(sqlite_room: Room) -> None:
    room = sqlite_room
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    ids = [(await sent(asha))["message_id"] for _ in range(3)]
    for message_id in ids:
        await ravi.say("read_receipt", message_id=message_id)
    await ravi.say("presence_get")
    await ravi.next("presence_state")
    await ravi.close()
    await asha.next("status", where=lambda one: one["message_id"] == ids[-1])


async def test_presence_is_of_users_not_of_sockets(room: Room) -> None:
    host = await room.enter(room.host)
    first = await room.enter(room.asha)
    joined = await host.next("presence")
    assert (joined["event"], joined["user"]) == ("joined", room.asha.id)
    second = await room.enter(room.asha, v=1)
    await first.close()
    await second.close()
    third = await room.enter(room.asha)  # within the grace: she never was away
    await third.say("presence_get")
    state = await third.next("presence_state")
    assert (state["count"], state["users"]) == (2, sorted([room.host.id, room.asha.id]))
    await third.close()
    left = await host.next("presence")
    assert (left["event"], left["user"]) == ("left", room.asha.id)
    assert left["version"] > state["version"] >= joined["version"]
    assert len(host.heard("presence")) == 2


async def test_a_client_of_version_1_hears_of_coming_and_going(room: Room) -> None:
    host = await room.enter(room.host, v=1)
    asha = await room.enter(room.asha)
    assert await host.next("user_joined") == {"type": "user_joined", "user_id": room.asha.id, "community_id": room.id}
    await asha.close()
    assert (await host.next("user_left"))["user_id"] == room.asha.id


async def test_in_a_crowd_only_the_number_is_told_once_a_second(sqlite_room: Room) -> None:
    room, host = sqlite_room, await sqlite_room.enter(sqlite_room.host)
    older = await room.enter(room.ravi, v=1)
    for number in range(1, 41):
        note = Present(user_id=1000 + number, is_online=True, version=2**50 + number, count=100 + number)
        room.world.house.hub.publish(community_channel(room.id), encode(note))
    state = await host.next("presence_state")
    assert (state["count"], state["users"], state["version"]) == (140, None, 2**50 + 40)
    assert [one["user"] for one in host.heard("presence") if one["user"] > 1000] == []
    assert [one for one in older.heard("user_joined") if one["user_id"] > 1000] == []


@pytest.mark.parametrize("said", ["read_receipt", "message_delete"])
async def test_what_is_between_two_is_nobody_elses(room: Room, said: str) -> None:
    body = {"community_id": room.id, "message": "Only you", "recipient_id": room.ravi.id}
    message = (await room.asha.post("/api/community/messages/", body)).json()
    host = await room.enter(room.host)
    await host.say(said, message_id=message["id"])
    assert (await host.next("error"))["code"] == "not_found"
