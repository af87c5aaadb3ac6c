"""How a process gets rid of its tasks."""

import asyncio
from collections.abc import Collection
from typing import Any

import structlog

AGAIN_S = 0.5
PATIENCE_S = 3.0
log = structlog.get_logger()


async def end(tasks: Collection[asyncio.Task[Any]]) -> bool:
    """Cancel until all have ended, for three seconds at most; whether they have.

    Once is not enough: libraries swallow a cancellation (`asyncio.wait_for` of 3.11 when what it waits for comes at
    the same moment, the Redis client while it connects), and whoever awaits such a task waits for ever.
    """
    still = {task for task in tasks if not task.done()}
    for _ in range(round(PATIENCE_S / AGAIN_S)):
        if not still:
            break
        for task in still:
            task.cancel()
        _, still = await asyncio.wait(still, timeout=AGAIN_S)
    if still:
        log.warning("tasks_do_not_end", tasks=sorted(task.get_name() for task in still))
    return not still
