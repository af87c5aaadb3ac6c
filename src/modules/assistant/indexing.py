"""Keeping the passages of what is published, and of nothing else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from core.transaction import Begin
from modules.assistant.domain.passages import passages
from modules.assistant.ports import IndexStore, Lessons, Texts

BATCH = 100


@dataclass(frozen=True, slots=True)
class Indexing:
    """Whatever is lost between a change and its passages is found by the sweep: nobody waits for an index."""

    begin: Begin[IndexStore]
    lessons: Lessons
    texts: Texts

    async def index(self, content_id: int) -> None:
        """Reaction, and the sweep: the content's passages are those of what is published now. All of them change at
        once; a repeat changes nothing.

        :raises Unavailable: the file store is away.
        """
        source = await self.lessons.source(content_id)
        if source is None:
            async with self.begin() as store:
                await store.drop(content_id)
            return
        found = passages(await self.texts.sections(source))
        async with self.begin() as store:
            await store.replace(source, found)  # who changed it meanwhile has it indexed again

    async def withdraw(self, store: IndexStore, content_id: int) -> None:
        """Reaction within a withdrawal: nothing of it is found from this moment on."""
        await store.drop(content_id)

    async def rebuild(self) -> AsyncIterator[tuple[int, int]]:
        """Index all that is published anew: how many contents are done, and how many there are."""
        contents = await self.lessons.published()
        for done, content_id in enumerate(contents, 1):
            await self.index(content_id)
            yield done, len(contents)

    async def sweep(self) -> int:
        """On the schedule: index what is stale; how many contents."""
        stale = await self.lessons.stale(BATCH)
        for content_id in stale:
            await self.index(content_id)
        return len(stale)
