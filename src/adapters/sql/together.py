"""One statement for what many requests ask at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar, cast

Key = TypeVar("Key")
Found = TypeVar("Found")

MOST_KEYS = 100
MOST_ASKING = 4
PATIENCE_S = 10.0


class Together(Generic[Key, Found]):
    """Collects what is asked while others' questions are under way, and asks for all of it at once.

    Every answer was read after its question came: nothing is remembered. A call alone is asked at once and by itself.
    """

    def __init__(self, ask: Callable[[list[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        self._ask = ask
        self._waiting: list[tuple[Key, asyncio.Future[Found | None]]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Found | None:
        """What was found for this key; None if nothing was.

        :raises TimeoutError: no answer within 10 s. What asking raises is raised to everyone who was asked for.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Found | None] = loop.create_future()
        self._waiting.append((key, future))
        if not self._asking or (len(self._waiting) >= MOST_KEYS and len(self._asking) < MOST_ASKING):
            self._asking.add(loop.create_task(self._work(), name="together"))
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MOST_KEYS], self._waiting[MOST_KEYS:]
                await self._answer(batch)
        finally:  # at once, not when the loop gets to it: who comes in between must find nobody at work
            self._asking.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _answer(self, batch: list[tuple[Key, asyncio.Future[Found | None]]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._ask([key for key, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        else:
            for key, future in batch:
                if not future.done():  # a caller may have gone away
                    future.set_result(found.get(key))
        finally:
            for _, future in batch:
                future.cancel()  # still open only if this task was cancelled
