"""How well the chatbot finds, cites and refuses, on courses of real length and questions as students type them.

Each course has 60 questions that one lesson answers and 24 that none does. Every second question of the file belongs to
the half that the engine is tuned by; the other half is only measured.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.extraction.markdown import markdown_sections
from adapters.ranking.index import Index
from modules.assistant.asking import MOST_HITS
from modules.assistant.domain.answers import reply
from modules.assistant.domain.passages import passages
from modules.assistant.ports import IndexedPassage

COURSES = Path(__file__).with_name("courses")
HALVES = ("tuned", "held out")


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """`lesson` is the file that answers it and `quote` stands there; None of both: no lesson answers it."""

    question: str
    language: str
    lesson: str | None
    quote: str | None


class Tried(Struct, frozen=True):
    """What came of a question: lessons as they were found, the best first, and those that were cited."""

    half: str
    question: Question
    found: list[str]
    cited: list[str]


class Figures(Struct):
    """Of one half of the questions; the rates are from 0 to 1."""

    answerable: int = 0
    found: int = 0
    answered: int = 0
    unanswerable: int = 0
    refused: int = 0
    citations: int = 0
    right_citations: int = 0

    @property
    def hit_at_3(self) -> float:
        """Answerable questions whose lesson is one of the first three that were found."""
        return self.found / self.answerable

    @property
    def citation_precision(self) -> float:
        """Citations, in any answer, of the lesson that answers the question."""
        return self.right_citations / self.citations if self.citations else 0.0

    @property
    def refusal(self) -> float:
        """Unanswerable questions that were not answered."""
        return self.refused / self.unanswerable

    @property
    def answer_rate(self) -> float:
        """Answerable questions that were answered, with the right lesson cited."""
        return self.answered / self.answerable


def questions(course: Path) -> list[Question]:
    lines = (course / "questions.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Question) for line in lines]


def lessons(course: Path) -> dict[str, str]:
    return {file.stem: file.read_text(encoding="utf-8") for file in sorted(course.glob("*.md"))}


def texts_of(course: Path) -> list[IndexedPassage]:
    """The course's passages as the house cuts them; a content's id is its lesson's place."""
    return [
        IndexedPassage(number, text.partition("\n")[0].lstrip("# "), passage)
        for number, text in enumerate(lessons(course).values())
        for passage in passages(markdown_sections(text))
    ]


def measured() -> dict[str, Figures]:
    """The chatbot's own engine, by the half."""
    return counted(tried for course in sorted(COURSES.iterdir()) for tried in _asked(course))


def counted(all_tried: Iterable[Tried]) -> dict[str, Figures]:
    found = {half: Figures() for half in HALVES}
    for tried in all_tried:
        _count(found[tried.half], tried)
    return found


def in_turn(course: Path) -> Iterator[tuple[str, Question]]:
    """The questions with the half that they belong to."""
    for place, question in enumerate(questions(course)):
        yield HALVES[place % 2], question


def _asked(course: Path) -> Iterator[Tried]:
    names, index = list(lessons(course)), Index(texts_of(course))
    for half, question in in_turn(course):
        hits = index.best(question.question, range(len(names)), MOST_HITS)
        said = reply(hits, hints_only=False)
        cited = [names[citation.content_id] for citation in said.citations]
        yield Tried(half, question, [names[hit.content_id] for hit in hits], cited)


def _count(figures: Figures, tried: Tried) -> None:
    lesson = tried.question.lesson
    figures.citations += len(tried.cited)
    figures.right_citations += tried.cited.count(lesson) if lesson else 0
    if lesson is None:
        figures.unanswerable += 1
        figures.refused += not tried.cited
        return
    figures.answerable += 1
    figures.found += lesson in list(dict.fromkeys(tried.found))[:3]
    figures.answered += lesson in tried.cited
