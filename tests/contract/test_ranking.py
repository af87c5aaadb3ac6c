"""What the ranking finds of a course: words by their stems and sounds, in two scripts, with the mistakes of a phone."""

import pytest

from adapters.ranking.index import Index
from adapters.ranking.terms import asked, said, terms
from modules.assistant.domain.answers import FLOOR, Hit
from modules.assistant.domain.passages import Section, passages, sentences
from modules.assistant.ports import IndexedPassage

LESSONS = {
    "Money": "A quotation tells the price before the work. You pay with UPI from your phone. The receipt comes last.",
    "Wiring": "The switchboard hangs one metre above the floor. Tighten every terminal with a screwdriver.",
    "Grammar": "If I were rich, I would travel. The past participle follows had. Furniture is uncountable.",
    "बैंक": "खाता खोलने के लिए पहचान पत्र चाहिए। लोन की किस्त हर महीने जाती है। रसीद सँभालकर रखिए।",
    "Filler": "Trees grow slowly. Rivers run to the sea. Birds sing in the morning. Stones are heavy.",
}
EVERYTHING = range(len(LESSONS))


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(
        [
            IndexedPassage(number, title, passage)
            for number, (title, text) in enumerate(LESSONS.items())
            for passage in passages([Section("", sentences(text))])
        ]
    )


def titles(hits: list[Hit]) -> list[str]:
    return [hit.title for hit in hits]


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("what is a quotation", "Money"),
        ("कोटेशन क्या है", "Money"),  # an English word in Hindi letters
        ("यूपीआई से पैसे कैसे दें", "Money"),  # letters by their names
        ("UPI kaise kare", "Money"),
        ("what is a quotaton", "Money"),  # a letter is missing
        ("how high is the switch board", "Wiring"),
        ("tightening terminals", "Wiring"),  # stems
        ("if i was or if i were", "Grammar"),  # nothing but words that stand everywhere
        ("खाते कैसे खोलें", "बैंक"),  # Hindi stems
        ("loan ki kist", "बैंक"),  # लोन is too short for its sound; किस्त is not
    ],
)
def test_it_finds(index: Index, question: str, title: str) -> None:
    assert titles(index.best(question, EVERYTHING, 3))[0] == title


@pytest.mark.parametrize("question", ["", "???", "what is the", "kya hai", "photosynthesis", "word12 or word13"])
def test_it_finds_nothing(index: Index, question: str) -> None:
    assert index.best(question, EVERYTHING, 3) == []


def test_nothing_else_than_what_may_be_opened_is_found(index: Index) -> None:
    assert titles(index.best("quotation receipt switchboard", {1}, 3)) == ["Wiring"]
    assert index.best("quotation", set(), 3) == []


def test_a_course_without_words_has_no_answers() -> None:
    assert Index([]).best("anything", (), 3) == []
    silent = [IndexedPassage(1, "!", passage) for passage in passages([Section("", sentences("…"))])]
    assert Index(silent).best("anything", {1}, 3) == []


def test_certainty_is_of_the_whole_question(index: Index) -> None:
    sure = index.best("quotation price before the work", EVERYTHING, 1)[0].certainty
    unsure = index.best("quotation of shares at the stock exchange in Frankfurt", EVERYTHING, 1)[0].certainty
    assert unsure < FLOOR <= sure <= 1


def test_a_short_question_goes_on_from_the_one_before(index: Index) -> None:
    before = "how high hangs the switchboard above the floor"
    assert titles(index.best("and the terminal?", EVERYTHING, 1, after=before)) == ["Wiring"]
    elsewhere = index.best("and the furniture?", EVERYTHING, 1, after=before)
    assert elsewhere[0].certainty < FLOOR  # no lesson has both
    assert index.best("who invented the first electric motor in Europe", EVERYTHING, 1, after=before) == []


def test_terms() -> None:
    assert terms(said("एटीएम और ATM")) == ["atm", "atm", "atm और", "और atm"]
    assert asked(said("the the Tenses")) == {"tens": "tenses", "the the": "the the", "the tens": "the tens"}
