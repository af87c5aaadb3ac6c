from datetime import datetime

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, UtcDateTime


class Review(IdentityBase):
    """The course's sum and number of ratings change with it, in its transaction."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        Index("ix_reviews_course", "course_id", "id"),
        Index("ix_reviews_user_id", "user_id"),
    )

    enrollment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("enrollments.id"), unique=True)
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    rating: Mapped[int] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_hidden: Mapped[bool] = mapped_column(Boolean)
    reply: Mapped[str] = mapped_column(String(2000))
    replied_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    replied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class ReviewReport(DefaultBase):
    __tablename__ = "review_reports"
    __table_args__ = (Index("ix_review_reports_user_id", "user_id"),)

    review_id: Mapped[int] = mapped_column(BigInt, ForeignKey("reviews.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ContentNote(IdentityBase):
    __tablename__ = "content_notes"
    __table_args__ = (Index("ix_content_notes_user", "user_id", "id"), Index("ix_content_notes_content", "content_id"))

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"))
    position: Mapped[int | None] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class Bookmark(DefaultBase):
    __tablename__ = "bookmarks"
    __table_args__ = (Index("ix_bookmarks_content", "content_id"),)

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"), primary_key=True, autoincrement=False)
    position: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
