from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, IdentityBase, UtcDateTime, partial_index


class CommunityGroup(IdentityBase):
    """`member_count` and `post_count` are kept exact under the row's lock; `title_key` is what search reads."""

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
