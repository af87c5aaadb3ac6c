"""The embedded default: web, worker and the outside world in one process, without any configuration."""

import asyncio
import fcntl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import click
import structlog
from litestar.types import Receive, Scope, Send
from msgspec.structs import replace

from entrypoints.compose import House, compose, schema
from entrypoints.http.app import create_app
from entrypoints.sandbox import Sandbox, SandboxConfig
from entrypoints.settings import Settings
from entrypoints.worker.loop import background

log = structlog.get_logger()


def embedded_app(settings: Settings) -> Any:
    """The application with its sandbox under /sandbox/ and its dispatcher beside it."""
    sandbox = Sandbox(
        SandboxConfig(
            key_id=settings.razorpay_key_id,
            key_secret=settings.razorpay_key_secret,
            webhook_secret=settings.razorpay_webhook_secret,
            webhook_url=f"http://127.0.0.1:{settings.port}/api/payments/webhook/razorpay/",
            smtp_port=0,
        )
    )
    base = f"http://127.0.0.1:{settings.port}/sandbox/razorpay"
    house = compose(replace(settings, razorpay_base_url=settings.razorpay_base_url or base))

    @asynccontextmanager
    async def together(house: House) -> AsyncGenerator[None, None]:
        memory = settings.data_path / "sandbox"
        if memory.exists():
            sandbox.recall(memory.read_bytes())
        await sandbox.start()
        remembering = asyncio.create_task(_remember(sandbox, memory))
        if not settings.smtp_host:
            house.transport.port = sandbox.smtp_port  # type: ignore[attr-defined]
        _announce(settings)
        try:
            async with background(house):
                yield
        finally:
            remembering.cancel()
            await sandbox.stop()
            _write(memory, sandbox.memory())

    web = create_app(house, background=together)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        is_sandbox = scope.get("path", "").startswith("/sandbox/")
        await (sandbox.app if is_sandbox else web)(scope, receive, send)

    return application


async def _remember(sandbox: Sandbox, file: Path) -> None:
    """Write down each second what has changed, so that not even kill -9 makes Razorpay forget an order."""
    written = b""
    while True:
        await asyncio.sleep(1)
        if (memory := sandbox.memory()) != written:
            _write(file, memory)
            written = memory


def _write(file: Path, data: bytes) -> None:
    partial = file.with_suffix(".part")
    partial.write_bytes(data)
    partial.replace(file)


def hold(data: Path) -> IO[bytes]:
    """The data directory for this process alone, until the file is closed.

    :raises BlockingIOError: another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    held = (data / "lock").open("wb")
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


async def prepare(settings: Settings) -> None:
    """Bring the database up to date, and put the demo data into an empty one."""
    from entrypoints.seeding import seed_demo

    await schema.upgrade(settings.database_url)
    house = compose(settings)
    try:
        if await seed_demo(house):
            click.echo("Demo data loaded.")
    finally:
        await house.close()


def _announce(settings: Settings) -> None:
    base = f"http://{settings.host}:{settings.port}"
    lines = (
        ("API", f"{base}/api/"),
        ("Documentation", f"{base}/docs/"),
        ("Sandbox (payments, mailbox)", f"{base}/sandbox/"),
        ("Data", str(settings.data_path.resolve())),
        ("Accounts", "admin@ teacher@ student@ newcomer@example.com, password learn-by-doing-1"),
    )
    width = max(len(name) for name, _ in lines)
    click.echo("\nShala runs: web, worker and sandbox in this process.")
    for name, value in lines:
        click.echo(f"  {name:<{width}}  {value}")
