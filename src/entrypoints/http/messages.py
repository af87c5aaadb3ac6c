"""/api/community/messages/: chat over REST, with the class and between two."""

from functools import partial
from typing import Annotated, Any
from weakref import WeakKeyDictionary

import msgspec
from litestar import Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from core.errors import Invalid, NotFound
from core.paging import DEFAULT_LIMIT, MAX_LIMIT, Page, encode_cursor
from entrypoints.decoding import decoded, demand_storable, fault
from entrypoints.http.answers import ENCODER, Answer
from entrypoints.http.calls import (
    Address,
    Call,
    Cursor,
    Limit,
    Listing,
    Words,
    address,
    caller,
    do,
    expected_version,
    house,
    listed,
    listing,
    once,
    page_request,
)
from entrypoints.http.messages_wire import (
    ConversationInfo,
    MessageChanges,
    MessageInfo,
    NewMessage,
    PointerInfo,
    ReaderInfo,
    ReceiptsInfo,
    conversation_info,
    eyes,
    message_info,
)
from entrypoints.http.policy import Policy, demand_chat_pace
from entrypoints.http.uploads import count_upload, demand_length
from entrypoints.http.wire import media, person
from modules.community.chatting import Upload
from modules.community.domain.attachments import MOST_BYTES
from modules.community.domain.chat import Draft, MessageType
from modules.community.domain.groups import demand_member
from modules.community.queries import MessageCard, Messages

DEFAULT_MESSAGES = 50
WITH_FILE = MOST_BYTES + 2**20
Some = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Messages in a page, 1-100")]
At = Annotated[int | None, QueryParameter(description="A message's id")]
NEW_MESSAGE = msgspec.json.Decoder(NewMessage)


@get("/groups/{community_id:int}/messages/", policy=Policy.ENROLLED)
async def group_messages(
    request: Call,
    community_id: FromPath[int],
    limit: Some = DEFAULT_MESSAGES,
    cursor: Cursor = None,
    before: At = None,
    after: At = None,
    around: At = None,
    q: Words = None,
    recipient_id: FromQuery[int | None] = None,
) -> Response[Listing[MessageInfo]]:
    """The chat, newest first; `before`, `after` or `around` a message. With `recipient_id`, what one exchanged with
    that member. With `q`, what has all of its words.
    """
    at = {"before": before, "after": after, "around": around}
    return await _messages(request, community_id, recipient_id, limit, cursor, q, at)


@get("/messages/", policy=Policy.ENROLLED)
async def messages(
    request: Call,
    community_id: FromQuery[int],
    limit: Some = DEFAULT_MESSAGES,
    cursor: Cursor = None,
    before: At = None,
    after: At = None,
    around: At = None,
    q: Words = None,
    recipient_id: FromQuery[int | None] = None,
) -> Response[Listing[MessageInfo]]:
    """The same, with the community named in the query."""
    at = {"before": before, "after": after, "around": around}
    return await _messages(request, community_id, recipient_id, limit, cursor, q, at)


@get("/groups/{community_id:int}/conversations/", policy=Policy.ENROLLED)
async def conversations(
    request: Call, community_id: FromPath[int], limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Listing[ConversationInfo]:
    """With which members one exchanges direct messages; the latest first."""
    demand_member(await do(request).community.place(caller(request), community_id))
    page = page_request(limit, cursor, count=False)
    found = await do(request).chat.conversations(page, caller(request), community_id)
    return listing(request, found, lambda one: conversation_info(request, one))


@post(
    "/messages/",
    policy=Policy.ENROLLED,
    once=True,
    body=NewMessage,
    attachment="attachment",
    request_max_body_size=WITH_FILE,
)
async def send(request: Call) -> Response[MessageInfo]:
    """Send a message: 201, or 200 when this `client_id` was sent before."""
    await demand_chat_pace(house(request), caller(request).user_id)
    body, upload = await _received(request)
    demand_storable(body.message, "message")
    draft = Draft(
        community_id=body.community_id,
        message=body.message,
        message_type=MessageType.TEXT,
        recipient_id=body.recipient_id,
        reply_to_id=body.reply_to_id,
        client_id=body.client_id and body.client_id.lower(),
    )
    sent, is_new = await do(request).chatting.send(
        caller(request), draft, upload=upload, once=await once(request, "messages")
    )
    return Answer(await _told(request, sent.id), status_code=201 if is_new else 200)


@put("/messages/{message_id:int}/", policy=Policy.ENROLLED)
async def edit(request: Call, message_id: FromPath[int], data: JSONBody[MessageChanges]) -> MessageInfo:
    """Change one's own message."""
    await demand_chat_pace(house(request), caller(request).user_id)
    await do(request).chatting.edit(caller(request), message_id, data.message, version=expected_version(request))
    return await _told(request, message_id)


@delete("/messages/{message_id:int}/", policy=Policy.ENROLLED, status_code=204)
async def remove(request: Call, message_id: FromPath[int]) -> None:
    """Delete one's own message, or any as a moderator; a tombstone stays. A repeat is harmless."""
    await demand_chat_pace(house(request), caller(request).user_id)
    await do(request).chatting.remove(caller(request), message_id)


@post("/messages/{message_id:int}/mark-as-read/", policy=Policy.ENROLLED, status_code=200)
async def mark_as_read(request: Call, message_id: FromPath[int]) -> PointerInfo:
    """Have read everything up to this message; never back."""
    actor = caller(request)
    message, pointer = await do(request).reading.read(actor, message_id)
    count = await do(request).streams.unread_in(actor.user_id, message.stream_id)
    return PointerInfo(message_id, message.community_id, pointer.last_read_seq, pointer.read_at, count)


@get("/messages/{message_id:int}/receipts/", policy=Policy.ENROLLED)
async def receipts(request: Call, message_id: FromPath[int]) -> ReceiptsInfo:
    """Who has read a message, and when."""
    card = await do(request).chat.message(message_id)
    if card is None or not card.message.is_seen_by(caller(request).user_id):
        raise NotFound
    demand_member(await do(request).community.place(caller(request), card.message.community_id))
    readers = await do(request).chat.readers(card.message)
    results = [ReaderInfo(one.person.id, person(media(request), one.person), one.read_at) for one in readers]
    return ReceiptsInfo(message_id, message_info(eyes(request), card).status, card.read_by, results, None)


async def _messages(
    request: Call,
    community_id: int,
    recipient_id: int | None,
    limit: int,
    cursor: str | None,
    q: str | None,
    at: dict[str, int | None],
) -> Response[Listing[MessageInfo]]:
    actor = caller(request)
    demand_member(await do(request).community.place(actor, community_id))
    page = page_request(limit, cursor, count=False)
    if page.after is not None:
        at = {**at, "after" if page.backward else "before": page.after[0]}
    named = {name: value for name, value in at.items() if value is not None}
    if len(named) > 1:
        raise Invalid.field(next(iter(named)), "Only one of before, after, around and cursor.")
    if q is not None and named.keys() - {"before"}:
        raise Invalid.field("q", "What is found is paged with `before`, or with `next_cursor`.")
    more = 0 if "around" in named else 1
    between = None if recipient_id is None else (actor.user_id, recipient_id)
    found = await do(request).chat.messages(community_id, between=between, limit=limit + more, search=q, **named)
    answer: Answer[Any] = Answer(_encoded(request, found, limit, named if q is None else {}))
    return answer


_encoded_for_others: WeakKeyDictionary[Messages, dict[Address, bytes]] = WeakKeyDictionary()


def _encoded(request: Call, found: Messages, limit: int, named: dict[str, int]) -> bytes:
    """As JSON; for those who wrote none of it, it is made once, as long as it is the same object."""
    at, user_id = address(request), caller(request).user_id
    is_own = any(card.message.sender_id == user_id for card in found.cards)
    known = {} if is_own else _encoded_for_others.setdefault(found, {})
    if at not in known:
        known[at] = ENCODER.encode(listed(at, _page(found.cards, limit, named), partial(message_info, eyes(request))))
    return known[at]


def _page(found: list[MessageCard], limit: int, named: dict[str, int]) -> Page[MessageCard]:
    if "after" in named:
        shown, has_newer, has_older = found[-limit:], len(found) > limit, True
    else:
        shown, has_newer, has_older = found[:limit], bool(named), len(found) > limit or "around" in named
    return Page(
        shown,
        encode_cursor((shown[-1].message.id,)) if shown and has_older else None,
        encode_cursor((shown[0].message.id,), backward=True) if shown and has_newer else None,
    )


async def _told(request: Call, message_id: int) -> MessageInfo:
    """The message after its sender did something to it."""
    card = await do(request).chat.message(message_id)
    if card is None:
        raise NotFound
    return message_info(eyes(request), card)


async def _received(request: Call) -> tuple[NewMessage, Upload | None]:
    """The body as JSON, or as a form with a file.

    :raises MalformedJson: :raises Invalid: :raises TooLarge: :raises RateLimited:
    """
    if not request.headers.get("content-type", "").startswith(RequestEncodingType.MULTI_PART.value):
        return decoded(await request.body(), NEW_MESSAGE), None
    demand_length(request, most=MOST_BYTES)
    form = dict(await request.form())
    file = form.pop("attachment", None)
    try:  # a form has texts only; an empty one is as good as none
        body = msgspec.convert({k: v for k, v in form.items() if v != "" or k == "message"}, NewMessage, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(faults=(fault(str(error)),)) from error
    if not isinstance(file, UploadFile):
        return body, None
    await count_upload(request)
    return body, Upload(await file.read(MOST_BYTES + 1), file.filename)


HANDLERS = [group_messages, messages, conversations, send, edit, remove, mark_as_read, receipts]
