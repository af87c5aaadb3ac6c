"""What notes and bookmarks need from the database."""

from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.idempotency import Remembers
from core.paging import Page, PageRequest


class Note(Struct, frozen=True):
    """A student's own; `position` in seconds, in a video."""

    id: int
    user_id: int
    content_id: int
    position: int | None
    text: str
    created_at: datetime
    updated_at: datetime
    version: int


class NoteStore(Remembers, Protocol):
    async def note(self, note_id: int) -> Note | None:
        """Locked until the transaction's end."""
        ...

    async def add_note(self, user_id: int, content_id: int, *, position: int | None, text: str) -> Note: ...

    async def change_note(self, note_id: int, **changes: Any) -> Note: ...

    async def remove_note(self, note_id: int) -> None: ...

    async def mark(self, user_id: int, content_id: int, position: int | None) -> None:
        """In place of a bookmark before."""
        ...

    async def unmark(self, user_id: int, content_id: int) -> None: ...

    async def forget(self, user_id: int) -> None:
        """All notes and bookmarks of a user."""
        ...


class NoteCard(Struct, frozen=True):
    note: Note
    content_title: str
    course_id: int


class Bookmark(Struct, frozen=True):
    content_id: int
    content_title: str
    course_id: int
    position: int | None
    created_at: datetime


class NoteQueries(Protocol):
    """One's own only."""

    async def notes(
        self, request: PageRequest, user_id: int, *, course_id: int | None, content_id: int | None
    ) -> Page[NoteCard]:
        """Newest first."""
        ...

    async def note(self, note_id: int, user_id: int) -> NoteCard | None: ...

    async def bookmarks(self, request: PageRequest, user_id: int, *, course_id: int | None) -> Page[Bookmark]:
        """Newest first."""
        ...
