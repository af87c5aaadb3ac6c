"""/api/community/…: what moderators decide about posts."""

from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, expected_version
from entrypoints.http.policy import Policy
from entrypoints.http.posts import listed, shown, told
from entrypoints.http.posts_wire import PostInfo, RevisionInfo, RevisionList
from modules.community.domain.groups import demand_moderator
from modules.community.domain.posts import PostStatus
from modules.community.queries import PostFilter

Notes = Annotated[str, Meta(max_length=1000)]


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    moderation_notes: Notes = ""


class Rejection(Struct, frozen=True, forbid_unknown_fields=True):
    """`moderation_notes` tell the author why."""

    moderation_notes: Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


@post("/posts/{post_id:int}/approve/", policy=Policy.ENROLLED, status_code=200)
async def approve(request: Call, post_id: FromPath[int], data: JSONBody[Approval | None] = None) -> PostInfo:
    """Publish a post that waits, or that reports have hidden. `If-Match` refuses what changed meanwhile."""
    notes = data.moderation_notes if data else ""
    await do(request).moderating.approve(caller(request), post_id, notes=notes, version=expected_version(request))
    return await told(request, post_id)


@post("/posts/{post_id:int}/reject/", policy=Policy.ENROLLED, status_code=200)
async def reject(request: Call, post_id: FromPath[int], data: JSONBody[Rejection]) -> PostInfo:
    """Keep a post from the members. `If-Match` refuses what changed meanwhile."""
    await do(request).moderating.reject(
        caller(request), post_id, notes=data.moderation_notes, version=expected_version(request)
    )
    return await told(request, post_id)


@post("/posts/{post_id:int}/pin/", policy=Policy.ENROLLED, status_code=200)
async def pin(request: Call, post_id: FromPath[int]) -> PostInfo:
    """Keep a post at the top."""
    await do(request).moderating.pin(caller(request), post_id, is_pinned=True)
    return await told(request, post_id)


@post("/posts/{post_id:int}/unpin/", policy=Policy.ENROLLED, status_code=200)
async def unpin(request: Call, post_id: FromPath[int]) -> PostInfo:
    await do(request).moderating.pin(caller(request), post_id, is_pinned=False)
    return await told(request, post_id)


@get("/posts/{post_id:int}/history/", policy=Policy.ENROLLED)
async def history(request: Call, post_id: FromPath[int]) -> RevisionList:
    """What a post said before each change, the newest first; for its author and moderators."""
    seen = await shown(request, post_id)
    if seen.author_id != caller(request).user_id:
        demand_moderator(await do(request).community.place(caller(request), seen.community_id))
    found = await do(request).discussion.revisions(post_id)
    return RevisionList([RevisionInfo(one.title, one.content, one.replaced_at) for one in found])


@get("/groups/{community_id:int}/moderation/", policy=Policy.ENROLLED)
async def queue(
    request: Call,
    community_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    flagged: FromQuery[bool] = False,
) -> Listing[PostInfo]:
    """What waits for a moderator: posts to approve, or with `flagged` those that members have reported."""
    place = demand_moderator(await do(request).community.place(caller(request), community_id))
    wanted = PostFilter(
        community_id=community_id,
        status=None if flagged else PostStatus.PENDING,
        is_flagged=flagged or None,
        sees_all=True,
    )
    return await listed(request, wanted, place, limit, cursor, count=count)


HANDLERS = [approve, reject, pin, unpin, history, queue]
