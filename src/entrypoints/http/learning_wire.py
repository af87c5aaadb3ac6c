"""Courses, contents, enrolments and progress as the app reads them."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from core.money import rupees
from entrypoints.http.calls import Call, do
from entrypoints.http.quizzes_wire import QuizSummary, quiz_summary
from entrypoints.http.wire import PersonRef, Ref, media, media_url, person
from modules.learning.domain.catalogue import Content, ContentType, Level
from modules.learning.domain.enrolment import Enrollment, Source
from modules.learning.domain.progress import Progress
from modules.learning.queries import CourseCard, EnrollmentCard, Outline, OutlineContent
from modules.learning.viewing import Lock, OpenContent


class ProgressInfo(Struct, frozen=True):
    """Seconds."""

    id: int
    enrollment_id: int
    content_id: int
    is_completed: bool
    completion_date: datetime | None
    time_spent: int
    last_position: int


class CourseInfo(Struct, frozen=True):
    id: int
    title: str
    slug: str
    description: str
    price: str
    price_paise: int
    currency: str
    thumbnail: str | None
    category: str | None
    category_info: Ref | None
    level: Level
    language: str
    is_published: bool
    is_trending: bool
    rating: float
    rating_count: int
    enrolled_count: int
    access_days: int | None
    is_sequential: bool
    has_certificate: bool
    certificate_min_score: float | None
    certificate_min_attendance: float | None
    created_by_id: int
    created_by: PersonRef
    created_at: datetime
    version: int


class OutlinedContent(Struct, frozen=True):
    """What everybody may know of a content; the last three are there only where it can be opened."""

    id: int
    title: str
    content_type: ContentType
    video_duration: int | None
    is_preview: bool
    order: int
    is_locked: bool
    lock_reason: str | None
    available_at: datetime | None
    module_id: int | UnsetType = UNSET
    is_published: bool | UnsetType = UNSET
    progress: ProgressInfo | UnsetType | None = UNSET


class ModuleInfo(Struct, frozen=True):
    id: int
    course_id: int
    title: str
    description: str
    order: int
    version: int


class OutlinedModule(Struct, frozen=True):
    id: int
    course_id: int
    title: str
    description: str
    order: int
    contents: list[OutlinedContent]


class EnrollmentState(Struct, frozen=True):
    """An enrolment within the outline of its course."""

    id: int
    enrollment_date: datetime
    is_active: bool
    expiry_date: datetime | None
    completed_at: datetime | None
    has_access: bool


class CourseDetail(CourseInfo, frozen=True):
    modules: list[OutlinedModule]
    content_count: int
    total_duration: int
    enrollment: EnrollmentState | None


class DocumentInfo(Struct, frozen=True):
    file_name: str | None
    mime_type: str | None
    size_bytes: int | None


class Captions(Struct, frozen=True):
    language: str
    url: str


class PlaybackInfo(Struct, frozen=True):
    kind: str
    provider: str
    url: str
    mime_type: str | None
    expires_at: datetime | None
    captions: list[Captions]


class ContentInfo(Struct, frozen=True):
    id: int
    module_id: int
    course_id: int
    title: str
    content_type: ContentType
    video_url: str | None
    video_duration: int | None
    text_content: str
    text_html: str
    document: DocumentInfo | None
    quiz: QuizSummary | None
    playback: PlaybackInfo | None
    is_preview: bool
    order: int
    is_published: bool
    available_after_days: int
    progress: ProgressInfo | None
    previous_id: int | None
    next_id: int | None
    version: int


class CourseRef(Struct, frozen=True):
    id: int
    title: str
    thumbnail: str | None


class EnrollmentInfo(Struct, frozen=True):
    id: int
    user_id: int
    course_id: int
    course: CourseRef
    enrollment_date: datetime
    is_active: bool
    expiry_date: datetime | None
    completed_at: datetime | None
    has_access: bool
    source: Source
    progress_percentage: float
    completed_contents: int
    total_contents: int
    last_content: Ref | None
    version: int


def progress_info(progress: Progress | None) -> ProgressInfo | None:
    if progress is None:
        return None
    return ProgressInfo(
        progress.id,
        progress.enrollment_id,
        progress.content_id,
        progress.is_completed,
        progress.completion_date,
        progress.time_spent,
        progress.last_position,
    )


def course_values(base: str, card: CourseCard) -> tuple[object, ...]:
    category = card.category
    return (
        card.id,
        card.title,
        card.slug,
        card.description,
        rupees(card.price_paise),
        card.price_paise,
        card.currency,
        media_url(base, card.thumbnail),
        category.slug if category else None,
        Ref(category.id, category.title) if category else None,
        card.level,
        card.language,
        card.is_published,
        card.is_trending,
        card.rating,
        card.rating_count,
        card.enrolled_count,
        card.access_days,
        card.is_sequential,
        card.has_certificate,
        card.certificate_min_score,
        card.certificate_min_attendance,
        card.created_by.id,
        person(base, card.created_by),
        card.created_at,
        card.version,
    )


def course_info(base: str, card: CourseCard) -> CourseInfo:
    return CourseInfo(*course_values(base, card))  # type: ignore[arg-type]


def course_detail(request: Call, outline: Outline) -> CourseDetail:
    locks = do(request).viewing.locks(outline)
    modules = [
        OutlinedModule(
            module.id,
            module.course_id,
            module.title,
            module.description,
            module.order,
            [_outlined(content, locks[content.id]) for content in module.contents],
        )
        for module in outline.modules
    ]
    published = [content for module in outline.modules for content in module.contents if content.is_published]
    duration = sum(content.video_duration or 0 for content in published)
    enrolled = outline.enrollment
    state = None if enrolled is None else enrollment_state(request, enrolled)
    values = course_values(media(request), outline.course)
    return CourseDetail(*[*values, modules, len(published), duration, state])  # type: ignore[arg-type]


def _outlined(content: OutlineContent, lock: Lock) -> OutlinedContent:
    known = (
        content.id,
        content.title,
        content.content_type,
        content.video_duration,
        content.is_preview,
        content.order,
    )
    if lock.reason is not None:
        return OutlinedContent(*known, True, lock.reason, lock.available_at)
    return OutlinedContent(
        *known,
        False,
        None,
        lock.available_at,
        content.module_id,
        content.is_published,
        progress_info(content.progress),
    )


def enrollment_state(request: Call, enrolled: Enrollment) -> EnrollmentState:
    return EnrollmentState(
        enrolled.id,
        enrolled.enrollment_date,
        enrolled.is_active,
        enrolled.expiry_date,
        enrolled.completed_at,
        enrolled.has_access(do(request).studying.clock.now()),
    )


def content_info(opened: OpenContent) -> ContentInfo:
    content, sight, playback = opened.sight.content, opened.sight, opened.playback
    is_video = content.content_type is ContentType.VIDEO
    return ContentInfo(
        id=content.id,
        module_id=content.module_id,
        course_id=content.course_id,
        title=content.title,
        content_type=content.content_type,
        video_url=playback.url if playback and is_video else None,
        video_duration=content.video_duration if is_video else None,
        text_content=content.text_content,
        text_html=content.text_html,
        document=document_info(content),
        quiz=quiz_summary(opened.quiz),
        playback=PlaybackInfo(
            playback.kind,
            playback.provider,
            playback.url,
            playback.mime_type,
            playback.expires_at,
            [Captions(language, url) for language, url in playback.captions.items()],
        )
        if playback
        else None,
        is_preview=content.is_preview,
        order=content.order,
        is_published=content.is_published,
        available_after_days=content.available_after_days,
        progress=progress_info(sight.progress),
        previous_id=sight.previous_id,
        next_id=sight.next_id,
        version=content.version,
    )


def document_info(content: Content) -> DocumentInfo | None:
    if content.content_type is not ContentType.DOCUMENT or content.media is None:
        return None
    return DocumentInfo(content.media.file_name, content.media.mime_type, content.media.size_bytes)


def enrollment_info(request: Call, card: EnrollmentCard) -> EnrollmentInfo:
    enrolled = card.enrollment
    last = None
    if card.last_content_id is not None and card.last_content_title is not None:
        last = Ref(card.last_content_id, card.last_content_title)
    return EnrollmentInfo(
        id=enrolled.id,
        user_id=enrolled.user_id,
        course_id=enrolled.course_id,
        course=CourseRef(enrolled.course_id, card.course_title, media_url(media(request), card.course_thumbnail)),
        enrollment_date=enrolled.enrollment_date,
        is_active=enrolled.is_active,
        expiry_date=enrolled.expiry_date,
        completed_at=enrolled.completed_at,
        has_access=enrolled.has_access(do(request).studying.clock.now()),
        source=enrolled.source,
        progress_percentage=card.tally.percentage,
        completed_contents=card.tally.completed,
        total_contents=card.tally.total,
        last_content=last,
        version=enrolled.version,
    )
