"""How the texts of a course are cut into passages that can be found and cited."""

import re
from collections.abc import Iterable

from msgspec import Struct

FEWEST_WORDS, MOST_WORDS = 200, 300
"""A passage ends with the sentence that makes it this long, and is never longer than that."""
MOST_PASSAGES = 2_000
"""Of one content: about a thousand pages."""
_END = re.compile(r"(?:(?<=[.!?।॥])|(?<=[.!?।॥][\"'”’)\]]))\s+|\n+")
_BLANKS = re.compile(r"[ \t\r\f\v\u00a0]+")


class Sentence(Struct, frozen=True):
    """`second`: when it is said in a video."""

    text: str
    second: int | None = None


class Section(Struct, frozen=True):
    """What stands under one heading, on one page."""

    heading: str
    sentences: tuple[Sentence, ...]
    page: int | None = None


class Passage(Struct, frozen=True):
    """200 to 300 words in a row, unless the text is shorter. `heading` is that of its beginning."""

    heading: str
    page: int | None
    sentences: tuple[Sentence, ...]


def sentences(text: str) -> tuple[Sentence, ...]:
    """The sentences of a text, in English and in Hindi; a line ends one, too. What has no end is cut by words."""
    parts = (_BLANKS.sub(" ", part).strip() for part in _END.split(text))
    return tuple(Sentence(piece) for part in parts if part for piece in _pieces(part))


def passages(sections: Iterable[Section]) -> list[Passage]:
    """Sections in a row share a passage while they are short and on one page."""
    made: list[Passage] = []
    heading, page, waiting, length = "", None, list[Sentence](), 0

    def end() -> None:
        nonlocal waiting, length
        if waiting and len(made) < MOST_PASSAGES:
            made.append(Passage(heading, page, tuple(waiting)))
        waiting, length = [], 0

    for section in sections:
        if waiting and section.page != page:
            end()
        for sentence in section.sentences:
            words = len(sentence.text.split())
            if length >= FEWEST_WORDS or length + words > MOST_WORDS:
                end()
            if not waiting:
                heading, page = section.heading, section.page
            waiting.append(sentence)
            length += words
    end()
    return made


def _pieces(sentence: str) -> list[str]:
    words = sentence.split(" ")
    return [" ".join(words[start : start + MOST_WORDS]) for start in range(0, len(words), MOST_WORDS)]
