"""Rules of quizzes: numbers, short texts, what a paper is worth, and files that come back as they were."""

from contextlib import suppress
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.system import SystemRandomness
from modules.learning.domain import gift, question_csv
from modules.learning.domain.grading import Answer, graded, plain
from modules.learning.domain.quizzes import (
    Draft,
    Option,
    Question,
    QuestionType,
    Quiz,
    ShowAnswers,
    number,
    paper,
    question_gaps,
)

WORDS = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Co"]), min_size=1, max_size=30).map(str.strip).filter(bool)
)
LINES = st.lists(WORDS, min_size=1, max_size=3).map("\n".join)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    kind = draw(st.sampled_from(QuestionType))
    tolerance = Decimal(0)
    if kind is QuestionType.NUMERIC:
        digits = st.decimals(-1000, 1000, places=3).map(lambda value: format(value, "f"))
        texts = draw(st.lists(digits, min_size=1, max_size=4, unique=True))
        tolerance = draw(st.decimals(0, 10, places=2))
    else:
        fewest, most = {QuestionType.TRUE_FALSE: (2, 2), QuestionType.SHORT_TEXT: (1, 5)}.get(kind, (2, 5))
        texts = draw(st.lists(WORDS, min_size=fewest, max_size=most, unique_by=lambda text: text.casefold()))
    right = set(range(len(texts))) if not kind.is_choice else {draw(st.integers(0, len(texts) - 1))}
    if kind is QuestionType.MULTIPLE_CHOICE:
        right |= draw(st.sets(st.integers(0, len(texts) - 1)))
    options = tuple(Option(0, text, place in right) for place, text in enumerate(texts))
    explanation, pool = draw(st.one_of(st.just(""), LINES)), draw(st.sampled_from(["", "अ", "two words"]))
    points = draw(st.integers(1, 1000))
    return Draft(draw(LINES), kind, options, points, explanation, tolerance, pool)


def asked(draft: Draft, id_: int = 1) -> Question:
    named = [Option(id_ * 100 + n, option.option_text, option.is_correct) for n, option in enumerate(draft.options)]
    plain_ = (draft.question_text, draft.question_type, draft.points, draft.explanation, draft.tolerance, draft.pool)
    return Question(id_, 1, *plain_, tuple(named), 1)


def known(question: Question) -> Answer:
    right = [option for option in question.options if option.is_correct]
    if question.question_type.is_choice:
        return Answer(question.id, tuple(option.id for option in right))
    return Answer(question.id, (), right[0].option_text)


@given(st.lists(drafts(), min_size=1, max_size=5))
def test_gift_comes_back_as_it_was(given_drafts: list[Draft]) -> None:
    text = gift.write(asked(draft, n) for n, draft in enumerate(given_drafts, 1))
    assert [gift.read(block) for block in gift.blocks(text)] == given_drafts


@given(st.lists(drafts(), min_size=1, max_size=5))
def test_csv_comes_back_as_it_was(given_drafts: list[Draft]) -> None:
    text = question_csv.write(asked(draft, n) for n, draft in enumerate(given_drafts, 1))
    assert [question_csv.read(row) for _, row in question_csv.rows(text)] == given_drafts


@given(st.text())
def test_no_file_breaks_the_readers(text: str) -> None:
    for block in gift.blocks(text):
        with suppress(gift.Unreadable):
            question_gaps(gift.read(block))
    with suppress(gift.Unreadable):
        for _, row in question_csv.rows("question_text,question_type,option_1\n" + text):
            question_gaps(question_csv.read(row))


@given(st.lists(drafts(), min_size=1, max_size=8), st.data(), st.floats(0, 100))
def test_a_score_is_the_share_of_the_points(given_drafts: list[Draft], data: st.DataObject, passing: float) -> None:
    questions = [asked(draft, n) for n, draft in enumerate(given_drafts, 1)]
    answered = data.draw(st.sets(st.sampled_from([question.id for question in questions])))
    score = graded(questions, [known(question) for question in questions if question.id in answered], passing)
    earned = sum(question.points for question in questions if question.id in answered)
    share = Fraction(100 * earned, sum(question.points for question in questions))
    assert (score.points_earned, score.passed) == (earned, share >= Fraction(Decimal(str(passing))))
    assert abs(Fraction(Decimal(str(score.score))) - share) <= Fraction(1, 20)
    assert score.score in {0.0, 100.0} or 0 <= score.score <= 100
    assert (score.score == 100.0) >= (earned == score.points_total)


@given(st.permutations(range(1, 11)), st.integers(0, 6))
def test_a_paper_draws_from_its_pools_and_keeps_the_rest(order: list[int], drawn: int) -> None:
    draft = Draft("?", QuestionType.TRUE_FALSE, (Option(0, "a", True), Option(0, "b", False)))
    questions = [asked(replace(draft, pool="p" if n > 4 else ""), n) for n in order]
    quiz = Quiz(1, 1, 50.0, None, None, False, False, ShowAnswers.NEVER, {"p": drawn} if drawn else {}, 1)
    found = [question.id for question in paper(quiz, questions, SystemRandomness())]
    assert found == [n for n in order if n in found]
    assert {n for n in found if n <= 4} == {1, 2, 3, 4}
    assert len(found) == 4 + drawn


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3.5", "3.5"), (" 3,5 ", "3.5"), ("-0.10", "-0.1"), ("1e3", "1000"), ("+7", "7"), ("\u0967\u0968", "12"),
        ("", None), ("three", None), ("nan", None), ("inf", None), ("1e999999999", None), ("1,000.5", None),
        ("1" * 41, None), ("0x10", None),
    ],
)  # fmt: skip
def test_what_is_a_number(text: str, value: str | None) -> None:
    assert number(text) == (None if value is None else Decimal(value))


def test_short_texts_are_compared_by_what_people_mean() -> None:
    assert plain(" New\tDELHI ") == plain("new delhi") == plain("\uff2eew\u00a0Delhi")
    assert plain("नई दिल्ली") != plain("नइ दिल्ली")
