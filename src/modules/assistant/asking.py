"""Asking, and being answered by what the course says."""

import math
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound
from core.idempotency import Once
from core.text import words
from core.transaction import Begin
from modules.assistant.answering import Answering
from modules.assistant.conversing import own
from modules.assistant.domain.answers import FLOOR, Hit, Tell, silently
from modules.assistant.domain.conversations import DAILY, DAY, Conversation, DailyLimit, Sight, demand_entry, title_of
from modules.assistant.ports import ConversationStore, Lessons, Passages, Ranking

MOST_HITS = 8


@dataclass(frozen=True, slots=True)
class Asking:
    begin: Begin[ConversationStore]
    lessons: Lessons
    passages: Passages
    ranking: Ranking
    answering: Answering
    clock: Clock

    async def ask(
        self, actor: Actor, conversation_id: int, question: str, *, once: Once | None = None, tell: Tell = silently
    ) -> int:
        """The answer's id; what is said is told before it is kept, and not at all if it was already. What may be
        opened is asked anew for each question, and nothing else is ranked.

        :raises Invalid: it has no word.
        :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: :raises DailyLimit:
        """
        if not words(question):
            raise Invalid.field("question", "Ask in words.")
        began = self.clock.now()
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            conversation = await own(store, actor, conversation_id)
            before = await store.last_question(conversation_id)
            await self._demand_pace(store, actor)
            usage_id = await store.count(actor.user_id)
            spent = await store.spent_since(began - DAY) if self.answering.takes_tokens else 0
        sight = await self.lessons.sight(conversation.course_id, actor)
        if sight is None:
            raise NotFound
        demand_entry(sight)
        hits = await self._hits(conversation, sight, question, before)
        hints_only = sight.has_attempt and not sight.is_staff
        found = await self.answering.answer(question, before, hits, hints_only=hints_only, spent=spent, tell=tell)
        if found.tokens is not None:
            async with self.begin() as store:  # by itself: it is spent, even if the conversation is gone
                await store.count_tokens(usage_id, found.tokens)
        async with self.begin() as store:
            conversation = await own(store, actor, conversation_id)  # locked: parallel repeats come one by one
            if known := await store.answered(once, int):
                return known
            took = int((self.clock.now() - began).total_seconds() * 1000)
            answer_id = await store.add_turn(conversation, question, found, latency_ms=took, title=title_of(question))
            await store.answer(once, answer_id)
            return answer_id

    async def _hits(self, conversation: Conversation, sight: Sight, question: str, before: str | None) -> list[Hit]:
        """A short question may go on from the one before it: “And in the past?” Else it stands for itself."""
        course_id, among = conversation.course_id, sight.open_contents
        version = await self.passages.version(course_id)
        best = partial(self.ranking.best, course_id, version, self.passages.of_course, question)
        if before is not None:
            together = await best(among=among, limit=MOST_HITS, after=before)
            if together and together[0].certainty >= FLOOR:
                return together
        return await best(among=among, limit=MOST_HITS)

    async def _demand_pace(self, store: ConversationStore, actor: Actor) -> None:
        first = await store.asked_at(actor.user_id, DAILY - 1)
        if first is not None and (over := first + DAY - self.clock.now()) > timedelta():
            raise DailyLimit(retry_after=math.ceil(over.total_seconds()))
