"""Answering from passages: by a language model if there is one and it may be asked, else by quoting."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass

from msgspec.structs import replace

from core.errors import Unavailable
from core.ids import Randomness
from modules.assistant.domain.answers import UNKNOWN, Began, Hit, Kind, Mode, Reply, Said, Tell, nearest, reply
from modules.assistant.domain.checking import Checker
from modules.assistant.domain.prompting import Prompt, prompt
from modules.assistant.ports import Engine, Spent

WORTH_ASKING = 0.3
"""A model understands what retrieval is not certain of; passages that are further away it would only pay for."""
BYTES_OF_A_TOKEN = 4
"""About: for a model that does not tell what it took."""
FENCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Answering:
    """`daily_tokens` is what all answers of a day may take; parallel ones may pass it by themselves."""

    engine: Engine | None
    daily_tokens: int
    randomness: Randomness

    @property
    def takes_tokens(self) -> bool:
        return self.engine is not None

    async def answer(
        self, question: str, before: str | None, hits: Sequence[Hit], *, hints_only: bool, spent: int, tell: Tell
    ) -> Reply:
        """What is said, told while it is found. A hint never comes from a model, and whatever is wrong with one makes
        the answer a quoted one, which says so by its mode.
        """
        quoted = reply(hits, hints_only=hints_only)
        if self.engine is None or hints_only or not hits or hits[0].certainty < WORTH_ASKING:
            return _told(quoted, tell)
        if spent >= self.daily_tokens:
            return _told(replace(quoted, mode=Mode.FALLBACK), tell)
        asked = prompt(question, before, hits, self.randomness.token(FENCE_BYTES))
        checker, usage = Checker(hits), _Usage(asked)
        tell(Began(Mode.MODEL))
        try:
            await _heard(self.engine, asked, checker, usage, tell)
        except Unavailable:
            return _told(replace(quoted, mode=Mode.FALLBACK, tokens=usage.tokens), tell)
        return _of_model(checker, hits, quoted, usage.tokens, tell)


class _Usage:
    """What an answer took: as the model says, else by its length."""

    def __init__(self, asked: Prompt) -> None:
        self._bytes = len(f"{asked.instructions}{asked.question}".encode())
        self._told: int | None = None
        self._has_begun = False

    def count(self, part: str | Spent) -> None:
        self._has_begun = True
        if isinstance(part, Spent):
            self._told = part.tokens
        else:
            self._bytes += len(part.encode())

    @property
    def tokens(self) -> int:
        if self._told is not None:
            return self._told
        return self._bytes // BYTES_OF_A_TOKEN if self._has_begun else 0


async def _heard(engine: Engine, asked: Prompt, checker: Checker, usage: _Usage, tell: Tell) -> None:
    async with aclosing(engine.answer(asked)) as parts:
        async for part in parts:
            usage.count(part)
            if isinstance(part, str):
                for said in checker.feed(part):
                    tell(Said(said))
    for said in checker.finish():
        tell(Said(said))


def _of_model(checker: Checker, hits: Sequence[Hit], quoted: Reply, tokens: int, tell: Tell) -> Reply:
    if checker.content:
        return Reply(Kind.ANSWER, checker.content, checker.citations, (), Mode.MODEL, tokens)
    if checker.has_given_up:
        tell(Said(UNKNOWN))
        return Reply(Kind.NO_ANSWER, UNKNOWN, (), nearest(hits), Mode.MODEL, tokens)
    return _told(replace(quoted, mode=Mode.FALLBACK, tokens=tokens), tell)  # nothing of it could be relied on


def _told(said: Reply, tell: Tell) -> Reply:
    tell(Began(said.mode))
    for place, paragraph in enumerate(said.content.split("\n\n")):
        tell(Said(f"\n\n{paragraph}" if place else paragraph))
    return said
