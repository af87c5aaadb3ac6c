"""/api/community/posts/: posts and replies, reactions, reports."""

from typing import Annotated, Any

from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import replace

from core.errors import Invalid, NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Words,
    caller,
    do,
    expected_version,
    listing,
    once,
    page_request,
)
from entrypoints.http.policy import Policy
from entrypoints.http.posts_wire import FlagInfo, PostInfo, ReactionsInfo, post_info
from modules.community.domain.groups import NotModerator, Place, demand_member
from modules.community.domain.posts import FlagReason, PostStatus, ReactionType, is_visible
from modules.community.queries import PostCard, PostFilter

LONGEST = 10_000
Title = Annotated[str, Meta(max_length=200)]
Content = Annotated[str, Meta(min_length=1, max_length=LONGEST, pattern=r"\S")]
ById = FromQuery[int | None]


class NewGroupPost(Struct, frozen=True, forbid_unknown_fields=True):
    """Markdown in `content`; a reply names `parent_post_id` and has no title."""

    content: Content
    title: Title | None = None
    parent_post_id: int | None = None


class NewPost(NewGroupPost, frozen=True, forbid_unknown_fields=True, kw_only=True):
    community_id: int


class PostChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """The rest of a post may be sent back and is ignored."""

    content: Content
    title: Title | UnsetType | None = UNSET
    id: Any = UNSET
    community_id: Any = UNSET
    author_id: Any = UNSET
    author: Any = UNSET
    content_html: Any = UNSET
    status: Any = UNSET
    parent_post_id: Any = UNSET
    depth: Any = UNSET
    is_pinned: Any = UNSET
    is_deleted: Any = UNSET
    view_count: Any = UNSET
    reply_count: Any = UNSET
    flagged_review: Any = UNSET
    moderation_notes: Any = UNSET
    reactions: Any = UNSET
    my_reaction: Any = UNSET
    mentions: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET
    deleted_at: Any = UNSET
    version: Any = UNSET


class Reacting(Struct, frozen=True, forbid_unknown_fields=True):
    reaction_type: ReactionType


class Flagging(Struct, frozen=True, forbid_unknown_fields=True):
    reason: FlagReason
    comment: Annotated[str, Meta(max_length=1000)] = ""


@get("/groups/{community_id:int}/posts/", policy=Policy.ENROLLED)
async def group_posts(
    request: Call,
    community_id: FromPath[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    parent_post_id: ById = None,
    author_id: ById = None,
    is_pinned: FromQuery[bool | None] = None,
    status: FromQuery[PostStatus | None] = None,
    q: Words = None,
) -> Listing[PostInfo]:
    """A group's posts, pinned ones first; or the replies below one, oldest first. `status` is for moderators; `q`
    finds posts and replies with all of its words.
    """
    wanted = PostFilter(community_id, parent_post_id, author_id, is_pinned, status, search=q)
    return await _posts(request, wanted, limit, cursor, count=count)


@get("/posts/", policy=Policy.USER)
async def posts(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    community_id: ById = None,
    parent_post_id: ById = None,
    author_id: ById = None,
    is_pinned: FromQuery[bool | None] = None,
    status: FromQuery[PostStatus | None] = None,
    q: Words = None,
) -> Listing[PostInfo]:
    """The same of all groups that one is in, or of one."""
    wanted = PostFilter(community_id, parent_post_id, author_id, is_pinned, status, search=q)
    return await _posts(request, wanted, limit, cursor, count=count)


@post("/groups/{community_id:int}/posts/", policy=Policy.ENROLLED, once=True)
async def write_in_group(request: Call, community_id: FromPath[int], data: JSONBody[NewGroupPost]) -> PostInfo:
    """Write a post or a reply."""
    return await _write(request, community_id, data)


@post("/posts/", policy=Policy.ENROLLED, once=True)
async def write(request: Call, data: JSONBody[NewPost]) -> PostInfo:
    """Write a post or a reply."""
    return await _write(request, data.community_id, data)


@get("/posts/{post_id:int}/", policy=Policy.ENROLLED)
async def one_post(request: Call, post_id: FromPath[int]) -> PostInfo:
    """A post. Reading it counts as a view, one for each reader and hour; the count follows some seconds later."""
    found = await shown(request, post_id)
    do(request).views.note(post_id, caller(request).user_id)
    return found


@put("/posts/{post_id:int}/", policy=Policy.ENROLLED)
async def edit(request: Call, post_id: FromPath[int], data: JSONBody[PostChanges]) -> PostInfo:
    """Change one's own post; what it said is kept. Where posts wait for approval, it waits again."""
    title = None if data.title is UNSET else data.title
    await do(request).posting.edit(
        caller(request), post_id, title=title, content=data.content, version=expected_version(request)
    )
    return await told(request, post_id)


@delete("/posts/{post_id:int}/", policy=Policy.ENROLLED, status_code=204)
async def remove(request: Call, post_id: FromPath[int]) -> None:
    """Delete one's own post, or any as a moderator. With replies, a tombstone stays."""
    await do(request).posting.remove(caller(request), post_id)


@post("/posts/{post_id:int}/react/", policy=Policy.ENROLLED, status_code=200)
async def react(request: Call, post_id: FromPath[int], data: JSONBody[Reacting]) -> ReactionsInfo:
    """Set or change one's reaction."""
    counts = await do(request).posting.react(caller(request), post_id, data.reaction_type)
    return ReactionsInfo(post_id, counts, data.reaction_type)


@delete("/posts/{post_id:int}/react/", policy=Policy.ENROLLED, status_code=200)
async def unreact(request: Call, post_id: FromPath[int]) -> ReactionsInfo:
    """Take one's reaction back."""
    return ReactionsInfo(post_id, await do(request).posting.react(caller(request), post_id, None), None)


@post("/posts/{post_id:int}/flag/", policy=Policy.ENROLLED)
async def flag(request: Call, post_id: FromPath[int], data: JSONBody[Flagging]) -> FlagInfo:
    """Report a post to the moderators. Three reports hide it until one of them has looked."""
    made = await do(request).posting.flag(caller(request), post_id, data.reason, data.comment)
    return FlagInfo(made.id, made.post_id, made.reason, made.comment, made.created_at)


async def shown(request: Call, post_id: int) -> PostInfo:
    """The post as the caller may see it.

    :raises NotFound: and what being a member of its group demands.
    """
    actor = caller(request)
    card = await do(request).discussion.post(actor, post_id)
    if card is None:
        raise NotFound
    place = demand_member(await do(request).community.place(actor, card.post.community_id))
    if not is_visible(card.post, place, actor.user_id):
        raise NotFound
    return _info(request, card, place)


async def told(request: Call, post_id: int) -> PostInfo:
    """The post after its author or a moderator did something to it."""
    card = await do(request).discussion.post(caller(request), post_id)
    if card is None:
        raise NotFound
    return post_info(request, card, shows_notes=True)


async def listed(
    request: Call, wanted: PostFilter, place: Place | None, limit: int, cursor: str | None, *, count: bool
) -> Listing[PostInfo]:
    kinds = (bool, int) if wanted.pins_first else (int,)
    page = page_request(limit, cursor, count=count, kinds=kinds)
    found = await do(request).discussion.posts(page, caller(request), wanted)
    return listing(request, found, lambda card: _info(request, card, place))


async def _posts(
    request: Call, wanted: PostFilter, limit: int, cursor: str | None, *, count: bool
) -> Listing[PostInfo]:
    if wanted.community_id is None:
        if wanted.status is not None or wanted.parent_post_id is not None:
            raise Invalid.field("community_id", "Name the community, too.")
        return await listed(request, wanted, None, limit, cursor, count=count)
    place = demand_member(await do(request).community.place(caller(request), wanted.community_id))
    if wanted.status is not None and not place.is_moderator:
        raise NotModerator("Only moderators see posts by their status.")
    filtered = replace(wanted, sees_all=place.is_moderator)
    return await listed(request, filtered, place, limit, cursor, count=count)


def _info(request: Call, card: PostCard, place: Place | None) -> PostInfo:
    is_own = card.post.author_id == caller(request).user_id
    return post_info(request, card, shows_notes=is_own or (place is not None and place.is_moderator))


async def _write(request: Call, community_id: int, data: NewGroupPost) -> PostInfo:
    made = await do(request).posting.write(
        caller(request),
        community_id,
        title=data.title,
        content=data.content,
        parent_post_id=data.parent_post_id,
        once=await once(request, f"posts:{community_id}"),  # the body need not name the group
    )
    return await told(request, made.id)


HANDLERS = [
    group_posts, posts, write_in_group, write, one_post, edit, remove, react, unreact, flag,
]  # fmt: skip
