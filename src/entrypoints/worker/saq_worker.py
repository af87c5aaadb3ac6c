"""`shala worker`: woken through SAQ, and looking each second by itself for when Redis is away."""

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import Protocol, runtime_checkable

import structlog

from entrypoints.compose import House
from entrypoints.worker.ending import end
from entrypoints.worker.loop import dispatcher, work

BACK_OFF_S = 2
log = structlog.get_logger()


@runtime_checkable
class Listens(Protocol):
    async def listen(self, woken: Callable[[], None]) -> None: ...


async def run_worker(house: House, ears: Listens) -> None:
    """Until SIGTERM or SIGINT. What runs then is run again when its lease is over."""
    stop, news = asyncio.Event(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)

    async def wait(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()
        news.clear()

    loop = asyncio.create_task(work(house, dispatcher(house), wait), name="work")
    listening = asyncio.create_task(_listen(ears, news.set), name="listening")
    log.info("worker_started")
    await stop.wait()
    log.info("worker_stops")
    await end([loop, listening])


async def _listen(ears: Listens, woken: Callable[[], None]) -> None:
    while True:
        try:
            await ears.listen(woken)
        except Exception as error:  # noqa: BLE001 - Redis fails in many ways; the worker polls meanwhile
            log.warning("redis_away", error=type(error).__name__)
        await asyncio.sleep(BACK_OFF_S)
