from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, Float, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index

PUBLISHED = text("is_published")


class Category(IdentityBase):
    __tablename__ = "categories"

    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(80))


class Course(IdentityBase):
    """`*_terms` hold what core.text made of title and description; full-text search on both databases reads them.

    `rating` is made of the sum and the number of ratings, whose row lock keeps them exact.
    """

    __tablename__ = "courses"
    __table_args__ = (
        CheckConstraint("level IN ('beginner','intermediate','advanced')", name="level"),
        CheckConstraint("price_paise >= 0", name="price"),
        # one index per ordering of the catalogue, and one for its commonest filter
        partial_index("ix_courses_by_age", "created_at", "id", where=PUBLISHED),
        partial_index("ix_courses_by_price", "price_paise", "id", where=PUBLISHED),
        partial_index("ix_courses_by_rating", "rating", "id", where=PUBLISHED),
        partial_index("ix_courses_by_enrolled", "enrolled_count", "id", where=PUBLISHED),
        partial_index("ix_courses_by_title", "title", "id", where=PUBLISHED),
        partial_index("ix_courses_in_category", "category_id", "created_at", "id", where=PUBLISHED),
        partial_index("ix_courses_trending", "created_at", "id", where=text("is_published AND is_trending")),
    )

    slug: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    title_terms: Mapped[str] = mapped_column(Text)
    description_terms: Mapped[str] = mapped_column(Text)
    price_paise: Mapped[int] = mapped_column(BigInt)
    currency: Mapped[str] = mapped_column(String(3))
    thumbnail: Mapped[str | None] = mapped_column(String(255))
    category_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("categories.id"))
    level: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    is_published: Mapped[bool] = mapped_column(Boolean)
    is_trending: Mapped[bool] = mapped_column(Boolean)
    rating: Mapped[float] = mapped_column(Float)
    rating_count: Mapped[int] = mapped_column(Integer)
    rating_sum: Mapped[int] = mapped_column(Integer)
    enrolled_count: Mapped[int] = mapped_column(Integer)
    access_days: Mapped[int | None] = mapped_column(Integer)
    is_sequential: Mapped[bool] = mapped_column(Boolean)
    has_certificate: Mapped[bool] = mapped_column(Boolean)
    certificate_min_score: Mapped[float | None] = mapped_column(Float)
    certificate_min_attendance: Mapped[float | None] = mapped_column(Float)
    created_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class CourseInstructor(DefaultBase):
    """Who may edit a course beside the admins; `courses.created_by_id` alone gives no rights."""

    __tablename__ = "course_instructors"
    __table_args__ = (Index("ix_course_instructors_user_id", "user_id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseModule(IdentityBase):
    __tablename__ = "modules"
    __table_args__ = (Index("ix_modules_course", "course_id", "position", "id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)


class Content(IdentityBase):
    """`text_html` is rendered when the text is written. Media is a video id (youtube, vimeo) or a storage key."""

    __tablename__ = "contents"
    __table_args__ = (
        CheckConstraint("content_type IN ('video','quiz','document','text')", name="content_type"),
        Index("ix_contents_module", "module_id", "position", "id"),
        Index("ix_contents_course", "course_id"),
    )

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    module_id: Mapped[int] = mapped_column(BigInt, ForeignKey("modules.id"))
    title: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(16))
    media_provider: Mapped[str | None] = mapped_column(String(16))
    media_ref: Mapped[str | None] = mapped_column(String(255))
    file_name: Mapped[str | None] = mapped_column(String(255))
    mime_type: Mapped[str | None] = mapped_column(String(100))
    size_bytes: Mapped[int | None] = mapped_column(BigInt)
    video_duration: Mapped[int | None] = mapped_column(Integer)
    text_content: Mapped[str] = mapped_column(Text)
    text_html: Mapped[str] = mapped_column(Text)
    is_preview: Mapped[bool] = mapped_column(Boolean)
    is_published: Mapped[bool] = mapped_column(Boolean)
    available_after_days: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    captions: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class Upload(IdentityBase):
    """A file that a client sends to the store by itself; it is used once it has been looked at."""

    __tablename__ = "uploads"
    __table_args__ = (Index("ix_uploads_created_at", "created_at"), Index("ix_uploads_content_id", "content_id"))

    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    ref: Mapped[str] = mapped_column(String(255))
    file_name: Mapped[str] = mapped_column(String(255))
    mime_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int] = mapped_column(BigInt)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Enrollment(IdentityBase):
    """One row per student and course for ever: buying again after the end revives it, and progress is kept.

    It is started with its first row of progress, in that transaction.
    """

    __tablename__ = "enrollments"
    __table_args__ = (
        CheckConstraint("source IN ('purchase','free','manual','import')", name="source"),
        UniqueConstraint("user_id", "course_id", name="uq_enrollments_user_course"),
        Index("ix_enrollments_course", "course_id", "id"),
        Index("ix_enrollments_course_user", "course_id", "user_id"),
        Index("ix_enrollments_expiry", "expiry_date"),
        Index("ix_enrollments_purchase", "purchase_id"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    enrollment_date: Mapped[datetime] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(Boolean)
    expiry_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer)
    purchase_id: Mapped[int | None] = mapped_column(BigInt)  # the order that opened it last, whoever keeps orders
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    withdrawn_expiry: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Progress(IdentityBase):
    __tablename__ = "progress"
    __table_args__ = (UniqueConstraint("enrollment_id", "content_id", name="uq_progress_enrollment_content"),)

    enrollment_id: Mapped[int] = mapped_column(BigInt, ForeignKey("enrollments.id"))
    content_id: Mapped[int] = mapped_column(BigInt, ForeignKey("contents.id"))
    is_completed: Mapped[bool] = mapped_column(Boolean)
    completion_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    time_spent: Mapped[int] = mapped_column(Integer)
    last_position: Mapped[int] = mapped_column(Integer)
    position_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    position_said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    watched: Mapped[list[Any]] = mapped_column(Json)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ProgressEvent(DefaultBase):
    """What a phone told of its time without a network, so that it is not taken for something new again."""

    __tablename__ = "progress_events"
    __table_args__ = (Index("ix_progress_events_received", "received_at"),)

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    digest: Mapped[str] = mapped_column(String(32))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EnrolmentImport(IdentityBase):
    """A CSV of students that a worker enrols, with a result per row."""

    __tablename__ = "enrolment_imports"
    __table_args__ = (Index("ix_enrolment_imports_course", "course_id", "id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    created_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EnrolmentImportRow(DefaultBase):
    __tablename__ = "enrolment_import_rows"

    import_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("enrolment_imports.id"), primary_key=True, autoincrement=False
    )
    line: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(254))
    expiry_date: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20))
