"""The embedded default: web, worker and the outside world in one process, without any configuration."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

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
        await sandbox.start()
        if not settings.smtp_host:
            house.transport.port = sandbox.smtp_port  # type: ignore[attr-defined]
        _announce(settings)
        try:
            async with background(house):
                yield
        finally:
            await sandbox.stop()

    web = create_app(house, background=together)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        is_sandbox = scope.get("path", "").startswith("/sandbox/")
        await (sandbox.app if is_sandbox else web)(scope, receive, send)

    return application


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
