"""Databases, the sandbox and a small world for every test that wants them."""

import asyncio
import gc
import os
import shutil
import socket
import sys
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from uvicorn.loops.auto import auto_loop_factory

from adapters.sql import migrating
from databases import administer, created, database, dropped, emptied
from entrypoints.sandbox import Sandbox, SandboxConfig
from entrypoints.sandbox.fcm_account import service_account
from entrypoints.ws.incoming import LARGEST_FRAME
from logbook import log_as_tests_do
from services import redis_url, stop_services
from worlds import SandboxClient, World, build_world

SECRETS: dict[str, Any] = {
    "key_secret": "test-key-secret-of-the-sandbox",
    "webhook_secret": "test-webhook-secret-of-the-sandbox",
}
BACKENDS = ("sqlite", "postgres")
_emptied: list[str] = []


if sys.version_info < (3, 14):  # which wants no policies any more

    class _AsServed(asyncio.DefaultEventLoopPolicy):
        """The tests' loop is the one that the service runs on. (The hook of pytest-asyncio for it tears the session's
        fixtures down whenever a test without a loop asks for one of them.)
        """

        def new_event_loop(self) -> asyncio.AbstractEventLoop:
            return auto_loop_factory()()


def pytest_configure() -> None:
    if sys.version_info < (3, 14):
        asyncio.set_event_loop_policy(_AsServed())
    # else each process that a test starts compiles what was changed; some machines switch it off
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    gc.disable()  # until everything is imported and collected
    log_as_tests_do()


def pytest_collection_finish() -> None:
    """What is imported and collected stays; looking through it again and again costs more than many a test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)  # as the service's own
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What is skipped for want of something is said at the end, and in red."""
    for report in terminalreporter.getreports("skipped"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        if "LOUD: " in reason:
            terminalreporter.write_line(f"{report.nodeid}: {reason.partition('LOUD: ')[2]}", red=True, bold=True)


def pytest_sessionfinish() -> None:
    stop_services()


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "shala.db"
    await migrating.upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
async def postgres_template() -> AsyncIterator[str]:
    """The name of a migrated database that tests copy."""
    name = f"template_{uuid.uuid4().hex[:12]}"
    await administer(f"CREATE DATABASE {name}")
    await migrating.upgrade(database(name))
    yield name
    for made in [name, *_emptied]:  # the server may be somebody's own
        await dropped(made)


@pytest.fixture
async def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "shala.db"
    shutil.copy(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def postgres_database(postgres_template: str) -> AsyncIterator[str]:
    """A database of one's own, migrated and empty; emptied for the next one, unless its schema or size has changed."""
    name = _emptied.pop() if _emptied else await created(postgres_template)
    yield database(name)
    if await emptied(name):
        _emptied.append(name)
    else:
        await dropped(name)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh, migrated database; the test runs once on each kind."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_database")


@pytest.fixture(scope="session")
def redis() -> str:
    return redis_url()


@pytest.fixture(scope="session")
async def sandbox_server() -> AsyncIterator[tuple[Sandbox, str]]:
    """The outside world under a real server on a port of its own."""
    account = service_account("http://sandbox")
    sandbox = Sandbox(SandboxConfig(webhook_url=None, service_account=account, **SECRETS))
    async with serving(sandbox.app) as base:
        yield sandbox, base


@pytest.fixture
async def sandbox(sandbox_server: tuple[Sandbox, str]) -> AsyncIterator[SandboxClient]:
    world, base = sandbox_server
    # a connection is let go before the server does that (after 5 s, too), else a call may come just then;
    # unverified, because reading certificates takes 30 ms
    limits = httpx.Limits(keepalive_expiry=2)
    async with httpx.AsyncClient(base_url=base, timeout=20, verify=False, limits=limits) as http:
        client = SandboxClient(world, base, http, **SECRETS)
        world.webhook_url = None
        await client.reset()
        yield client
        world.webhook_url = None
        await client.reset()


@pytest.fixture
async def world(database_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[World]:
    """The application over a fresh database, called in process; its outside world is the sandbox over HTTP."""
    built = build_world(database_url, sandbox, tmp_path)
    yield built
    await built.close()


@pytest.fixture
async def sqlite_world(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[World]:
    """The same on SQLite alone, for what has nothing to do with the database."""
    built = build_world(sqlite_url, sandbox, tmp_path)
    yield built
    await built.close()


class _Prompt(uvicorn.Server):
    """Ends when it is told to, and not at its next look, of which it takes ten a second."""

    def end(self) -> None:
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        self._told = asyncio.Event()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As the inherited one, which looks whether all have gone ten times a second, and first after a tenth."""
        state = self.server_state
        for server in self.servers:
            server.close()
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 - they do not say that they have gone
                    await asyncio.sleep(0.005)  # poll
                for server in self.servers:
                    await server.wait_closed()
        for task in state.tasks:
            task.cancel()
        await self.lifespan.shutdown()


class serving:  # noqa: N801 - reads as a statement
    """An ASGI application under uvicorn in this loop, for as long as the block lasts; gives its address."""

    def __init__(self, app: Any, port: int = 0) -> None:
        # asyncio switches Nagle off for sockets that say that they are TCP; else each answer waits for an ACK, 40 ms
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # what a client does not read waits in the process, where it is counted, and not in megabytes of the kernel's
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        self._socket.bind(("127.0.0.1", port))
        self.base = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", ws_max_size=LARGEST_FRAME)
        self._server = _Prompt(config)
        self._server.config.timeout_graceful_shutdown = 2

    async def __aenter__(self) -> str:
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        while not self._server.started:
            if self._task.done():
                raise RuntimeError("the server did not start")
            await asyncio.sleep(0.01)  # poll
        return self.base

    async def __aexit__(self, *_: object) -> None:
        self._server.end()
        await self._task
        self._socket.close()


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith("SHALA_") and not n.startswith("SHALA_TEST_")]:
        monkeypatch.delenv(name)
