"""Rights end, and with them the sockets: at once, on the next send, and when nobody says so."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from core.actor import Role
from live.rooms import Room
from modules.community.domain.groups import Visibility
from sockets import CHAT, Client, new_id

GROUPS = "/api/community/groups/"
Act = Callable[[Room], Awaitable[Any]]


async def ban(room: Room) -> None:
    await room.host.post(f"{GROUPS}{room.id}/members/{room.asha.id}/ban/", {"reason": "Spam"})


async def leave(room: Room) -> None:
    await room.asha.post(f"{GROUPS}{room.id}/leave/")


async def suspend(room: Room) -> None:
    (enrolment,) = (await room.asha.get("/api/courses/enrollments/")).json()["results"]
    admin = await room.world.admin()
    answer = await admin.patch(f"/api/courses/enrollments/{enrolment['id']}/", {"is_active": False})
    assert answer.status_code == 200


async def close_group(room: Room) -> None:
    changes = {"visibility": Visibility.PRIVATE}
    await room.world.house.workflows.founding.change(room.host.actor, room.id, changes)


async def log_out(room: Room) -> None:
    await room.asha.post("/api/accounts/logout/")


async def disable(room: Room) -> None:
    await (await room.world.admin()).patch(f"/api/accounts/users/{room.asha.id}/", {"is_active": False})


async def erase(room: Room) -> None:
    answer = await room.asha.call("DELETE", "/api/accounts/me/", json={"password": "learn-by-doing-1"})
    assert answer.status_code == 204, answer.text


ENDS: list[tuple[Act, tuple[int, str]]] = [
    (ban, (4403, "banned")),
    (leave, (4403, "membership_lost")),
    (suspend, (4403, "enrolment_expired")),
    (close_group, (4404, "not_found")),
    (log_out, (4401, "token_revoked")),
    (disable, (4401, "token_revoked")),
    (erase, (4401, "token_revoked")),
]


@pytest.mark.parametrize(("end", "closed"), ENDS)
async def test_a_right_that_ends_closes_the_sockets_at_once(room: Room, end: Act, closed: tuple[int, str]) -> None:
    asha, older, ravi = await room.enter(room.asha), await room.enter(room.asha, v=1), await room.enter(room.ravi)
    await end(room)
    for client in (asha, older):
        assert await client.ended() == closed
        assert client.frames[-1]["type"] == "error"
    if closed[0] != 4404:
        await ravi.say("chat_message", message="Still here")
        await ravi.next("ack")


async def test_a_host_no_longer_is_out(room: Room) -> None:
    host, admin = await room.enter(room.host), await room.world.admin()
    await admin.delete(f"/api/courses/courses/{room.course.id}/instructors/{room.host.id}/")
    assert await host.ended() == (4403, "membership_lost")
    other = await room.world.person(Role.INSTRUCTOR)
    await admin.post(f"/api/courses/courses/{room.course.id}/instructors/", {"user_id": other.id})
    client = await room.enter(other)
    await admin.patch(f"/api/accounts/users/{other.id}/", {"role": "student"})
    assert await client.ended() == (4403, "membership_lost")


@pytest.mark.parametrize(("end", "closed"), [ENDS[0], ENDS[1], ENDS[2]])
async def test_the_next_send_is_refused_even_if_nobody_told(
    room: Room, end: Act, closed: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(_: object) -> list[Any]:
        return []

    async def nobody(*_: object) -> None: ...

    monkeypatch.setattr(type(room.world.house.reviews), "new", none)
    monkeypatch.setattr("entrypoints.ws.watch.review", nobody)
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    await end(room)
    await asha.say("chat_message", message="I am still in", client_id=new_id())
    assert await asha.ended() == closed
    assert asha.heard("chat_message") == ravi.heard("chat_message") == []
    assert await room.world.count("chat_messages") == 0


async def test_what_nobody_told_of_is_found_by_the_sweep(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_: object) -> list[Any]:
        return []

    monkeypatch.setattr(type(room.world.house.reviews), "new", none)
    asha = await room.enter(room.asha)
    await ban(room)
    assert await asha.ended() == (4403, "banned")


async def test_a_review_that_the_hub_lost_is_found_in_the_table(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    asha = await room.enter(room.asha)
    monkeypatch.setattr(type(room.world.house.hub), "publish", lambda *_: None)
    await ban(room)
    assert await asha.ended() == (4403, "banned")


async def test_access_ends_at_its_moment_and_an_extension_counts(room: Room) -> None:
    student, later = await room.world.person(), datetime.now(UTC) + timedelta(hours=1)
    enrolment = await room.world.enrol(student, room.course, later)
    await room.world.house.workflows.joining.join(student.actor, room.id)
    clients = [await room.enter(student, v=version) for version in (1, 2)]
    extended = {"expiry_date": (later + timedelta(hours=1)).isoformat()}
    await (await room.world.admin()).patch(f"/api/courses/enrollments/{enrolment}/", extended)
    for client in clients:
        await client.say("chat_message", message="Mine for longer")
    token = student.token
    room.world.clock.advance(minutes=61)
    await room.enter(await _again(room, student))  # a new login, and the old sockets are open still
    assert token != student.token
    assert clients[0].socket.close_code is None
    room.world.clock.advance(minutes=60)
    assert await clients[0].ended() == (4403, "enrolment_expired")


async def _again(room: Room, student: Any) -> Any:
    body = {"email": student.email, "password": "learn-by-doing-1"}
    student.token = (await room.world.http.post("/api/accounts/login/", json=body)).json()["access_token"]
    return student


async def test_a_login_is_refreshed_in_band(room: Room) -> None:
    asha, older, lazy = await room.enter(room.asha), await room.enter(room.asha, v=1), await room.enter(room.ravi)
    room.world.clock.advance(seconds=880)
    for client in (asha, lazy):
        warned = await client.next("auth_expiring")
        assert 0 <= warned["in_s"] <= 30
    body = {"refresh_token": room.asha.refresh_token}
    token = (await room.world.http.post("/api/accounts/token/refresh/", json=body)).json()["access_token"]
    await asha.say("auth_refresh", token=token)
    assert (await asha.next("auth_refreshed"))["token_ttl_s"] > 890
    for wrong, code in ((room.ravi.token, "other_user"), ("nonsense", "invalid_token")):
        await asha.say("auth_refresh", token=wrong)
        assert (await asha.next("error"))["code"] == code
    room.world.clock.advance(seconds=46)
    assert await lazy.ended() == (4401, "token_expired")
    await asha.say("chat_message", message="Still here")
    assert (await older.next("chat_message"))["message"] == "Still here"  # version 1 cannot refresh
    room.world.clock.advance(seconds=890)
    assert await asha.ended() == (4401, "token_expired")


async def test_who_answers_no_ping_is_closed(room: Room) -> None:
    deaf, talking, older = await room.enter(room.asha), await room.enter(room.ravi), await room.enter(room.host, v=1)
    deaf.answers = talking.answers = False

    async def talk() -> None:
        while True:
            await talking.say("presence_get")
            await asyncio.sleep(0.2)  # poll: it is heard from, as an app in use is

    speaking = asyncio.create_task(talk())
    assert await deaf.ended() == (4010, "no_answer")
    assert deaf.heard("ping")[0]["seq"] == 0
    assert talking.socket.close_code is None
    assert older.heard("ping") == []
    speaking.cancel()


async def test_flooding_is_refused_and_at_last_closed(sqlite_room: Room) -> None:
    room = sqlite_room
    room.world.house.settings = replace(room.world.house.settings, limit_chat=5)
    asha, ravi = await room.enter(room.asha), await room.enter(room.ravi)
    for number in range(7):
        await asha.say("chat_message", message=str(number), client_id=new_id())
    refused = await asha.next("error")
    assert (refused["code"], refused["temporary"]) == ("rate_limited", True)
    assert 0 < refused["retry_after_ms"] <= 10_000
    second = await room.enter(room.asha)  # the limit is the user's, not the socket's
    await second.say("chat_message", message="From the tablet")
    assert (await second.next("error"))["code"] == "rate_limited"
    over_rest = await room.asha.post("/api/community/messages/", {"community_id": room.id, "message": "By REST"})
    assert (over_rest.status_code, over_rest.json()["code"]) == (429, "rate_limited")
    for number in range(30):
        await asha.say("chat_message", message=str(number))
    assert await asha.ended() == (4029, "rate_limited")
    await ravi.say("chat_message", message="Undisturbed")
    await ravi.next("ack")


async def test_any_flood_of_frames_is_refused(sqlite_room: Room) -> None:
    asha = await sqlite_room.enter(sqlite_room.asha)
    for _ in range(250):
        await asha.say("delivered", seq=0)
    assert await asha.ended() == (4029, "rate_limited")


async def test_a_frame_that_is_too_long_closes(sqlite_room: Room) -> None:
    asha = await sqlite_room.enter(sqlite_room.asha)
    await asha.socket.send('{"type":"pong","x":"' + "y" * 17_000 + '"}')
    assert (await asha.ended())[0] == 1009


async def test_at_the_end_all_are_asked_to_come_again(sqlite_room: Room) -> None:
    room = sqlite_room
    clients = [await room.enter(person) for person in (room.asha, room.ravi, room.host)]
    await room.live.sockets.drain()
    for client in clients:
        assert await client.ended() == (1012, "restart")
    online = await room.world.house.workflows.presence.online(room.id)
    assert online.count == 0
    late: Client = await room.live.open(CHAT.format(room.id), room.asha.token)
    assert await late.ended() == (1012, "restarting")
