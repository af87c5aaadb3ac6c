"""BM25 over the passages of a course."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from typing import TYPE_CHECKING

from modules.assistant.domain.answers import Hit
from modules.assistant.ports import IndexedPassage

if TYPE_CHECKING:
    from adapters.ranking.index import Index

KEPT = 20_000
"""Passages whose indexes stay in memory, 12 KB each; the course that was asked about last stays in any case."""
Load = Callable[[int], Awaitable[list[IndexedPassage]]]


class Bm25Ranking:
    """Indexes are made in a thread, once for each version of a course, and kept while they are asked for; a question is
    looked up in a thread, too: one with many words that the course does not have takes 40 ms.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[int, tuple[int, Index]] = OrderedDict()
        self._making: dict[int, asyncio.Lock] = {}

    async def best(
        self,
        course_id: int,
        version: int,
        load: Load,
        question: str,
        *,
        among: Collection[int],
        limit: int,
        after: str | None = None,
    ) -> list[Hit]:
        if not version or not among:
            return []
        index = await self._index(course_id, version, load)
        return await asyncio.to_thread(index.best, question, among, limit, after=after)

    async def _index(self, course_id: int, version: int, load: Load) -> "Index":
        async with self._making.setdefault(course_id, asyncio.Lock()):
            kept = self._kept.get(course_id)
            if kept is None or kept[0] != version:
                kept = version, await asyncio.to_thread(_made, await load(course_id))
                self._kept[course_id] = kept
                self._kept.move_to_end(course_id)
                while len(self._kept) > 1 and sum(len(index) for _, index in self._kept.values()) > KEPT:
                    gone, _ = self._kept.popitem(last=False)
                    self._making.pop(gone, None)
        if course_id in self._kept:
            self._kept.move_to_end(course_id)
        return kept[1]


def _made(passages: list[IndexedPassage]) -> "Index":
    from adapters.ranking.index import Index  # numpy: a fifth of a second, for who asks only

    return Index(passages)
