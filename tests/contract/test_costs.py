"""What the hottest calls cost: statements and instructions, which no other machine changes.

Instructions are those of the Python interpreter in this thread, of one call of a caller alone over PostgreSQL, the
least of several. A call that has become dearer on purpose gets a new number here, and a reason in its commit.
"""

import asyncio
import gc
import logging
import selectors
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Self

import msgspec
import pytest
import structlog

from adapters.sql.postgres import PostgresConnection
from entrypoints.http import edge
from entrypoints.http.app import create_app
from worlds import Person, SandboxClient, World, build_world

CALLS = 8
DEARER = 1.15
OTHER_VERSION = 1.5
"""Other versions of Python have other instructions; there it is told only when a cost has changed its size."""
MEASURED_ON = (3, 11)
EVENT_LOOP = {file.__file__ for file in (asyncio.base_events, asyncio.events, asyncio.selector_events, selectors)}
"""Not counted: a server has uvloop's, in C."""


@dataclass
class Place:
    """Somebody in a class, and where."""

    app: Any
    member: Person
    group: int
    lesson: int


Call = tuple[str, str, dict[str, Any] | None]
COSTS: dict[str, tuple[Callable[[Place, int], Call], int, int]] = {
    "catalogue": (lambda _, __: ("GET", "/api/courses/courses/", None), 2, 8_200),
    "lesson": (lambda p, _: ("GET", f"/api/courses/contents/{p.lesson}/", None), 2, 7_725),
    "progress": (
        lambda p, n: (
            "POST",
            "/api/courses/progress/update/",
            {"content_id": p.lesson, "last_position": n, "time_spent": n},
        ),
        3,
        10_780,
    ),
    "messages": (lambda p, _: ("GET", f"/api/community/groups/{p.group}/messages/", None), 4, 28_500),
    "unread count": (lambda _, __: ("GET", "/api/community/notifications/unread-count/", None), 2, 7_260),
    "post": (
        lambda p, n: ("POST", f"/api/community/groups/{p.group}/posts/", {"title": f"Doubt {n}", "content": "Why?"}),
        6,
        17_500,
    ),
    "message": (
        lambda p, n: ("POST", "/api/community/messages/", {"community_id": p.group, "message": f"Hi {n}"}),
        6,
        14_730,
    ),
}
"""Each with its statements and its instructions."""


class Counter:
    def __init__(self) -> None:
        self.instructions = 0

    def __enter__(self) -> Self:
        gc.collect()
        gc.disable()
        sys.settrace(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)
        gc.enable()

    def _called(self, frame: FrameType, _event: str, _: Any) -> Any:
        if frame.f_code.co_filename in EVENT_LOOP:
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        return self._ran

    def _ran(self, _frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            self.instructions += 1
        return self._ran


async def answer(place: Place, call: Call) -> int:
    """The status that the application gives, called without a client: that would cost as much again."""
    method, path, body = call
    sent = b"" if body is None else msgspec.json.encode(body)
    told: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": sent, "more_body": False}

    async def send(event: Any) -> None:
        told.append(event)

    headers = [(b"host", b"testserver"), (b"authorization", f"Bearer {place.member.token}".encode())]
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(sent))] if sent else []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "", "path": path,
        "raw_path": path.encode(), "query_string": b"", "headers": headers, "state": {},
    }  # fmt: skip
    await place.app(scope, receive, send)
    return int(told[0]["status"])


@pytest.fixture
async def place(postgres_database: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[Place]:
    world: World = build_world(postgres_database, sandbox, tmp_path)
    course = await world.course(texts=20)
    group = await world.group(course)
    member = await world.classmate(course, group)
    for number in range(60):
        body = {"community_id": group, "message": f"Hello {number}"}
        assert (await member.post("/api/community/messages/", body)).is_success
    yield Place(create_app(world.house), member, group, course.content_ids[5])
    await world.close()


@pytest.mark.parametrize("name", COSTS)
async def test_a_hot_call_has_not_become_dearer(place: Place, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    call, statements, instructions = COSTS[name]
    ran: list[Any] = []
    execute = PostgresConnection.execute

    async def noting(connection: PostgresConnection, statement: Any, values: Any = None) -> Any:
        ran.append(statement)
        return await execute(connection, statement, values)

    monkeypatch.setattr(PostgresConnection, "execute", noting)
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)  # whatever other tests have made of the logs
    monkeypatch.setattr(edge, "log", structlog.wrap_logger(None, processors=[], wrapper_class=quiet))
    found = []
    for number in range(CALLS):
        ran.clear()
        with Counter() as counter:
            status = await answer(place, call(place, number + 1))
        assert status < 300
        found.append((len(ran), counter.instructions))
    most = DEARER if sys.version_info[:2] == MEASURED_ON else OTHER_VERSION
    assert min(found)[0] <= statements
    assert min(count for _, count in found) <= instructions * most
