"""What of a model's words may be said: sentences that name the passage they are from, and that it can bear."""

import re
from collections.abc import Iterator, Sequence

from core.text import readable, words
from modules.assistant.domain.answers import Citation, Hit, citation
from modules.assistant.domain.bearing import Claim, Source
from modules.assistant.domain.prompting import MOST_SHOWN

LONGEST_ANSWER = 4_000
"""Characters; what comes after them is not read."""
_NUMBER = r"\[\s?(?:(?:passages?|sources?):?\s?)?[#^]?\d{1,3}(?:\s?(?:[,;–-]|and)\s?\d{1,3})*\s?\]"
_NUMBERS = rf"(?>{_NUMBER}(?:\s?(?:(?:[,;&–-]|and|और)\s?)?{_NUMBER})*)"  # atomic: a hostile row of them is read once
_CITED = re.compile(_NUMBERS, re.IGNORECASE)
_ENDS = re.compile(
    rf"(?:[.!?।॥…。]|(?<=[\u0900-\u097f])\|)[\"'”’»)\]*_~`]*(?:\s?[*(]{{0,3}}{_NUMBERS}[*)]{{0,3}}\.?)?\s+(?=[^\s\[*(]|[*(]{{1,3}}[^\s\[*(]|\[[^\s\d#^psPS])",
    re.IGNORECASE,
)
_LONGEST_END = 200
_ABBREVIATION = re.compile(r"(?:^|[\s(])(?:e\.g|i\.e|[ap]\.m|rs|dr|mr|mrs|ms|vs|prof|डॉ|रु|प्रो)$", re.IGNORECASE)
_BEFORE_FIGURE = re.compile(r"(?:^|[\s(])(?:no|fig|ch|sec|max|min|approx|vol|st)$", re.IGNORECASE)
_ORNAMENT = re.compile(r"^[-*•#>\s]+|^(?:step\s|चरण\s)?\(?\d{1,2}[.):]\s+|\*\*|__|`|\(\s*(?:see)?\s*\)", re.IGNORECASE)
_BEFORE_MARK = re.compile(r"(?<!\s)\s+([.!?।॥…,;:])")
_ENDED = tuple(".!?।॥…。|\"'”’»)]*_~`")
_GIVING_UP = re.compile(r"\bNO\\?_ANSWER\b|^\W*no answer\W*$", re.IGNORECASE)
_THINKS, _HAS_THOUGHT = re.compile(r"\s*<think(?:ing)?>", re.IGNORECASE), re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_BRACKETS = str.maketrans("【】［］", "[][]")


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
        self._uncited = ""

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
        return self._gave_up

    def feed(self, text: str) -> Iterator[str]:
        """What it thinks aloud at the beginning is not heard; a line's end ends a sentence."""
        if self._length > LONGEST_ANSWER:
            return
        self._waiting += readable(text).translate(_BRACKETS)
        while not self._said and _may_think(self._waiting):
            thought = _HAS_THOUGHT.search(self._waiting)
            if thought is None:
                return
            self._waiting = self._waiting[thought.end() :]
        self._waiting = self._waiting.lstrip()
        while (end := self._end()) is not None:
            sentence, self._waiting = self._waiting[:end], self._waiting[end:].lstrip()
            self._seen = 0
            yield from self._judged(sentence)
        self._seen = max(0, len(self._waiting) - _LONGEST_END)

    def finish(self) -> Iterator[str]:
        """The last sentence, which nothing follows; not one that was cut."""
        sentence, self._waiting = self._waiting.rstrip(), ""
        if sentence.endswith(_ENDED) or _GIVING_UP.search(sentence):
            yield from self._judged(sentence)

    def _end(self) -> int | None:
        """Where the first sentence of what waits ends."""
        line = self._waiting.find("\n", self._seen)
        for found in _ENDS.finditer(self._waiting, self._seen):
            if 0 <= line < found.end():
                break
            if not self._goes_on(found.start(), found.end()):
                return found.end()
        return line + 1 if line >= 0 else None

    def _goes_on(self, mark: int, following: int) -> bool:
        """A full stop after an abbreviation, or before a small letter, ends nothing."""
        if self._waiting[mark] != "." or "[" in self._waiting[mark:following]:
            return False
        before, after = self._waiting[max(0, mark - 10) : mark], self._waiting[following]
        if _ABBREVIATION.search(before) or (after.isascii() and after.islower()):
            return True
        return after.isdigit() and _BEFORE_FIGURE.search(before) is not None

    def _judged(self, sentence: str) -> Iterator[str]:
        self._length += len(sentence)
        if self._length > LONGEST_ANSWER or self._gave_up:
            return
        named = [int(number) for group in _CITED.findall(sentence) for number in re.findall(r"\d+", group)]
        uncited = _CITED.sub("", sentence)
        if named and self._uncited and not words(uncited):  # its numbers stand on a line of their own
            uncited = self._uncited
        self._uncited = "" if named else uncited
        plain = " ".join(_BEFORE_MARK.sub(r"\1", _ORNAMENT.sub("", uncited.strip())).split()).lstrip(".,")
        if _GIVING_UP.search(plain):
            self._gave_up = not self._said
            return
        valid = [number - 1 for number in dict.fromkeys(named) if 1 <= number <= len(self._hits)]
        if (
            not valid
            or _HAS_THOUGHT.search(plain)
            or _THINKS.search(plain)
            or (_CITED.match(sentence) and words(_CITED.sub("", sentence)))
        ):
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


def _may_think(text: str) -> bool:
    """Whether it begins so, as far as it has come."""
    begun = text.lstrip()[:10].casefold()
    return bool(_THINKS.match(text)) or any(mark.startswith(begun) for mark in ("<think>", "<thinking>"))
