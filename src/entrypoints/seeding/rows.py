"""The rows that seeding writes: whole ones, as the workflows would have left them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from msgspec import Struct

from core.actor import Role
from core.text import words
from modules.learning.domain.catalogue import ContentType, Level, Media
from modules.learning.domain.enrolment import Source, expiry
from modules.learning.domain.quizzes import Draft, ShowAnswers

Row: TypeAlias = dict[str, Any]
Presentation: TypeAlias = tuple[Media | None, str]
"""A lesson's media, and its text as HTML."""
READING_SECONDS = 240


class Lesson(Struct, frozen=True):
    """A quiz if it has questions, a video if it names one, a document if it names a file (which then holds the text),
    else a text.
    """

    title: str
    text: str = ""
    video: str | None = None
    seconds: int | None = None
    file_name: str | None = None
    after_days: int = 0
    is_preview: bool = False
    is_published: bool = True
    questions: Sequence[Draft] = ()

    @property
    def content_type(self) -> ContentType:
        if self.questions:
            return ContentType.QUIZ
        if self.video is not None:
            return ContentType.VIDEO
        return ContentType.DOCUMENT if self.file_name else ContentType.TEXT


class Section(Struct, frozen=True):
    title: str
    description: str
    lessons: Sequence[Lesson]


class Offer(Struct, frozen=True):
    """A course as the catalogue shows it."""

    title: str
    slug: str
    description: str
    category: str
    price_paise: int
    level: Level = Level.BEGINNER
    language: str = "en"
    is_published: bool = True
    is_trending: bool = False
    access_days: int | None = None
    rating: float = 0.0
    rating_count: int = 0


def user(
    id_: int, *, email: str, username: str, full_name: str, role: Role, password_hash: str, created_at: datetime
) -> Row:
    """Somebody whose address is verified."""
    return {
        "id": id_,
        "email": email,
        "username": username,
        "username_key": username.lower(),
        "password_hash": password_hash,
        "role": role.value,
        "full_name": full_name,
        "name_key": full_name.lower(),
        "mobile_number": None,
        "profile_image": None,
        "is_active": True,
        "email_verified_at": created_at + timedelta(minutes=3),
        "created_at": created_at,
        "deleted_at": None,
        "token_version": 1,
        "version": 1,
    }


def coupon(code: str, *, percent_bp: int, created_at: datetime) -> Row:
    """Off every course, as often as anybody likes."""
    return {
        "code": code,
        "kind": "percentage",
        "percent_bp": percent_bp,
        "is_active": True,
        "created_at": created_at,
        "version": 1,
    }


def course(id_: int, offer: Offer, category_ids: Mapping[str, int], created_by_id: int, created_at: datetime) -> Row:
    return {
        "id": id_,
        "slug": offer.slug,
        "title": offer.title,
        "description": offer.description,
        "title_terms": " ".join(words(offer.title)),
        "description_terms": " ".join(words(offer.description)),
        "price_paise": offer.price_paise,
        "currency": "INR",
        "thumbnail": None,
        "category_id": category_ids[offer.category],
        "level": offer.level.value,
        "language": offer.language,
        "is_published": offer.is_published,
        "is_trending": offer.is_trending,
        "rating": offer.rating,
        "rating_count": offer.rating_count,
        "rating_sum": round(offer.rating * offer.rating_count),
        "enrolled_count": 0,
        "access_days": offer.access_days,
        "is_sequential": False,
        "has_certificate": True,
        "certificate_min_score": None,
        "certificate_min_attendance": None,
        "created_by_id": created_by_id,
        "created_at": created_at,
        "version": 1,
    }


def instructor(course_id: int, user_id: int, added_at: datetime) -> Row:
    return {"course_id": course_id, "user_id": user_id, "added_at": added_at}


def module(id_: int, course_id: int, section: Section, position: int) -> Row:
    return {
        "id": id_,
        "course_id": course_id,
        "title": section.title,
        "description": section.description,
        "position": position,
        "version": 1,
    }


def content(
    id_: int, module: Row, lesson: Lesson, presentation: Presentation, position: int, created_at: datetime
) -> Row:
    media, html = presentation
    return {
        "id": id_,
        "course_id": module["course_id"],
        "module_id": module["id"],
        "title": lesson.title,
        "content_type": lesson.content_type.value,
        "media_provider": media.provider.value if media else None,
        "media_ref": media.ref if media else None,
        "file_name": media.file_name if media else None,
        "mime_type": media.mime_type if media else None,
        "size_bytes": media.size_bytes if media else None,
        "video_duration": lesson.seconds,
        "text_content": lesson.text if lesson.content_type is ContentType.TEXT else "",
        "text_html": html,
        "is_preview": lesson.is_preview,
        "is_published": lesson.is_published,
        "available_after_days": lesson.after_days,
        "captions": {},
        "position": position,
        "created_at": created_at,
        "version": 1,
    }


def quiz(id_: int, content_id: int) -> Row:
    return {
        "id": id_,
        "content_id": content_id,
        "passing_score": 60.0,
        "time_limit": 600,
        "max_attempts": None,
        "shuffle_questions": False,
        "shuffle_options": True,
        "show_answers": ShowAnswers.ONCE_OVER.value,
        "pools": {},
        "version": 1,
    }


def question(id_: int, quiz_id: int, draft: Draft, position: int) -> Row:
    return {
        "id": id_,
        "quiz_id": quiz_id,
        "question_text": draft.question_text,
        "question_type": draft.question_type.value,
        "points": draft.points,
        "explanation": draft.explanation,
        "tolerance": str(draft.tolerance),
        "pool": draft.pool,
        "position": position,
        "is_removed": False,
        "version": 1,
    }


def options(question_id: int, draft: Draft) -> list[Row]:
    """Nothing refers to their ids."""
    return [
        {
            "question_id": question_id,
            "option_text": option.option_text,
            "is_correct": option.is_correct,
            "position": place,
        }
        for place, option in enumerate(draft.options, 1)
    ]


def enrollment(
    id_: int,
    user_id: int,
    course_id: int,
    *,
    since: datetime,
    access_days: int | None,
    source: Source,
    started_at: datetime | None = None,
    completed_at: datetime | None = None,
) -> Row:
    return {
        "id": id_,
        "user_id": user_id,
        "course_id": course_id,
        "enrollment_date": since,
        "is_active": True,
        "expiry_date": expiry(since, access_days),
        "started_at": started_at,
        "completed_at": completed_at,
        "source": source.value,
        "version": 1,
    }


def progress(enrollment_id: int, content_id: int, seconds: int, *, share: float = 1.0, at: datetime) -> Row:
    """A lesson that is done, or a video of so many `seconds` that was left before its end. Nothing refers to its id."""
    is_completed, position = share >= 1, int(seconds * share)
    return {
        "enrollment_id": enrollment_id,
        "content_id": content_id,
        "is_completed": is_completed,
        "completion_date": at if is_completed else None,
        "time_spent": position or READING_SECONDS,
        "last_position": position,
        "position_at": at,
        "position_said_at": at,
        "watched": [[0, position]] if position else [],
        "updated_at": at,
    }
