"""/api/chatbot/: conversations with the course chatbot."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import ENCODER, Answer
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    caller,
    do,
    house,
    listing,
    once,
    page_request,
)
from entrypoints.http.policy import MINUTE, Policy, demand
from entrypoints.http.wire import Ref
from modules.assistant.domain.answers import Citation, Kind, Mode, Nearest
from modules.assistant.domain.conversations import LONGEST_TITLE, Author, Message
from modules.assistant.queries import ConversationCard

EVENTS = "text/event-stream"
Title = Annotated[str, Meta(max_length=LONGEST_TITLE)]
Question = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
Rating = Literal[-1, 1]
Reason = Annotated[str, Meta(max_length=500)]


class NewConversation(Struct, frozen=True, forbid_unknown_fields=True):
    """Without a title it is called by its first question."""

    course_id: int
    title: Title = ""


class ConversationChanges(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    course: Any = UNSET
    message_count: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    question: Question


class Feedback(Struct, frozen=True, forbid_unknown_fields=True):
    """`rating` 1: it helped; -1: it did not."""

    rating: Rating
    reason: Reason = ""


class FeedbackInfo(Struct, frozen=True):
    message_id: int
    rating: int
    reason: str


class ConversationInfo(Struct, frozen=True):
    id: int
    course_id: int
    course: Ref
    title: str
    message_count: int
    created_at: datetime
    updated_at: datetime


class MessageInfo(Struct, frozen=True):
    """A question (`role` user) or an answer (assistant). `kind` and `mode` are null in questions; `feedback` is one's
    own. A citation has a page, a second, or neither.
    """

    id: int
    conversation_id: int
    role: Author
    question_id: int | None
    content: str
    kind: Kind | None
    mode: Mode | None
    citations: list[Citation]
    nearest: list[Nearest]
    feedback: FeedbackInfo | None
    created_at: datetime


@get("/conversations/", policy=Policy.OWNER)
async def conversations(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
) -> Listing[ConversationInfo]:
    """One's own, the last one that was used first."""
    page = page_request(limit, cursor, count=count, kinds=(Moment, int))
    found = await do(request).conversations.conversations(page, caller(request).user_id, course_id)
    return listing(request, found, _conversation)


@post("/conversations/", policy=Policy.USER)
async def start_conversation(request: Call, data: JSONBody[NewConversation]) -> ConversationInfo:
    """Begin to ask about a course: students with access, and its staff."""
    key = await once(request, "conversation")
    made = await do(request).conversing.start(caller(request), data.course_id, title=data.title.strip(), once=key)
    return await _read(request, made)


@get("/conversations/{conversation_id:int}/", policy=Policy.OWNER)
async def conversation(request: Call, conversation_id: FromPath[int]) -> ConversationInfo:
    return await _read(request, conversation_id)


@patch("/conversations/{conversation_id:int}/", policy=Policy.OWNER)
async def rename_conversation(
    request: Call, conversation_id: FromPath[int], data: JSONBody[ConversationChanges]
) -> ConversationInfo:
    if data.title is not UNSET:
        await do(request).conversing.rename(caller(request), conversation_id, data.title.strip())
    return await _read(request, conversation_id)


@delete("/conversations/{conversation_id:int}/", policy=Policy.OWNER, status_code=204)
async def remove_conversation(request: Call, conversation_id: FromPath[int]) -> None:
    """With all that was asked and answered in it, for ever."""
    await do(request).conversing.remove(caller(request), conversation_id)


@get("/conversations/{conversation_id:int}/messages/", policy=Policy.OWNER)
async def messages(
    request: Call,
    conversation_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
) -> Listing[MessageInfo]:
    """Questions and answers, newest first."""
    await _read(request, conversation_id)
    page, user_id = page_request(limit, cursor, count=count), caller(request).user_id
    return listing(request, await do(request).conversations.messages(page, conversation_id, user_id), _message)


@post("/conversations/{conversation_id:int}/messages/", policy=Policy.OWNER, status_code=201)
async def ask(request: Call, conversation_id: FromPath[int], data: JSONBody[Asked]) -> Answer[MessageInfo] | Stream:
    """Ask, and get the answer: quoted from what one may open at this moment, or that nothing there says so. With
    `Accept: text/event-stream` it comes as server-sent events: start, delta (repeated), sources, done.
    """
    h, user_id = house(request), caller(request).user_id
    await demand(h, "questions", str(user_id), most=h.settings.limit_questions, seconds=MINUTE)
    key = await once(request, "question")
    answer_id = await do(request).asking.ask(caller(request), conversation_id, data.question, once=key)
    found = await do(request).conversations.message(answer_id, user_id)
    if found is None:
        raise NotFound
    answer = _message(found)
    if EVENTS in request.headers.get("accept", ""):
        return Stream(_events(answer), media_type=EVENTS, status_code=200, headers={"Cache-Control": "no-store"})
    return Answer(answer, status_code=201)


@post("/conversations/{conversation_id:int}/messages/{message_id:int}/feedback/", policy=Policy.OWNER, status_code=200)
async def rate_answer(
    request: Call, conversation_id: FromPath[int], message_id: FromPath[int], data: JSONBody[Feedback]
) -> FeedbackInfo:
    """Say whether an answer helped; the last word counts."""
    await do(request).conversing.rate(
        caller(request), conversation_id, message_id, rating=data.rating, reason=data.reason
    )
    return FeedbackInfo(message_id, data.rating, data.reason)


async def _read(request: Call, conversation_id: int) -> ConversationInfo:
    card = await do(request).conversations.conversation(conversation_id, caller(request).user_id)
    if card is None:
        raise NotFound
    return _conversation(card)


def _conversation(card: ConversationCard) -> ConversationInfo:
    found = card.conversation
    course = Ref(found.course_id, card.course_title)
    times = (found.created_at, found.updated_at)
    return ConversationInfo(found.id, found.course_id, course, found.title, found.message_count, *times)


def _message(found: Message) -> MessageInfo:
    return MessageInfo(
        id=found.id,
        conversation_id=found.conversation_id,
        role=found.role,
        question_id=found.question_id,
        content=found.content,
        kind=found.kind,
        mode=found.mode,
        citations=list(found.citations),
        nearest=list(found.nearest),
        feedback=None if found.rating is None else FeedbackInfo(found.id, found.rating, found.reason),
        created_at=found.created_at,
    )


async def _events(answer: MessageInfo) -> AsyncIterator[bytes]:
    """As the app draws it: first that there is an answer, then its words, then where they stand, then the whole."""
    yield _event("start", {"id": answer.id, "question_id": answer.question_id, "mode": answer.mode})
    for place, paragraph in enumerate(answer.content.split("\n\n")):
        yield _event("delta", {"text": f"\n\n{paragraph}" if place else paragraph})
    yield _event("sources", {"citations": answer.citations})
    yield _event("done", answer)


def _event(name: str, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), ENCODER.encode(data))


HANDLERS = [
    *(conversations, start_conversation, conversation, rename_conversation, remove_conversation),
    *(messages, ask, rate_answer),
]
