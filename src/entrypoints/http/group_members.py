"""/api/community/groups/{id}/members/…: roles, silence and bans."""

from datetime import timedelta
from typing import Annotated, Literal

from litestar import delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, page_request
from entrypoints.http.community_wire import BanInfo, MemberInfo, ban_info, member_info
from entrypoints.http.policy import Policy
from modules.community.domain.groups import LONGEST_SILENCE, MemberRole, demand_host

MINUTE = 60
Minutes = Annotated[int, Meta(ge=1, le=int(LONGEST_SILENCE.total_seconds()) // MINUTE)]


class RoleBody(Struct, frozen=True, forbid_unknown_fields=True):
    role: Literal["member", "moderator"]


class SilenceBody(Struct, frozen=True, forbid_unknown_fields=True):
    minutes: Minutes


class BanBody(Struct, frozen=True, forbid_unknown_fields=True):
    reason: Annotated[str, Meta(min_length=1, max_length=1000)]


@patch("/groups/{community_id:int}/members/{user_id:int}/", policy=Policy.STAFF)
async def set_role(
    request: Call, community_id: FromPath[int], user_id: FromPath[int], data: JSONBody[RoleBody]
) -> MemberInfo:
    """Make a member a moderator, or a moderator a member."""
    await do(request).hosting.set_role(caller(request), community_id, user_id, MemberRole(data.role))
    return await _member(request, community_id, user_id)


@post("/groups/{community_id:int}/members/{user_id:int}/silence/", policy=Policy.ENROLLED, status_code=200)
async def silence(
    request: Call, community_id: FromPath[int], user_id: FromPath[int], data: JSONBody[SilenceBody]
) -> MemberInfo:
    """Let a member write nothing for some minutes (up to 30 days). Moderators may."""
    time = timedelta(minutes=data.minutes)
    await do(request).hosting.silence(caller(request), community_id, user_id, time)
    return await _member(request, community_id, user_id)


@delete("/groups/{community_id:int}/members/{user_id:int}/silence/", policy=Policy.ENROLLED, status_code=200)
async def end_silence(request: Call, community_id: FromPath[int], user_id: FromPath[int]) -> MemberInfo:
    await do(request).hosting.silence(caller(request), community_id, user_id, None)
    return await _member(request, community_id, user_id)


@post("/groups/{community_id:int}/members/{user_id:int}/ban/", policy=Policy.STAFF, status_code=204)
async def ban(request: Call, community_id: FromPath[int], user_id: FromPath[int], data: JSONBody[BanBody]) -> None:
    """Out, and not in again before the ban is lifted; also for somebody who has not joined. A repeat is harmless."""
    await do(request).hosting.ban(caller(request), community_id, user_id, data.reason)


@delete("/groups/{community_id:int}/members/{user_id:int}/ban/", policy=Policy.STAFF, status_code=204)
async def unban(request: Call, community_id: FromPath[int], user_id: FromPath[int]) -> None:
    """Lift the ban: the user may join again. A repeat is harmless."""
    await do(request).hosting.unban(caller(request), community_id, user_id)


@get("/groups/{community_id:int}/bans/", policy=Policy.STAFF)
async def bans(
    request: Call,
    community_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
) -> Listing[BanInfo]:
    """Who is banned."""
    demand_host(await do(request).community.place(caller(request), community_id))
    found = await do(request).community.banned(page_request(limit, cursor, count=count), community_id)
    return listing(request, found, lambda card: ban_info(request, card))


async def _member(request: Call, community_id: int, user_id: int) -> MemberInfo:
    card = await do(request).community.member(community_id, user_id)
    if card is None:
        raise NotFound
    return member_info(request, card, is_own=user_id == caller(request).user_id)


HANDLERS = [set_role, silence, end_silence, ban, unban, bans]
