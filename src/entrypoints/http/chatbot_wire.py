"""Conversations with the chatbot, as the app reads them."""

from datetime import datetime

from msgspec import Struct

from entrypoints.http.wire import Ref
from modules.assistant.domain.answers import Citation, Kind, Mode, Nearest
from modules.assistant.domain.conversations import Author, Message
from modules.assistant.queries import ConversationCard


class FeedbackInfo(Struct, frozen=True):
    message_id: int
    rating: int
    reason: str


class ConversationInfo(Struct, frozen=True):
    id: int
    course_id: int
    course: Ref
    title: str
    message_count: int
    created_at: datetime
    updated_at: datetime


class MessageInfo(Struct, frozen=True):
    """A question (`role` user) or an answer (assistant). `kind` and `mode` are null in questions; `feedback` is one's
    own. A citation has a page, a second, or neither.
    """

    id: int
    conversation_id: int
    role: Author
    question_id: int | None
    content: str
    kind: Kind | None
    mode: Mode | None
    citations: list[Citation]
    nearest: list[Nearest]
    feedback: FeedbackInfo | None
    created_at: datetime


def conversation_info(card: ConversationCard) -> ConversationInfo:
    found = card.conversation
    course = Ref(found.course_id, card.course_title)
    times = (found.created_at, found.updated_at)
    return ConversationInfo(found.id, found.course_id, course, found.title, found.message_count, *times)


def message_info(found: Message) -> MessageInfo:
    return MessageInfo(
        id=found.id,
        conversation_id=found.conversation_id,
        role=found.role,
        question_id=found.question_id,
        content=found.content,
        kind=found.kind,
        mode=found.mode,
        citations=list(found.citations),
        nearest=list(found.nearest),
        feedback=None if found.rating is None else FeedbackInfo(found.id, found.rating, found.reason),
        created_at=found.created_at,
    )
