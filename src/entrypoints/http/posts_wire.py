"""Posts as the app reads them."""

from datetime import datetime

from msgspec import Struct

from entrypoints.http.calls import Call
from entrypoints.http.wire import PersonRef, media, person
from modules.community.domain.posts import FlagReason, PostStatus, ReactionType
from modules.community.queries import PostCard


class PostInfo(Struct, frozen=True):
    """A deleted post is a tombstone: its prose is empty. `moderation_notes` reach its author and moderators only."""

    id: int
    community_id: int
    author_id: int
    author: PersonRef
    title: str
    content: str
    content_html: str
    status: PostStatus
    parent_post_id: int | None
    depth: int
    is_pinned: bool
    is_deleted: bool
    view_count: int
    reply_count: int
    flagged_review: bool
    moderation_notes: str
    reactions: dict[str, int]
    my_reaction: ReactionType | None
    mentions: list[PersonRef]
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
    version: int


class ReactionsInfo(Struct, frozen=True):
    post_id: int
    reactions: dict[str, int]
    my_reaction: ReactionType | None


class FlagInfo(Struct, frozen=True):
    id: int
    post_id: int
    reason: FlagReason
    comment: str
    created_at: datetime


class RevisionInfo(Struct, frozen=True):
    title: str
    content: str
    replaced_at: datetime


class RevisionList(Struct, frozen=True):
    results: list[RevisionInfo]


def post_info(request: Call, card: PostCard, *, shows_notes: bool) -> PostInfo:
    post, is_gone = card.post, card.post.is_deleted
    return PostInfo(
        id=post.id,
        community_id=post.community_id,
        author_id=post.author_id,
        author=person(media(request), card.author),
        title="" if is_gone else post.title,
        content="" if is_gone else post.content,
        content_html="" if is_gone else post.content_html,
        status=post.status,
        parent_post_id=post.parent_post_id,
        depth=post.depth,
        is_pinned=post.is_pinned,
        is_deleted=is_gone,
        view_count=post.view_count,
        reply_count=post.reply_count,
        flagged_review=post.flagged_review,
        moderation_notes=post.moderation_notes if shows_notes else "",
        reactions={} if is_gone else post.reactions,
        my_reaction=None if is_gone else card.my_reaction,
        mentions=[] if is_gone else [person(media(request), one) for one in card.mentions],
        created_at=post.created_at,
        updated_at=post.updated_at,
        deleted_at=post.deleted_at,
        version=post.version,
    )
