"""Chat over REST: numbers without gaps, sending once, paging, editing, deleting, reading."""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from core.actor import Role
from modules.community.domain.groups import MemberRole
from worlds import MadeCourse, Person, World

MESSAGES, GROUPS = "/api/community/messages/", "/api/community/groups/"
KEYS = {
    "id", "community_id", "sender_id", "sender_email", "sender", "recipient_id", "message", "message_type",
    "attachment", "attachment_type", "attachment_name",
    "status", "reply_to_id", "reply_to_info", "is_edited", "edited_at",
    "is_deleted", "deleted_at", "created_at", "read_at", "updated_at", "client_id", "seq", "read_by", "version",
}  # fmt: skip


@dataclass
class Room:
    world: World
    course: MadeCourse
    id: int
    host: Person
    asha: Person
    ravi: Person

    async def send(self, person: Person, message: str = "Hello", **more: Any) -> dict[str, Any]:
        answer = await person.post(MESSAGES, {"community_id": self.id, "message": message, **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def page(self, person: Person, **query: Any) -> dict[str, Any]:
        answer = await person.get(f"{GROUPS}{self.id}/messages/", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def seqs(self, person: Person, **query: Any) -> list[int]:
        return [message["seq"] for message in (await self.page(person, **query))["results"]]

    async def unread(self, person: Person) -> int:
        return (await person.get(f"{GROUPS}{self.id}/")).json()["unread_count"]


async def found_room(world: World, **settings: Any) -> Room:
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course, **settings)
    return Room(world, course, group, host, await world.classmate(course, group), await world.classmate(course, group))


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_message_is_sent_and_read_by_all_members(world: World) -> None:
    room = await found_room(world)
    sent = await room.send(room.asha, "Hello everyone!", client_id=str(uuid.uuid4()))
    assert sent.keys() == KEYS
    assert (sent["seq"], sent["status"], sent["sender_email"], sent["read_by"]) == (1, "sent", room.asha.email, 0)
    (seen,) = (await room.page(room.ravi))["results"]
    assert seen == {**sent, "client_id": None}
    by_query = await room.ravi.get(MESSAGES, params={"community_id": room.id})
    assert by_query.json()["results"] == [seen]
    assert refusal(await (await world.person()).get(MESSAGES, params={"community_id": room.id})) == (
        403,
        "not_enrolled",
    )
    assert (await room.asha.get(MESSAGES)).status_code == 400


async def test_numbers_have_no_gaps_however_many_send_at_once(world: World) -> None:
    room = await found_room(world)
    answers = await asyncio.gather(*(room.send(person, str(n)) for n in range(15) for person in (room.asha, room.ravi)))
    assert sorted(a["seq"] for a in answers) == list(range(1, 31))
    assert await room.seqs(room.host) == list(range(30, 0, -1))


async def test_a_client_id_is_sent_once_and_refused_with_another_message(world: World) -> None:
    room = await found_room(world)
    body = {"community_id": room.id, "message": "On the train", "client_id": str(uuid.uuid4())}
    answers = await asyncio.gather(*(room.asha.post(MESSAGES, body) for _ in range(8)))
    assert sorted(a.status_code for a in answers) == [200] * 7 + [201]
    assert len({a.json()["id"] for a in answers}) == 1
    assert await room.seqs(room.asha) == [1]
    assert (await room.send(room.asha))["seq"] == 2  # a repeat takes no number
    assert refusal(await room.asha.post(MESSAGES, {**body, "message": "Else"})) == (409, "client_id_reused")
    assert (await room.ravi.post(MESSAGES, body)).status_code == 201  # of another sender it is another
    edited = await room.asha.call("PUT", f"{MESSAGES}{answers[0].json()['id']}/", json={"message": "Off the train"})
    assert edited.status_code == 200
    again = await room.asha.post(MESSAGES, body)
    assert (again.status_code, again.json()["message"]) == (200, "Off the train")
    assert (await room.asha.post(MESSAGES, {**body, "client_id": "7"})).status_code == 400


async def test_a_repeated_key_sends_once(world: World) -> None:
    room = await found_room(world)
    body, key = {"community_id": room.id, "message": "Once"}, {"Idempotency-Key": "k"}
    answers = await asyncio.gather(*(room.asha.post(MESSAGES, body, headers=key) for _ in range(5)))
    assert {a.status_code for a in answers} <= {200, 201}
    assert await room.seqs(room.asha) == [1]


async def test_pages_go_before_after_and_around(world: World) -> None:
    room = await found_room(world)
    ids = [(await room.send(room.asha, str(n)))["id"] for n in range(1, 11)]
    assert await room.seqs(room.ravi, limit=3) == [10, 9, 8]
    assert await room.seqs(room.ravi, limit=3, before=ids[4]) == [4, 3, 2]
    assert await room.seqs(room.ravi, limit=3, after=ids[4]) == [8, 7, 6]
    assert await room.seqs(room.ravi, limit=4, around=ids[4]) == [7, 6, 5, 4]
    assert await room.seqs(room.ravi, limit=4, around=ids[9]) == [10, 9, 8, 7]
    first = await room.page(room.ravi, limit=4)
    assert first["previous"] is None
    second = await room.page(room.ravi, limit=4, cursor=first["next_cursor"])
    assert [m["seq"] for m in second["results"]] == [6, 5, 4, 3]
    third = await room.page(room.ravi, limit=4, cursor=second["next_cursor"])
    assert ([m["seq"] for m in third["results"]], third["next"]) == ([2, 1], None)
    back = await room.ravi.get(third["previous"])
    assert [m["seq"] for m in back.json()["results"]] == [6, 5, 4, 3]
    two = await room.ravi.get(f"{GROUPS}{room.id}/messages/", params={"before": ids[4], "after": ids[1]})
    assert refusal(two) == (400, "invalid_input")
    assert await room.seqs(room.ravi, before=999) == []


async def test_edits_take_a_number_and_keep_what_was_said(world: World) -> None:
    room = await found_room(world)
    sent = await room.send(room.asha, "First")
    address = f"{MESSAGES}{sent['id']}/"
    edited = await room.asha.call("PUT", address, json={**sent, "message": "Second"}, headers={"If-Match": '"1"'})
    assert edited.status_code == 200, edited.text
    body = edited.json()
    assert (body["message"], body["is_edited"], body["version"], body["seq"]) == ("Second", True, 2, 1)
    same = await room.asha.call("PUT", address, json={"message": "Second"})
    assert same.json()["version"] == 2
    late = await room.asha.call("PUT", address, json={"message": "Third"}, headers={"If-Match": '"1"'})
    assert refusal(late) == (409, "version_conflict")
    for person in (room.ravi, room.host):
        assert refusal(await person.call("PUT", address, json={"message": "Mine"})) == (403, "not_sender")
    assert (await room.send(room.ravi))["seq"] == 3  # the edit was number 2
    assert await world.count("message_revisions", "message = 'First'") == 1


async def test_a_deleted_message_is_a_tombstone_also_where_it_is_quoted(world: World) -> None:
    room = await found_room(world)
    sent = await room.send(room.asha, "Secret")
    reply = await room.send(room.ravi, "Really?", reply_to_id=sent["id"])
    assert reply["reply_to_info"] == {"id": sent["id"], "sender_id": room.asha.id, "message": "Secret"}
    assert refusal(await room.ravi.delete(f"{MESSAGES}{sent['id']}/")) == (403, "not_sender")
    for _ in range(2):
        assert (await room.asha.delete(f"{MESSAGES}{sent['id']}/")).status_code == 204
    quoting, stone = (await room.page(room.ravi))["results"]
    assert (stone["is_deleted"], stone["message"], quoting["reply_to_info"]["message"]) == (True, "", "")
    gone = await room.asha.call("PUT", f"{MESSAGES}{sent['id']}/", json={"message": "Back"})
    assert refusal(gone) == (404, "not_found")
    answer = await room.ravi.post(MESSAGES, {"community_id": room.id, "message": "x", "reply_to_id": sent["id"]})
    assert answer.json()["errors"][0]["field"] == "reply_to_id"
    assert (await room.host.delete(f"{MESSAGES}{reply['id']}/")).status_code == 204
    assert await world.count("audit_log", "action = 'message.deleted'") == 1
    assert (await room.send(room.asha))["seq"] == 5  # two messages, two deletions


async def test_reading_moves_a_pointer_forward_only(world: World) -> None:
    room = await found_room(world)
    ids = [(await room.send(room.asha, str(n)))["id"] for n in range(4)]
    assert (await room.unread(room.ravi), await room.unread(room.asha)) == (4, 0)
    third = (await room.ravi.post(f"{MESSAGES}{ids[2]}/mark-as-read/")).json()
    assert third.keys() == {"message_id", "community_id", "last_read_seq", "read_at", "unread_count"}
    assert (third["last_read_seq"], third["unread_count"]) == (3, 1)
    back = (await room.ravi.post(f"{MESSAGES}{ids[0]}/mark-as-read/")).json()
    assert (back["last_read_seq"], back["read_at"]) == (3, third["read_at"])
    await asyncio.gather(*(room.ravi.post(f"{MESSAGES}{id_}/mark-as-read/") for id_ in ids * 3))
    assert await room.unread(room.ravi) == 0
    assert (await room.ravi.get(GROUPS)).json()["results"][0]["unread_count"] == 0
    newest = (await room.page(room.asha))["results"][0]
    assert (newest["status"], newest["read_by"]) == ("read", 1)
    assert newest["read_at"] is not None
    read = (await room.asha.get(f"{MESSAGES}{ids[0]}/receipts/")).json()
    assert (read["status"], read["read_by"], [one["user_id"] for one in read["results"]]) == ("read", 1, [room.ravi.id])
    assert await world.count("read_receipts") <= 4
    assert (await room.ravi.post(f"{MESSAGES}999/mark-as-read/")).status_code == 404


async def test_slow_mode_makes_members_wait_also_at_the_same_moment(world: World) -> None:
    room = await found_room(world, slow_mode_seconds=30)
    moderator = await world.classmate(room.course, room.id)
    await world.house.workflows.hosting.set_role(room.host.actor, room.id, moderator.id, MemberRole.MODERATOR)
    body = {"community_id": room.id, "message": "Hello"}
    answers = await asyncio.gather(*(room.asha.post(MESSAGES, body) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201] + [429] * 4
    slow = next(a for a in answers if a.status_code == 429)
    assert slow.json()["code"] == "slow_mode"
    assert 28 <= int(slow.headers["retry-after"]) <= 31
    for person in (moderator, room.host):
        assert [(await person.post(MESSAGES, body)).status_code for _ in range(2)] == [201, 201]
    assert (await room.ravi.post(MESSAGES, body)).status_code == 201
    world.clock.advance(seconds=31)
    assert (await room.asha.post(MESSAGES, body)).status_code == 201
    assert await room.seqs(room.host) == list(range(7, 0, -1))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"message": " "}, "message"),
        ({"message": "x" * 4001}, "message"),
        ({"message": "x", "message_type": "system"}, "message_type"),
        ({"message": "x", "reply_to_id": 999}, "reply_to_id"),
        ({"message": "x", "seq": 7}, "seq"),
    ],
)
async def test_faulty_messages_are_refused(sqlite_world: World, more: dict[str, Any], field: str) -> None:
    room = await found_room(sqlite_world)
    answer = await room.asha.post(MESSAGES, {"community_id": room.id, **more})
    assert answer.status_code == 400, answer.text
    assert field in answer.text
    assert await room.seqs(room.asha) == []


async def test_who_lost_their_place_sends_and_reads_nothing(world: World) -> None:
    room = await found_room(world)
    sent = await room.send(room.asha)
    do, body = world.house.workflows, {"community_id": room.id, "message": "Still here?"}
    await do.joining.leave(room.asha.actor, room.id)
    await do.hosting.ban(room.host.actor, room.id, room.ravi.id, "Spam")
    for person, code in ((room.asha, "not_member"), (room.ravi, "banned")):
        calls = [
            person.post(MESSAGES, body),
            person.get(f"{GROUPS}{room.id}/messages/"),
            person.call("PUT", f"{MESSAGES}{sent['id']}/", json={"message": "x"}),
            person.delete(f"{MESSAGES}{sent['id']}/"),
            person.post(f"{MESSAGES}{sent['id']}/mark-as-read/"),
            person.get(f"{MESSAGES}{sent['id']}/receipts/"),
        ]
        assert [refusal(await call) for call in calls] == [(403, code)] * 6


async def test_a_school_may_mask_the_addresses_of_classmates(sqlite_world: World) -> None:
    room = await found_room(sqlite_world)
    house = sqlite_world.house
    house.settings = replace(house.settings, mask_emails=True)
    sent = await room.send(room.asha)
    assert sent["sender_email"] == room.asha.email
    (seen,) = (await room.page(room.ravi))["results"]
    assert seen["sender_email"] == "p***@example.com"
