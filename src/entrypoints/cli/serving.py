"""Commands that run: serve, web, worker, sandbox."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from entrypoints.cli import program, settings_or_exit
from entrypoints.settings import Demand, Environment, Settings

SANDBOX_PORT = 8001
NICENESS = 5
"""A worker's, by which it gets about a quarter of a processor that others want, too. It holds within one container or
service; between several the weights of these count (`cpu_shares` in compose.yaml).
"""


def topology(command: str) -> Demand:
    """What a part of production's topology demands: to be told which. Forgetting it must not serve half of anything."""

    def demand(settings: Settings) -> list[str]:
        if not settings.is_embedded:
            account = settings.fcm_credentials
            is_there = not account or Path(account).is_file()
            return [] if is_there else [f"SHALA_FCM_CREDENTIALS: there is no file {account}."]
        fault = (
            f"`shala {command}` is a part of production's topology, and SHALA_ENV is embedded (the default): "
            "set SHALA_ENV=staging or SHALA_ENV=production. Everything in one process is `shala serve`."
        )
        return [fault]

    return demand


def run(
    app: Any,
    settings: Settings,
    *,
    host: str | None = None,
    port: int | None = None,
    announce: Callable[[], None] = lambda: None,
    drain: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Serve an ASGI application until it is told to stop; what is in flight is finished, for 10 s at most.

    `announce` is called once the port is bound, and not at all if it cannot be; `drain` when nobody can connect any
    more, before those who are connected are cut off.
    """
    import uvicorn

    from entrypoints.cli.announcing import serve_announced
    from entrypoints.ws.incoming import LARGEST_FRAME

    _settle()
    config = uvicorn.Config(
        app,
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.listed("trusted_proxies") or None,
        ws_max_size=LARGEST_FRAME,
        ws_per_message_deflate=False,
        ws_ping_interval=25,
        ws_ping_timeout=10,
        timeout_graceful_shutdown=10,
        limit_concurrency=settings.most_connections,
    )
    serve_announced(config, announce, drain)


def _settle() -> None:
    """What stands now stays: collecting it again and again costs each request several percent."""
    import gc

    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@program.command()
def serve() -> None:
    """Everything in one process: web, worker and sandbox on SQLite, with demo data."""
    from entrypoints.embedded import announcement, embedded_app, hold, prepare
    from entrypoints.logging import configure

    settings = settings_or_exit()
    if not settings.is_embedded:
        raise click.UsageError("`serve` is the embedded default; use `web` and `worker` with SHALA_ENV set.")
    configure(settings)
    try:
        held = hold(settings.data_path)
    except BlockingIOError:
        raise click.ClickException(f"Another `shala serve` works in {settings.data_path.resolve()}.") from None
    with held:
        accounts = asyncio.run(prepare(settings))
        said = announcement(settings, accounts)
        app, drain = embedded_app(settings)
        run(app, settings, announce=lambda: click.echo(said), drain=drain)


@program.command()
def web() -> None:
    """The HTTP and WebSocket entrypoint."""
    from entrypoints.compose import compose
    from entrypoints.http.app import create_app
    from entrypoints.logging import configure

    settings = settings_or_exit(topology("web"))
    configure(settings)
    app = create_app(compose(settings))
    run(app, settings, drain=app.sockets.drain)


@program.command()
def worker() -> None:
    """Drain the outbox and run the schedule; any number of workers may run."""
    from uvicorn.loops.auto import auto_loop_factory

    from entrypoints.compose import compose
    from entrypoints.logging import configure
    from entrypoints.worker.saq_worker import Listens, run_worker

    settings = settings_or_exit(topology("worker"))
    configure(settings)

    async def main() -> None:
        house = compose(settings)
        if not isinstance(house.wake_up, Listens):
            raise click.UsageError("The worker needs SHALA_REDIS_URL.")
        try:
            await run_worker(house, house.wake_up)
        finally:
            await house.close()

    _settle()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(main())


@program.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=SANDBOX_PORT, show_default=True)
@click.option("--smtp-port", default=1025, show_default=True)
def sandbox(host: str, port: int, smtp_port: int) -> None:
    """The outside world alone (Razorpay, SMTP, Firebase), for staging."""
    from entrypoints.keeping import NoSecret, kept_account
    from entrypoints.logging import configure
    from entrypoints.sandbox import Sandbox, SandboxConfig

    settings = settings_or_exit()
    if settings.env is Environment.PRODUCTION:
        raise click.UsageError("There is no sandbox in production.")
    configure(settings)
    account, own_url = None, settings.sandbox_url or f"http://{host}:{port}"
    if settings.fcm_credentials:
        try:
            account = kept_account(Path(settings.fcm_credentials), own_url)
        except NoSecret as error:
            raise click.ClickException(str(error)) from None
    config = SandboxConfig(
        service_account=account,
        key_id=settings.razorpay_key_id,
        key_secret=settings.razorpay_key_secret,
        webhook_secret=settings.razorpay_webhook_secret,
        webhook_url=f"{settings.public_base_url}/api/payments/webhook/razorpay/",
        smtp_host=host,
        smtp_port=smtp_port,
    )
    run(Sandbox(config).app, settings, host=host, port=port)
