"""What of a model's words may be said."""

import time

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


def checked(text: str, piece: int = 5) -> Checker:
    checker = Checker(HITS)
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


MOON = "The moon is made of green cheese"
SINCE = "Use since with a point in time"


@pytest.mark.parametrize(
    "text",
    [
        f"**{SINCE}.** {MOON}. [1]",
        f"{SINCE} [1]\n  {MOON}",
        f"{SINCE} [1].\n[Note] {MOON}.",
        f"{SINCE}, plan B. {MOON} [1].",
        f"{SINCE}… {MOON} [1].",
        f"{SINCE} [1]. {MOON} [1][2].",
        f"{SINCE} [1]. <think>{MOON}</think>",
    ],
)
def test_no_claim_rides_on_the_citation_of_another(text: str) -> None:
    assert "moon" not in checked(text).content


@pytest.mark.parametrize(
    "text",
    [
        "Yes, you can do it [1].",  # no word that says something
        "Cut the red one, it is hot [1].",
        "Тhе роint in timе costs а gоldеn bісусlе [1].",  # Cyrillic look-alikes
        "Use since with a point in time at evil.example/login [1].",
        "Use since with a point in time at tg://evil [1].",
        "Use since with a point in time at [this] (http:/evil.example) [1].",
        "Use since with a point in time at ｈttps://evil.example/a [1].",
        "Use since with a point in time at htt\u200bps://evil.example/a [1].",
        "Use since with a point in time, thief @ evil.example [1].",
        "Use since with a point in time at https://example.org [1].",  # another address than the passage's
        "Use for with a length of 2 time [1].",
        "Use since [1] NO_ANSWER with a point in time.",
        "<think>Use since with a point in time [1].",
    ],
)
def test_what_is_masked_or_borne_by_nothing_is_not_said(text: str) -> None:
    assert checked(text).content == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Read more at https://example.org/tenses [1].", "Read more at https://example.org/tenses. [1]"),
        (
            "Read more (https://example.org/tenses), and write [1].",
            "Read more (https://example.org/tenses), and write. [1]",
        ),
        ("महीने की बचत रु. 1,00,000 से पहले निकालिए [2]।", "महीने की बचत रु. 1,00,000 से पहले निकालिए। [1]"),
        ("Read Fig. 20 for a length of time [1].", "Read Fig. 20 for a length of time. [1]"),
        (f"<think>I think of since [1]. And so on.</think>\n{SINCE} [1].", f"{SINCE}. [1]"),
        ("\u202eUse since with\x00 a point in time [1].", f"{SINCE}. [1]"),
    ],
)
def test_good_sentences_stay_whole(text: str, said: str) -> None:
    assert checked(text).content == said


CITED = [
    "[ 1 ]",
    "[^1]",
    "[#1]",
    "[Passage 1]",
    "[Source: 1]",
    "【1】",
    "［1］",
    "**[1]**",
    "([1])",
    "[1] and [1]",
]


@pytest.mark.parametrize("piece", [1, 3, 1000])
@pytest.mark.parametrize("cited", CITED)
def test_a_citation_is_one_however_it_is_dressed(cited: str, piece: int) -> None:
    for text in (f"{SINCE} {cited}. Use for. {cited}", f"{SINCE}. {cited} Use for. {cited}", f"{SINCE}.\n{cited}"):
        assert checked(text, piece=piece).content.startswith(f"{SINCE}. [1]"), text


WIRES = hit(
    4,
    "Wires",
    "Switch off the main supply before you touch a wire.",
    "Do not touch the live cable with wet hands.",
    "The interest is paid.",
)


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("Switch off the main supply before you touch a wire [1].", True),
        ("Never touch the live cable with wet hands [1].", True),
        ("Touch the live cable with wet hands [1].", False),
        ("Do not switch off the main supply before you touch a wire [1].", False),
        ("Switch off the main supply; the moon is made of cheese [1].", False),
        ("The moon is made of cheese: switch off the main supply [1].", False),
        ("The moon is made of cheese. switch off the main supply [1].", False),
        ("The moon is made of cheese.» Switch off the main supply [1].", True),  # the second sentence alone
        ("Taar ko chhune se pehle main supply band karein [1].", True),  # a translation
        ("Switch off the main supply before you touch a wire [1], but nev", False),  # cut
    ],
)
def test_what_denies_turns_round_or_rides_is_not_said(text: str, is_said: bool) -> None:
    checker = Checker([WIRES])
    said = [*checker.feed(text), *checker.finish()]
    assert bool(said) == is_said
    assert "moon" not in checker.content


@pytest.mark.parametrize(
    "thought",
    [
        "<think>A point in time [1]. </think>",
        " <THINK>\nSince [1].\n</think>\n",
        "<thinking>x</thinking><think>y</think>",
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_thoughts_are_not_heard(thought: str, piece: int) -> None:
    assert checked(f"{thought}{SINCE} [1].", piece=piece).content == f"{SINCE}. [1]"


@pytest.mark.parametrize("piece", [1, 1000])
def test_a_long_blank_keeps_nobody_waiting(piece: int) -> None:
    began = time.perf_counter()
    checked(f"x{' ' * 20_000}y", piece=piece)
    assert time.perf_counter() - began < 1.5


def test_figures_are_whole_numbers_of_the_passages_sentences() -> None:
    wires = hit(3, "Lesson 7", "A wire of 1,5 mm² carries little, of 2.5 mm² more.")
    for number, is_borne in (("2.5", True), ("15", False), ("7", False), ("2", False)):
        checker = Checker([wires])
        list(checker.feed(f"A wire of {number} carries little [1].\n"))
        assert bool(checker.content) == is_borne, number


def test_units_are_no_mask() -> None:
    parts = hit(5, "Parts", "The capacitor of the fan has 2.5 µF, the resistor 10 kΩ.")
    for text, is_said in (("The capacitor has 2.5 µF [1].", True), ("The resistor has 10 kΩ [1].", True)):
        checker = Checker([parts])
        assert bool([*checker.feed(text), *checker.finish()]) == is_said, text
    checker = Checker([parts])
    assert not [*checker.feed("The caраcitor of the fan [1]."), *checker.finish()]  # Cyrillic р and а


@pytest.mark.parametrize("piece", [1, 4, 4000])
@pytest.mark.parametrize(
    "pattern", ["\n", "x [1]. ", "a-", "[1] ", ". ", "<think>", "1,", "(((", ". [1] [1]", ".)*", "[1, 1] ", ".[ 1 ] "]
)
def test_a_hostile_model_keeps_nobody_waiting(pattern: str, piece: int) -> None:
    began = time.perf_counter()
    checked((pattern * 4000)[:4000], piece=piece)
    assert time.perf_counter() - began < 1.5  # alone it takes 0.2 s at most


def test_citations_are_the_passages_own_words_in_the_order_of_the_answer() -> None:
    found = checked("पहले बचत निकालिए [2]। For takes a length of time [1]. Since takes a point in time [1].").citations
    assert [(one.number, one.content_id, one.second) for one in found] == [(1, 8, 12), (2, 7, None)]
    assert [one.snippet for one in found] == [HITS[1].sentences[0].text, HITS[0].sentences[1].text]


@pytest.mark.parametrize(
    "text", [NOTHING, f" {NOTHING}.\n", f'"{NOTHING}"', f"**{NOTHING}**", f"{NOTHING}. The passages do not cover this."]
)
def test_it_may_give_up(text: str) -> None:
    checker = checked(text)
    assert (checker.has_given_up, checker.content) == (True, "")


def test_what_has_been_said_is_not_given_up() -> None:
    assert not checked(f"Use since with a point in time [1]. {NOTHING}").has_given_up
    assert checked(f"{NOTHING}\n\nHowever, use since with a point in time [1].").content == ""
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
