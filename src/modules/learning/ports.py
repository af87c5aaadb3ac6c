"""What learning needs from the outside. Stores work within one transaction; `lock=True` holds the row until its end."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Actor
from core.events import Emits
from core.idempotency import Remembers
from modules.learning.domain.catalogue import Content, ContentType, Course, Module
from modules.learning.domain.enrolment import Enrollment, Source
from modules.learning.domain.progress import Progress, Tally
from modules.learning.domain.quizzes import Question, Quiz


class CatalogueStore(Emits, Protocol):
    """Courses and categories."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        """Whether the actor is an administrator or one of the course's instructors."""
        ...

    async def category_id(self, slug: str) -> int | None: ...

    async def add_category(self, *, slug: str, title: str) -> int:
        """:raises SlugTaken:"""
        ...

    async def add_course(self, *, created_by_id: int, **values: Any) -> Course:
        """:raises SlugTaken:"""
        ...

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None: ...

    async def change_course(self, course_id: int, **changes: Any) -> Course:
        """Set columns and raise `version` by one. :raises SlugTaken:"""
        ...

    async def stored_files(self, course_id: int) -> list[str]:
        """The storage keys of its videos, documents and captions, and of what was uploaded for them."""
        ...

    async def remove_course(self, course_id: int) -> None: ...

    async def is_course_used(self, course_id: int) -> bool:
        """Whether anybody was ever enrolled in it or ordered it."""
        ...

    async def is_instructor(self, user_id: int) -> bool:
        """Whether the user exists and has the role of an instructor."""
        ...

    async def add_instructor(self, course_id: int, user_id: int) -> None:
        """A repeat changes nothing."""
        ...

    async def remove_instructor(self, course_id: int, user_id: int) -> bool: ...

    async def count_published_contents(self, course_id: int) -> int: ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class OutlineStore(Emits, Protocol):
    """Modules and contents. Every change of one raises the version of its course, which dates the outline."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None: ...

    async def touch_course(self, course_id: int) -> None: ...

    async def add_module(self, course_id: int, *, title: str, description: str) -> Module:
        """At the end of the course."""
        ...

    async def module(self, module_id: int) -> Module | None: ...

    async def change_module(self, module_id: int, **changes: Any) -> Module: ...

    async def remove_module(self, module_id: int) -> None: ...

    async def module_ids(self, course_id: int) -> list[int]: ...

    async def order_modules(self, ids: list[int]) -> None: ...

    async def add_content(self, module: Module, **values: Any) -> Content:
        """At the end of the module."""
        ...

    async def content(self, content_id: int) -> Content | None: ...

    async def change_content(self, content_id: int, **changes: Any) -> Content: ...

    async def uploaded(self, content_id: int) -> list[str]:
        """The keys of what was sent, or may still be, and is not used."""
        ...

    async def remove_content(self, content_id: int) -> None: ...

    async def content_ids(self, module_id: int) -> list[int]: ...

    async def order_contents(self, ids: list[int]) -> None: ...

    async def is_content_used(self, content_id: int) -> bool:
        """Whether anybody has progress in it."""
        ...

    async def quiz_of(self, content_id: int) -> Quiz | None: ...

    async def questions(self, quiz_id: int) -> list[Question]: ...


class EnrolmentStore(Emits, Remembers, Protocol):
    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def course(self, course_id: int) -> Course | None: ...

    async def lock_student(self, user_id: int) -> bool:
        """Make everything that changes this student's enrolments wait; False if there is no such active user."""
        ...

    async def user_id_by_email(self, email: str) -> int | None: ...

    async def enrollment(self, enrollment_id: int, *, lock: bool = False) -> Enrollment | None: ...

    async def enrollment_of(self, user_id: int, course_id: int) -> Enrollment | None: ...

    async def enrollments_of_purchase(self, purchase_id: int) -> list[Enrollment]:
        """Those that this order opened last, locked."""
        ...

    async def enrol(
        self, *, user_id: int, course_id: int, source: Source, expiry_date: datetime | None, purchase_id: int | None
    ) -> Enrollment:
        """Add the enrolment, or revive the ended one: it starts anew now, and its progress is kept."""
        ...

    async def change_enrollment(self, enrollment_id: int, **changes: Any) -> Enrollment: ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class ImportLine(Struct, frozen=True):
    line: int
    email: str
    expiry_date: datetime | None


class ImportStore(EnrolmentStore, Protocol):
    async def add_import(self, *, course_id: int, created_by_id: int, lines: list[ImportLine]) -> int: ...

    async def import_course(self, import_id: int) -> int | None: ...

    async def waiting_lines(self, import_id: int, limit: int) -> list[ImportLine]: ...

    async def set_line(self, import_id: int, line: int, status: str) -> None: ...

    async def forget_email(self, email: str) -> None: ...

    async def finish_import(self, import_id: int) -> None: ...


class Lesson(Struct, frozen=True):
    """What a progress report needs to know of its content and its student; `tally` is how far the student was."""

    content_id: int
    course_id: int
    course_is_published: bool
    is_published: bool
    content_type: ContentType
    video_duration: int | None
    available_after_days: int
    enrollment: Enrollment | None
    progress: Progress | None
    tally: Tally
    is_blocked: bool
    """The course is sequential, and something before this is not completed yet."""


class ProgressBook(Protocol):
    """Progress without a transaction: two statements a report, none of which waits for a lock of the enrolment."""

    async def lesson(self, user_id: int, content_id: int) -> Lesson | None: ...

    async def note(self, before: Progress, after: Progress) -> Progress | None:
        """Store `after`, if what is stored is still `before`; None if somebody was faster."""
        ...


class StudyStore(Emits, ProgressBook, Protocol):
    """The same within one transaction, where `lesson` locks the enrolment.

    `note` also takes a `before` without an id, which stands for none stored yet: the first row starts the enrolment.
    """

    async def complete(self, enrollment_id: int, now: datetime) -> bool:
        """Mark the enrolment as completed; False if it was already."""
        ...


class SyncStore(StudyStore, Protocol):
    async def lessons(self, user_id: int, content_ids: Sequence[int]) -> dict[int, Lesson]:
        """Those that exist, as `lesson` gives them; all their enrolments are locked."""
        ...

    async def known_events(self, user_id: int, event_ids: Sequence[str]) -> dict[str, str]:
        """The digests of those that were applied before."""
        ...

    async def keep_events(self, user_id: int, digests: Mapping[str, str]) -> None: ...


class Link(Struct, frozen=True):
    url: str
    expires_at: datetime | None


class UploadLink(Struct, frozen=True):
    """Where a client sends a file by itself, and with which headers."""

    url: str
    headers: dict[str, str]
    expires_at: datetime


class Stored(Struct, frozen=True):
    """What lies in the store: its size, and whether it begins as a file of the type it was asked about."""

    size_bytes: int
    is_of_type: bool


class MediaLibrary(Protocol):
    """Private media: videos and documents in our own storage."""

    provider: str
    """`local` or `s3`."""

    async def keep(self, prefix: str, chunks: AsyncIterator[bytes], *, mime_type: str, limit: int) -> tuple[str, int]:
        """Store an upload under a generated key; the key and its size in bytes.

        :raises TooLarge: more than `limit` bytes came.
        """
        ...

    def link(self, ref: str, *, session_id: int | None, lifetime: int, file_name: str | None) -> Link:
        """An address that plays or downloads the file for `lifetime` seconds, bound to the login where it can be."""
        ...

    def upload_link(self, prefix: str, *, mime_type: str, size_bytes: int, lifetime: int) -> tuple[str, UploadLink]:
        """A new key, and an address that takes one file for it, for `lifetime` seconds."""
        ...

    async def look(self, ref: str, mime_type: str) -> Stored | None:
        """None if there is no such file."""
        ...

    async def copy(self, ref: str, prefix: str) -> str | None:
        """The key of a copy; None if there is no such file."""
        ...

    async def discard(self, ref: str) -> None: ...


class Thumbnails(Protocol):
    async def keep(self, data: bytes) -> str:
        """Re-encode the picture and give its storage key.

        :raises Invalid: not a picture, or one that is too large.
        """
        ...

    async def discard(self, key: str) -> None: ...


class Markdown(Protocol):
    def render(self, source: str) -> str:
        """HTML that is safe to show."""
        ...
