"""The chat over sockets: frames as they are fixed, version 2 beside them, sending once, order, errors."""

import asyncio

import pytest

from live.rooms import Room
from modules.community.domain.groups import MemberRole
from sockets import new_id

OLDER = {
    "chat_message", "typing", "user_joined", "user_left", "message_updated", "message_deleted", "status", "error",
}  # fmt: skip
FIXED = {"type", "message_id", "message", "message_type", "sender_id", "sender_email", "created_at"}
MESSAGES = "/api/community/messages/"


async def test_the_fixed_frames_are_as_the_app_knows_them(room: Room) -> None:
    asha, ravi = await room.enter(room.asha, v=1), await room.enter(room.ravi, v=1)
    await asha.say("chat_message", message="Hello everyone!", message_type="text", community_id=room.id)
    for client in (asha, ravi):
        heard = await client.next("chat_message")
        assert heard.keys() >= FIXED
        assert (heard["message"], heard["message_type"], heard["sender_id"], heard["sender_email"]) == (
            "Hello everyone!", "text", room.asha.id, room.asha.email,
        )  # fmt: skip
        assert heard["created_at"].endswith("Z")
    await ravi.say("read_receipt", message_id=heard["message_id"])
    status = await asha.next("status")
    assert status == {"type": "status", "message_id": heard["message_id"], "status": "read", "read_by": 1}
    await asha.say("typing", is_typing=True, community_id=room.id)
    assert (await ravi.next("typing"))["user_id"] == room.asha.id


async def test_a_client_of_version_1_hears_nothing_else(room: Room) -> None:
    asha, ravi = await room.enter(room.asha, v=1), await room.enter(room.ravi)
    await ravi.say("typing", is_typing=True)
    for text in ("One", "Two"):
        await ravi.say("chat_message", message=text, client_id=new_id())
        sent = await ravi.next("ack")
    await ravi.say("message_edit", message_id=sent["message_id"], message="Three", client_id=new_id())
    await ravi.next("ack")
    await ravi.say("read_receipt", message_id=sent["message_id"])
    await ravi.say("presence_get")
    await ravi.next("presence_state")
    await ravi.say("message_delete", message_id=sent["message_id"], client_id=new_id())
    await asha.next("message_deleted")
    assert {one["type"] for one in asha.frames} <= OLDER
    assert [one["message"] for one in asha.heard("chat_message", "message_updated")] == ["One", "Two", "Three"]


async def test_changes_are_told_in_their_order_without_gaps(room: Room) -> None:
    clients = [await room.enter(person) for person in (room.host, room.asha, room.ravi)]

    async def talk(number: int) -> None:
        for text in range(10):
            await clients[number].say("chat_message", message=f"{number}-{text}", client_id=new_id())
            await clients[number].next("ack")

    await asyncio.gather(*(talk(number) for number in range(3)))
    for client in clients:
        await room.live.until(client.has("chat_message", 30))
        assert [one["seq"] for one in client.heard("chat_message")] == list(range(1, 31))


async def test_a_send_is_acknowledged_once_committed_and_repeated_without_effect(room: Room) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    client_id = new_id()
    for _ in range(3):
        await asha.say("chat_message", message="On the train", client_id=client_id, mentions=[room.ravi.id])
    acks = [await asha.next("ack") for _ in range(3)]
    assert [one["duplicate"] for one in acks] == [False, True, True]
    assert len({(one["message_id"], one["seq"], one["created_at"]) for one in acks}) == 1
    again = await room.asha.post(MESSAGES, {"community_id": room.id, "message": "On the train", "client_id": client_id})
    assert (again.status_code, again.json()["id"]) == (200, acks[0]["message_id"])
    await asha.say("chat_message", message="Else", client_id=client_id)
    refused = await asha.next("error")
    assert (refused["code"], refused["client_id"], refused["temporary"]) == ("client_id_reused", client_id, False)
    mine, theirs = asha.heard("chat_message"), ravi.heard("chat_message")
    assert [one.get("client_id") for one in mine] == [client_id]
    assert [one.get("client_id") for one in theirs] == [None]


async def test_what_is_done_over_rest_is_heard_by_sockets(room: Room) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi, v=1)
    sent = (await room.asha.post(MESSAGES, {"community_id": room.id, "message": "First"})).json()
    await room.asha.call("PUT", f"{MESSAGES}{sent['id']}/", json={"message": "Second"})
    reply = await room.host.post(MESSAGES, {"community_id": room.id, "message": "Really?", "reply_to_id": sent["id"]})
    assert reply.status_code == 201
    await room.host.delete(f"{MESSAGES}{sent['id']}/")
    for client in (asha, ravi):
        deleted = await client.next("message_deleted")
        assert (deleted["message_id"], deleted["seq"], deleted["version"]) == (sent["id"], 4, 3)
        updated = client.heard("message_updated")[0]
        assert (updated["message"], updated["seq"], updated["version"], updated["sender_email"]) == (
            "Second", 2, 2, room.asha.email,
        )  # fmt: skip
        assert client.heard("chat_message")[1]["reply_to"] == sent["id"]


async def test_edits_and_deletions_are_acknowledged_and_guarded(room: Room) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await asha.say("chat_message", message="First", client_id=new_id())
    message_id = (await asha.next("ack"))["message_id"]
    await asha.say("message_edit", message_id=message_id, message="Second", client_id=new_id(), expected_version=1)
    assert (await asha.next("ack"))["seq"] == 2
    await asha.say("message_edit", message_id=message_id, message="Third", client_id=new_id(), expected_version=1)
    assert (await asha.next("error"))["code"] == "version_conflict"
    await ravi.say("message_edit", message_id=message_id, message="Mine")
    assert (await ravi.next("error"))["code"] == "not_sender"
    await ravi.say("message_delete", message_id=message_id)
    assert (await ravi.next("error"))["code"] == "not_sender"
    await asha.say("message_delete", message_id=message_id, client_id=new_id())
    assert (await asha.next("ack"))["seq"] == 3
    await asha.say("message_edit", message_id=999, message="Nothing")
    assert (await asha.next("error"))["code"] == "not_found"


async def test_a_hello_opts_in(room: Room) -> None:
    asha = await room.enter(room.asha, v=1)
    await asha.say("hello", v=2)
    welcome = await asha.next("welcome")
    assert (welcome["seq"], welcome["limits"]["message_length"], len(welcome["epoch"])) == (0, 4000, 32)
    assert 0 < welcome["token_ttl_s"] <= 900
    await asha.say("chat_message", message="x")
    assert (await asha.next("ack"))["client_id"] is None


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ('{"type":"chat_message"}', "message"),
        ('{"type":"chat_message","message":7}', "message"),
        ('{"type":"chat_message","message":"  "}', "message"),
        ('{"type":"chat_message","message":"' + "x" * 4001 + '"}', "message"),
        ('{"type":"chat_message","message":"a\\u0000b"}', "message"),
        ('{"type":"chat_message","message":"x","community_id":987654}', "community_id"),
        ('{"type":"chat_message","message":"x","client_id":"7"}', "client_id"),
        ('{"type":"chat_message","message":"x","reply_to":999}', "reply_to"),
        ('{"type":"typing"}', "is_typing"),
        ('{"type":"read_receipt","message_id":"1"}', "message_id"),
        ('{"type":"read_receipt","message_id":99999999999999999999}', "message_id"),
        ('{"type":"dance"}', "type"),
        ('{"no":"type"}', "type"),
    ],
)
async def test_a_faulty_field_is_named_and_ends_nothing(sqlite_room: Room, said: str, field: str) -> None:
    asha = await sqlite_room.enter(sqlite_room.asha)
    await asha.socket.send(said)
    refused = await asha.next("error")
    assert refused["errors"][0]["field"] == field, refused
    await asha.say("chat_message", message="Still here")
    await asha.next("ack")


@pytest.mark.parametrize("said", ["{", "[]", "null", "7", '"x"', "[" * 5000, b"\x00\x01", b"{}"])
async def test_what_is_no_frame_is_told_so(sqlite_room: Room, said: str | bytes) -> None:
    asha = await sqlite_room.enter(sqlite_room.asha, v=1)
    await asha.socket.send(said)
    assert (await asha.next("error"))["code"] in {"malformed_json", "invalid_input"}
    await asha.say("chat_message", message="Still here")
    await asha.next("chat_message")


async def test_ten_faulty_frames_close(sqlite_room: Room) -> None:
    asha, ravi = await sqlite_room.enter(sqlite_room.asha), await sqlite_room.enter(sqlite_room.ravi)
    for _ in range(10):
        await asha.socket.send("nonsense")
    assert await asha.ended() == (4400, "bad_frames")
    await ravi.say("chat_message", message="Undisturbed")
    await ravi.next("ack")


async def test_silence_and_slow_mode_hold_here_too(room: Room) -> None:
    asha = await room.enter(room.asha)
    await room.host.patch(f"/api/community/groups/{room.id}/", {"slow_mode_seconds": 30})
    for _ in range(2):
        await asha.say("chat_message", message="Hello", client_id=new_id())
    refused = await asha.next("error")
    assert (refused["code"], refused["temporary"]) == ("slow_mode", True)
    assert 28_000 <= refused["retry_after_ms"] <= 31_000
    await room.host.post(f"/api/community/groups/{room.id}/members/{room.asha.id}/silence/", {"minutes": 10})
    await asha.say("chat_message", message="Hello", client_id=new_id())
    assert (await asha.next("error"))["code"] == "silenced"


async def test_moderators_delete_what_others_wrote(room: Room) -> None:
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await room.world.house.workflows.hosting.set_role(room.host.actor, room.id, room.ravi.id, MemberRole.MODERATOR)
    await asha.say("chat_message", message="Spam")
    message_id = (await asha.next("ack"))["message_id"]
    await ravi.say("message_delete", message_id=message_id)
    assert (await asha.next("message_deleted"))["message_id"] == message_id


async def test_addresses_are_masked_where_the_school_wants_that(room: Room) -> None:
    room.live.sockets.rendering = type(room.live.sockets.rendering)(
        room.world.house.workflows.attachments, masks_emails=True
    )
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await asha.say("chat_message", message="Hello")
    assert (await asha.next("chat_message"))["sender_email"] == room.asha.email
    assert (await ravi.next("chat_message"))["sender_email"] == "p***@example.com"
