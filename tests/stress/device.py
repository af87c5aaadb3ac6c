"""One device with the app: it connects, hears, says, loses its connection and comes back, until it is switched off."""

import asyncio
import contextlib
import functools
import json
import random
import socket as tcp
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from stress.history import DURABLE, Frame, History
from stress.ledger import Ledger
from stress.place import Person, Place, load, passing

OF_VERSION_1 = {
    *("chat_message", "typing", "user_joined", "user_left", "message_updated", "message_deleted", "status", "error"),
}
COME_BACK = {1006, 1011, 1012, 4000, 4008, 4010}
"""Codes after which an app comes back. Nothing here gives a reason for any other."""
JITTER_S = 0.1, 1.0
LARGEST_FRAME = 2**21
UNREAD = 4096
"""The kernel takes so little for an app that does not read: one that has vanished takes nothing, as if it were off."""


@dataclass(eq=False)
class Device:
    """`opts_in`: "query" (`?v=2`) or "hello" (as its first frame) for version 2, None for version 1."""

    name: str
    person: Person
    place: Place
    ledger: Ledger
    chance: random.Random
    opts_in: str | None
    outbox: dict[str, Frame] = field(default_factory=dict)
    """What was said and has not been acknowledged, by client_id."""
    own: list[int] = field(default_factory=list)
    """Messages that it has sent."""
    abandoned: list[ClientConnection] = field(default_factory=list)
    """Connections that it left without a word, and that stand until the other side gives up."""
    is_wanted: asyncio.Event = field(default_factory=asyncio.Event)
    socket: ClientConnection | None = None
    is_frozen: bool = False
    fate: str | None = None
    """Why it will not come back by itself."""

    def __post_init__(self) -> None:
        self.history = History(self.ledger, self.name)
        self._left: ClientConnection | None = None
        self._away = 0.0
        self._began = 0.0
        self._asked: dict[str, asyncio.Future[Frame]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._living: asyncio.Task[None] | None = None
        self._hearing: asyncio.Task[None] | None = None

    # --- what its owner does ---

    def switch_on(self) -> None:
        self.is_wanted.set()
        if self._living is None:
            self._living = asyncio.create_task(self._live(), name=self.name)

    async def leave(self) -> None:
        """Close the app; it comes back when it is switched on."""
        self.is_wanted.clear()
        if self.socket is not None:
            self._left = self.socket
            await self.socket.close()

    def farewell(self) -> None:
        """Leave, without waiting for the other side."""
        self._begin(self.leave())

    def lose(self) -> None:
        """The connection breaks, and both sides hear of it."""
        if self.socket is not None:
            self.socket.transport.abort()

    def vanish(self, seconds: float) -> None:
        """The connection goes half open: the other side hears nothing, neither now nor later."""
        socket = self.socket
        if socket is not None and self._hearing is not None:
            socket.transport.pause_reading()
            self.abandoned.append(socket)
            self._away = seconds
            self._hearing.cancel()

    def freeze(self, seconds: float) -> None:
        """For a while it neither reads nor writes, and then goes on."""
        socket = self.socket
        if socket is None or self.is_frozen:
            return

        def thaw() -> None:
            self.is_frozen = False
            if self.socket is socket:
                socket.transport.resume_reading()
                self._begin(self._flush())

        self.is_frozen = True
        socket.transport.pause_reading()
        asyncio.get_running_loop().call_later(seconds, thaw)

    def say(self, kind: str, **more: Any) -> str:
        """Something that must arrive: it is repeated until it is acknowledged. Its client_id."""
        client_id = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        self.outbox[client_id] = {"type": kind, "client_id": client_id, **more}
        self.mention(self.outbox[client_id])
        return client_id

    def mention(self, frame: Frame) -> None:
        """Say it now, if it can be said."""
        if self.socket is not None and not self.is_frozen and self.is_opted_in:
            self._begin(self._tell(self.socket, frame))

    async def post_outbox(self) -> None:
        """Send what waits over REST, as an app may that has no socket."""
        for client_id, said in list(self.outbox.items()):
            if said["type"] != "chat_message":
                continue
            body = {"community_id": self.place.community_id, "client_id": client_id, "message": said["message"]}
            base = self.chance.choice(self.place.bases)
            try:
                answer = await self.place.http.post(
                    f"{base}/api/community/messages/", json=body, headers=self.person.headers
                )
            except httpx.HTTPError:
                continue
            if answer.status_code in {200, 201}:
                self.ledger.counts["posted"] += 1
                told = answer.json()
                self._acknowledged(client_id, told["id"], told["seq"])
            elif answer.status_code < 500:
                self.ledger.fault(f"{self.name} posted in vain: {answer.status_code} {answer.text}")

    async def ask(self, kind: str, answer: str) -> Frame:
        """Ask, and wait for the next frame of the kind that answers."""
        assert self.socket is not None
        future = self._asked[answer] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"type": kind}))
        return await asyncio.wait_for(future, 10)

    async def switch_off(self) -> None:
        self.is_wanted.clear()
        if self._living is not None:
            self._living.cancel()
        for socket in [*self.abandoned, self.socket]:
            if socket is not None:
                socket.transport.abort()
                await socket.wait_closed()
        tasks = [one for one in (*self._tasks, self._hearing, self._living) if one is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_opted_in(self) -> bool:
        """Whether this connection speaks its version by now."""
        return self.opts_in is None or self.history.at is not None

    def is_up_to_date(self, seq: int) -> bool:
        if self.opts_in is None:
            return self.socket is not None
        return self.socket is not None and self.history.is_whole and self.history.position == seq and not self.outbox

    def state(self) -> str:
        held = self.history
        is_open = "open" if self.socket is not None else "closed"
        return f"{self.name}: {is_open}, whole: {held.is_whole}, {held.position}/{held.at}, {self.fate}, {self.outbox}"

    # --- its life ---

    async def _live(self) -> None:
        while self.fate is None:
            await self.is_wanted.wait()
            away, self._away = self._away + self.chance.uniform(*JITTER_S), 0.0
            await passing(away)
            if not self.is_wanted.is_set():
                continue
            self._began = time.monotonic()
            await self._connect()

    async def _connect(self) -> None:
        base = self.chance.choice(self.place.bases)
        address = f"{base.replace('http', 'ws', 1)}{self.place.path}"
        address += "?v=2" if self.opts_in == "query" else ""
        self.ledger.counts["connects"] += 1
        try:
            socket = await connect(
                address,
                sock=await _reached(base),
                additional_headers=self.person.headers,
                compression=None,
                max_size=LARGEST_FRAME,
                ping_interval=None,
                open_timeout=10,
                close_timeout=2,
                proxy=None,
            )
        except (OSError, InvalidHandshake, TimeoutError):
            self.ledger.counts["refused connects"] += 1
            return
        self.history.connected()
        self.socket, self.is_frozen = socket, False
        if not self.is_wanted.is_set():  # it was switched off meanwhile
            socket.transport.abort()
        self._hearing = asyncio.create_task(self._hear(socket))
        await asyncio.wait([self._hearing])
        self.socket = None
        for task in self._tasks:
            task.cancel()
        if self._hearing.cancelled():
            return  # it has vanished
        if error := self._hearing.exception():
            self._give_up(repr(error))
        self._closed(socket)

    def _closed(self, socket: ClientConnection) -> None:
        code = socket.close_code
        self.ledger.counts[f"closed {code}"] += 1
        if code not in COME_BACK and socket is not self._left:
            self._give_up(f"closed with {code} {socket.close_reason}")

    def _give_up(self, why: str) -> None:
        self.fate = why
        self.ledger.fault(f"{self.name}: {why}")

    async def _hear(self, socket: ClientConnection) -> None:
        try:
            if self.opts_in == "hello":
                await socket.send(self._hello())
            async for text in socket:
                await self._heard(socket, msgspec.json.decode(text))
        except ConnectionClosed:
            return

    async def _heard(self, socket: ClientConnection, frame: Frame) -> None:
        kind = frame["type"]
        self.ledger.counts["frames"] += 1
        if self.opts_in is None:
            if kind not in OF_VERSION_1:
                self.ledger.fault(f"{self.name} has version 1 and heard {frame}")
            return
        if kind in DURABLE:
            self.history.live(frame)
        elif kind == "welcome":
            self.history.welcomed(frame)
            if self.opts_in == "query":
                await socket.send(self._hello())
            self._begin(self._flush())
        elif kind in {"resume", "resync"}:
            self._catch_up(frame)
        elif kind == "ack":
            self._acknowledged(frame["client_id"], frame["message_id"], frame["seq"])
            self.ledger.counts["duplicate acks"] += frame["duplicate"]
        elif kind == "error":
            self._refused(socket, frame)
        elif kind == "ping":
            await self._pinged(socket, frame)
        if kind in self._asked:
            self._asked.pop(kind).set_result(frame)

    # --- catching up ---

    def _hello(self) -> str:
        epoch = {"epoch": self.history.epoch} if self.history.epoch else {}
        return json.dumps({"type": "hello", "v": 2, "since_seq": self.history.position, **epoch})

    def _catch_up(self, frame: Frame) -> None:
        if frame["type"] == "resume":
            self.ledger.counts["resumes"] += 1
            was_whole = self.history.is_whole
            self.history.resumed(frame)
            if not was_whole:
                self.ledger.caught_up(time.monotonic() - self._began)
        else:
            self.ledger.counts["resyncs"] += 1
            self.history.must_load(frame)
            self._begin(self._load(frame["epoch"]))

    async def _load(self, epoch: str) -> None:
        self.history.loaded(await load(self.place, self.person, self.chance), epoch)
        self.ledger.caught_up(time.monotonic() - self._began)

    async def _pinged(self, socket: ClientConnection, frame: Frame) -> None:
        await socket.send('{"type":"pong"}')
        self.ledger.counts["pings"] += 1
        if self.history.is_whole and frame["seq"] > self.history.position:
            self.ledger.fault(f"{self.name} was told up to {self.history.position}, and then {frame}")

    # --- the outbox ---

    async def _flush(self) -> None:
        for said in list(self.outbox.values()):
            if self.socket is not None and not self.is_frozen:
                await self._tell(self.socket, said)

    async def _tell(self, socket: ClientConnection, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):  # it is said again on the next one
            await socket.send(json.dumps(frame))

    def _acknowledged(self, client_id: str, message_id: int, seq: int) -> None:
        said = self.outbox.pop(client_id, None)
        if said is None:
            return
        self.ledger.counts[said["type"]] += 1
        if said["type"] == "chat_message":
            self.ledger.acknowledge(client_id, message_id, seq)
            self.own.append(message_id)

    def _refused(self, socket: ClientConnection, frame: Frame) -> None:
        """Try again what may succeed later; let go what cannot, such as the edit of what was deleted meanwhile."""
        self.ledger.counts[f"error {frame['code']}"] += 1
        later = functools.partial(asyncio.get_running_loop().call_later, frame.get("retry_after_ms", 1000) / 1000)
        said = self.outbox.get(frame.get("client_id", ""))
        if said is None:
            if frame["temporary"] and not self.history.is_whole:
                later(self._hello_again, socket)
        elif frame["temporary"]:
            later(self._again, socket, said)
        elif frame["code"] == "not_found" and said["type"] != "chat_message":
            del self.outbox[frame["client_id"]]
        else:
            self.ledger.fault(f"{self.name} said {said} and heard {frame}")
            del self.outbox[frame["client_id"]]

    def _hello_again(self, socket: ClientConnection) -> None:
        held = self.history
        if self.socket is socket and not held.is_whole and not held.is_loading:
            self.mention(json.loads(self._hello()))

    def _again(self, socket: ClientConnection, said: Frame) -> None:
        if self.socket is socket and said["client_id"] in self.outbox:
            self.mention(said)

    def _begin(self, doing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._give_up(repr(error))


async def _reached(base: str) -> tcp.socket:
    """A connection to an instance.

    :raises OSError: it is away.
    """
    address = urlsplit(base)
    opened = tcp.socket()
    try:
        opened.setsockopt(tcp.SOL_SOCKET, tcp.SO_RCVBUF, UNREAD)
        opened.setblocking(False)
        await asyncio.get_running_loop().sock_connect(opened, (address.hostname, address.port))
    except BaseException:
        opened.close()
        raise
    return opened
