"""/api/accounts/users/ and /audit/: what administrators see and do."""

from datetime import datetime
from typing import Any

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Struct, UnsetType

from core.actor import Role
from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    caller,
    do,
    expected_version,
    given,
    listing,
    page_request,
)
from entrypoints.http.policy import Policy
from entrypoints.http.wire import UserInfo, user_info


class UserChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of UserInfo may be sent back and is ignored."""

    role: Role | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET
    id: Any = UNSET
    email: Any = UNSET
    username: Any = UNSET
    full_name: Any = UNSET
    mobile_number: Any = UNSET
    profile_image: Any = UNSET
    email_verified_at: Any = UNSET
    created_at: Any = UNSET
    version: Any = UNSET


class AuditInfo(Struct, frozen=True):
    id: int
    at: datetime
    actor_id: int | None
    action: str
    target_type: str
    target_id: int
    data: dict[str, Any]


@get("/users/", policy=Policy.ADMIN)
async def users(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    role: FromQuery[Role | None] = None,
    is_active: FromQuery[bool | None] = None,
    search: FromQuery[str | None] = None,
) -> Listing[UserInfo]:
    """All users, newest first; `search` is the beginning of a name, username or address."""
    page = await do(request).people.users(
        page_request(limit, cursor, count=count), role=role, is_active=is_active, search=search
    )
    return listing(request, page, lambda user: user_info(request, user))


@get("/users/{user_id:int}/", policy=Policy.ADMIN)
async def user(request: Call, user_id: FromPath[int]) -> UserInfo:
    found = await do(request).people.user(user_id)
    if found is None:
        raise NotFound
    return user_info(request, found)


@patch("/users/{user_id:int}/", policy=Policy.ADMIN)
async def change_user(request: Call, user_id: FromPath[int], data: JSONBody[UserChanges]) -> UserInfo:
    """Give a role, ban or lift a ban. Both hold from the user's next request on."""
    changed = await do(request).administration.change(
        caller(request), user_id, version=expected_version(request), **given(data, "role", "is_active")
    )
    return user_info(request, changed)


@post("/users/{user_id:int}/logout-all/", policy=Policy.ADMIN, status_code=204)
async def end_logins(request: Call, user_id: FromPath[int]) -> None:
    """End all logins of a user."""
    await do(request).administration.end_logins(caller(request), user_id)


@get("/audit/", policy=Policy.ADMIN)
async def audit(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    target_type: FromQuery[str | None] = None,
    target_id: FromQuery[int | None] = None,
) -> Listing[AuditInfo]:
    """What administrators and the system did, newest first."""
    page = await do(request).people.audit(
        page_request(limit, cursor, count=count), target_type=target_type, target_id=target_id
    )
    return listing(
        request, page, lambda r: AuditInfo(r.id, r.at, r.actor_id, r.action, r.target_type, r.target_id, r.data)
    )


HANDLERS = [users, user, change_user, end_logins, audit]
