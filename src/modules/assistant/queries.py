"""What people read of the chatbot: their own conversations."""

from typing import Protocol

from msgspec import Struct

from core.paging import Page, PageRequest
from modules.assistant.domain.conversations import Conversation, Message


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

    async def message(self, message_id: int, user_id: int) -> Message | None: ...
