"""/api/chatbot/: what a course's staff learn of what the chatbot says to its students."""

from datetime import datetime

from litestar import get, post
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT, PageRequest
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, page_request
from entrypoints.http.policy import Policy
from modules.assistant.domain.answers import Citation, Nearest
from modules.assistant.domain.conversations import UnansweredQuestion
from modules.assistant.queries import DislikedAnswer, IndexedLesson


class UnansweredInfo(Struct, frozen=True):
    """`drafted_at`: when it was made a post of the class."""

    id: int
    course_id: int
    question: str
    nearest: list[Nearest]
    asked_at: datetime
    drafted_at: datetime | None


class DislikedInfo(Struct, frozen=True):
    """`reason` may be empty."""

    id: int
    course_id: int
    question: str
    answer: str
    citations: list[Citation]
    reason: str
    answered_at: datetime


class IndexedLessonInfo(Struct, frozen=True):
    """Without passages it has no words that the chatbot could read: a scanned page, a video without captions.
    `is_current` is false while its last change waits for the worker.
    """

    content_id: int
    title: str
    content_type: str
    passage_count: int
    is_current: bool
    indexed_at: datetime | None


@get("/unanswered/", policy=Policy.STAFF)
async def unanswered(
    request: Call,
    course_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    is_drafted: FromQuery[bool | None] = None,
) -> Listing[UnansweredInfo]:
    """What students have asked in vain, newest first, without saying who: lessons to write."""
    page = await _page(request, course_id, limit, cursor, count=count)
    return listing(request, await do(request).oversight.unanswered(page, course_id, is_drafted=is_drafted), _unanswered)


@post("/unanswered/{message_id:int}/draft/", policy=Policy.STAFF, status_code=204)
async def draft_question(request: Call, message_id: FromPath[int]) -> None:
    """Make a question a post that waits in the group's moderation, to be edited and approved; a repeat makes none."""
    await do(request).handing_over.draft(caller(request), message_id)


@get("/disliked/", policy=Policy.STAFF)
async def disliked(
    request: Call,
    course_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
) -> Listing[DislikedInfo]:
    """Answers that did not help, newest first, without saying whom: lessons to make clearer."""
    page = await _page(request, course_id, limit, cursor, count=count)
    return listing(request, await do(request).oversight.disliked(page, course_id), _disliked)


@get("/lessons/", policy=Policy.STAFF)
async def indexed_lessons(
    request: Call,
    course_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    has_passages: FromQuery[bool | None] = None,
) -> Listing[IndexedLessonInfo]:
    """The published lessons, quizzes excepted, and how much of each the chatbot can quote."""
    page = await _page(request, course_id, limit, cursor, count=count)
    found = await do(request).oversight.lessons(page, course_id, has_passages=has_passages)
    return listing(request, found, _lesson)


async def _page(request: Call, course_id: int, limit: int, cursor: str | None, *, count: bool) -> PageRequest:
    """:raises NotFound: whoever asks does not teach the course."""
    if not await do(request).study.is_staff(caller(request), course_id):
        raise NotFound
    return page_request(limit, cursor, count=count)


def _unanswered(found: UnansweredQuestion) -> UnansweredInfo:
    moments = (found.asked_at, found.drafted_at)
    return UnansweredInfo(found.id, found.course_id, found.question, list(found.nearest), *moments)


def _disliked(found: DislikedAnswer) -> DislikedInfo:
    said = (found.question, found.answer, list(found.citations), found.reason)
    return DislikedInfo(found.id, found.course_id, *said, found.answered_at)


def _lesson(found: IndexedLesson) -> IndexedLessonInfo:
    counts = (found.passage_count, found.is_current, found.indexed_at)
    return IndexedLessonInfo(found.content_id, found.title, found.content_type, *counts)


HANDLERS = [unanswered, draft_question, disliked, indexed_lessons]
