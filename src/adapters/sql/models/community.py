from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index


class CommunityGroup(IdentityBase):
    """`member_count` is kept exact under the row's lock; to `post_count` belong the changes that wait beside it
    (PostCountChange); `title_key` is what search reads.
    """

    __tablename__ = "community_groups"
    __table_args__ = (
        CheckConstraint("visibility IN ('public','private','instructor_moderated')", name="visibility"),
        CheckConstraint("member_count >= 0", name="member_count"),
    )

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    title_key: Mapped[str] = mapped_column(String(400))
    description: Mapped[str] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(String(24))
    require_post_approval: Mapped[bool] = mapped_column(Boolean)
    slow_mode_seconds: Mapped[int] = mapped_column(Integer)
    banner_image: Mapped[str | None] = mapped_column(String(255))
    member_count: Mapped[int] = mapped_column(Integer)
    post_count: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class GroupMember(IdentityBase):
    """One row for each user who ever joined, or was banned without having joined."""

    __tablename__ = "group_members"
    __table_args__ = (
        UniqueConstraint("community_id", "user_id"),
        CheckConstraint("role IN ('member','moderator','instructor')", name="role"),
        partial_index("ix_group_members_active", "community_id", "id", where=text("is_active")),
        partial_index("ix_group_members_role", "community_id", "role", "id", where=text("is_active")),
        partial_index("ix_group_members_banned", "community_id", "id", where=text("banned_at IS NOT NULL")),
        partial_index("ix_group_members_user", "user_id", where=text("is_active")),
    )

    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(16))
    is_active: Mapped[bool] = mapped_column(Boolean)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    email_notifications: Mapped[bool] = mapped_column(Boolean)
    push_notifications: Mapped[bool] = mapped_column(Boolean)
    muted_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    silenced_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    banned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


TOP = text("parent_post_id IS NULL")


class CommunityPost(IdentityBase):
    """`reactions` counts by type; `flagged_review` hides a post until a moderator has looked; search reads `terms`."""

    __tablename__ = "community_posts"
    __table_args__ = (
        CheckConstraint("status IN ('pending','published','rejected')", name="status"),
        # the screens: a group's posts, a thread, somebody's posts, and what waits for a moderator
        partial_index("ix_community_posts_top", "community_id", "is_pinned", "id", where=TOP),
        partial_index("ix_community_posts_thread", "parent_post_id", "id", where=text("parent_post_id IS NOT NULL")),
        Index("ix_community_posts_author", "author_id", "id"),
        partial_index("ix_community_posts_status", "community_id", "status", "id", where=text("status <> 'published'")),
        partial_index("ix_community_posts_flagged", "community_id", "id", where=text("flag_count > 0")),
    )

    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    author_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    content_html: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(12))
    parent_post_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    depth: Mapped[int] = mapped_column(Integer)
    is_pinned: Mapped[bool] = mapped_column(Boolean)
    is_deleted: Mapped[bool] = mapped_column(Boolean)
    view_count: Mapped[int] = mapped_column(Integer)
    reply_count: Mapped[int] = mapped_column(Integer)
    flag_count: Mapped[int] = mapped_column(Integer)
    flagged_review: Mapped[bool] = mapped_column(Boolean)
    moderation_notes: Mapped[str] = mapped_column(Text)
    reactions: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class PostReaction(IdentityBase):
    __tablename__ = "post_reactions"
    __table_args__ = (UniqueConstraint("post_id", "user_id"),)

    post_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    reaction_type: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostMention(DefaultBase):
    """Members whom a post names with an @."""

    __tablename__ = "post_mentions"
    __table_args__ = (PrimaryKeyConstraint("post_id", "user_id"),)

    post_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))


class PostFlag(IdentityBase):
    """Somebody's report; gone when a moderator has decided."""

    __tablename__ = "post_flags"
    __table_args__ = (UniqueConstraint("post_id", "user_id"),)

    post_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(12))
    comment: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostRevision(IdentityBase):
    """What a post said before a change."""

    __tablename__ = "post_revisions"
    __table_args__ = (Index("ix_post_revisions_post", "post_id", "id"),)

    post_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PostCountChange(IdentityBase):
    """What a group's `post_count` has yet to be changed by. Whoever posts adds a row here, and waits for nobody."""

    __tablename__ = "post_count_changes"
    __table_args__ = (Index("ix_post_count_changes_community", "community_id", "change"),)

    community_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    change: Mapped[int] = mapped_column(Integer)


class PostView(DefaultBase):
    """Who saw a post in which hour; kept for a day, so that nobody counts twice."""

    __tablename__ = "post_views"
    __table_args__ = (PrimaryKeyConstraint("post_id", "user_id", "hour"), Index("ix_post_views_hour", "hour"))

    post_id: Mapped[int] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    hour: Mapped[datetime] = mapped_column(UtcDateTime)
