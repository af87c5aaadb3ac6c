"""What the chatbot needs from the outside."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.events import Emits
from core.idempotency import Remembers
from modules.assistant.domain.answers import Hit, Reply
from modules.assistant.domain.conversations import Conversation, Message, Sight, UnansweredQuestion
from modules.assistant.domain.passages import Passage, Section
from modules.assistant.domain.prompting import Prompt


class Source(Struct, frozen=True):
    """Asked of learning: a content as it is published, and where its words are. `version` tells its changes."""

    content_id: int
    course_id: int
    version: int
    text: str
    document_ref: str | None
    mime_type: str | None
    caption_refs: tuple[str, ...]


class IndexedPassage(Struct, frozen=True):
    """A passage with the title of its content."""

    content_id: int
    title: str
    passage: Passage


class Lessons(Protocol):
    """Asked of learning."""

    async def source(self, content_id: int) -> Source | None:
        """None for what is not published, or is gone."""
        ...

    async def stale(self, limit: int) -> list[int]:
        """Contents whose passages are not those of what is published now."""
        ...

    async def published(self) -> list[int]: ...

    async def sight(self, course_id: int, actor: Actor) -> Sight | None:
        """None if there is no such course."""
        ...


class Texts(Protocol):
    async def sections(self, source: Source) -> list[Section]:
        """What the content says; what cannot be read of it is left out.

        :raises Unavailable: the file store is away.
        """
        ...


class IndexStore(Protocol):
    async def replace(self, source: Source, passages: Sequence[Passage]) -> bool:
        """The content's passages are these; False if it was changed or taken away meanwhile."""
        ...

    async def drop(self, content_id: int) -> None: ...


class Passages(Protocol):
    async def version(self, course_id: int) -> int:
        """Changes whenever a passage of the course does; 0 if it has none."""
        ...

    async def of_course(self, course_id: int) -> list[IndexedPassage]: ...


class Ranking(Protocol):
    async def best(
        self,
        course_id: int,
        version: int,
        load: Callable[[int], Awaitable[list[IndexedPassage]]],
        question: str,
        *,
        among: Collection[int],
        limit: int,
        after: str | None = None,
    ) -> list[Hit]:
        """The passages of these contents that say the most of what is asked, best first. What `load` gives is kept
        for this version of the course. With `after`, the question before it, only if this one goes on from that.
        """
        ...


class Spent(Struct, frozen=True):
    """The tokens of an answer, with its prompt."""

    tokens: int


class Engine(Protocol):
    """A language model."""

    def answer(self, prompt: Prompt) -> AsyncGenerator[str | Spent, None]:
        """Its words as they come; at last what they took, if it tells.

        :raises Unavailable: at any time, also in the middle of it.
        """
        ...


class ConversationStore(Emits, Remembers, Protocol):
    async def conversation(self, conversation_id: int, user_id: int) -> Conversation | None:
        """One's own; locked."""
        ...

    async def add_conversation(self, user_id: int, course_id: int, title: str) -> Conversation: ...

    async def rename(self, conversation_id: int, title: str) -> None: ...

    async def remove(self, conversation_id: int) -> None: ...

    async def add_turn(
        self, conversation: Conversation, question: str, reply: Reply, *, latency_ms: int, title: str
    ) -> int:
        """The answer's id. The conversation takes this title if it has none."""
        ...

    async def asked_at(self, user_id: int, later: int) -> datetime | None:
        """When they asked the question after which so many came; also in conversations that are gone, for two days."""
        ...

    async def count(self, user_id: int) -> int:
        """One more question, whatever becomes of its conversation; what `count_tokens` wants."""
        ...

    async def count_tokens(self, usage_id: int, tokens: int) -> None: ...

    async def spent_since(self, since: datetime) -> int:
        """Tokens, of everybody's answers."""
        ...

    async def last_question(self, conversation_id: int) -> str | None: ...

    async def message(self, conversation_id: int, message_id: int) -> Message | None: ...

    async def rate(self, message_id: int, rating: int, reason: str) -> None: ...

    async def forget(self, user_id: int) -> None: ...


class UnansweredStore(Emits, Protocol):
    async def unanswered(self, message_id: int) -> UnansweredQuestion | None:
        """Locked."""
        ...

    async def group_of(self, course_id: int) -> int | None:
        """Asked of community."""
        ...

    async def mark_drafted(self, message_id: int, at: datetime) -> None: ...
