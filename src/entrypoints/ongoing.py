"""Work that goes on when whoever asked for it has gone away."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

PATIENCE_S = 10.0
Made = TypeVar("Made")


class Ongoing:
    """The process waits for it before it stops, 10 s at most."""

    def __init__(self) -> None:
        self._tasks = set[asyncio.Task[Any]]()

    def start(self, work: Coroutine[Any, Any, Made], name: str) -> asyncio.Task[Made]:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=PATIENCE_S)
        for task in set(self._tasks):
            task.cancel()
