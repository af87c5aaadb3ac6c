"""What people read of the chatbot: students their own conversations, its course's staff how well it serves."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.paging import Page, PageRequest
from modules.assistant.domain.answers import Citation
from modules.assistant.domain.conversations import Conversation, Message, UnansweredQuestion


class ConversationCard(Struct, frozen=True):
    conversation: Conversation
    course_title: str


class DislikedAnswer(Struct, frozen=True):
    """An answer that did not help, and why not, if its reader said so; by whom, nobody is told."""

    id: int
    course_id: int
    question: str
    answer: str
    citations: tuple[Citation, ...]
    reason: str
    answered_at: datetime


class IndexedLesson(Struct, frozen=True):
    """A published content and its passages. None of them: it has no words that could be read, such as a scanned page
    or a video without captions. `is_current` is False while its last change waits for the worker.
    """

    content_id: int
    title: str
    content_type: str
    passage_count: int
    is_current: bool
    indexed_at: datetime | None


class AssistantQueries(Protocol):
    async def conversations(self, request: PageRequest, user_id: int, course_id: int | None) -> Page[ConversationCard]:
        """One's own, the last one that was used first."""
        ...

    async def conversation(self, conversation_id: int, user_id: int) -> ConversationCard | None: ...

    async def messages(self, request: PageRequest, conversation_id: int, user_id: int) -> Page[Message]:
        """Newest first."""
        ...

    async def message(self, message_id: int, user_id: int) -> Message | None: ...


class Oversight(Protocol):
    """Of one course; whoever asks has made sure that they teach it."""

    async def unanswered(
        self, request: PageRequest, course_id: int, *, is_drafted: bool | None
    ) -> Page[UnansweredQuestion]:
        """What students have asked in vain, newest first; what staff only tried is not among it."""
        ...

    async def disliked(self, request: PageRequest, course_id: int) -> Page[DislikedAnswer]:
        """Newest first."""
        ...

    async def lessons(self, request: PageRequest, course_id: int, *, has_passages: bool | None) -> Page[IndexedLesson]:
        """What is published, but for quizzes, by the ids."""
        ...

    async def question(self, message_id: int) -> str | None:
        """That a message answers; for the house itself."""
        ...
