"""Work that goes on when whoever asked for it has gone away."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog

from core.errors import AppError

PATIENCE_S = 10.0
Made = TypeVar("Made")
log = structlog.get_logger()


class Ongoing:
    """The process waits for it before it stops, 10 s at most; then it is broken off, and has ended before the rest is
    closed.
    """

    def __init__(self) -> None:
        self._tasks = set[asyncio.Task[Any]]()
        self._named = dict[str, asyncio.Task[Any]]()

    def running(self, name: str | None) -> asyncio.Task[Any] | None:
        """The work that was begun by this name and goes on."""
        return None if name is None else self._named.get(name)

    def start(self, work: Callable[[], Coroutine[Any, Any, Made]], name: str | None = None) -> asyncio.Task[Made]:
        task = asyncio.get_running_loop().create_task(work())
        self._tasks.add(task)
        if name is not None:
            self._named[name] = task
            task.add_done_callback(lambda _: self._named.pop(name, None))
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._tasks:  # what is begun meanwhile is waited for, too
                    await asyncio.wait(set(self._tasks))
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=PATIENCE_S)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Whoever waits is told of a failure; if nobody does any longer, the log is."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, AppError):
            log.error("ongoing_work_failed", error=type(error).__name__, exc_info=error)
