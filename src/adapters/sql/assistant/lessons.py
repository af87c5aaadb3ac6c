"""What the chatbot asks of learning: what a content says, and what somebody may open at this moment."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import bindparam, exists, or_, select

from adapters.sql.assistant.rows import INDEXED
from adapters.sql.database import Database
from adapters.sql.learning.quiz_rows import ATTEMPTS, QUIZZES
from adapters.sql.learning.rows import CONTENTS, ENROLLMENTS
from core.actor import Actor
from core.clock import Clock
from modules.assistant.domain.conversations import Sight
from modules.assistant.ports import Source
from modules.learning.domain.catalogue import ContentType, Provider
from modules.learning.queries import Outline
from modules.learning.viewing import Lock

SOURCE = select(
    CONTENTS.c.id,
    CONTENTS.c.course_id,
    CONTENTS.c.version,
    CONTENTS.c.content_type,
    CONTENTS.c.text_content,
    CONTENTS.c.media_provider,
    CONTENTS.c.media_ref,
    CONTENTS.c.mime_type,
    CONTENTS.c.captions,
).where(CONTENTS.c.id == bindparam("id"), CONTENTS.c.is_published)
STALE = (
    select(CONTENTS.c.id)
    .outerjoin(INDEXED, INDEXED.c.content_id == CONTENTS.c.id)
    .where(
        or_(
            CONTENTS.c.is_published & (INDEXED.c.content_id.is_(None) | (INDEXED.c.version != CONTENTS.c.version)),
            ~CONTENTS.c.is_published & INDEXED.c.content_id.is_not(None),
        )
    )
    .order_by(CONTENTS.c.id)
    .limit(bindparam("limit"))
)
PUBLISHED = select(CONTENTS.c.id).where(CONTENTS.c.is_published).order_by(CONTENTS.c.id)
HAS_ATTEMPT = select(
    exists()
    .where(ATTEMPTS.c.status == "open", ATTEMPTS.c.enrollment_id == ENROLLMENTS.c.id)
    .where(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id"))
    .where(QUIZZES.c.id == ATTEMPTS.c.quiz_id)
)


class ShowsOutlines(Protocol):
    async def outline(self, course_id: int, viewer: Actor | None) -> Outline | None: ...


class SqlLessons:
    """`locks` is learning's own rule of what may be opened."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        outlines: ShowsOutlines,
        locks: Callable[[Outline], Mapping[int, Lock]],
    ) -> None:
        self._database = database
        self._clock = clock
        self._outlines = outlines
        self._locks = locks

    async def source(self, content_id: int) -> Source | None:
        row = await self._database.row(SOURCE, {"id": content_id})
        if row is None:
            return None
        id_, course_id, version, kind, text, provider, ref, mime_type, captions = row
        is_document = kind == ContentType.DOCUMENT.value and provider == Provider.STORAGE.value
        return Source(
            content_id=id_,
            course_id=course_id,
            version=version,
            text=text if kind == ContentType.TEXT.value else "",
            document_ref=ref if is_document else None,
            mime_type=mime_type,
            caption_refs=tuple(captions.values()) if kind == ContentType.VIDEO.value else (),
        )

    async def stale(self, limit: int) -> list[int]:
        return [int(row[0]) for row in await self._database.rows(STALE, {"limit": limit})]

    async def published(self) -> list[int]:
        return [int(row[0]) for row in await self._database.rows(PUBLISHED)]

    async def sight(self, course_id: int, actor: Actor) -> Sight | None:
        outline = await self._outlines.outline(course_id, actor)
        if outline is None:
            return None
        locks = self._locks(outline)
        attempt: Any = await self._database.row(HAS_ATTEMPT, {"user_id": actor.user_id, "course_id": course_id})
        return Sight(
            is_staff=outline.is_staff,
            is_enrolled=outline.enrollment is not None,
            has_access=outline.enrollment is not None and outline.enrollment.has_access(self._clock.now()),
            has_attempt=bool(attempt and attempt[0]),
            open_contents=frozenset(content_id for content_id, lock in locks.items() if lock.reason is None),
        )
