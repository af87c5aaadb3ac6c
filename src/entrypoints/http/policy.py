"""Who may call a route. Every route declares a policy; the application does not start with a route that has none.

HTTP routes are judged in `admit`, before anything of them runs. A guard would say the same, but Litestar copies the
route's handler for it at each request, which costs as much as the judgement itself; other routes carry the guard.
"""

import hashlib
import re
from enum import Enum
from typing import Any

from litestar import Litestar, Request
from litestar.connection import ASGIConnection
from litestar.handlers import HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler

from core.actor import Actor, Role
from core.errors import AppError, Forbidden, Invalid, RateLimited, Unauthenticated
from entrypoints.compose import House
from entrypoints.http.scope import header, house_of

MINUTE = 60
CHAT_S = 10
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; after an even number of backslashes
LONGEST_KEY = 64


class Policy(Enum):
    """What a caller must be. What only the resource can tell (whose course, which enrolment) its use case judges."""

    ANYONE = "anyone; a token that is sent must be good"
    USER = "signed in"
    ENROLLED = "signed in, with access to the course (judged on the resource)"
    OWNER = "signed in, own things only (judged on the resource)"
    STAFF = "instructor of the course or administrator (judged on the resource)"
    ADMIN = "administrator"
    SIGNED = "nobody in particular: a signature in the request is the proof"


class Missing(RuntimeError):
    """A route without a policy."""


STAFF_ROLES = (Role.INSTRUCTOR, Role.ADMIN)


async def admit(request: Request[Any, Any, Any]) -> None:
    """What precedes every HTTP route. PostgreSQL stores no text with a NUL in it, so none comes in.

    :raises Invalid: there is one in the query or in a JSON body.
    """
    handler = request.route_handler
    await enforce(request, handler)
    is_json = "data" in handler.parsed_fn_signature.parameters  # other bodies are left alone
    if b"%00" in request.scope["query_string"] or (is_json and NUL.search(await request.body())):
        raise Invalid("A text has a NUL character in it, which cannot be stored.")


async def enforce(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Finds out who calls, checks the policy, counts the call."""
    if _is_automatic(handler):
        return
    policy: Policy = handler.opt["policy"]
    house = house_of(connection.scope)
    try:
        actor = await _actor(connection, house)
    except AppError:
        await _count(connection, house, None)  # guessing tokens is counted, too
        raise
    connection.scope["user"] = actor
    await _count(connection, house, actor)
    if policy in {Policy.ANYONE, Policy.SIGNED}:
        return
    if actor is None:
        raise Unauthenticated
    if policy is Policy.ADMIN and not actor.is_admin:
        raise Forbidden
    if policy is Policy.STAFF and actor.role not in STAFF_ROLES:
        raise Forbidden("Only instructors and administrators may do this.")


async def _actor(connection: ASGIConnection[Any, Any, Any, Any], house: House) -> Actor | None:
    given = header(connection.scope, b"authorization")
    if given is None:
        return None
    kind, _, token = given.partition(" ")
    if kind.lower() != "bearer" or not token:
        raise Unauthenticated("Send `Authorization: Bearer <access_token>`.")
    return await house.workflows.authentication.identify(token.strip())


async def _count(connection: ASGIConnection[Any, Any, Any, Any], house: House, actor: Actor | None) -> None:
    if actor is None:
        await demand(house, "address", address(connection), most=house.settings.limit_address, seconds=MINUTE)
    else:
        await demand(house, "user", str(actor.user_id), most=house.settings.limit_user, seconds=MINUTE)


async def demand(house: House, name: str, who: str, *, most: int, seconds: int) -> None:
    """Count one call under a limit.

    :raises RateLimited: it is over the limit.
    """
    if len(who) > LONGEST_KEY:  # what somebody typed must not fill the memory
        who = hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()
    if wait := await house.limits.hit(name, who, most=most, seconds=seconds):
        raise RateLimited(retry_after=wait)


async def demand_chat_pace(house: House, user_id: int) -> None:
    """Count a message, an edit or a deletion of this user, over sockets and REST alike.

    :raises RateLimited:
    """
    await demand(house, "chat", str(user_id), most=house.settings.limit_chat, seconds=CHAT_S)


def address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The client's address; behind trusted proxies the server has put the real one there."""
    return connection.client.host if connection.client else "unknown"


def demand_policies(app: Litestar) -> None:
    """:raises Missing: naming every route that declares no policy, or would not be judged by it."""
    missing = []
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        open_ones = [one for one in handlers if not _is_automatic(one) and not _is_judged(one)]
        missing += [f"{route.path} ({handler.handler_name})" for handler in open_ones]
    if missing:
        raise Missing("Routes without a policy: " + ", ".join(sorted(missing)))


def _is_judged(handler: BaseRouteHandler) -> bool:
    if not isinstance(handler.opt.get("policy"), Policy):
        return False
    if isinstance(handler, HTTPRouteHandler):  # what Litestar has cached it answers before it asks anybody
        return handler.resolve_before_request() is admit and not handler.cache
    return enforce in handler.resolve_guards()  # an application of its own


def _is_automatic(handler: object) -> bool:
    """Whether Litestar made it: what answers OPTIONS from a path's other methods."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}
