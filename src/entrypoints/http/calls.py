"""What handlers ask of a request: who calls, which page, which version, and whether it is a repeat."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

from litestar import Request
from litestar.datastructures import State
from litestar.params import QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from core.actor import Actor
from core.errors import Invalid, Unauthenticated
from core.idempotency import Once, owner_digest
from core.paging import MAX_LIMIT, Page, PageRequest, decode_cursor
from entrypoints.compose import House
from entrypoints.http.answers import ENCODER, Answer
from entrypoints.http.scope import header, house_of
from entrypoints.workflows import Workflows

Call: TypeAlias = Request[Actor | None, Any, State]
Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone: what has none cannot be compared."""
Item = TypeVar("Item")
Seen = TypeVar("Seen")
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT, description="Rows in a page, 1-100")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before")]
Words = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="All of these words")]
Count = Annotated[bool, QueryParameter(description="Whether to count all rows")]
LONGEST_KEY = 255
LONGEST_VERSION = 18
ETAG_DIGITS = 32


class Listing(Struct, Generic[Item], omit_defaults=False):
    """A page as Django REST Framework's cursor pages look; `count` is there when it was asked for."""

    results: list[Item]
    next: str | None
    previous: str | None
    next_cursor: str | None
    count: int | UnsetType = UNSET


def house(request: Call) -> House:
    return house_of(request.scope)


def do(request: Call) -> Workflows:
    """The workflows, to be told what to do."""
    return house(request).workflows


def caller(request: Call) -> Actor:
    """The signed-in user of a route whose policy demands one."""
    actor = viewer(request)
    if actor is None:
        raise Unauthenticated
    return actor


def viewer(request: Call) -> Actor | None:
    """The signed-in user, if there is one."""
    actor: Actor | None = request.scope.get("user")
    return actor


def page_request(limit: int, cursor: str | None, *, count: bool, kinds: tuple[type, ...] = (int,)) -> PageRequest:
    """:raises InvalidCursor:"""
    if cursor is None:
        return PageRequest(limit=limit, want_count=count)
    after, backward = decode_cursor(cursor, kinds)
    return PageRequest(limit=limit, after=after, backward=backward, want_count=count)


class Address(Struct, frozen=True):
    """Of a list, as it was asked for."""

    url: str
    query: str

    def page(self, cursor: str | None) -> str | None:
        """The same with another cursor."""
        if cursor is None:
            return None
        query = [pair for pair in parse_qsl(self.query, keep_blank_values=True) if pair[0] != "cursor"]
        return f"{self.url}?{urlencode([*query, ('cursor', cursor)])}"


def address(request: Call) -> Address:
    path = request.scope["path"].rstrip("/")
    query = request.scope["query_string"].decode("latin-1")
    return Address(f"{house(request).settings.public_base_url}{path}/", query)


def listing(request: Call, page: Page[Seen], present: Callable[[Seen], Item]) -> "Listing[Item]":
    """The page with each row presented, and addresses of the pages around it."""
    return listed(address(request), page, present)


def listed(at: Address, page: Page[Seen], present: Callable[[Seen], Item]) -> "Listing[Item]":
    """The same for a list that was asked for at this address."""
    return Listing(
        results=[present(item) for item in page.results],
        next=at.page(page.next_cursor),
        previous=at.page(page.previous_cursor),
        next_cursor=page.next_cursor,
        count=UNSET if page.count is None else page.count,
    )


def expected_version(request: Call) -> int | None:
    """The version in `If-Match`, if one is named.

    :raises Invalid: something else stands there.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    digits = given.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit() or len(digits) > LONGEST_VERSION:
        raise Invalid.field("If-Match", 'Send the version as "7".')
    return int(digits)


async def once(request: Call, route: str, who: object | None = None) -> Once | None:
    """The call's idempotency key, scoped to route and caller; None if it has none. With another body or another
    address of that route it was used before.

    :raises Invalid: a key that is empty or longer than 255 characters.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        raise Invalid.field("Idempotency-Key", "1-255 characters.")
    actor = viewer(request)
    owner = who if who is not None else actor.user_id if actor else ""
    # keyed: a body may hold a password, and a plain digest could be guessed
    asked = f"{request.url.path.rstrip('/')}\n".encode() + await request.body()
    digest = hmac.digest(house(request).settings.secret_key.encode(), asked, "sha256").hex()
    return Once(scope=f"{route}:{owner_digest(owner)}", key=key, fingerprint=digest)


def given(body: Struct, *names: str) -> dict[str, Any]:
    """The named fields that the client sent; what it did not send stays as it is."""
    return {name: value for name in names if (value := getattr(body, name)) is not UNSET}


class Encoded(NamedTuple):
    """A body as it is sent, and the ETag that names it."""

    body: bytes
    etag: str


def encoded(body: object) -> Encoded:
    sent = ENCODER.encode(body)
    return Encoded(sent, f'"{hashlib.sha256(sent).hexdigest()[:ETAG_DIGITS]}"')


def unless_known(request: Call, answer: Encoded) -> Answer[Any]:
    """The answer with its ETag, or 304 when the client has it already."""
    headers = {"ETag": answer.etag, "Vary": "Authorization", "Cache-Control": "no-cache"}
    known = header(request.scope, b"if-none-match")
    if known is not None and (
        answer.etag in {one.strip().removeprefix("W/") for one in known.split(",")} or known.strip() == "*"
    ):
        return Answer(None, status_code=304, headers=headers)
    return Answer(answer.body, headers=headers)
