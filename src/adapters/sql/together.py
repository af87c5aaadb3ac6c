"""One statement for what many requests ask at the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Generic, NamedTuple, TypeVar, cast

Key = TypeVar("Key")
Found = TypeVar("Found")

MOST_KEYS = 100
MOST_ASKING = 4
PATIENCE_S = 10.0


class Together(Generic[Key, Found]):
    """Collects what is asked while others' questions are under way, and asks for all of it at once.

    Every answer was read after its question came: nothing is remembered. A call alone is asked at once and by itself.
    """

    def __init__(
        self, ask: Callable[[list[Key]], Awaitable[Mapping[Key, Found]]], *, at_rest: Callable[[], None] = lambda: None
    ) -> None:
        self._ask = ask
        self._at_rest = at_rest
        self._waiting: list[_Question[Key, Found]] = []
        self._asking: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Found | None:
        """What was found for this key; None if nothing was.

        :raises TimeoutError: no answer within 10 s of the question, or of its being asked. What asking raises is raised
        to everyone who was asked for.
        """
        loop = asyncio.get_running_loop()
        question: _Question[Key, Found] = _Question(key, loop.create_future(), loop.time() + PATIENCE_S)
        self._waiting.append(question)
        if not self._asking or (len(self._waiting) >= MOST_KEYS and len(self._asking) < MOST_ASKING):
            self._asking.add(loop.create_task(self._work(), name="together"))
        return await question.answer

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._answer(self._batch())
        finally:  # at once, not when the loop gets to it: who comes in between must find nobody at work
            self._asking.discard(cast("asyncio.Task[None]", asyncio.current_task()))
            if not self._waiting and not self._asking:
                self._at_rest()

    def _batch(self) -> "list[_Question[Key, Found]]":
        taken, self._waiting = self._waiting[:MOST_KEYS], self._waiting[MOST_KEYS:]
        now = asyncio.get_running_loop().time()
        for question in taken:
            if question.patience_ends < now and not question.answer.done():
                question.answer.set_exception(TimeoutError())
        return [question for question in taken if not question.answer.done()]  # a caller may have gone away, too

    async def _answer(self, batch: "list[_Question[Key, Found]]") -> None:
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._ask([question.key for question in batch]) if batch else {}
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to those who wait
            for question in batch:
                if not question.answer.done():
                    question.answer.set_exception(error)
        else:
            for question in batch:
                if not question.answer.done():
                    question.answer.set_result(found.get(question.key))
        finally:
            for question in batch:
                question.answer.cancel()  # still open only if this task was cancelled


class Shared(Generic[Key, Found]):
    """What many ask in the same words at the same moment is read once for those who came while it was read before."""

    def __init__(self, read: Callable[[Key], Awaitable[Found]]) -> None:
        self._read = read
        self._asked: dict[Key, Together[None, Found]] = {}

    async def get(self, key: Key) -> Found:
        """What reading gives, begun after this was asked; all who share it are given the same object.

        :raises TimeoutError: as `Together.get`. What reading raises is raised to all who share it.
        """
        asked = self._asked.get(key)
        if asked is None:
            asked = Together(partial(self._read_once, key), at_rest=lambda: self._forget(key))
            self._asked[key] = asked
        return cast("Found", await asked.get(None))

    def _forget(self, key: Key) -> None:
        self._asked.pop(key, None)

    async def _read_once(self, key: Key, _: list[None]) -> Mapping[None, Found]:
        return {None: await self._read(key)}


class _Question(NamedTuple, Generic[Key, Found]):
    key: Key
    answer: "asyncio.Future[Found | None]"
    patience_ends: float
