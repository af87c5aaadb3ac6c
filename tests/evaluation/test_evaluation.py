"""The chatbot's figures are those of docs/chatbot.md, and the questions are fair."""

import re
from pathlib import Path

import pytest

from evaluation.measuring import COURSES, HALVES, Figures, lessons, measured, questions

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
def test_the_page_tells_the_figures(figures: dict[str, Figures], half: str) -> None:
    found = figures[half]
    row = re.search(rf"^\| {half} \|(.*)\|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert row is not None
    told = [float(cell) for cell in row[1].split("|")]
    rates = (found.hit_at_3, found.citation_precision, found.refusal, found.answer_rate)
    assert told == [pytest.approx(rate, abs=0.005) for rate in rates]
