"""How well the chatbot finds, cites and refuses, on courses of real length and questions as students type them.

Each course has 60 questions that one lesson answers and 24 that none does. Every second question of the file belongs to
the half that the engine is tuned by; the other half is only measured.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from adapters.extraction.markdown import markdown_sections
from adapters.ranking.index import Index
from modules.assistant.asking import MOST_HITS
from modules.assistant.domain.answers import Hit, Kind, reply
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
        return self.right_citations / self.citations

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


def measured() -> dict[str, Figures]:
    """By the half."""
    found = {half: Figures() for half in HALVES}
    for course in sorted(COURSES.iterdir()):
        for half, asked, hits, names in _tried(course):
            _count(found[half], asked, hits, names)
    return found


def _tried(course: Path) -> Iterator[tuple[str, Question, list[Hit], list[str]]]:
    texts = lessons(course)
    names = list(texts)
    index = Index(
        [
            IndexedPassage(number, text.partition("\n")[0].lstrip("# "), passage)
            for number, text in enumerate(texts.values())
            for passage in passages(markdown_sections(text))
        ]
    )
    for place, asked in enumerate(questions(course)):
        yield HALVES[place % 2], asked, index.best(asked.question, range(len(names)), MOST_HITS), names


def _count(figures: Figures, asked: Question, hits: list[Hit], names: list[str]) -> None:
    said = reply(hits, hints_only=False)
    cited = [names[citation.content_id] for citation in said.citations]
    figures.citations += len(cited)
    figures.right_citations += cited.count(asked.lesson) if asked.lesson else 0
    if asked.lesson is None:
        figures.unanswerable += 1
        figures.refused += said.kind is Kind.NO_ANSWER
        return
    first = list(dict.fromkeys(names[hit.content_id] for hit in hits))[:3]
    figures.answerable += 1
    figures.found += asked.lesson in first
    figures.answered += asked.lesson in cited
