"""What people read of the chatbot: their own conversations."""

from typing import Protocol

from msgspec import Struct

from core.paging import Page, PageRequest
from modules.assistant.domain.conversations import Conversation, Message, UnansweredQuestion


class ConversationCard(Struct, frozen=True):
    conversation: Conversation
    course_title: str


class AssistantQueries(Protocol):
    async def conversations(self, request: PageRequest, user_id: int, course_id: int | None) -> Page[ConversationCard]:
        """One's own, the last one that was used first."""
        ...

    async def conversation(self, conversation_id: int, user_id: int) -> ConversationCard | None: ...

    async def messages(self, request: PageRequest, conversation_id: int, user_id: int) -> Page[Message]:
        """Newest first."""
        ...

    async def unanswered(
        self, request: PageRequest, course_id: int, *, is_drafted: bool | None
    ) -> Page[UnansweredQuestion]:
        """What the course's lessons do not say, newest first; whoever asks has made sure that they teach it."""
        ...

    async def question(self, message_id: int) -> str | None:
        """That a message answers; for the house itself."""
        ...

    async def message(self, message_id: int, user_id: int) -> Message | None: ...
