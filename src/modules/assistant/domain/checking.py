"""What of a model's words may be said: sentences that name the passage they are from, and that it can bear."""

import re
from collections.abc import Iterator, Sequence

from core.text import readable
from modules.assistant.domain.answers import Citation, Hit, citation
from modules.assistant.domain.bearing import Claim, Source
from modules.assistant.domain.prompting import MOST_SHOWN, NOTHING

LONGEST_ANSWER = 4_000
"""Characters; what comes after them is not read."""
_NUMBERS = r"\[\d{1,3}(?:\s?,\s?\d{1,3})*\]"
_CITED = re.compile(_NUMBERS)
_ENDS = re.compile(rf"[.!?।॥…][\"'”’)*_]*(?:\s?{_NUMBERS})*\s+(?=[^\s\[])")
_LONGEST_END = 80
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:e\.g|i\.e|[ap]\.m|rs|dr|mr|mrs|ms|no|fig|vs|approx|prof|st|डॉ|रु|प्रो)$", re.IGNORECASE
)
_ORNAMENT = re.compile(r"^[-*•#>\s]+|^\d{1,2}[.)]\s+|\*\*|__|`")
_BEFORE_MARK = re.compile(r"\s+([.!?।॥…,;:])")
_THINKS, _HAS_THOUGHT = "<think>", "</think>"


class Checker:
    """Takes words as they come, and gives the sentences that may be said as soon as they are whole."""

    def __init__(self, hits: Sequence[Hit]) -> None:
        self._hits = hits[:MOST_SHOWN]
        self._sources = [Source(hit) for hit in self._hits]
        self._waiting = ""
        self._seen = 0
        self._length = 0
        self._numbers = dict[int, int]()
        self._citations = list[Citation]()
        self._said = list[str]()
        self._gave_up = False

    @property
    def content(self) -> str:
        return " ".join(self._said)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Of what may be said, numbered in that order; their snippets are the passages' own words."""
        return tuple(self._citations)

    @property
    def has_given_up(self) -> bool:
        """It says that the passages do not answer, and nothing else that could be said."""
        return self._gave_up and not self._said

    def feed(self, text: str) -> Iterator[str]:
        """What it thinks aloud at the beginning is not heard; a line's end ends a sentence."""
        self._waiting += readable(text)
        if self._waiting.startswith(_THINKS[: len(self._waiting)]) and not self._said:
            _, has_thought, rest = self._waiting.partition(_HAS_THOUGHT)
            if not has_thought:
                return
            self._waiting = rest.lstrip()
        self._waiting = self._waiting.lstrip()
        while (end := self._end()) is not None:
            sentence, self._waiting = self._waiting[:end], self._waiting[end:].lstrip()
            self._seen = 0
            yield from self._judged(sentence)
        self._seen = max(0, len(self._waiting) - _LONGEST_END)

    def finish(self) -> Iterator[str]:
        """The last sentence, which nothing follows."""
        sentence, self._waiting = self._waiting, ""
        yield from self._judged(sentence)

    def _end(self) -> int | None:
        """Where the first sentence of what waits ends."""
        line = self._waiting.find("\n", self._seen)
        for found in _ENDS.finditer(self._waiting, self._seen):
            if 0 <= line < found.end():
                break
            if not _ABBREVIATION.search(self._waiting, max(0, found.start() - 10), found.start()):
                return found.end()
        return line + 1 if line >= 0 else None

    def _judged(self, sentence: str) -> Iterator[str]:
        self._length += len(sentence)
        plain = _BEFORE_MARK.sub(r"\1", _ORNAMENT.sub("", _CITED.sub("", sentence)).strip())
        self._gave_up |= plain.lstrip("\"'“(*").startswith(NOTHING)
        named = [int(number) for group in _CITED.findall(sentence) for number in re.findall(r"\d+", group)]
        valid = [number - 1 for number in dict.fromkeys(named) if 1 <= number <= len(self._hits)]
        if self._length > LONGEST_ANSWER or not valid or NOTHING in plain or _THINKS in plain:
            return
        claim = Claim(plain)
        if not claim.is_borne_by([self._sources[place] for place in valid]):
            return
        numbers = "".join(f"[{self._numbered(place, claim)}]" for place in valid)
        said = f"{plain} {numbers}"
        yield f" {said}" if self._said else said
        self._said.append(said)

    def _numbered(self, place: int, claim: Claim) -> int:
        if place not in self._numbers:
            number = self._numbers[place] = len(self._numbers) + 1
            nearest = self._sources[place].nearest(claim)
            self._citations.append(citation(number, self._hits[place], nearest))
        return self._numbers[place]
