"""What people read of learning: flat read models, scoped to the viewer in the query itself."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.learning.domain.catalogue import Content, ContentType, Level
from modules.learning.domain.enrolment import Enrollment, Source
from modules.learning.domain.progress import Progress, Tally


class Person(Struct, frozen=True):
    """A user as others see them; `profile_image` is a storage key."""

    id: int
    username: str
    full_name: str
    profile_image: str | None


class CategoryCard(Struct, frozen=True):
    id: int
    slug: str
    title: str


class CourseCard(Struct, frozen=True):
    id: int
    title: str
    slug: str
    description: str
    price_paise: int
    currency: str
    thumbnail: str | None
    category: CategoryCard | None
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
    created_by: Person
    created_at: datetime
    version: int


class CourseFilter(Struct, frozen=True):
    """Filters of the catalogue; prices in paise.

    `q` are words: the first twelve, all of which must occur (the last of them as a beginning).
    """

    category: str | None = None
    level: Level | None = None
    language: str | None = None
    is_trending: bool | None = None
    is_free: bool | None = None
    min_paise: int | None = None
    max_paise: int | None = None
    q: str | None = None
    ordering: str = "-created_at"


ORDERINGS = ("created_at", "price", "rating", "enrolled_count", "title")


class OutlineContent(Struct, frozen=True):
    id: int
    module_id: int
    title: str
    content_type: ContentType
    video_duration: int | None
    is_preview: bool
    is_published: bool
    available_after_days: int
    order: int
    progress: Progress | None


class OutlineModule(Struct, frozen=True):
    id: int
    course_id: int
    title: str
    description: str
    order: int
    contents: list[OutlineContent]


class Outline(Struct, frozen=True):
    """A course as one viewer sees it; unpublished contents are there for its staff only."""

    course: CourseCard
    is_staff: bool
    modules: list[OutlineModule]
    enrollment: Enrollment | None

    def blocked_ids(self) -> frozenset[int]:
        """In a sequential course, the contents after the first that is not completed."""
        if not self.course.is_sequential:
            return frozenset()
        shown = [content for module in self.modules for content in module.contents if content.is_published]
        done = [content.progress is not None and content.progress.is_completed for content in shown]
        first = done.index(False) if False in done else len(done)
        return frozenset(content.id for content in shown[first + 1 :])


class ContentSight(Struct, frozen=True):
    """A content with all that decides whether this viewer may open it."""

    content: Content
    course_is_published: bool
    is_staff: bool
    enrollment: Enrollment | None
    progress: Progress | None
    is_blocked: bool
    previous_id: int | None
    next_id: int | None


class EnrollmentCard(Struct, frozen=True):
    enrollment: Enrollment
    course_title: str
    course_thumbnail: str | None
    tally: Tally
    last_content_id: int | None
    last_content_title: str | None


class ProgressLine(Struct, frozen=True):
    content_id: int
    title: str
    content_type: ContentType
    video_duration: int | None
    progress: Progress | None


class ProgressReport(Struct, frozen=True):
    enrollment: Enrollment
    tally: Tally
    contents: list[ProgressLine]


class ImportResult(Struct, frozen=True):
    line: int
    email: str
    status: str


class ImportStatus(Struct, frozen=True):
    id: int
    course_id: int
    created_at: datetime
    finished_at: datetime | None
    total: int
    counts: dict[str, int]


class EnrollmentFilter(Struct, frozen=True):
    """`status` is one of active, expired, suspended, completed."""

    status: str | None = None
    course_id: int | None = None
    source: Source | None = None


class CatalogueQueries(Protocol):
    async def courses(self, request: PageRequest, wanted: CourseFilter, viewer: Actor | None) -> Page[CourseCard]:
        """Published courses; administrators and instructors also see unpublished ones that are theirs to edit."""
        ...

    async def outline(self, course_id: int, viewer: Actor | None) -> Outline | None:
        """None where the course does not exist or the viewer may not know of it."""
        ...

    async def categories(self) -> list[CategoryCard]: ...

    async def instructors(self, course_id: int) -> list[Person]: ...


class StudyQueries(Protocol):
    async def content(self, content_id: int, viewer: Actor | None) -> ContentSight | None: ...

    async def enrollments(
        self, request: PageRequest, wanted: EnrollmentFilter, *, user_id: int | None
    ) -> Page[EnrollmentCard]:
        """Newest first, of one user or (None) of everybody."""
        ...

    async def enrollment(self, enrollment_id: int) -> EnrollmentCard | None: ...

    async def enrollment_of(self, user_id: int, course_id: int) -> EnrollmentCard | None: ...

    async def progress(self, user_id: int, course_id: int) -> ProgressReport | None: ...

    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def import_status(self, import_id: int) -> ImportStatus | None: ...

    async def import_results(self, import_id: int, request: PageRequest) -> Page[ImportResult]:
        """In the order of the file's lines."""
        ...
