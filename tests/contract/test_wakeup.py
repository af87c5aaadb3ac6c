"""Waking the workers: at once in one process and through Redis, and never in anybody's way."""

import asyncio
import time

import pytest

from adapters.memory import EventWakeUp
from adapters.redis.wakeup import SaqWakeUp
from entrypoints.worker.ending import end
from services import Redis


async def test_in_one_process_a_wake_up_ends_the_wait() -> None:
    wake_up = EventWakeUp()
    began = time.monotonic()
    waiting = asyncio.create_task(wake_up.wait(10))
    await asyncio.sleep(0)  # poll: let it begin to wait
    wake_up.wake()
    await waiting
    assert time.monotonic() - began < 1
    await wake_up.wait(0.01)  # the wake-up is used up


@pytest.mark.parametrize("steps", range(6))
async def test_a_wake_up_at_the_same_moment_swallows_no_cancellation(steps: int) -> None:
    wake_up = EventWakeUp()

    async def work() -> None:
        while True:
            await wake_up.wait(10)

    working = asyncio.create_task(work())
    for _ in range(3):
        await asyncio.sleep(0)  # poll: let it begin to wait
    wake_up.wake()
    for _ in range(steps):
        await asyncio.sleep(0)  # poll: to each place between the wake-up and the next wait
    working.cancel()
    _, still = await asyncio.wait([working], timeout=1)
    working.cancel()
    assert not still


async def test_tasks_end_though_they_swallow_a_cancellation() -> None:
    swallowed: list[str] = []

    async def deaf() -> None:
        while len(swallowed) < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed.append("one")
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(deaf()), asyncio.create_task(asyncio.Event().wait())]
    await asyncio.sleep(0)  # poll: let them begin
    assert await end(tasks)
    assert all(task.cancelled() for task in tasks)


async def test_through_redis_the_listener_hears_within_a_second(redis: str) -> None:
    sender, listener, heard = SaqWakeUp(redis), SaqWakeUp(redis), asyncio.Event()
    listening = asyncio.create_task(listener.listen(heard.set))
    try:
        for _ in range(3):
            heard.clear()
            sender.wake()
            await asyncio.wait_for(heard.wait(), 5)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await sender.close()
        await listener.close()


async def test_a_frozen_or_dead_redis_holds_nobody_up() -> None:
    import signal

    with Redis() as server:
        wake_up = SaqWakeUp(server.url)
        wake_up.wake()
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(1000):
            wake_up.wake()
        assert time.monotonic() - began < 0.1
        server.process.send_signal(signal.SIGCONT)
        await wake_up.close()


async def test_a_listener_outlives_a_restart_of_redis() -> None:
    with Redis() as server:
        sender, listener, heard = SaqWakeUp(server.url), SaqWakeUp(server.url), asyncio.Event()
        listening = asyncio.create_task(listener.listen(heard.set))
        try:
            sender.wake()
            await asyncio.wait_for(heard.wait(), 5)
            server.restart()
            heard.clear()
            deadline = time.monotonic() + 20
            while not heard.is_set():
                assert time.monotonic() < deadline
                sender.wake()
                await asyncio.sleep(0.2)  # poll
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            await sender.close()
            await listener.close()
