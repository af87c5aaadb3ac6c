"""A client of the sockets as an app has one: it remembers what it heard, and every frame must be as documented."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from apps import app_over
from conftest import serving
from entrypoints.compose import compose
from entrypoints.ws.documented import schema_of
from entrypoints.ws.sockets import Sockets
from worlds import Person, SandboxClient, TestClock, World, settings_for

PATIENCE_S = 10.0
CHAT, PERSONAL = "/ws/community/chat/{}/", "/ws/notifications/"
Frame = dict[str, Any]


def faults_of(frame: Frame) -> list[str]:
    """In what a frame of the server departs from the AsyncAPI document."""
    schema = schema_of(str(frame.get("type")))
    if schema is None:
        return ["there is no such frame"]
    undocumented = [f"{name} is not documented" for name in frame.keys() - schema["properties"].keys()]
    return [error.message for error in Draft202012Validator(schema).iter_errors(frame)] + undocumented


@dataclass
class Client:
    """One socket. `frames` is all that it heard, in order."""

    socket: ClientConnection
    frames: list[Frame] = field(default_factory=list)
    answers: bool = True
    """Whether it answers pings, as an app does."""
    _taken: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _hearing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, address: str, token: str | None = None, **options: Any) -> Self:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        socket = await connect(
            address.replace("http", "ws", 1),
            additional_headers=headers,
            compression=None,
            max_size=2**20,
            ping_interval=None,
            **options,
        )
        client = cls(socket)
        client._hearing = asyncio.create_task(client._hear())
        return client

    async def _hear(self) -> None:
        try:
            async for text in self.socket:
                one = json.loads(text)
                assert not (faults := faults_of(one)), (one, faults)
                self.frames.append(one)
                self._news.set()
                if one["type"] == "ping" and self.answers:
                    await self.say("pong")
        except ConnectionClosed:
            pass
        finally:
            self._news.set()

    async def say(self, kind: str, **more: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **more}))

    async def next_of(self, *kinds: str) -> Frame:
        """The next frame of one of these kinds."""
        return await self._next(lambda one: one["type"] in kinds, " or ".join(kinds))

    async def next(self, kind: str, *, where: Callable[[Frame], bool] = lambda _: True) -> Frame:
        """The next frame of this kind; those before it are passed over."""
        return await self._next(lambda one: one["type"] == kind and where(one), kind)

    async def _next(self, is_wanted: Callable[[Frame], bool], what: str) -> Frame:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                while self._taken < len(self.frames):
                    one = self.frames[self._taken]
                    self._taken += 1
                    if is_wanted(one):
                        return one
                self._news.clear()
                assert self._hearing is not None
                if self._hearing.done():
                    self._hearing.result()
                    raise AssertionError(f"closed with {self.closed()} before a {what} came; heard {self.frames}")
                await self._news.wait()

    async def ended(self) -> tuple[int, str]:
        """The code and reason that it was closed with."""
        assert self._hearing is not None
        await asyncio.wait_for(asyncio.shield(self._hearing), PATIENCE_S)
        return self.closed()

    def closed(self) -> tuple[int, str]:
        return self.socket.close_code or 0, self.socket.close_reason or ""

    def has(self, kind: str, count: int) -> Callable[[], bool]:
        """Whether it has heard so many frames of this kind."""
        return lambda: len(self.heard(kind)) >= count

    def heard(self, *kinds: str) -> list[Frame]:
        return [one for one in self.frames if one["type"] in kinds]

    async def close(self) -> None:
        await self.socket.close()
        if self._hearing is not None:
            await self._hearing


@dataclass
class Live:
    """A world whose application is served, with shorter seconds."""

    world: World
    base: str
    sockets: Sockets
    clients: list[Client] = field(default_factory=list)

    async def connect(self, person: Person, path: str, **query: Any) -> Client:
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return await self.open(f"{path}?{text}", person.token)

    async def chat(self, person: Person, community_id: int, *, v: int = 2) -> Client:
        before = self.room(community_id)
        client = await self.connect(person, CHAT.format(community_id), v=v)
        if v == 2:
            await client.next("welcome")
        else:
            # a socket of version 1 is not welcomed; another one of theirs may be in already
            await self.until(
                lambda: any(person.id == one.user_id for one in self.room(community_id) if one not in before)
            )
        return client

    async def personal(self, person: Person) -> Client:
        client = await self.connect(person, PERSONAL, v=2)
        await client.next("welcome")
        return client

    async def open(self, path: str, token: str | None = None, **options: Any) -> Client:
        client = await Client.open(f"{self.base}{path}", token, **options)
        self.clients.append(client)
        return client

    def room(self, community_id: int) -> list[Any]:
        room = self.sockets.rooms.get(community_id)
        return list(room.each()) if room else []

    async def until(self, condition: Callable[[], Any], seconds: float = PATIENCE_S) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what it waits for says nothing
                await asyncio.sleep(0.01)  # poll


def new_id() -> str:
    return str(uuid.uuid4())


@asynccontextmanager
async def lively(
    database_url: str, sandbox: SandboxClient, directory: Path, *, second: float = 0.05, **overrides: str
) -> AsyncIterator[Live]:
    """A served world; `second` is how long one of its timers' seconds lasts."""
    clock = TestClock()
    house = compose(settings_for(database_url, sandbox, directory, **overrides), clock=clock)
    sockets = Sockets(house, second=second)
    async with (
        serving(app_over(house, sockets)) as base,
        httpx.AsyncClient(base_url=base, timeout=20, verify=False) as http,  # reading certificates takes 30 ms
    ):
        live = Live(World(house, http, clock, sandbox), base, sockets)
        yield live
        await asyncio.gather(*(client.close() for client in live.clients), return_exceptions=True)
