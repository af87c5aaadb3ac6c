"""/api/courses/notes/ and /bookmarks/: what students keep for themselves."""

from datetime import datetime
from typing import Annotated, Any

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    caller,
    do,
    expected_version,
    given,
    listing,
    once,
    page_request,
)
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.learning.domain.progress import MAX_SECONDS
from modules.learning.note_ports import Bookmark, NoteCard

Text = Annotated[str, Meta(min_length=1, max_length=10_000, pattern=r"\S")]
Position = Annotated[int, Meta(ge=0, le=MAX_SECONDS)]


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """`position` in seconds, in a video."""

    content_id: int
    text: Text
    position: Position | None = None


class NoteChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    text: Text | UnsetType = UNSET
    position: Position | UnsetType | None = UNSET
    id: Any = UNSET
    content_id: Any = UNSET
    content: Any = UNSET
    course_id: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET
    version: Any = UNSET


class BookmarkBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`position` in seconds, in a video."""

    position: Position | None = None


class NoteInfo(Struct, frozen=True):
    id: int
    content_id: int
    content: Ref
    course_id: int
    position: int | None
    text: str
    created_at: datetime
    updated_at: datetime
    version: int


class BookmarkInfo(Struct, frozen=True):
    content_id: int
    content: Ref
    course_id: int
    position: int | None
    created_at: datetime


@get("/notes/", policy=Policy.OWNER)
async def notes(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
    content_id: FromQuery[int | None] = None,
) -> Listing[NoteInfo]:
    """One's own notes, newest first."""
    page, user_id = page_request(limit, cursor, count=count), caller(request).user_id
    found = await do(request).notes.notes(page, user_id, course_id=course_id, content_id=content_id)
    return listing(request, found, _note_info)


@post("/notes/", policy=Policy.USER)
async def create_note(request: Call, data: JSONBody[NewNote]) -> NoteInfo:
    """Write a note to a content that one may open."""
    key = await once(request, "note")
    made = do(request).noting.add(caller(request), data.content_id, text=data.text, position=data.position, once=key)
    return await _note(request, await made)


@patch("/notes/{note_id:int}/", policy=Policy.OWNER)
async def edit_note(request: Call, note_id: FromPath[int], data: JSONBody[NoteChanges]) -> NoteInfo:
    changes = given(data, "text", "position")
    await do(request).noting.change(caller(request), note_id, changes, version=expected_version(request))
    return await _note(request, note_id)


@delete("/notes/{note_id:int}/", policy=Policy.OWNER, status_code=204)
async def remove_note(request: Call, note_id: FromPath[int]) -> None:
    await do(request).noting.remove(caller(request), note_id)


@get("/bookmarks/", policy=Policy.OWNER)
async def bookmarks(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
) -> Listing[BookmarkInfo]:
    """One's own bookmarks, newest first."""
    page = page_request(limit, cursor, count=count, kinds=(Moment, int))
    found = await do(request).notes.bookmarks(page, caller(request).user_id, course_id=course_id)
    return listing(request, found, _bookmark_info)


@put("/contents/{content_id:int}/bookmark/", policy=Policy.USER, status_code=204)
async def set_bookmark(request: Call, content_id: FromPath[int], data: JSONBody[BookmarkBody]) -> None:
    """Set the bookmark of a content that one may open, or move it."""
    await do(request).noting.mark(caller(request), content_id, data.position)


@delete("/contents/{content_id:int}/bookmark/", policy=Policy.USER, status_code=204)
async def remove_bookmark(request: Call, content_id: FromPath[int]) -> None:
    """A repeat changes nothing."""
    await do(request).noting.unmark(caller(request), content_id)


async def _note(request: Call, note_id: int) -> NoteInfo:
    found = await do(request).notes.note(note_id, caller(request).user_id)
    if found is None:
        raise NotFound
    return _note_info(found)


def _note_info(card: NoteCard) -> NoteInfo:
    note, content = card.note, Ref(card.note.content_id, card.content_title)
    place = (note.id, note.content_id, content, card.course_id, note.position, note.text)
    return NoteInfo(*place, note.created_at, note.updated_at, note.version)


def _bookmark_info(mark: Bookmark) -> BookmarkInfo:
    content = Ref(mark.content_id, mark.content_title)
    return BookmarkInfo(mark.content_id, content, mark.course_id, mark.position, mark.created_at)


HANDLERS = [notes, create_note, edit_note, remove_note, bookmarks, set_bookmark, remove_bookmark]
