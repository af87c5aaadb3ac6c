"""/api/community/messages/: chat over REST."""

from typing import Annotated, Any, Literal

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct

from core.errors import Invalid, NotFound
from core.paging import MAX_LIMIT, Page, encode_cursor
from entrypoints.http.calls import (
    Call,
    Cursor,
    Listing,
    caller,
    do,
    expected_version,
    listing,
    once,
    page_request,
)
from entrypoints.http.messages_wire import MessageInfo, PointerInfo, ReaderInfo, ReceiptsInfo, message_info
from entrypoints.http.policy import Policy
from entrypoints.http.wire import person
from modules.community.domain.chat import LONGEST_MESSAGE
from modules.community.domain.groups import demand_member
from modules.community.queries import MessageCard

DEFAULT_MESSAGES = 50
UUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
Text = Annotated[str, Meta(min_length=1, max_length=LONGEST_MESSAGE, pattern=r"\S")]
ClientId = Annotated[str, Meta(pattern=UUID)]
Some = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Messages in a page, 1-100")]
At = Annotated[int | None, QueryParameter(description="A message's id")]


class NewMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """With `client_id` (a UUID of the app's own) a message is sent once, however often the call is repeated."""

    community_id: int
    message: Text
    message_type: Literal["text"] = "text"
    reply_to_id: int | None = None
    client_id: ClientId | None = None


class MessageChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """The rest of a message may be sent back and is ignored."""

    message: Text
    id: Any = UNSET
    community_id: Any = UNSET
    sender_id: Any = UNSET
    sender_email: Any = UNSET
    sender: Any = UNSET
    recipient_id: Any = UNSET
    message_type: Any = UNSET
    attachment: Any = UNSET
    attachment_type: Any = UNSET
    status: Any = UNSET
    reply_to_id: Any = UNSET
    reply_to_info: Any = UNSET
    is_edited: Any = UNSET
    edited_at: Any = UNSET
    is_deleted: Any = UNSET
    deleted_at: Any = UNSET
    created_at: Any = UNSET
    read_at: Any = UNSET
    updated_at: Any = UNSET
    client_id: Any = UNSET
    seq: Any = UNSET
    read_by: Any = UNSET
    version: Any = UNSET


@get("/groups/{community_id:int}/messages/", policy=Policy.ENROLLED)
async def group_messages(
    request: Call,
    community_id: FromPath[int],
    limit: Some = DEFAULT_MESSAGES,
    cursor: Cursor = None,
    before: At = None,
    after: At = None,
    around: At = None,
) -> Listing[MessageInfo]:
    """The chat, newest first; `before`, `after` or `around` a message."""
    return await _messages(request, community_id, limit, cursor, before=before, after=after, around=around)


@get("/messages/", policy=Policy.ENROLLED)
async def messages(
    request: Call,
    community_id: FromQuery[int],
    limit: Some = DEFAULT_MESSAGES,
    cursor: Cursor = None,
    before: At = None,
    after: At = None,
    around: At = None,
) -> Listing[MessageInfo]:
    """The same, with the community named in the query."""
    return await _messages(request, community_id, limit, cursor, before=before, after=after, around=around)


@post("/messages/", policy=Policy.ENROLLED, once=True)
async def send(request: Call, data: JSONBody[NewMessage]) -> Response[MessageInfo]:
    """Send a message: 201, or 200 when this `client_id` was sent before."""
    sent, is_new = await do(request).chatting.send(
        caller(request),
        data.community_id,
        data.message,
        reply_to_id=data.reply_to_id,
        client_id=data.client_id and data.client_id.lower(),
        once=await once(request, "messages"),
    )
    return Response(await _told(request, sent.id), status_code=201 if is_new else 200)


@put("/messages/{message_id:int}/", policy=Policy.ENROLLED)
async def edit(request: Call, message_id: FromPath[int], data: JSONBody[MessageChanges]) -> MessageInfo:
    """Change one's own message."""
    await do(request).chatting.edit(caller(request), message_id, data.message, version=expected_version(request))
    return await _told(request, message_id)


@delete("/messages/{message_id:int}/", policy=Policy.ENROLLED, status_code=204)
async def remove(request: Call, message_id: FromPath[int]) -> None:
    """Delete one's own message, or any as a moderator; a tombstone stays. A repeat is harmless."""
    await do(request).chatting.remove(caller(request), message_id)


@post("/messages/{message_id:int}/mark-as-read/", policy=Policy.ENROLLED, status_code=200)
async def mark_as_read(request: Call, message_id: FromPath[int]) -> PointerInfo:
    """Have read everything up to this message; never back."""
    actor = caller(request)
    message, pointer = await do(request).chatting.read(actor, message_id)
    unread = await do(request).chat.unread(actor.user_id, [message.community_id])
    count = unread[message.community_id]
    return PointerInfo(message_id, message.community_id, pointer.last_read_seq, pointer.read_at, count)


@get("/messages/{message_id:int}/receipts/", policy=Policy.ENROLLED)
async def receipts(request: Call, message_id: FromPath[int]) -> ReceiptsInfo:
    """Who has read a message, and when."""
    card = await do(request).chat.message(message_id)
    if card is None:
        raise NotFound
    demand_member(await do(request).community.place(caller(request), card.message.community_id))
    readers = await do(request).chat.readers(card.message)
    results = [ReaderInfo(one.person.id, person(request, one.person), one.read_at) for one in readers]
    return ReceiptsInfo(message_id, message_info(request, card).status, card.read_by, results, None)


async def _messages(
    request: Call, community_id: int, limit: int, cursor: str | None, **at: int | None
) -> Listing[MessageInfo]:
    demand_member(await do(request).community.place(caller(request), community_id))
    page = page_request(limit, cursor, count=False)
    if page.after is not None:
        at["after" if page.backward else "before"] = page.after[0]
    named = {name: value for name, value in at.items() if value is not None}
    if len(named) > 1:
        raise Invalid.field(next(iter(named)), "Only one of before, after, around and cursor.")
    more = 0 if "around" in named else 1
    found = await do(request).chat.messages(community_id, limit=limit + more, **named)
    return listing(request, _page(found, limit, named), lambda card: message_info(request, card))


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
    return message_info(request, card)


HANDLERS = [group_messages, messages, send, edit, remove, mark_as_read, receipts]
