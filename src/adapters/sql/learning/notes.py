"""Notes and bookmarks, within a transaction and as their owner reads them."""

from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.rows import CONTENTS
from adapters.sql.models import Bookmark as BookmarkModel
from adapters.sql.models import ContentNote
from adapters.sql.pages import KeysetList, given
from adapters.sql.store import SqlStore, table
from core.paging import Page, PageRequest
from modules.learning.note_ports import Bookmark, Note, NoteCard

NOTES, BOOKMARKS = table(ContentNote), table(BookmarkModel)
NOTE_COLUMNS = [NOTES.c[name] for name in Note.__struct_fields__]
BY_ID = select(*NOTE_COLUMNS).where(NOTES.c.id == bindparam("id")).with_for_update()
_MARK = upsert(BOOKMARKS)
MARK = _MARK.on_conflict_do_update(
    index_elements=["user_id", "content_id"],
    set_={"position": _MARK.excluded.position, "created_at": _MARK.excluded.created_at},
)

_CARDS = (
    select(*NOTE_COLUMNS, CONTENTS.c.title, CONTENTS.c.course_id)
    .join(CONTENTS, CONTENTS.c.id == NOTES.c.content_id)
    .where(NOTES.c.user_id == bindparam("user_id"))
)
CARD_BY_ID = _CARDS.where(NOTES.c.id == bindparam("id"))
_IN_COURSE = {"course_id": CONTENTS.c.course_id == bindparam("course_id")}


def _card(row: AnyRow) -> NoteCard:
    *note, title, course_id = row
    return NoteCard(Note(*note), title, course_id)


NOTE_LIST = KeysetList(
    _CARDS,
    make=_card,
    orders={"id": [NOTES.c.id]},
    filters={**_IN_COURSE, "content_id": NOTES.c.content_id == bindparam("content_id")},
)
BOOKMARK_LIST = KeysetList(
    select(
        BOOKMARKS.c.content_id,
        CONTENTS.c.title,
        CONTENTS.c.course_id,
        BOOKMARKS.c.position,
        BOOKMARKS.c.created_at,
    )
    .join(CONTENTS, CONTENTS.c.id == BOOKMARKS.c.content_id)
    .where(BOOKMARKS.c.user_id == bindparam("user_id")),
    make=lambda row: Bookmark(*row),
    orders={"created_at": [BOOKMARKS.c.created_at, BOOKMARKS.c.content_id]},
    filters=_IN_COURSE,
)


class SqlNoteStore(SqlStore):
    async def note(self, note_id: int) -> Note | None:
        row = await self.transaction.row(BY_ID, {"id": note_id})
        return Note(*row) if row else None

    async def add_note(self, user_id: int, content_id: int, *, position: int | None, text: str) -> Note:
        now = self.transaction.clock.now()
        said = {"position": position, "text": text, "created_at": now, "updated_at": now, "version": 1}
        statement = insert(NOTES).values(user_id=user_id, content_id=content_id, **said).returning(*NOTE_COLUMNS)
        return Note(*(await self.transaction.execute(statement)).one())

    async def change_note(self, note_id: int, **changes: Any) -> Note:
        statement = update(NOTES).where(NOTES.c.id == note_id)
        statement = statement.values(version=NOTES.c.version + 1, updated_at=self.transaction.clock.now(), **changes)
        return Note(*(await self.transaction.execute(statement.returning(*NOTE_COLUMNS))).one())

    async def remove_note(self, note_id: int) -> None:
        await self.transaction.execute(delete(NOTES).where(NOTES.c.id == note_id))

    async def mark(self, user_id: int, content_id: int, position: int | None) -> None:
        now = self.transaction.clock.now()
        values = {"user_id": user_id, "content_id": content_id, "position": position, "created_at": now}
        await self.transaction.execute(MARK, values)

    async def unmark(self, user_id: int, content_id: int) -> None:
        own = (BOOKMARKS.c.user_id == user_id, BOOKMARKS.c.content_id == content_id)
        await self.transaction.execute(delete(BOOKMARKS).where(*own))

    async def forget(self, user_id: int) -> None:
        for kept in (NOTES, BOOKMARKS):
            await self.transaction.execute(delete(kept).where(kept.c.user_id == user_id))


class SqlNoteQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def notes(
        self, request: PageRequest, user_id: int, *, course_id: int | None, content_id: int | None
    ) -> Page[NoteCard]:
        values = given(course_id=course_id, content_id=content_id)
        return await NOTE_LIST.page(
            self._database,
            request,
            where=sorted(values),
            values={**values, "user_id": user_id},
            keys=lambda card: (card.note.id,),
        )

    async def note(self, note_id: int, user_id: int) -> NoteCard | None:
        row = await self._database.row(CARD_BY_ID, {"id": note_id, "user_id": user_id})
        return _card(row) if row else None

    async def bookmarks(self, request: PageRequest, user_id: int, *, course_id: int | None) -> Page[Bookmark]:
        values = given(course_id=course_id)
        return await BOOKMARK_LIST.page(
            self._database,
            request,
            where=sorted(values),
            values={**values, "user_id": user_id},
            order="created_at",
            keys=lambda mark: (mark.created_at, mark.content_id),
        )
