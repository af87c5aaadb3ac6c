"""/api/community/groups/: groups, joining and leaving."""

from typing import Annotated, Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

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
    expected_version,
    given,
    listing,
    page_request,
)
from entrypoints.http.community_wire import GroupInfo, MemberInfo, group_info, member_info
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import PICTURE_BODY, one_file
from modules.community.domain.groups import SLOWEST_SECONDS, MemberRole, Visibility, demand_member, demand_sight

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5000)]
SlowMode = Annotated[int, Meta(ge=0, le=SLOWEST_SECONDS)]
Search = Annotated[str | None, QueryParameter(max_length=100)]


class NewGroup(Struct, frozen=True, forbid_unknown_fields=True):
    """`slow_mode_seconds`: how long a member waits between two messages, 0 for not at all."""

    course_id: int
    title: Title
    description: Description = ""
    visibility: Visibility = Visibility.PUBLIC
    require_post_approval: bool = False
    slow_mode_seconds: SlowMode = 0


class GroupChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of a group may be sent back and is ignored."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    require_post_approval: bool | UnsetType = UNSET
    slow_mode_seconds: SlowMode | UnsetType = UNSET
    id: Any = UNSET
    course_id: Any = UNSET
    course: Any = UNSET
    member_count: Any = UNSET
    post_count: Any = UNSET
    banner_image: Any = UNSET
    created_at: Any = UNSET
    unread_count: Any = UNSET
    membership: Any = UNSET
    version: Any = UNSET


class MembershipChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What one wants to hear of; `muted_until` null ends the mute."""

    email_notifications: bool | UnsetType = UNSET
    push_notifications: bool | UnsetType = UNSET
    muted_until: Moment | UnsetType | None = UNSET


CHANGING = ("title", "description", "visibility", "require_post_approval", "slow_mode_seconds")


@get("/groups/", policy=Policy.USER)
async def groups(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    course_id: FromQuery[int | None] = None,
    q: Search = None,
) -> Listing[GroupInfo]:
    """The communities of the courses that one is enrolled in or teaches; `q` searches their titles."""
    page = page_request(limit, cursor, count=count)
    actor = caller(request)
    found = await do(request).community.groups(page, actor, course_id=course_id, q=q)
    joined = [card.group.id for card in found.results if card.member is not None and card.member.is_active]
    unread = await do(request).streams.unread(actor.user_id, joined)
    return listing(request, found, lambda card: group_info(request, card, unread))


@get("/groups/{community_id:int}/", policy=Policy.ENROLLED)
async def group(request: Call, community_id: FromPath[int]) -> GroupInfo:
    return await _group(request, community_id)


@post("/groups/", policy=Policy.ADMIN)
async def create_group(request: Call, data: JSONBody[NewGroup]) -> GroupInfo:
    """Give a course its community; a course has one."""
    values = {name: getattr(data, name) for name in CHANGING}
    made = await do(request).founding.found(caller(request), course_id=data.course_id, **values)
    return await _group(request, made.id)


@patch("/groups/{community_id:int}/", policy=Policy.STAFF)
async def edit_group(request: Call, community_id: FromPath[int], data: JSONBody[GroupChanges]) -> GroupInfo:
    changes = given(data, *CHANGING)
    await do(request).founding.change(caller(request), community_id, changes, version=expected_version(request))
    return await _group(request, community_id)


@post(
    "/groups/{community_id:int}/banner/",
    policy=Policy.STAFF,
    takes_file=True,
    status_code=200,
    request_max_body_size=PICTURE_BODY,
)
async def set_banner(request: Call, community_id: FromPath[int]) -> GroupInfo:
    """Set the picture above the group (multipart field `file`; JPEG, PNG, WebP or GIF up to 5 MiB)."""
    data = await (await one_file(request)).read()
    await do(request).founding.set_banner(caller(request), community_id, data)
    return await _group(request, community_id)


@delete("/groups/{community_id:int}/banner/", policy=Policy.STAFF, status_code=200)
async def remove_banner(request: Call, community_id: FromPath[int]) -> GroupInfo:
    await do(request).founding.set_banner(caller(request), community_id, None)
    return await _group(request, community_id)


@post("/groups/{community_id:int}/join/", policy=Policy.ENROLLED)
async def join(request: Call, community_id: FromPath[int]) -> Response[MemberInfo]:
    """Become a member: 201, or 200 for who is one."""
    _, is_new = await do(request).joining.join(caller(request), community_id)
    return Answer(await _own(request, community_id), status_code=201 if is_new else 200)


@post("/groups/{community_id:int}/leave/", policy=Policy.USER, status_code=204)
async def leave(request: Call, community_id: FromPath[int]) -> None:
    """Stop being a member. A repeat is harmless."""
    await do(request).joining.leave(caller(request), community_id)


@patch("/groups/{community_id:int}/membership/", policy=Policy.ENROLLED)
async def edit_membership(request: Call, community_id: FromPath[int], data: JSONBody[MembershipChanges]) -> MemberInfo:
    """What one wants to hear of from this group."""
    changes = given(data, *MembershipChanges.__struct_fields__)
    await do(request).joining.prefer(caller(request), community_id, changes)
    return await _own(request, community_id)


@get("/groups/{community_id:int}/members/", policy=Policy.ENROLLED)
async def members(
    request: Call,
    community_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    role: FromQuery[MemberRole | None] = None,
    q: Search = None,
) -> Listing[MemberInfo]:
    """Who is in the group, oldest first; `q` is the beginning of a user name or full name."""
    actor = caller(request)
    demand_member(await do(request).community.place(actor, community_id))
    page = page_request(limit, cursor, count=count)
    found = await do(request).community.members(page, community_id, role=role, q=q)
    return listing(request, found, lambda card: member_info(request, card, is_own=card.member.user_id == actor.user_id))


async def _group(request: Call, community_id: int) -> GroupInfo:
    found = await do(request).community.group(caller(request), community_id)
    if found is None:
        raise NotFound
    place, card = found
    demand_sight(place)
    unread = await do(request).streams.unread(caller(request).user_id, [community_id]) if place.is_member else {}
    return group_info(request, card, unread)


async def _own(request: Call, community_id: int) -> MemberInfo:
    card = await do(request).community.member(community_id, caller(request).user_id)
    if card is None:
        raise NotFound
    return member_info(request, card, is_own=True)


HANDLERS = [
    groups, group, create_group, edit_group, set_banner, remove_banner, join, leave, edit_membership, members,
]  # fmt: skip
