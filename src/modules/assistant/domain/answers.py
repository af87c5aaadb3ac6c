"""What the chatbot says: the best sentences of the best passages, with where they stand; or that it does not know."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from msgspec import Struct

from modules.assistant.domain.passages import Sentence

MOST_CITED = 3
MOST_SENTENCES = 4
FEWEST_WORDS = 20
"""A shorter quote goes on with what follows it: “Do not say so.” says nothing."""
NEAREST = 3
FLOOR = 0.88
"""How certain it must be that a passage answers: below it, it does not know. Found on the tuned half of the evaluation
(docs/chatbot.md): to be right is worth more than to answer.
"""
GOOD_ENOUGH = 0.9
"""A further passage is cited if it is so good as the best."""
LONGEST_SNIPPET = 200
_MARKS, _CLOSING = tuple(".!?।॥…:;"), "\"'”’)]"
UNKNOWN = "I find nothing in the course's lessons that surely answers this."
HINT = "While your quiz is open I only say where to look: {places}."


class Kind(StrEnum):
    """`hint`: while the student has a quiz open."""

    ANSWER = "answer"
    HINT = "hint"
    NO_ANSWER = "no_answer"


class Mode(StrEnum):
    """Which engine spoke. `fallback`: a model should have, and could not."""

    RETRIEVAL = "retrieval"
    MODEL = "model"
    FALLBACK = "fallback"


class Hit(Struct, frozen=True):
    """A passage that was found: how certain it is that it answers (0 to 1), and how much of the question each of its
    sentences has.
    """

    content_id: int
    title: str
    heading: str
    page: int | None
    sentences: tuple[Sentence, ...]
    score: float
    certainty: float
    sentence_scores: tuple[float, ...]


class Citation(Struct, frozen=True):
    """Where something stands: a page of a document, a second of a video, or neither of a text."""

    number: int
    content_id: int
    title: str
    page: int | None
    second: int | None
    snippet: str


class Nearest(Struct, frozen=True):
    content_id: int
    title: str


class Reply(Struct, frozen=True):
    """What is said; `mode` is who said it, and `tokens` what a model took for it."""

    kind: Kind
    content: str
    citations: tuple[Citation, ...]
    nearest: tuple[Nearest, ...]
    mode: Mode = Mode.RETRIEVAL
    tokens: int | None = None


class Began(Struct, frozen=True):
    """Who speaks now. Whatever was said before is void: a model may break off, and the other engine begins anew."""

    mode: Mode


class Said(Struct, frozen=True):
    """The next words of the answer."""

    text: str


Progress = Began | Said
Tell = Callable[[Progress], None]


def silently(_: Progress) -> None:
    """For who waits for the whole answer."""


def reply(hits: Sequence[Hit], *, hints_only: bool) -> Reply:
    """The answer that these hits make, best first."""
    if not hits or hits[0].certainty < FLOOR:
        return Reply(Kind.NO_ANSWER, UNKNOWN, (), nearest(hits))
    cited = [hit for hit in hits[:MOST_CITED] if hit.score >= GOOD_ENOUGH * hits[0].score and hit.certainty >= FLOOR]
    if hints_only:
        pointers = tuple(citation(number, hit, None) for number, hit in enumerate(cited, 1))
        places = ", ".join(f"“{hit.title}” [{number}]" for number, hit in enumerate(cited, 1))
        return Reply(Kind.HINT, HINT.format(places=places), pointers, ())
    parts, citations = list[str](), list[Citation]()
    for number, hit in enumerate(cited, 1):
        best = _best(hit, MOST_SENTENCES if len(cited) == 1 else MOST_SENTENCES // 2)
        quote = _quote(hit, best)
        parts += [f"{quote} [{number}]"]
        citations.append(citation(number, hit, best[0], quote))
    return Reply(Kind.ANSWER, "\n\n".join(parts), tuple(citations), ())


def nearest(hits: Sequence[Hit]) -> tuple[Nearest, ...]:
    """Where something like it stands, each content once."""
    titles = dict.fromkeys((hit.content_id, hit.title) for hit in hits)
    return tuple(Nearest(*one) for one in list(titles)[:NEAREST])


def _best(hit: Hit, most: int) -> list[int]:
    """The places of the sentences that have the most of the question, in the order of the text; at least one, and what
    follows the best while that is short.
    """
    ranked = sorted(range(len(hit.sentences)), key=lambda place: (-hit.sentence_scores[place], place))
    top = hit.sentence_scores[ranked[0]]
    good = {place for place in ranked[:most] if 0 < hit.sentence_scores[place] >= top / 2} or {ranked[0]}
    place = ranked[0]
    while len(good) < most and place + 1 < len(hit.sentences) and _length(hit, good) < FEWEST_WORDS:
        place += 1
        good.add(place)
    return sorted(good)


def _length(hit: Hit, places: Iterable[int]) -> int:
    return sum(len(hit.sentences[place].text.split()) for place in places)


def _quote(hit: Hit, places: Sequence[int]) -> str:
    """With … where sentences are left out; what is no sentence, such as a row of a table, has a line of its own."""
    quote = hit.sentences[places[0]].text
    for before, place in pairwise(places):
        gap = " … " if place > before + 1 else " " if quote.rstrip(_CLOSING).endswith(_MARKS) else "\n"
        quote += gap + hit.sentences[place].text
    return quote


def citation(number: int, hit: Hit, place: int | None, quote: str | None = None) -> Citation:
    """Without a place it says where, and quotes nothing; else what is quoted, or the sentence there."""
    if place is None:
        return Citation(number, hit.content_id, hit.title, hit.page, hit.sentences[0].second, "")
    said = hit.sentences[place]
    text = quote or said.text
    snippet = text if len(text) <= LONGEST_SNIPPET else f"{text[: LONGEST_SNIPPET - 1].rstrip()}…"
    return Citation(number, hit.content_id, hit.title, hit.page, said.second, snippet)
