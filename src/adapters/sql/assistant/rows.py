"""Tables of the chatbot, and how their rows become domain values."""

from collections.abc import Sequence
from typing import Any

import msgspec

from adapters.sql.models import (
    AssistantConversation,
    AssistantMessage,
    AssistantUsage,
    CoursePassages,
    IndexedContent,
    PassageRow,
)
from adapters.sql.store import table
from modules.assistant.domain.answers import Citation, Kind, Mode, Nearest
from modules.assistant.domain.conversations import Author, Conversation, Message

COURSE_VERSIONS, INDEXED, PASSAGES = table(CoursePassages), table(IndexedContent), table(PassageRow)
CONVERSATIONS, MESSAGES, USAGE = table(AssistantConversation), table(AssistantMessage), table(AssistantUsage)
CONVERSATION_COLUMNS = [CONVERSATIONS.c[name] for name in Conversation.__struct_fields__]
MESSAGE_COLUMNS = [MESSAGES.c[name] for name in Message.__struct_fields__]


def message(row: Sequence[Any]) -> Message:
    values = dict(zip(Message.__struct_fields__, row, strict=True))
    return Message(
        **{
            **values,
            "role": Author(values["role"]),
            "kind": None if values["kind"] is None else Kind(values["kind"]),
            "mode": None if values["mode"] is None else Mode(values["mode"]),
            "citations": msgspec.convert(values["citations"], tuple[Citation, ...]),
            "nearest": msgspec.convert(values["nearest"], tuple[Nearest, ...]),
        }
    )
