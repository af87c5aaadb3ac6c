"""Conversations: begun, renamed, removed; and what students think of the answers."""

from dataclasses import dataclass

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.idempotency import Once
from core.transaction import Begin
from modules.assistant.domain.conversations import Author, Conversation, Unanswered, demand_entry, title_of
from modules.assistant.ports import ConversationStore, Lessons


@dataclass(frozen=True, slots=True)
class Conversing:
    """:raises NotFound: from each of them."""

    begin: Begin[ConversationStore]
    lessons: Lessons
    clock: Clock

    async def start(self, actor: Actor, course_id: int, *, title: str, once: Once | None = None) -> int:
        """:raises NotEnrolled: :raises EnrolmentExpired:"""
        sight = await self.lessons.sight(course_id, actor)
        if sight is None:
            raise NotFound
        demand_entry(sight)
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            made = await store.add_conversation(actor.user_id, course_id, title_of(title))
            await store.answer(once, made.id)
            return made.id

    async def rename(self, actor: Actor, conversation_id: int, title: str) -> None:
        async with self.begin() as store:
            await own(store, actor, conversation_id)
            await store.rename(conversation_id, title_of(title))

    async def remove(self, actor: Actor, conversation_id: int) -> None:
        """With all that was asked and answered in it."""
        async with self.begin() as store:
            await own(store, actor, conversation_id)
            await store.remove(conversation_id)

    async def rate(self, actor: Actor, conversation_id: int, message_id: int, *, rating: int, reason: str) -> None:
        """Say that an answer was good (1) or bad (-1); the last word counts.

        :raises Unanswered: it is a question.
        """
        async with self.begin() as store:
            await own(store, actor, conversation_id)
            message = await store.message(conversation_id, message_id)
            if message is None:
                raise NotFound
            if message.role is not Author.ASSISTANT:
                raise Unanswered
            await store.rate(message_id, rating, reason)

    async def forget(self, store: ConversationStore, user_id: int) -> None:
        """Reaction within the erasure of an account."""
        await store.forget(user_id)


async def own(store: ConversationStore, actor: Actor, conversation_id: int) -> Conversation:
    """:raises NotFound: there is none, or it is somebody else's."""
    found = await store.conversation(conversation_id, actor.user_id)
    if found is None:
        raise NotFound
    return found
