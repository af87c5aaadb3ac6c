"""Discussion posts: states, threads, reactions, flags, and who sees what."""

import re
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden, Invalid
from modules.community.domain.groups import Place

DEEPEST = 3
"""Replies further down are shown at this depth."""
FLAGS_THAT_HIDE = 3
MOST_MENTIONS = 20
MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_.-]{3,30})")


class PostStatus(StrEnum):
    PENDING = "pending"
    PUBLISHED = "published"
    REJECTED = "rejected"


class ReactionType(StrEnum):
    LIKE = "like"
    LOVE = "love"
    CELEBRATE = "celebrate"
    HELPFUL = "helpful"
    LAUGH = "laugh"
    SAD = "sad"


class FlagReason(StrEnum):
    SPAM = "spam"
    ABUSE = "abuse"
    OFF_TOPIC = "off_topic"
    CHEATING = "cheating"
    OTHER = "other"


class AlreadyModerated(Conflict):
    code = "already_moderated"
    detail = "Another moderator has decided on this post already."


class AlreadyFlagged(Conflict):
    code = "already_flagged"
    detail = "You have reported this post already."


class NotAuthor(Forbidden):
    code = "not_author"
    detail = "Only its author may change this."


class Post(Struct, frozen=True):
    """`reactions` counts by type; `reply_count` the published replies directly below; a reply has no title.

    `published_at` is when members could read it for the first time.
    """

    id: int
    community_id: int
    author_id: int
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
    flag_count: int
    flagged_review: bool
    moderation_notes: str
    reactions: dict[str, int]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    deleted_at: datetime | None
    version: int

    @property
    def is_public(self) -> bool:
        """Whether members see it and it counts: neither waiting, nor rejected, nor hidden by flags, nor deleted."""
        return self.status is PostStatus.PUBLISHED and not self.flagged_review and not self.is_deleted


def is_visible(post: Post, place: Place, user_id: int) -> bool:
    """Members see what is public, and tombstones that hold a thread together; authors their own; moderators all."""
    if post.is_deleted:
        return post.reply_count > 0
    return post.is_public or post.author_id == user_id or place.is_moderator


def first_status(place: Place) -> PostStatus:
    """What a new post is: moderators need nobody's approval."""
    waits = place.group.approves_posts and not place.is_moderator
    return PostStatus.PENDING if waits else PostStatus.PUBLISHED


def status_after_edit(post: Post, place: Place) -> PostStatus:
    """Only what members could read stays open to them: what waits or was rejected is not published by changing it."""
    return first_status(place) if place.is_moderator or post.status is PostStatus.PUBLISHED else PostStatus.PENDING


def depth_below(parent: Post | None) -> int:
    return 0 if parent is None else min(parent.depth + 1, DEEPEST)


def demand_shape(title: str | None, parent: Post | None) -> None:
    """:raises Invalid: a post without a title, or a reply with one."""
    if parent is None and not (title or "").strip():
        raise Invalid.field("title", "A post has a title.")
    if parent is not None and title:
        raise Invalid.field("title", "A reply has none.")


def mentioned(content: str) -> list[str]:
    """The user names after an @, lower case, each once, the first twenty."""
    return list(dict.fromkeys(name.rstrip(".-").lower() for name in MENTION.findall(content)))[:MOST_MENTIONS]


def reacted(counts: dict[str, int], before: ReactionType | None, after: ReactionType | None) -> dict[str, int]:
    """The counts when one user's reaction changes; types that nobody chose are not in it."""
    changed = dict(counts)
    for kind, by in ((before, -1), (after, 1)):
        if kind is not None:
            changed[kind.value] = changed.get(kind.value, 0) + by
    return {kind: number for kind, number in changed.items() if number > 0}
