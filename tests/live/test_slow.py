"""A socket that is not read from costs the others nothing, is closed, and its memory is given back."""

import asyncio
import os
import socket
import time
from base64 import b64encode
from secrets import token_bytes
from urllib.parse import urlsplit

import psutil
import pytest

from live.rooms import Room
from modules.community.domain.chat import Draft
from sockets import CHAT, Client
from worlds import Person

IS_LONG = bool(os.environ.get("SHALA_TEST_LONG"))
SOCKETS, MESSAGES = (500, 200) if IS_LONG else (60, 400)
MIB = 2**20


def stalled(room: Room, person: Person) -> socket.socket:
    """Opens a socket and never reads from it; its kernel takes as little as it may."""
    address = urlsplit(room.live.base)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    opened.connect((address.hostname, address.port))
    key = b64encode(token_bytes(16)).decode()
    request = (
        f"GET {CHAT.format(room.id)}?v=2 HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {person.token}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    )
    opened.sendall(request.encode())
    return opened


async def test_a_fault_of_one_socket_is_not_the_others(sqlite_room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room = sqlite_room
    broken = await room.enter(room.ravi)
    others = [await room.enter(person) for person in (room.asha, room.ravi)]
    (first, _) = room.live.sockets.of(room.ravi.id)

    async def fails(_: object) -> None:
        raise ValueError("a fault of the server's")

    send = first._send
    monkeypatch.setattr(first, "_send", fails)
    await room.world.house.workflows.chatting.send(room.asha.actor, Draft(room.id, "Good morning"))
    for client in others:
        assert (await client.next("chat_message"))["message"] == "Good morning"
    monkeypatch.setattr(first, "_send", send)
    assert first.is_closing
    assert broken.heard("chat_message") == []


async def test_one_stalled_socket_among_many(sqlite_room: Room) -> None:
    room, do = sqlite_room, sqlite_room.world.house.workflows
    room.live.sockets.second = 1.0
    people = [room.asha, room.ravi, room.host]
    while len(people) < SOCKETS // 10 + 1:
        people.append(await room.world.classmate(room.course, room.id))
    clients: list[Client] = []
    for number in range(SOCKETS):
        clients.append(await room.enter(people[number // 10]))  # noqa: PERF401 - ten of each, one after the other
    victim = await room.world.classmate(room.course, room.id)
    with await asyncio.to_thread(stalled, room, victim):
        await room.live.until(lambda: any(one.user_id == victim.id for one in room.live.room(room.id)))
        (connection,) = [one for one in room.live.room(room.id) if one.user_id == victim.id]
        before = psutil.Process().memory_info().rss
        slowest = 0.0
        for _ in range(MESSAGES):
            began = time.perf_counter()
            await do.chatting.send(room.asha.actor, Draft(room.id, "x" * 4000))
            slowest = max(slowest, time.perf_counter() - began)
            await asyncio.sleep(0)  # poll: the clients of this very loop read
        for client in clients:
            await room.live.until(client.has("chat_message", MESSAGES))
            assert [one["seq"] for one in client.heard("chat_message")] == list(range(1, MESSAGES + 1))
            client.frames.clear()
        assert connection.is_closing
        await room.live.until(lambda: victim.id not in {one.user_id for one in room.live.room(room.id)}, 20)
        assert slowest < 2
        grown = psutil.Process().memory_info().rss - before
        assert grown < (1500 if IS_LONG else 300) * MIB  # most of it is what the clients of this process hold
    assert all(client.socket.close_code is None for client in clients)


async def test_who_reads_again_hears_why_and_resumes(sqlite_room: Room) -> None:
    room, do = sqlite_room, sqlite_room.world.house.workflows
    room.live.sockets.second = 1.0
    victim = await room.world.classmate(room.course, room.id)
    client = await room.enter(victim)
    client.socket.transport.pause_reading()
    await room.live.until(lambda: len(room.live.room(room.id)) == 1)
    (connection,) = room.live.room(room.id)
    sent = 0
    while not connection.is_closing:
        await do.chatting.send(room.asha.actor, Draft(room.id, "x" * 4000))
        sent += 1
        await asyncio.sleep(0)  # poll
    client.socket.transport.resume_reading()
    code, reason = await client.ended()
    assert (code, reason) in {(4008, "too_slow"), (1006, "")}, (code, reason)
    heard = [one["seq"] for one in client.heard("chat_message")]
    assert heard == list(range(1, len(heard) + 1))  # nothing was left out in the middle
    back = await room.enter(victim)
    await back.say("hello", since_seq=len(heard))
    told = await back.next("resume") if sent - len(heard) <= 60 else await back.next("resync")
    assert told["seq"] == sent
