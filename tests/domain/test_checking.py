"""What of a model's words may be said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.assistant.domain.answers import Hit
from modules.assistant.domain.checking import LONGEST_ANSWER, Checker
from modules.assistant.domain.passages import Sentence
from modules.assistant.domain.prompting import MOST_SHOWN, NOTHING, prompt

QUESTION = "When do I use since and for?"


def hit(content_id: int, title: str, *said: str, second: int | None = None) -> Hit:
    return Hit(
        content_id=content_id,
        title=title,
        heading="",
        page=None,
        sentences=tuple(Sentence(text, second) for text in said),
        score=1.0,
        certainty=1.0,
        sentence_scores=tuple(float(place == 0) for place in range(len(said))),
    )


HITS = [
    hit(
        7,
        "Since and for",
        "Use since with a point in time.",
        "Use for with a length of time, as 20 minutes.",
        "Read more at https://example.org/tenses and write to us.",
    ),
    hit(8, "बजट", "महीने की कमाई के 1,00,000 रुपये में से बचत पहले निकालिए।", second=12),
]


def checked(text: str, question: str = QUESTION, piece: int = 5) -> Checker:
    checker = Checker(question, HITS)
    said = [one for at in range(0, len(text), piece) for one in checker.feed(text[at : at + piece])]
    said += checker.finish()
    assert "".join(said) == checker.content
    return checker


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Use since with a point in time [1].", "Use since with a point in time. [1]"),
        ("Use since with a point in time. [1]", "Use since with a point in time. [1]"),
        (
            "Since takes a point in time. [2][1] For takes a length [1]!",
            "Since takes a point in time. [1][2] For takes a length! [2]",
        ),
        (
            "- **Since** takes a point in time [1, 1]\n- For takes a length [1]",
            "Since takes a point in time [1] For takes a length [1]",
        ),
        ("e.g. a point in time takes since [1].", "e.g. a point in time takes since. [1]"),
        ("Use it for 20 minutes [1]. Use it for 30 minutes [1].", "Use it for 20 minutes. [1]"),
        ("Save from 100000 [2].", "Save from 100000. [1]"),  # a translation, with the passage's own number
        ("Save from 200000 [2].", ""),
        ("पहले बचत निकालिए [2]। फिर खर्च कीजिए।", "पहले बचत निकालिए। [1]"),
        ("See https://example.org/tenses and write to us [1].", "See https://example.org/tenses and write to us. [1]"),
        ("See https://evil.example/tenses for a point in time [1].", ""),
        ("Write to thief@evil.example about a point in time [1].", ""),
        ("Since [takes](http://evil.example) a point in time [1].", ""),
        ("This is well known. The moon is cheese [9]. Believe me [0].", ""),
        ("Every examination costs money and happiness tomorrow [1].", ""),
        ("[1] [1] [1]", ""),
        ("", ""),
    ],
)
def test_only_what_a_passage_bears_is_said(text: str, said: str) -> None:
    assert checked(text).content == said


def test_citations_are_the_passages_own_words_in_the_order_of_the_answer() -> None:
    found = checked("पहले बचत निकालिए [2]। For takes a length of time [1]. Since takes a point in time [1].").citations
    assert [(one.number, one.content_id, one.second) for one in found] == [(1, 8, 12), (2, 7, None)]
    assert [one.snippet for one in found] == [HITS[1].sentences[0].text, HITS[0].sentences[1].text]


@pytest.mark.parametrize("text", [NOTHING, f" {NOTHING}.\n", f'"{NOTHING}"'])
def test_it_may_give_up(text: str) -> None:
    checker = checked(text)
    assert (checker.has_given_up, checker.content) == (True, "")


def test_what_has_been_said_is_not_given_up() -> None:
    assert not checked(f"Use since with a point in time [1]. {NOTHING}").has_given_up
    assert not checked("I do not know.").has_given_up


def test_an_endless_answer_ends() -> None:
    checker = checked("Use since with a point in time [1]. " * 1000, piece=1000)
    assert 0 < len(checker.content) <= 2 * LONGEST_ANSWER


WORDS = st.sampled_from(
    ["since", "time.", "[1]", "[1].", "[9]", "[1, 2]", "\n", "समय।", "20", "e.g.", NOTHING, "point"]
)


@given(st.lists(WORDS, max_size=30).map(" ".join), st.integers(1, 40))
def test_it_says_the_same_however_the_words_come(text: str, piece: int) -> None:
    assert checked(text, piece=piece).content == checked(text, piece=len(text) or 1).content


def test_passages_are_fenced_and_no_other_thing_is() -> None:
    asked = prompt(QUESTION, "What is a tense?", HITS * MOST_SHOWN, "f3nce")
    before, passages, after = asked.question.split("f3nce")
    assert (before, passages.count("] Since and for\n")) == ("", MOST_SHOWN // 2)
    assert after.strip() == f"The question before was: What is a tense?\nQuestion: {QUESTION}"
    assert "f3nce" in asked.instructions
    assert "The question before" not in prompt(QUESTION, None, HITS, "f3nce").question
