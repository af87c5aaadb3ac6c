"""The chatbot's figures are those of docs/chatbot.md, and the questions are fair."""

import re
from itertools import product
from pathlib import Path

import pytest

from adapters.ranking.index import Index
from evaluation.measuring import COURSES, HALVES, Figures, in_turn, lessons, measured, questions, texts_of
from evaluation.peers import POSTGRES_ALL, POSTGRES_ANY, WANTED_PRECISION, WANTED_REFUSAL, at_best, postgres, sqlite
from modules.assistant.domain.answers import FLOOR

WANTED_HITS = 0.90
PAGE = Path(__file__).parents[2] / "docs" / "chatbot.md"
EACH = sorted(COURSES.iterdir())


@pytest.fixture(scope="module")
def figures() -> dict[str, Figures]:
    return measured()


@pytest.mark.parametrize("course", EACH, ids=lambda course: course.name)
def test_questions_are_answered_where_they_say(course: Path) -> None:
    texts, asked = lessons(course), questions(course)
    assert len(texts) == 24
    assert len({one.question for one in asked}) == len(asked) == 84
    assert [one.lesson is None for one in asked].count(True) == 24
    for one in asked:
        if one.lesson is not None:
            assert one.quote is not None
            assert one.quote in texts[one.lesson], one
            assert [name for name, text in texts.items() if one.quote in text] == [one.lesson]


@pytest.mark.parametrize("half", HALVES)
def test_the_figures_are_as_wanted(figures: dict[str, Figures], half: str) -> None:
    found = figures[half]
    assert found.hit_at_3 >= WANTED_HITS
    assert found.citation_precision >= WANTED_PRECISION
    assert found.refusal >= WANTED_REFUSAL


@pytest.mark.parametrize("half", HALVES)
def test_the_page_tells_the_figures(figures: dict[str, Figures], half: str) -> None:
    assert told("Shala", half) == rates(figures[half])


def test_the_page_tells_those_of_sqlite() -> None:
    found = at_best(sqlite())
    assert [told("SQLite", half) for half in HALVES] == [rates(found[half]) for half in HALVES]


@pytest.mark.parametrize(
    ("name", "statement"), [("all words", POSTGRES_ALL), ("any word", POSTGRES_ANY)], ids=["all", "any"]
)
async def test_the_page_tells_those_of_postgresql(postgres_database: str, name: str, statement: str) -> None:
    found = at_best(await postgres(postgres_database.replace("+asyncpg", ""), statement))
    assert [told(f"PostgreSQL, {name}", half) for half in HALVES] == [rates(found[half]) for half in HALVES]


def test_what_is_no_follow_up_is_not_answered_from_the_question_before() -> None:
    """As the page tells it; of the tuned half, which the rule was made by."""
    pairs, wrong = 0, 0
    for course in EACH:
        names, index = list(lessons(course)), Index(texts_of(course))
        asked = [question for half, question in in_turn(course) if half == "tuned"]
        best = {one.question: index.best(one.question, range(len(names)), 1) for one in asked}
        answered = [one for one in asked if best[one.question] and best[one.question][0].certainty >= FLOOR]
        for before, one in product(answered, [one for one in asked if one not in answered]):
            found = index.best(one.question, range(len(names)), 1, after=before.question)
            pairs += 1
            wrong += bool(found) and found[0].certainty >= FLOOR and names[found[0].content_id] != one.lesson
    assert f"Of {pairs:,} pairs" in PAGE.read_text(encoding="utf-8").replace("\n", " ")
    assert f" {wrong} were wrongly answered" in PAGE.read_text(encoding="utf-8").replace("\n", " ")


def told(engine: str, half: str) -> list[float]:
    row = re.search(rf"^\| {engine} \| {half} \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None, (engine, half)
    return [float(cell) for cell in row[1].split("|")]


def rates(found: Figures) -> object:
    """As the page may round them."""
    return [
        pytest.approx(rate, abs=0.0051)
        for rate in (found.hit_at_3, found.citation_precision, found.refusal, found.answer_rate)
    ]
