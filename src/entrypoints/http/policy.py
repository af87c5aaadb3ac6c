"""Who may call a route. Every route declares a policy; the application does not start with a route that has none."""

import hashlib
from enum import Enum
from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.handlers.base import BaseRouteHandler

from core.actor import Actor, Role
from core.errors import AppError, Forbidden, RateLimited, Unauthenticated
from entrypoints.compose import House

MINUTE = 60
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


async def enforce(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """The one guard of the application: finds out who calls, checks the policy, counts the call."""
    if _is_automatic(handler):
        return
    policy: Policy = handler.opt["policy"]
    house: House = connection.app.state.house
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
    header = connection.headers.get("authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
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


def address(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The client's address; behind trusted proxies the server has put the real one there."""
    return connection.client.host if connection.client else "unknown"


def demand_policies(app: Litestar) -> None:
    """:raises Missing: naming every route that declares no policy."""
    missing = []
    for route in app.routes:
        handlers = getattr(route, "route_handlers", None) or [getattr(route, "route_handler", None)]
        for handler in handlers:
            checked = isinstance(handler, HTTPRouteHandler | ASGIRouteHandler)
            if checked and not _is_automatic(handler) and not isinstance(handler.opt.get("policy"), Policy):
                missing.append(f"{route.path} ({handler.handler_name})")
    if missing:
        raise Missing("Routes without a policy: " + ", ".join(sorted(missing)))


def _is_automatic(handler: object) -> bool:
    """Whether Litestar made it: what answers OPTIONS from a path's other methods."""
    return getattr(handler, "http_methods", None) == {"OPTIONS"}
