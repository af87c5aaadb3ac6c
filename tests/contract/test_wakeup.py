"""Waking the workers: at once in one process and through Redis, and never in anybody's way."""

import asyncio
import time

from adapters.memory import EventWakeUp
from adapters.redis.wakeup import SaqWakeUp
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
