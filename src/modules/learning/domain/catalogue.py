"""Courses, modules and contents, and what each must have before students see it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, FieldFault, Forbidden, Invalid

MAX_ACCESS_DAYS = 3650
MAX_DRIP_DAYS = 730
MAX_TEXT = 200_000


class Level(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class ContentType(StrEnum):
    VIDEO = "video"
    QUIZ = "quiz"
    DOCUMENT = "document"
    TEXT = "text"


class Provider(StrEnum):
    YOUTUBE = "youtube"
    VIMEO = "vimeo"
    STORAGE = "storage"


class SlugTaken(Conflict):
    code = "slug_taken"
    detail = "Another course or category has this slug."


class NotPublishable(Conflict):
    code = "not_publishable"
    detail = "Something is missing before this can be published."


class InUse(Conflict):
    code = "in_use"
    detail = "Students have used this already: unpublish it instead of deleting it."


class NotStaff(Forbidden):
    code = "forbidden"
    detail = "Only this course's instructors and administrators may do this."


class Course(Struct, frozen=True):
    """Amounts in paise; `access_days` None means lifetime; sequential: each content opens when those before it are
    completed.
    """

    id: int
    slug: str
    title: str
    description: str
    price_paise: int
    currency: str
    thumbnail: str | None
    category_id: int | None
    level: Level
    language: str
    is_published: bool
    is_trending: bool
    access_days: int | None
    is_sequential: bool
    has_certificate: bool
    certificate_min_score: float | None
    certificate_min_attendance: float | None
    version: int


class Media(Struct, frozen=True):
    """Where a video or document is: a video id at YouTube or Vimeo, or a key in our own storage."""

    provider: Provider
    ref: str
    file_name: str | None = None
    mime_type: str | None = None
    size_bytes: int | None = None


class Module(Struct, frozen=True):
    id: int
    course_id: int
    title: str
    description: str
    order: int
    version: int


class Content(Struct, frozen=True):
    """`video_duration` in seconds; `available_after_days` counts from the enrolment (drip)."""

    id: int
    course_id: int
    module_id: int
    title: str
    content_type: ContentType
    media: Media | None
    video_duration: int | None
    text_content: str
    text_html: str
    is_preview: bool
    is_published: bool
    available_after_days: int
    order: int
    created_at: datetime
    version: int
    captions: dict[str, str] = {}
    """Storage keys of WebVTT files, by language."""


def content_gaps(content: Content) -> list[FieldFault]:
    """What is missing before students may see this content."""
    if content.content_type is ContentType.TEXT:
        return [] if content.text_content.strip() else [FieldFault("text_content", "The text is empty.")]
    if content.content_type is ContentType.DOCUMENT:
        return [] if content.media else [FieldFault("document", "No file has been uploaded.")]
    if content.content_type is ContentType.QUIZ:
        return []  # what a quiz lacks its questions tell
    gaps = [] if content.media else [FieldFault("video_url", "There is neither a video address nor a file.")]
    if not content.video_duration:
        gaps.append(FieldFault("video_duration", "The duration is needed to follow progress."))
    return gaps


def course_gaps(course: Course, published_contents: int) -> list[FieldFault]:
    """What is missing before the course may be sold."""
    gaps = []
    if not course.description.strip():
        gaps.append(FieldFault("description", "The description is empty."))
    if course.category_id is None:
        gaps.append(FieldFault("category", "The course has no category."))
    if published_contents == 0:
        gaps.append(FieldFault("contents", "No content is published."))
    return gaps


def same_members(given: list[int], existing: list[int], field: str) -> None:
    """A new order must name each existing row once.

    :raises Invalid: naming what is missing, foreign or repeated.
    """
    if sorted(given) != sorted(existing):
        raise Invalid.field(field, "Must name every id once: " + ", ".join(map(str, existing[:20])) + ".")
