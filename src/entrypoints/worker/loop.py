"""The background of a process: look into the outbox once a second, and at once when woken."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from core.errors import Unavailable
from entrypoints.compose import House
from entrypoints.worker.dispatcher import Dispatcher
from entrypoints.worker.ending import end
from entrypoints.worker.schedule import Job, Schedule

POLL_S = 1.0
log = structlog.get_logger()


def jobs(house: House) -> dict[str, Job]:
    """Everything that comes round by itself."""
    do = house.workflows
    return {
        "reconcile_payments": Job(timedelta(seconds=30), do.reconciling.look_at_due, outside=True),
        "look_at_refunds": Job(timedelta(minutes=1), do.repaying.look_at_due, outside=True),
        "sweep_captures": Job(timedelta(days=1), do.reconciling.sweep_captures, outside=True),
        "sweep_gateway_events": Job(timedelta(minutes=5), do.webhooks.sweep),
        "mail_notifications": Job(timedelta(seconds=30), do.batching.send_due, outside=True),
        "push_notifications": Job(timedelta(seconds=30), do.pushing.send_due, outside=True),
        "fold_post_counts": Job(timedelta(seconds=10), house.post_counts.fold),
        "close_overdue_attempts": Job(timedelta(seconds=10), do.attempting.close_overdue),
        "announce_classes": Job(timedelta(seconds=30), do.conducting.announce_starting),
        "close_classes": Job(timedelta(seconds=30), do.conducting.close_ended),
        "warn_of_expiry": Job(timedelta(hours=1), do.telling.warn_of_expiry),
        "index_lessons": Job(timedelta(minutes=5), do.indexing.sweep, outside=True),
        "sweep_uploads": Job(timedelta(hours=1), do.uploading.sweep, outside=True),
        "prune": Job(timedelta(hours=1), house.pruning.prune),
    }


def dispatcher(house: House) -> Dispatcher:
    return Dispatcher(
        house.outbox,
        house.database.reactions.named(),
        jobs(house),
        house.database.transaction,
    )


async def work(house: House, reactions: Dispatcher, wait: Callable[[float], Awaitable[None]]) -> None:
    """For ever: take due slots, start what is due, wait to be woken. A database that is away is waited for."""
    schedule = Schedule(house.outbox, house.clock, jobs(house))
    try:
        while True:
            try:
                await schedule.tick()
                await reactions.fill()
            except Unavailable:
                log.warning("database_away")
            except Exception:  # the loop must outlive whatever a broken row does
                log.exception("background_error")
            if reactions.is_full:
                await reactions.wait_for_place(POLL_S)
            else:
                await wait(POLL_S)
    finally:
        await reactions.stop()


@asynccontextmanager
async def background(house: House) -> AsyncGenerator[None, None]:
    """The loop as a task of this process; what runs when it ends is run again by its lease."""
    task = asyncio.create_task(work(house, dispatcher(house), house.wake_up.wait), name="background")  # type: ignore[union-attr]
    try:
        yield
    finally:
        await end([task])
