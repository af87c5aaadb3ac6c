"""Ports for one process: the embedded default, and tests."""

import asyncio


class EventWakeUp:
    """Wakes the dispatcher of the same process."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._event.set()

    async def wait(self, timeout: float) -> None:  # noqa: ASYNC109 - waiting that long is its purpose
        """Return at the next wake-up, or after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._event.wait()
        except TimeoutError:
            return
        finally:
            self._event.clear()
