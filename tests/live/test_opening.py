"""The handshake: every way to show who one is, and every refusal told before the closing."""

import json
from typing import Any

import pytest

from core.actor import Role
from live.rooms import Room
from logbook import logbook
from modules.community.domain.groups import Visibility
from sockets import CHAT, PERSONAL


async def refused(room: Room, path: str, token: str | None = None) -> tuple[dict[str, Any], tuple[int, str]]:
    """What a refused client hears, and how it is closed."""
    client = await room.live.open(path, token)
    closed = await client.ended()
    (told,) = client.frames
    assert told["type"] == "error"
    return told, closed


async def test_a_token_comes_in_one_of_three_ways_and_a_ticket_in_one(room: Room) -> None:
    path, token = CHAT.format(room.id), room.asha.token
    ticket = (await room.asha.post("/api/accounts/ws-ticket/")).json()["ticket"]
    opened = [
        await room.live.open(f"{path}?v=2", token),
        await room.live.open(f"{path}?v=2&token={token}"),
        await room.live.open(f"{path}?v=2", subprotocols=["bearer", token]),
        await room.live.open(f"{path}?v=2&ticket={ticket}"),
    ]
    for client in opened:
        assert (await client.next("welcome"))["token_ttl_s"] > 800
    assert opened[2].socket.subprotocol == "bearer"
    told, closed = await refused(room, f"{path}?ticket={ticket}")  # it is used up
    assert (told["code"], closed) == ("invalid_ticket", (4401, "invalid_ticket"))


@pytest.mark.parametrize("path", [CHAT.format(1), PERSONAL])
async def test_without_a_good_token_nobody_comes_in(room: Room, path: str) -> None:
    for query, code in (("", "not_authenticated"), ("?token=x.y.z", "invalid_token"), ("?ticket=x", "invalid_ticket")):
        told, closed = await refused(room, path + query)
        assert (told["code"], closed) == (code, (4401, code))
    await room.asha.post("/api/accounts/logout/")
    told, closed = await refused(room, path, room.asha.token)
    assert (told["code"], closed[0]) == ("token_revoked", 4401)
    room.world.clock.advance(minutes=20)
    assert (await refused(room, path, room.ravi.token))[1] == (4401, "token_expired")


async def test_only_members_come_in_and_hear_why_not(room: Room) -> None:
    path, world = CHAT.format(room.id), room.world
    outsider, enrolled, banned = await world.person(), await world.person(), room.ravi
    await world.enrol(enrolled, room.course)
    await room.host.post(f"/api/community/groups/{room.id}/members/{banned.id}/ban/", {"reason": "Spam"})
    for person, code, closed in (
        (outsider, "not_enrolled", (4403, "membership_lost")),
        (enrolled, "not_member", (4403, "membership_lost")),
        (banned, "banned", (4403, "banned")),
    ):
        told, closing = await refused(room, path, person.token)
        assert (told["code"], closing) == (code, closed)
    for missing in ("987654", "0", "x", "1/2", "9" * 30, "-1"):
        assert (await refused(room, CHAT.format(missing), room.asha.token))[1] == (4404, "not_found")
    await world.house.workflows.founding.change(room.host.actor, room.id, {"visibility": Visibility.PRIVATE})
    assert (await refused(room, path, room.asha.token))[1] == (4404, "not_found")
    for inside in (room.host, await world.admin()):
        await room.enter(inside)


async def test_whose_access_has_expired_is_told_so(room: Room) -> None:
    world, other = room.world, await room.world.classmate(room.course, room.id)
    (enrolment,) = (await other.get("/api/courses/enrollments/")).json()["results"]
    body = {"expiry_date": "2025-01-01T00:00:00Z"}
    answer = await (await world.admin()).patch(f"/api/courses/enrollments/{enrolment['id']}/", body)
    assert answer.status_code == 200, answer.text
    told, closed = await refused(room, CHAT.format(room.id), other.token)
    assert (told["code"], closed) == ("enrolment_expired", (4403, "enrolment_expired"))


async def test_one_user_has_ten_sockets(sqlite_room: Room) -> None:
    room = sqlite_room
    clients = [await room.enter(room.asha) for _ in range(10)]
    told, closed = await refused(room, CHAT.format(room.id), room.asha.token)
    assert (told["code"], closed) == ("too_many_connections", (4409, "too_many_connections"))
    await room.enter(room.ravi)
    await clients[0].close()
    await room.live.until(lambda: len(room.live.sockets.of(room.asha.id)) == 9)
    await room.enter(room.asha)


async def test_a_plain_request_is_no_socket(room: Room) -> None:
    for path in (CHAT.format(room.id), PERSONAL):
        answer = await room.asha.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_there_is_no_other_socket(sqlite_room: Room) -> None:
    for path in ("/ws/none/", "/ws/community/chats/1/", "/ws/notifications/below/"):
        told, closed = await refused(sqlite_room, path, sqlite_room.asha.token)
        assert (told["code"], closed) == ("not_found", (4404, "not_found"))


async def test_no_token_stands_in_a_log(sqlite_room: Room) -> None:
    room = sqlite_room
    ticket = (await room.asha.post("/api/accounts/ws-ticket/")).json()["ticket"]
    with logbook(room.world.house.settings) as written:
        for query in (f"token={room.asha.token}", f"ticket={ticket}"):
            client = await room.live.open(f"{CHAT.format(room.id)}?v=2&{query}")
            await client.say("chat_message", message="A secret message")
            await client.next("ack")
        await refused(room, f"{CHAT.format(room.id)}?token=wrong.wrong.wrong")
        await room.asha.post("/api/community/messages/", {"community_id": room.id, "message": "A secret message"})
    logged = written.getvalue()
    for secret in (room.asha.token, ticket, "wrong.wrong.wrong", "A secret message", room.asha.email):
        assert secret not in logged
    assert json.loads(logged.splitlines()[0])["event"]


async def test_an_instructor_of_another_course_is_a_stranger(sqlite_room: Room) -> None:
    stranger = await sqlite_room.world.person(Role.INSTRUCTOR)
    assert (await refused(sqlite_room, CHAT.format(sqlite_room.id), stranger.token))[1][0] == 4403
