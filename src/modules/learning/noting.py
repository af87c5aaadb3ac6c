"""Notes and bookmarks that students keep for themselves."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.learning.lessons import demand_open
from modules.learning.note_ports import Note, NoteStore
from modules.learning.queries import StudyQueries


@dataclass(frozen=True, slots=True)
class Noting:
    """What can be opened can be noted; what was noted stays one's own, also when the access ends.

    :raises NotFound: from each of them.
    """

    begin: Begin[NoteStore]
    queries: StudyQueries
    clock: Clock

    async def add(
        self, actor: Actor, content_id: int, *, text: str, position: int | None, once: Once | None = None
    ) -> int:
        """:raises NotEnrolled: :raises EnrolmentExpired: :raises ContentLocked:"""
        await self._demand(actor, content_id)
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            note = await store.add_note(actor.user_id, content_id, position=position, text=text)
            await store.answer(once, note.id)
            return note.id

    async def change(self, actor: Actor, note_id: int, changes: dict[str, Any], *, version: int | None = None) -> None:
        """:raises VersionConflict:"""
        async with self.begin() as store:
            note = await _own(store, actor, note_id)
            if version is not None and version != note.version:
                raise VersionConflict
            if changes:
                await store.change_note(note_id, **changes)

    async def remove(self, actor: Actor, note_id: int) -> None:
        async with self.begin() as store:
            await _own(store, actor, note_id)
            await store.remove_note(note_id)

    async def mark(self, actor: Actor, content_id: int, position: int | None) -> None:
        """Set the bookmark of a content, or move it.

        :raises NotEnrolled: :raises EnrolmentExpired: :raises ContentLocked:
        """
        await self._demand(actor, content_id)
        async with self.begin() as store:
            await store.mark(actor.user_id, content_id, position)

    async def unmark(self, actor: Actor, content_id: int) -> None:
        """A repeat changes nothing."""
        async with self.begin() as store:
            await store.unmark(actor.user_id, content_id)

    async def forget(self, store: NoteStore, user_id: int) -> None:
        """Reaction within the erasure of an account."""
        await store.forget(user_id)

    async def _demand(self, actor: Actor, content_id: int) -> None:
        demand_open(await self.queries.content(content_id, actor), actor, self.clock.now())


async def _own(store: NoteStore, actor: Actor, note_id: int) -> Note:
    note = await store.note(note_id)
    if note is None or note.user_id != actor.user_id:
        raise NotFound
    return note
