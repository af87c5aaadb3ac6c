"""Whatever happens in whatever order: who comes back and resumes holds what a fresh reader holds, each message once.

A state machine plays two students with an app each: they send, repeat what was not answered, lose connections with
answers and changes under way, resume, edit, delete, lose access to the course, get it back, leave the group and join it
again, while the hub loses what it likes.
"""

import asyncio
import itertools
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import text

from adapters.sql import migrating
from entrypoints.compose import compose
from entrypoints.http.app import create_app
from entrypoints.settings import load
from entrypoints.ws.sockets import Sockets
from entrypoints.ws.watch import Watch
from live.pipes import Pipe
from sockets import CHAT, Frame, new_id
from worlds import SECRET_KEY, MadeCourse, Person, TestClock, World

IS_LONG = bool(os.environ.get("SHALA_TEST_LONG"))
TEXTS = st.text(min_size=1, max_size=20).filter(lambda said: said.strip() and "\x00" not in said)
WHO = st.sampled_from(["asha", "ravi"])
Held = tuple[str, bool, int]
"""A message's text, whether it was deleted, and its version."""


@dataclass
class App:
    """What one student's app knows."""

    person: Person
    enrolment_id: int
    pipe: Pipe | None = None
    position: int = 0
    epoch: str = ""
    held: dict[int, Held] = field(default_factory=dict)
    outbox: dict[str, str] = field(default_factory=dict)
    mine: list[int] = field(default_factory=list)
    must_reload: bool = False

    def take(self, frames: list[Frame]) -> None:
        for frame in frames:
            match frame["type"]:
                case "welcome":
                    self.epoch = frame["epoch"]
                case "resume":
                    for event in frame["events"]:
                        self._hold(event)
                    if self.position >= frame["since"]:  # else it is no answer to our hello, which comes yet
                        self.position = max(self.position, frame["seq"])
                case "resync":
                    self.must_reload, self.position = True, frame["seq"]
                case "chat_message" | "message_updated" | "message_deleted":
                    assert frame["seq"] <= self.position + 1, f"after {self.position} came {frame}"
                    self.position = max(self.position, frame["seq"])
                    self._hold(frame)
                case "ack":
                    self.outbox.pop(frame["client_id"], None)

    def _hold(self, event: Frame) -> None:
        known = self.held.get(event["message_id"])
        if known is None or known[2] <= event["version"]:
            is_deleted = event["type"] == "message_deleted"
            self.held[event["message_id"]] = ("" if is_deleted else event["message"], is_deleted, event["version"])
            if event.get("sender_id") == self.person.id and event["message_id"] not in self.mine:
                self.mine.append(event["message_id"])


class AnyOrder(RuleBasedStateMachine):
    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.directory = Path(tempfile.mkdtemp(prefix="shala-any-order-"))
        self.numbers = itertools.count()
        self.is_deaf = False

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    # --- the world ---

    @initialize()
    def found(self) -> None:
        self.run(self._found())

    async def _found(self) -> None:
        path = self.directory / "shala.db"
        if AnyOrder.template is None:
            AnyOrder.template = Path(tempfile.mkdtemp(prefix="shala-template-")) / "shala.db"
            await migrating.upgrade(f"sqlite+aiosqlite:///{AnyOrder.template}")
        shutil.copy(AnyOrder.template, path)
        given = {"DATABASE_URL": f"sqlite+aiosqlite:///{path}", "DATA_DIR": str(self.directory / "data")}
        given |= {"SECRET_KEY": SECRET_KEY, "PASSWORD_MEMORY_KIB": "64", "PUBLIC_BASE_URL": "http://testserver"}
        limits = {f"LIMIT_{name}": "1000000" for name in ("USER", "ADDRESS", "REGISTER", "LOGIN_ADDRESS", "CHAT")}
        environ = {f"SHALA_{name}": value for name, value in (given | limits).items()}
        house = compose(load(environ), clock=TestClock())
        self.sockets = Sockets(house)
        self.watch = Watch(self.sockets)
        app: Any = create_app(house, sockets=self.sockets)
        self.app = app
        transport = httpx.ASGITransport(app)
        http = httpx.AsyncClient(transport=transport, base_url="http://testserver")
        self.world = World(house, http, TestClock(), None)  # type: ignore[arg-type]
        publish = house.hub.publish
        house.hub.publish = lambda channel, data: None if self.is_deaf else publish(channel, data)  # type: ignore[method-assign]
        course = await self.world.course()
        self.community_id = await self.world.group(course)
        self.apps = {name: await self._student(course) for name in ("asha", "ravi")}

    async def _student(self, course: MadeCourse) -> App:
        person = await self.world.classmate(course, self.community_id)
        (enrolment,) = (await person.get("/api/courses/enrollments/")).json()["results"]
        return App(person, enrolment["id"])

    def teardown(self) -> None:
        if hasattr(self, "apps"):
            self.run(self._end())
        self.runner.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    async def _end(self) -> None:
        for app in self.apps.values():
            await self._allow(app, is_active=True)
            await app.person.post(f"/api/community/groups/{self.community_id}/join/")
            if app.pipe is not None:
                await app.pipe.lose()
                app.pipe = None
            await self._connect(app)
            await self._repeat(app)
        for app in self.apps.values():
            await self._listen(app)
        await self._compare_all()
        for app in self.apps.values():
            assert app.pipe is not None
            assert app.outbox == {}, "acknowledged, every one"
            await app.pipe.lose()
        await self._count_once()
        await self.sockets.drain()
        await self.world.close()

    # --- what may happen ---

    @rule(who=WHO, said=TEXTS, is_heard=st.booleans())
    def send(self, who: str, said: str, is_heard: bool) -> None:
        self.run(self._send(self.apps[who], said, is_heard=is_heard))

    async def _send(self, app: App, said: str, *, is_heard: bool) -> None:
        client_id = new_id()
        app.outbox[client_id] = said
        if app.pipe is not None:
            await app.pipe.say({"type": "chat_message", "message": said, "client_id": client_id})
            if is_heard:
                await self._listen(app)

    @rule(who=WHO)
    def retry(self, who: str) -> None:
        self.run(self._repeat(self.apps[who]))

    async def _repeat(self, app: App) -> None:
        for client_id, said in list(app.outbox.items()):
            if app.pipe is not None:
                await app.pipe.say({"type": "chat_message", "message": said, "client_id": client_id})
        await self._listen(app)

    @rule(who=WHO)
    def retry_over_rest(self, who: str) -> None:
        self.run(self._repeat_over_rest(self.apps[who]))

    async def _repeat_over_rest(self, app: App) -> None:
        for client_id, said in list(app.outbox.items()):
            body = {"community_id": self.community_id, "message": said, "client_id": client_id}
            answer = await app.person.post("/api/community/messages/", body)
            if answer.status_code in {200, 201}:
                app.outbox.pop(client_id)

    @rule(who=WHO)
    def drop(self, who: str) -> None:
        app = self.apps[who]
        if app.pipe is not None:
            self.run(app.pipe.lose())
            app.pipe = None

    @rule(who=WHO)
    def resume(self, who: str) -> None:
        app = self.apps[who]
        if app.pipe is None:
            self.run(self._connect(app))

    async def _connect(self, app: App) -> None:
        app.pipe = Pipe(self.app, CHAT.format(self.community_id), app.person.token)
        since = {"epoch": app.epoch} if app.epoch else {}
        await app.pipe.say({"type": "hello", "v": 2, "since_seq": app.position, **since})
        await self._listen(app)

    @rule(who=WHO, said=TEXTS, which=st.integers(0, 5))
    def edit(self, who: str, said: str, which: int) -> None:
        self.run(self._change(self.apps[who], which, {"type": "message_edit", "message": said}))

    @rule(who=WHO, which=st.integers(0, 5))
    def delete(self, who: str, which: int) -> None:
        self.run(self._change(self.apps[who], which, {"type": "message_delete"}))

    async def _change(self, app: App, which: int, frame: Frame) -> None:
        if app.pipe is not None and app.mine:
            await app.pipe.say({**frame, "message_id": app.mine[which % len(app.mine)]})
            await self._listen(app)

    @rule(who=WHO)
    def expire(self, who: str) -> None:
        self.run(self._expire(self.apps[who]))

    async def _expire(self, app: App) -> None:
        await self._allow(app, is_active=False)
        await self.watch._review()
        await self._listen(app)
        assert app.pipe is None, "the socket was closed"

    @rule(who=WHO)
    def regain(self, who: str) -> None:
        self.run(self._allow(self.apps[who], is_active=True))

    @rule(who=WHO)
    def leave(self, who: str) -> None:
        self.run(self._leave(self.apps[who]))

    async def _leave(self, app: App) -> None:
        await app.person.post(f"/api/community/groups/{self.community_id}/leave/")
        await self.watch._review()
        await self._listen(app)
        assert app.pipe is None, "the socket was closed"

    @rule(who=WHO)
    def rejoin(self, who: str) -> None:
        self.run(self.apps[who].person.post(f"/api/community/groups/{self.community_id}/join/"))

    @rule(is_deaf=st.booleans())
    def the_hub_loses_or_heals(self, is_deaf: bool) -> None:
        self.is_deaf = is_deaf

    @precondition(lambda self: not self.is_deaf)
    @rule()
    def compare(self) -> None:
        self.run(self._compare_all())

    # --- what must hold ---

    @invariant()
    def numbers_have_no_holes(self) -> None:
        if hasattr(self, "apps"):
            self.run(self._count())

    async def _count(self) -> None:
        """Each change has a number of its own, and the counter is the last of them."""
        row = await self.world.house.database.row(
            text("SELECT (SELECT seq FROM chat_streams), (SELECT coalesce(sum(version), 0) FROM chat_messages)")
        )
        assert row is not None
        assert row[0] == row[1]

    async def _count_once(self) -> None:
        row = await self.world.house.database.row(text("SELECT count(*), count(DISTINCT client_id) FROM chat_messages"))
        assert row is not None
        assert row[0] == row[1]

    async def _compare_all(self) -> None:
        """Who is connected holds, once the timer has looked, what a fresh reader holds."""
        for _ in range(2):  # the first look remembers, the second one acts
            await self.watch._compare()
        for room in self.sockets.rooms.values():
            if room._catching is not None:
                await room._catching
        for app in self.apps.values():
            await self._listen(app)
            if app.pipe is not None:
                assert app.held == await self._snapshot(app), "as a fresh reader"

    async def _snapshot(self, app: App) -> dict[int, Held]:
        found: dict[int, Held] = {}
        address = f"/api/community/groups/{self.community_id}/messages/?limit=100"
        while address:
            page = (await app.person.follow(address)).json()
            for one in page["results"]:
                found[one["id"]] = (one["message"], one["is_deleted"], one["version"])
            address = page["next"]
        return found

    async def _listen(self, app: App) -> None:
        if app.pipe is None:
            return
        app.take(await app.pipe.heard())
        if app.pipe.close_code is not None:
            await app.pipe.lose()
            app.pipe = None
        if app.must_reload:
            app.held, app.must_reload = await self._snapshot(app), False

    async def _allow(self, app: App, *, is_active: bool) -> None:
        admin = (await self.world.admin()).actor
        await self.world.house.workflows.enrolling.change(admin, app.enrolment_id, {"is_active": is_active})


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(
    max_examples=400 if IS_LONG else 25,
    stateful_step_count=50 if IS_LONG else 30,
    deadline=None,
    derandomize=not IS_LONG,
    suppress_health_check=list(HealthCheck),
)
