"""Wakes the workers through SAQ: one job that says "look now", queued at most once at a time."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from saq import Job, Worker
from saq.queue.redis import RedisQueue

QUEUE = "shala"
JOB = "look"
LISTENING_S = 2.0
BACK_OFF_S = 1.0
PAUSE_S = 0.02
"""Between two wake-ups; without it a busy service would spend a fifth of its time on telling."""
SETTLED_S = 30.0
AWAY = (RedisError, OSError, TimeoutError)
log = structlog.get_logger()


def _queue(url: str, *, socket_timeout: float) -> "PatientQueue":
    """`socket_timeout` bounds how long a frozen Redis is waited for."""
    redis: Redis = Redis.from_url(url, socket_timeout=socket_timeout, socket_connect_timeout=1, retry=None)
    return PatientQueue(redis, name=QUEUE)


class PatientQueue(RedisQueue):
    """SAQ asks a Redis that is away again at once, for ever, and so eats a core.

    And its first sweep, at the start, takes a job that is just being handed over for a stuck one.
    """

    def __init__(self, redis: Redis, name: str) -> None:
        super().__init__(redis, name=name)
        self._born = time.monotonic()

    async def sweep(self, lock: int = 60, abort: float = 5.0) -> list[str]:
        if time.monotonic() - self._born < SETTLED_S:
            return []
        return await super().sweep(lock, abort)

    async def dequeue(self, timeout: float = 0.0, poll_interval: float = 0.0) -> Job | None:  # noqa: ASYNC109
        try:
            return await super().dequeue(timeout=timeout, poll_interval=poll_interval)
        except AWAY as error:
            log.warning("redis_away", error=type(error).__name__)
            await asyncio.sleep(BACK_OFF_S)
            return None


class PoliteWorker(Worker[Any]):
    """The process handles its signals itself."""

    SIGNALS = []  # noqa: RUF012 - SAQ's own declaration


class SaqWakeUp:
    """`wake` only sets a flag; a task of its own tells Redis, so that no request ever waits for it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue = _queue(url, socket_timeout=1)
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    def wake(self) -> None:
        self._wanted.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._tell(), name="wake-up")

    async def listen(self, woken: Callable[[], None]) -> None:
        """Call `woken` whenever somebody woke the workers; until cancelled."""

        async def look(_: dict[str, Any]) -> None:
            woken()

        queue = _queue(self._url, socket_timeout=LISTENING_S * 5)
        worker = PoliteWorker(queue, [(JOB, look)], concurrency=1, dequeue_timeout=LISTENING_S)
        try:
            await worker.start()
            raise asyncio.CancelledError  # SAQ returns when it is cancelled, as if nothing had been
        finally:
            await _disconnect(queue)

    async def close(self) -> None:
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await _disconnect(self._queue)

    async def _tell(self) -> None:
        while not self._is_closed:  # what it calls may swallow the cancellation
            await self._wanted.wait()
            self._wanted.clear()
            try:
                # the key keeps a second one from being queued while the first waits
                await self._queue.enqueue(JOB, key=JOB, timeout=10, retries=1, ttl=-1)
            except AWAY as error:
                log.warning("wake_up_failed", error=type(error).__name__)
                await asyncio.sleep(BACK_OFF_S)  # the workers look each second anyway
            else:
                await asyncio.sleep(PAUSE_S)  # who looks finds whatever came meanwhile; what comes now is told of next


async def _disconnect(queue: PatientQueue) -> None:
    with contextlib.suppress(*AWAY):  # a Redis that is away has nothing to be told
        await queue.disconnect()
