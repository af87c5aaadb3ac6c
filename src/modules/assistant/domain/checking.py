"""What of a model's words may be said: sentences that name the passage they are from, and that it can bear."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from core.text import words
from modules.assistant.domain.answers import Citation, Hit, citation
from modules.assistant.domain.prompting import MOST_SHOWN, NOTHING

LONGEST_ANSWER = 4_000
"""Characters; what comes after them is not read."""
BORNE = 1 / 3
"""How much of a sentence's words its passages must have, if both are written in one script; the question's count, too.
A translation shares no words with its passage: there only numbers and addresses can be compared.
"""
SHORTEST_TELLING, STEM = 4, 5
_NUMBERS = r"\[\d{1,3}(?:\s*,\s*\d{1,3})*\]"
_CITED = re.compile(_NUMBERS)
_ENDS = re.compile(rf"(?<![.\s][A-Za-z])[.!?।॥][\"'”’)]*(?:\s*{_NUMBERS})*\s+(?=[^\s\[])|\n+(?=[^\s\[])")
_ORNAMENT = re.compile(r"^\s*(?:[-*•#>]+|\d{1,2}[.)])\s+|\*\*|`")
_BEFORE_MARK = re.compile(r"\s+([.!?।॥,;:])")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\b[\w.+-]+@[\w-]+\.\w+|\]\(", re.IGNORECASE)
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")


class Checker:
    """Takes words as they come, and gives the sentences that may be said as soon as they are whole."""

    def __init__(self, question: str, hits: Sequence[Hit]) -> None:
        self._question = question
        self._hits = hits[:MOST_SHOWN]
        self._waiting = ""
        self._length = 0
        self._numbers = dict[int, int]()
        self._citations = list[Citation]()
        self._said = list[str]()

    @property
    def content(self) -> str:
        return " ".join(self._said)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Of what may be said, numbered in that order; their snippets are the passages' own words."""
        return tuple(self._citations)

    @property
    def has_given_up(self) -> bool:
        """It says that the passages do not answer; known at the end."""
        return not self._said and self._waiting.strip().strip(".\"'").startswith(NOTHING)

    def feed(self, text: str) -> Iterator[str]:
        text = text[: LONGEST_ANSWER - self._length]
        self._length += len(text)
        self._waiting += text
        while found := _ENDS.search(self._waiting):
            sentence, self._waiting = self._waiting[: found.end()], self._waiting[found.end() :]
            yield from self._judged(sentence)

    def finish(self) -> Iterator[str]:
        """The last sentence, which nothing follows."""
        if not self.has_given_up:
            yield from self._judged(self._waiting)
            self._waiting = ""

    def _judged(self, sentence: str) -> Iterator[str]:
        named = [int(number) for group in _CITED.findall(sentence) for number in re.findall(r"\d+", group)]
        valid = [number - 1 for number in dict.fromkeys(named) if 1 <= number <= len(self._hits)]
        plain = _BEFORE_MARK.sub(r"\1", _ORNAMENT.sub("", _CITED.sub("", sentence).strip())).strip()
        if not valid or not words(plain) or not self._is_borne(plain, [self._hits[place] for place in valid]):
            return
        numbers = "".join(f"[{self._numbered(place, plain)}]" for place in valid)
        said = f"{plain} {numbers}"
        yield f" {said}" if self._said else said
        self._said.append(said)

    def _is_borne(self, sentence: str, by: Sequence[Hit]) -> bool:
        source = " ".join(_text(hit) for hit in by)
        if any(address not in source for address in _ADDRESS.findall(sentence)):
            return False
        if not _figures(sentence) <= _figures(source) | _figures(self._question):
            return False
        if _is_latin(sentence) != _is_latin(source):
            return True
        own, known = _telling(sentence), _telling(source) | _telling(self._question)
        return not own or len(own & known) >= BORNE * len(own)

    def _numbered(self, place: int, sentence: str) -> int:
        if place not in self._numbers:
            number = self._numbers[place] = len(self._numbers) + 1
            self._citations.append(citation(number, self._hits[place], _nearest(self._hits[place], sentence)))
        return self._numbers[place]


def _text(hit: Hit) -> str:
    return f"{hit.title} {hit.heading} {' '.join(sentence.text for sentence in hit.sentences)}"


def _nearest(hit: Hit, sentence: str) -> int:
    """The place of the passage's sentence that says the most of it; of a translation, the question's."""
    own = _telling(sentence)
    shared = [len(own & _telling(one.text)) for one in hit.sentences]
    best = max(range(len(shared)), key=shared.__getitem__)
    return best if shared[best] else max(range(len(shared)), key=hit.sentence_scores.__getitem__)


def _telling(text: str) -> set[str]:
    """Words that say something, without their endings."""
    return {word[:STEM] for word in words(text) if len(word) >= SHORTEST_TELLING}


def _figures(text: str) -> set[str]:
    """Numbers, in whatever digits and with whatever commas they are written."""
    plain = "".join(str(unicodedata.digit(letter, 0)) if letter.isdigit() else letter for letter in text)
    return {figure.replace(",", "").rstrip(".") for figure in _FIGURE.findall(plain)}


def _is_latin(text: str) -> bool:
    """Whether most of its letters are."""
    letters = [letter for letter in text if letter.isalpha()]
    return 2 * sum(letter.isascii() for letter in letters) >= len(letters)
