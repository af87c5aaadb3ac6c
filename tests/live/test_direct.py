"""Direct messages: a stream of their own for each two, seen by these alone, on all their devices."""

import asyncio

import pytest

from live.rooms import Room
from sockets import new_id

MESSAGES = "/api/community/messages/"


async def test_they_reach_both_on_all_devices_and_nobody_else(room: Room) -> None:
    phone, tablet = await room.live.personal(room.ravi), await room.live.personal(room.ravi)
    asha, host, chat = (
        await room.live.personal(room.asha),
        await room.live.personal(room.host),
        await room.enter(room.host),
    )
    client_id = new_id()
    await asha.say(
        "direct_message", community_id=room.id, recipient_id=room.ravi.id, message="Only you", client_id=client_id
    )
    ack = await asha.next("ack")
    for client in (phone, tablet):
        heard = await client.next("direct_message")
        assert (heard["message"], heard["seq"], heard["sender_id"], heard["recipient_id"]) == (
            "Only you", 1, room.asha.id, room.ravi.id,
        )  # fmt: skip
        assert "client_id" not in heard
    assert [one["client_id"] for one in asha.heard("direct_message")] == [client_id]
    await phone.say("direct_message", community_id=room.id, recipient_id=room.asha.id, message="Hello")
    assert (await phone.next("ack"))["seq"] == 2  # one stream for the two
    await phone.say("read_receipt", message_id=ack["message_id"])
    assert (await asha.next("status"))["status"] == "read"
    assert (await asha.next("receipts"))["items"] == [{"user_id": room.ravi.id, "last_read_seq": 1}]
    await asha.say("message_edit", message_id=ack["message_id"], message="Only you two", client_id=new_id())
    assert (await tablet.next("message_updated"))["message"] == "Only you two"
    await asha.say("message_delete", message_id=ack["message_id"], client_id=new_id())
    assert (await tablet.next("message_deleted"))["message_id"] == ack["message_id"]
    assert {one["type"] for one in host.frames} <= {"welcome", "ping"}
    assert {one["type"] for one in chat.frames} <= {"welcome", "presence", "ping"}


async def test_over_rest_they_are_pages_of_their_own(room: Room) -> None:
    body = {"community_id": room.id, "recipient_id": room.ravi.id}
    for number in range(3):
        answer = await room.asha.post(MESSAGES, {**body, "message": str(number), "client_id": new_id()})
        assert (answer.status_code, answer.json()["recipient_id"], answer.json()["seq"]) == (
            201, room.ravi.id, number + 1,
        )  # fmt: skip
    back = {
        "community_id": room.id,
        "recipient_id": room.asha.id,
        "message": "Back",
        "reply_to_id": answer.json()["id"],
    }
    assert (await room.ravi.post(MESSAGES, back)).json()["seq"] == 4
    for person, other in ((room.asha, room.ravi), (room.ravi, room.asha)):
        page = await person.get(MESSAGES, params={"community_id": room.id, "recipient_id": other.id, "limit": 3})
        assert [one["message"] for one in page.json()["results"]] == ["Back", "2", "1"]
        rest = await person.follow(page.json()["next"])
        assert [one["message"] for one in rest.json()["results"]] == ["0"]
        found = await person.get(MESSAGES, params={"community_id": room.id, "recipient_id": other.id, "q": "back"})
        assert [one["message"] for one in found.json()["results"]] == ["Back"]
    assert (await room.asha.get(MESSAGES, params={"community_id": room.id})).json()["results"] == []
    listed = (await room.ravi.get(f"/api/community/groups/{room.id}/conversations/")).json()["results"]
    assert [(one["user_id"], one["latest"]["message"], one["unread_count"]) for one in listed] == [
        (room.asha.id, "Back", 3)
    ]
    await room.asha.call("PUT", f"{MESSAGES}{answer.json()['id']}/", json={"message": "2, edited"})
    listed = (await room.ravi.get(f"/api/community/groups/{room.id}/conversations/")).json()["results"]
    assert listed[0]["latest"]["message"] == "Back"  # an edit of an older one makes it no newer
    marked = await room.ravi.post(f"{MESSAGES}{answer.json()['id']}/mark-as-read/")
    assert (marked.json()["last_read_seq"], marked.json()["unread_count"]) == (3, 0)
    assert (await room.host.get(f"/api/community/groups/{room.id}/conversations/")).json()["results"] == []


async def test_conversations_come_in_pages_the_latest_first(room: Room) -> None:
    others = [await room.world.classmate(room.course, room.id) for _ in range(3)]
    for other in others:
        await room.asha.post(MESSAGES, {"community_id": room.id, "recipient_id": other.id, "message": "Hello"})
    path = f"/api/community/groups/{room.id}/conversations/"
    first = (await room.asha.get(path, params={"limit": 2})).json()
    assert [one["user_id"] for one in first["results"]] == [others[2].id, others[1].id]
    rest = (await room.asha.follow(first["next"])).json()
    assert [one["user_id"] for one in rest["results"]] == [others[0].id]


async def test_nobody_else_sees_or_touches_them(room: Room) -> None:
    body = {"community_id": room.id, "recipient_id": room.ravi.id, "message": "Only you"}
    message = (await room.asha.post(MESSAGES, body)).json()
    address = f"{MESSAGES}{message['id']}/"
    for method, path, sent in (
        ("PUT", address, {"message": "Mine"}),
        ("DELETE", address, None),
        ("POST", f"{address}mark-as-read/", None),
        ("GET", f"{address}receipts/", None),
    ):
        answer = await room.host.call(method, path, json=sent)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    answer = await room.host.post(MESSAGES, {"community_id": room.id, "message": "x", "reply_to_id": message["id"]})
    assert answer.json()["errors"][0]["field"] == "reply_to_id"
    assert (await room.ravi.delete(address)).json()["code"] == "not_sender"
    assert (await room.asha.delete(address)).status_code == 204


@pytest.mark.parametrize("kind", ["stranger", "banned", "missing", "self"])
async def test_only_members_are_written_to(room: Room, kind: str) -> None:
    stranger = await room.world.person()
    await room.host.post(f"/api/community/groups/{room.id}/members/{room.ravi.id}/ban/", {"reason": "Spam"})
    recipient = {"stranger": stranger.id, "banned": room.ravi.id, "missing": 987654, "self": room.asha.id}[kind]
    asha = await room.live.personal(room.asha)
    await asha.say("direct_message", community_id=room.id, recipient_id=recipient, message="Hello")
    refused = await asha.next("error")
    assert refused["code"] == ("invalid_input" if kind == "self" else "no_recipient")
    answer = await room.asha.post(MESSAGES, {"community_id": room.id, "recipient_id": recipient, "message": "Hello"})
    assert answer.status_code == (400 if kind == "self" else 404)


async def test_who_is_no_member_there_keeps_their_own_socket(room: Room) -> None:
    outsider = await room.world.person()
    personal = await room.live.personal(outsider)
    await personal.say("direct_message", community_id=room.id, recipient_id=room.asha.id, message="Hello")
    assert (await personal.next("error"))["code"] == "not_enrolled"
    await personal.say("hello", v=2)
    await personal.say("direct_message", community_id=room.id, recipient_id=room.asha.id, message="Hello")
    assert (await personal.next("error"))["code"] == "not_enrolled"


async def test_both_may_begin_at_once(room: Room) -> None:
    async def write(person: object, other: int, number: int) -> int:
        body = {"community_id": room.id, "recipient_id": other, "message": str(number), "client_id": new_id()}
        answer = await person.post(MESSAGES, body)  # type: ignore[attr-defined]
        assert answer.status_code == 201, answer.text
        return answer.json()["seq"]

    seqs = await asyncio.gather(
        *(write(room.asha, room.ravi.id, n) for n in range(10)), *(write(room.ravi, room.asha.id, n) for n in range(10))
    )
    assert sorted(seqs) == list(range(1, 21))


async def test_one_that_the_hub_lost_comes_by_its_moment(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ravi = await room.live.personal(room.ravi)
    with monkeypatch.context() as deaf:
        deaf.setattr(type(room.world.house.hub), "publish", lambda *_: None)
        body = {"community_id": room.id, "recipient_id": room.ravi.id, "message": "Lost"}
        assert (await room.asha.post(MESSAGES, body)).status_code == 201
    assert (await ravi.next("direct_message"))["message"] == "Lost"
    await room.asha.post(MESSAGES, {**body, "message": "Next"})
    await ravi.next("direct_message", where=lambda one: one["message"] == "Next")
    assert len(ravi.heard("direct_message")) == 2
