"""How texts are cut into passages, and what is said from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.assistant.domain.answers import FLOOR, Hit, Kind, reply
from modules.assistant.domain.conversations import (
    EnrolmentExpired,
    NotEnrolled,
    Sight,
    demand_entry,
    title_of,
)
from modules.assistant.domain.passages import MOST_WORDS, Section, Sentence, passages, sentences

WORDS = st.lists(st.sampled_from(["अब", "word", "longer-word", "end.", '"Why?"', "(so.)", "हाँ।"]), max_size=900).map(
    " ".join
)


def words(text: str) -> list[str]:
    return text.split()


def test_sentences_end_in_english_and_in_hindi() -> None:
    found = sentences('He said "Stop!" Then he left.\nयह एक वाक्य है। दूसरा वाक्य?  A line without an end')
    assert [one.text for one in found] == [
        'He said "Stop!"', "Then he left.", "यह एक वाक्य है।", "दूसरा वाक्य?", "A line without an end",
    ]  # fmt: skip


@given(st.lists(st.tuples(WORDS, st.sampled_from([None, 1, 2])), max_size=6))
def test_nothing_is_lost_and_no_passage_is_too_long(parts: list[tuple[str, int | None]]) -> None:
    sections = [Section(f"Part {n}", sentences(text), page) for n, (text, page) in enumerate(parts)]
    made = passages(sections)
    said = [word for one in made for sentence in one.sentences for word in words(sentence.text)]
    assert said == [word for text, _ in parts for word in words(text)]
    assert all(sum(len(words(one.text)) for one in passage.sentences) <= MOST_WORDS for passage in made)


def test_a_passage_is_of_one_page_and_named_by_its_beginning() -> None:
    short = (Sentence("One two three."),)
    made = passages([Section("A", short, 1), Section("B", short, 1), Section("C", short, 2)])
    assert [(one.heading, one.page, len(one.sentences)) for one in made] == [("A", 1, 2), ("C", 2, 1)]


def hit(certainty: float, score: float = 5.0, *scores: float) -> Hit:
    said = (Sentence("First.", 3), Sentence("Second.", 9), Sentence("Third."))
    return Hit(7, "Tenses", "", None, said, score, certainty, scores or (0.0, 2.0, 0.5))


def test_the_best_sentence_is_quoted_with_its_place() -> None:
    found = reply([hit(0.9)], hints_only=False)
    assert (found.kind, found.content) == (Kind.ANSWER, "Second. Third. [1]")  # so short a quote goes on
    assert (found.citations[0].second, found.citations[0].snippet) == (9, "Second. Third.")


def test_below_the_floor_it_does_not_know_and_says_where_something_like_it_stands() -> None:
    found = reply([hit(FLOOR - 0.01), hit(0.2)], hints_only=False)
    assert (found.kind, found.citations, [one.title for one in found.nearest]) == (Kind.NO_ANSWER, (), ["Tenses"])
    assert reply([], hints_only=False).kind is Kind.NO_ANSWER


def test_a_hint_quotes_nothing() -> None:
    found = reply([hit(0.9)], hints_only=True)
    assert (found.kind, found.citations[0].snippet) == (Kind.HINT, "")
    assert "Second" not in found.content
    assert "“Tenses” [1]" in found.content


def test_a_weaker_passage_is_not_cited() -> None:
    assert len(reply([hit(0.9, 5.0), hit(0.9, 4.6), hit(0.9, 4.0)], hints_only=False).citations) == 2
    assert len(reply([hit(0.9, 5.0), hit(FLOOR - 0.01, 4.9)], hints_only=False).citations) == 1


@pytest.mark.parametrize(
    ("staff", "enrolled", "access", "refusal"),
    [
        (True, False, False, None),
        (False, True, True, None),
        (False, False, False, NotEnrolled),
        (False, True, False, EnrolmentExpired),
    ],
)
def test_who_may_ask(staff: bool, enrolled: bool, access: bool, refusal: type[Exception] | None) -> None:
    sight = Sight(staff, enrolled, access, has_attempt=False, open_contents=frozenset())
    if refusal is None:
        demand_entry(sight)
    else:
        with pytest.raises(refusal):
            demand_entry(sight)


def test_a_long_question_makes_a_short_title() -> None:
    assert title_of("  When \n do I?  ") == "When do I?"
    assert len(title_of("word " * 100)) == 120
