"""Opening a lesson."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from core.actor import Actor
from core.clock import Clock
from modules.learning.domain.catalogue import Content, ContentType, Provider
from modules.learning.domain.enrolment import available_at
from modules.learning.domain.media import embed_url
from modules.learning.lessons import demand_open
from modules.learning.ports import MediaLibrary
from modules.learning.queries import ContentSight, Outline, OutlineContent, StudyQueries
from modules.learning.quiz_ports import QuizCard, QuizQueries

HOUR = 3600


class Playback(Struct, frozen=True):
    """Where the app plays or downloads from. `kind` is embed, stream or download; an embed never expires."""

    kind: str
    provider: str
    url: str
    mime_type: str | None
    expires_at: datetime | None
    captions: dict[str, str]
    """Addresses by language."""


class OpenContent(Struct, frozen=True):
    sight: ContentSight
    playback: Playback | None
    quiz: QuizCard | None


class Lock(Struct, frozen=True):
    """Why a content of an outline cannot be opened; None where it can."""

    reason: str | None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Viewing:
    queries: StudyQueries
    quizzes: QuizQueries
    library: MediaLibrary
    clock: Clock

    async def open(self, content_id: int, viewer: Actor | None) -> OpenContent:
        """The content with its playback, by the owner's permission table: a preview for anybody, else for
        administrators, the course's instructors and enrolled students.

        :raises NotFound: :raises Unauthenticated: :raises NotEnrolled: :raises EnrolmentExpired:
        :raises ContentLocked:
        """
        sight = demand_open(await self.queries.content(content_id, viewer), viewer, self.clock.now())
        quiz = None
        if sight.content.content_type is ContentType.QUIZ:
            quiz = await self.quizzes.card(content_id, viewer.user_id if viewer else 0)
        return OpenContent(sight=sight, playback=self._playback(sight.content, viewer), quiz=quiz)

    def locks(self, outline: Outline) -> dict[int, Lock]:
        """How each content of an outline stands to its viewer."""
        blocked = outline.blocked_ids()
        contents = [content for module in outline.modules for content in module.contents]
        return {content.id: self._lock(outline, content, is_blocked=content.id in blocked) for content in contents}

    def _lock(self, outline: Outline, content: OutlineContent, *, is_blocked: bool) -> Lock:
        if outline.is_staff or content.is_preview:
            return Lock(None)
        if outline.enrollment is None:
            return Lock("not_enrolled")
        now = self.clock.now()
        if not outline.enrollment.has_access(now):
            return Lock("enrolment_expired")
        opens = available_at(outline.enrollment, content.available_after_days)
        if opens > now:
            return Lock("not_yet_available", opens)
        return Lock("previous_incomplete" if is_blocked else None, opens)

    def _playback(self, content: Content, viewer: Actor | None) -> Playback | None:
        media = content.media
        if media is None:
            return None
        if media.provider is not Provider.STORAGE:
            captions = self._captions(content, viewer)
            return Playback("embed", media.provider, embed_url(media), None, None, captions)
        is_video = content.content_type is ContentType.VIDEO
        link = self.library.link(
            media.ref,
            session_id=viewer.session_id if viewer else None,
            # long enough for seeking to the end of a lesson that is paused for a while
            lifetime=(content.video_duration or 0) + HOUR,
            file_name=None if is_video else media.file_name,
        )
        kind = "stream" if is_video else "download"
        captions = self._captions(content, viewer)
        return Playback(kind, self.library.provider, link.url, media.mime_type, link.expires_at, captions)

    def _captions(self, content: Content, viewer: Actor | None) -> dict[str, str]:
        session_id, lifetime = viewer.session_id if viewer else None, (content.video_duration or 0) + HOUR
        return {
            language: self.library.link(ref, session_id=session_id, lifetime=lifetime, file_name=None).url
            for language, ref in content.captions.items()
        }
