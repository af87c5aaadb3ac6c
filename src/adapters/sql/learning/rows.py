"""Tables of learning, and how their rows become domain values."""

from collections.abc import Sequence
from typing import Any

from adapters.sql.models import (
    Category,
    CourseInstructor,
    CourseModule,
    EnrolmentImport,
    EnrolmentImportRow,
    ProgressEvent,
)
from adapters.sql.models import Content as ContentModel
from adapters.sql.models import Course as CourseModel
from adapters.sql.models import Enrollment as EnrollmentModel
from adapters.sql.models import Progress as ProgressModel
from adapters.sql.models import User as UserModel
from adapters.sql.store import table
from modules.learning.domain.catalogue import Content, ContentType, Course, Level, Media, Module, Provider
from modules.learning.domain.enrolment import Enrollment, Source
from modules.learning.domain.progress import Progress
from modules.learning.queries import Person

USERS, CATEGORIES, COURSES, INSTRUCTORS = (
    table(UserModel),
    table(Category),
    table(CourseModel),
    table(CourseInstructor),
)
MODULES, CONTENTS, ENROLLMENTS, PROGRESS = (
    table(CourseModule),
    table(ContentModel),
    table(EnrollmentModel),
    table(ProgressModel),
)
IMPORTS, IMPORT_ROWS = table(EnrolmentImport), table(EnrolmentImportRow)
EVENTS = table(ProgressEvent)

COURSE_COLUMNS = [COURSES.c[name] for name in Course.__struct_fields__]
MODULE_COLUMNS = [MODULES.c[name] for name in ("id", "course_id", "title", "description", "position", "version")]
CONTENT_COLUMNS = [
    CONTENTS.c[name]
    for name in (
        "id",
        "course_id",
        "module_id",
        "title",
        "content_type",
        "video_duration",
        "text_content",
        "text_html",
        "is_preview",
        "is_published",
        "available_after_days",
        "position",
        "created_at",
        "version",
        "media_provider",
        "media_ref",
        "file_name",
        "mime_type",
        "size_bytes",
        "captions",
    )
]
ENROLLMENT_COLUMNS = [ENROLLMENTS.c[name] for name in Enrollment.__struct_fields__]
PROGRESS_COLUMNS = [PROGRESS.c[name] for name in Progress.__struct_fields__]
PERSON_COLUMNS = [USERS.c[name] for name in Person.__struct_fields__]
LEVELS = {level.value: level for level in Level}
TYPES = {kind.value: kind for kind in ContentType}
SOURCES = {source.value: source for source in Source}


def course(row: Sequence[Any]) -> Course:
    values = list(row)
    values[8] = LEVELS[values[8]]
    return Course(*values)


def module(row: Sequence[Any]) -> Module:
    return Module(*row)


def content(row: Sequence[Any]) -> Content:
    id_, course_id, module_id, title, kind, *plain = row[:14]
    provider, ref, file_name, mime_type, size = row[14:19]
    media = None if ref is None else Media(Provider(provider), ref, file_name, mime_type, size)
    values = [id_, course_id, module_id, title, TYPES[kind], media, *plain, row[19]]
    return Content(*values)


def enrollment(row: Sequence[Any]) -> Enrollment | None:
    """None for the empty side of an outer join."""
    if row[0] is None:
        return None
    values = list(row)
    values[7] = SOURCES[values[7]]
    return Enrollment(*values)


def progress(row: Sequence[Any]) -> Progress | None:
    """None for the empty side of an outer join."""
    if row[0] is None:
        return None
    values = list(row)
    values[-1] = tuple((start, end) for start, end in values[-1])
    return Progress(*values)


def media_values(media: Media | None) -> dict[str, Any]:
    """A content's media as its columns."""
    return {
        "media_provider": media.provider.value if media else None,
        "media_ref": media.ref if media else None,
        "file_name": media.file_name if media else None,
        "mime_type": media.mime_type if media else None,
        "size_bytes": media.size_bytes if media else None,
    }
