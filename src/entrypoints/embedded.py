"""The embedded default: web, worker and the outside world in one process, without any configuration."""

import asyncio
import contextlib
import fcntl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import click
import structlog
from litestar.types import Receive, Scope, Send
from msgspec.structs import replace

from entrypoints.compose import House, compose, schema
from entrypoints.http.app import create_app
from entrypoints.keeping import kept_account, replace_file
from entrypoints.sandbox import Sandbox, SandboxConfig
from entrypoints.settings import Settings
from entrypoints.worker.loop import background

REMEMBER_EVERY_S = 1.0
log = structlog.get_logger()


def embedded_app(settings: Settings) -> tuple[Any, Callable[[], Awaitable[None]]]:
    """The application with its sandbox under /sandbox/ and its dispatcher beside it; and what closes its sockets."""
    memory, account = settings.data_path / "sandbox", settings.data_path / "sandbox-service-account.json"
    config = SandboxConfig(
        service_account=kept_account(account, settings.own_url),
        key_id=settings.razorpay_key_id,
        key_secret=settings.razorpay_key_secret,
        webhook_secret=settings.razorpay_webhook_secret,
        webhook_url=f"{settings.own_url}/api/payments/webhook/razorpay/",
        smtp_port=0,
    )
    sandbox = recalled(config, memory)
    outside = {"razorpay_base_url": settings.razorpay_base_url or f"{settings.own_url}/sandbox/razorpay"}
    if not settings.fcm_credentials:
        outside |= {"fcm_credentials": str(account), "fcm_base_url": f"{settings.own_url}/sandbox/fcm"}
    house = compose(replace(settings, **outside))

    @asynccontextmanager
    async def together(house: House) -> AsyncGenerator[None, None]:
        async with remembering(sandbox, memory):
            await sandbox.start()
            if not settings.smtp_host:
                house.transport.port = sandbox.smtp_port  # type: ignore[attr-defined]
            try:
                async with background(house):
                    yield
            finally:
                await sandbox.stop()

    web = create_app(house, background=together)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        is_sandbox = scope.get("path", "").startswith("/sandbox/")
        await (sandbox.app if is_sandbox else web)(scope, receive, send)

    return application, web.sockets.drain


def recalled(config: SandboxConfig, file: Path) -> Sandbox:
    """A sandbox with the memory in the file; one that cannot be read is set aside, and the world begins anew."""
    sandbox = Sandbox(config)
    if not file.exists():
        return sandbox
    try:
        sandbox.recall(file.read_bytes())
    except Exception as error:  # noqa: BLE001 - what is no pickle of this version raises whatever it likes
        aside = file.replace(file.with_name(f"{file.name}.unreadable"))
        log.warning("sandbox_memory_set_aside", file=str(aside), error=type(error).__name__)
        return Sandbox(config)  # the first may remember half of it
    return sandbox


@asynccontextmanager
async def remembering(sandbox: Sandbox, file: Path) -> AsyncGenerator[None, None]:
    """Write down each second, and at the end, what has changed: kill -9 makes Razorpay forget its last second."""
    ending = asyncio.Event()
    task = asyncio.create_task(_remember(sandbox, file, sandbox.memory(), ending), name="remembering")
    try:
        yield
    finally:
        ending.set()  # not cancelled: a write that is under way in its thread must not come after the last one
        await task


async def _remember(sandbox: Sandbox, file: Path, written: bytes, ending: asyncio.Event) -> None:
    is_failing = is_last = False
    while not is_last:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REMEMBER_EVERY_S):
                await ending.wait()
        is_last = ending.is_set()
        try:
            if (memory := sandbox.memory()) != written:
                await asyncio.to_thread(replace_file, file, memory)
                written, is_failing = memory, False
        except Exception:  # a full disk must not end it: it is tried again
            if not is_failing:  # once, not each second
                log.exception("sandbox_memory_not_written", file=str(file))
            is_failing = True


def hold(data: Path) -> IO[bytes]:
    """The data directory for this process alone, until the file is closed.

    :raises BlockingIOError: another process holds it.
    """
    data.mkdir(parents=True, exist_ok=True)
    held = (data / "lock").open("wb")
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


async def prepare(settings: Settings) -> list[str]:
    """Bring the database up to date, and put the demo data into an empty one; the demo accounts that are open then.

    The caller holds the data: no other process works in it.
    """
    from entrypoints.seeding import open_demo_accounts, seed_demo

    await schema.upgrade(settings.database_url)
    house = compose(settings)
    try:
        await house.outbox.release_all()  # what a process before this one had begun when it was killed
        if await seed_demo(house):
            click.echo("Demo data loaded.")
        return [account.email for account in await open_demo_accounts(house)]
    finally:
        await house.close()


def announcement(settings: Settings, accounts: Sequence[str]) -> str:
    """What runs where, for people."""
    from entrypoints.seeding import DEMO_PASSWORD

    base = settings.own_url
    lines = {
        "API": f"{base}/api/",
        "Documentation": f"{base}/docs/",
        "Sandbox (payments, mail, phones)": f"{base}/sandbox/",
        "Data": str(settings.data_path.resolve()),
    }
    if accounts:
        lines["Accounts"] = f"{' '.join(accounts)}, password {DEMO_PASSWORD}"
    width = max(map(len, lines))
    said = [f"  {name:<{width}}  {value}" for name, value in lines.items()]
    return "\n".join(["\nShala runs: web, worker and sandbox in this process.", *said])
