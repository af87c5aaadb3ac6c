"""/api/chatbot/: conversations with the course chatbot."""

from typing import Annotated, Any, Literal

from litestar import delete, get, patch, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.response import Stream
from msgspec import UNSET, Meta, Struct, UnsetType
from prometheus_client import Counter

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
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
from entrypoints.http.chatbot_events import EVENTS, streamed, whole
from entrypoints.http.chatbot_wire import ConversationInfo, FeedbackInfo, MessageInfo, conversation_info, message_info
from entrypoints.http.policy import MINUTE, Policy, demand
from modules.assistant.domain.answers import Tell
from modules.assistant.domain.conversations import LONGEST_TITLE

ANSWERS = Counter("shala_chatbot_answers_total", "Answers of the chatbot by who spoke, and what kind", ["mode", "kind"])
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
    return listing(request, found, conversation_info)


@post("/conversations/", policy=Policy.USER, once=True)
async def start_conversation(request: Call, data: JSONBody[NewConversation]) -> ConversationInfo:
    """Begin to ask about a course: students with access, and its staff."""
    key = await once(request, "conversation")
    made = await do(request).conversing.start(caller(request), data.course_id, title=data.title, once=key)
    return await _read(request, made)


@get("/conversations/{conversation_id:int}/", policy=Policy.OWNER)
async def conversation(request: Call, conversation_id: FromPath[int]) -> ConversationInfo:
    return await _read(request, conversation_id)


@patch("/conversations/{conversation_id:int}/", policy=Policy.OWNER, unversioned=True)
async def rename_conversation(
    request: Call, conversation_id: FromPath[int], data: JSONBody[ConversationChanges]
) -> ConversationInfo:
    if data.title is not UNSET:
        await do(request).conversing.rename(caller(request), conversation_id, data.title)
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
    return listing(request, await do(request).conversations.messages(page, conversation_id, user_id), message_info)


@post(
    "/conversations/{conversation_id:int}/messages/",
    policy=Policy.OWNER,
    once=True,
    status_code=201,
    responses={
        201: ResponseSpec(MessageInfo, description="The answer"),
        200: ResponseSpec(str, media_type=EVENTS, description="The answer as events, to who accepts them"),
    },
)
async def ask(request: Call, conversation_id: FromPath[int], data: JSONBody[Asked]) -> Answer[MessageInfo] | Stream:
    """Ask, and get the answer: from what one may open at this moment, or that nothing there says so. With
    `Accept: text/event-stream` it comes as server-sent events while it is found: start, delta (repeated), sources,
    done; or error. A second start makes void what was told before it.
    """
    h, actor = house(request), caller(request)
    await demand(h, "questions", str(actor.user_id), most=h.settings.limit_questions, seconds=MINUTE)
    key = await once(request, "question")

    async def answer(tell: Tell) -> int:
        return await h.workflows.asking.ask(actor, conversation_id, data.question, once=key, tell=tell)

    async def read(answer_id: int) -> MessageInfo:
        found = await h.workflows.conversations.message(answer_id, actor.user_id)
        if found is None:
            raise NotFound
        ANSWERS.labels(found.mode, found.kind).inc()
        return message_info(found)

    name = f"{actor.user_id}:{key.key}:{key.fingerprint}" if key else None
    if EVENTS in request.headers.get("accept", ""):
        return await streamed(h.ongoing, answer, read, name)
    return Answer(await whole(h.ongoing, answer, read, name), status_code=201)


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
    return conversation_info(card)


HANDLERS = [
    *(conversations, start_conversation, conversation, rename_conversation, remove_conversation),
    *(messages, ask, rate_answer),
]
