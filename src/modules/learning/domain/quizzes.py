"""Quizzes: their questions, what each must have, and the paper that a student is given."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, FieldFault
from core.ids import Randomness

MOST_OPTIONS = 20
MOST_QUESTIONS = 500
MOST_POINTS = 1_000
SHORTEST_LIMIT, LONGEST_LIMIT = 10, 86_400
"""Of the time for an attempt, in seconds."""
MOST_ATTEMPTS = 1_000
LONGEST_TEXT = 10_000
LONGEST_ANSWER = 500
LONGEST_POOL = 80
LONGEST_NUMBER = 40


class QuizExists(Conflict):
    code = "quiz_exists"
    detail = "This content has its quiz already."


class QuestionType(StrEnum):
    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    NUMERIC = "numeric"
    SHORT_TEXT = "short_text"

    @property
    def is_choice(self) -> bool:
        """Whether the options are shown; those of the others are the answers that count as right."""
        return self not in {QuestionType.NUMERIC, QuestionType.SHORT_TEXT}

    @property
    def is_of_one(self) -> bool:
        """Whether exactly one of its options is right."""
        return self in {QuestionType.SINGLE_CHOICE, QuestionType.TRUE_FALSE}


class ShowAnswers(StrEnum):
    """When a student is shown which answers are right, and why."""

    NEVER = "never"
    AFTER_SUBMISSION = "after_submission"
    ONCE_OVER = "once_over"
    """Passed, or no attempt left."""


class Option(Struct, frozen=True):
    """Of a numeric or short-text question it is an accepted answer, which students do not see."""

    id: int
    option_text: str
    is_correct: bool


class Question(Struct, frozen=True):
    """`pool` names the pool that it is drawn from; without one it is on every paper.

    A number counts if it is at most `tolerance` away from an accepted one.
    """

    id: int
    quiz_id: int
    question_text: str
    question_type: QuestionType
    points: int
    explanation: str
    tolerance: Decimal
    pool: str
    options: tuple[Option, ...]
    version: int


class Quiz(Struct, frozen=True):
    """`passing_score` in percent, `time_limit` in seconds; None is no limit. `pools`: how many are drawn of each."""

    id: int
    content_id: int
    passing_score: float
    time_limit: int | None
    max_attempts: int | None
    shuffle_questions: bool
    shuffle_options: bool
    show_answers: ShowAnswers
    pools: dict[str, int]
    version: int


class Draft(Struct, frozen=True):
    """A question as it is written. Options with an id that the question has keep it; the others are new."""

    question_text: str
    question_type: QuestionType
    options: tuple[Option, ...]
    points: int = 1
    explanation: str = ""
    tolerance: Decimal = Decimal(0)
    pool: str = ""


def number(text: str) -> Decimal | None:
    """What somebody wrote as a number, with a decimal point or comma; None if it is none that can be compared."""
    text = text.strip().replace(",", ".")
    try:
        found = Decimal(text) if len(text) <= LONGEST_NUMBER and "_" not in text else None
    except InvalidOperation:
        return None
    # an exponent of a million makes a comparison take seconds
    return found if found is not None and found.is_finite() and abs(found.adjusted()) <= LONGEST_NUMBER else None


def question_gaps(draft: Draft) -> list[FieldFault]:
    """What is wrong with a question."""
    kind, texts = draft.question_type, [option.option_text.strip() for option in draft.options]
    if kind is QuestionType.SHORT_TEXT:
        texts = [text.casefold() for text in texts]  # as they are compared
    right = sum(option.is_correct for option in draft.options)
    faults = [] if draft.question_text.strip() else [FieldFault("question_text", "The question is empty.")]
    longest = {"question_text": LONGEST_TEXT, "explanation": LONGEST_TEXT, "pool": LONGEST_POOL}
    for field, most in longest.items():
        if len(getattr(draft, field)) > most:
            faults.append(FieldFault(field, f"At most {most} characters."))
    if not draft.pool.isprintable() or draft.pool != draft.pool.strip():
        faults.append(FieldFault("pool", "A name in one line, without spaces around it."))
    if not 1 <= draft.points <= MOST_POINTS:
        faults.append(FieldFault("points", f"Between 1 and {MOST_POINTS}."))
    wrong = {
        "An option is empty.": not all(texts),
        "Two options are the same.": len(set(texts)) < len(texts),
        f"At most {MOST_OPTIONS} options.": len(texts) > MOST_OPTIONS,
        f"At most {LONGEST_ANSWER} characters an option.": any(len(text) > LONGEST_ANSWER for text in texts),
        "True or false has two options.": kind is QuestionType.TRUE_FALSE and len(texts) != 2,
        "A choice needs two options or more.": kind.is_choice and len(texts) < 2,
        "At least one option must be right.": kind is QuestionType.MULTIPLE_CHOICE and not right,
        "Exactly one option must be right.": kind.is_of_one and right != 1,
        "At least one accepted answer is needed.": not kind.is_choice and not texts,
        "Each accepted answer is right.": not kind.is_choice and right != len(texts),
        "An accepted answer is no number.": kind is QuestionType.NUMERIC and None in map(number, texts),
    }
    faults += [FieldFault("options", message) for message, is_so in wrong.items() if is_so]
    if kind is not QuestionType.NUMERIC and draft.tolerance:
        faults.append(FieldFault("tolerance", "Only a number has a tolerance."))
    return faults


def quiz_gaps(quiz: Quiz, questions: Sequence[Question]) -> list[FieldFault]:
    """What is missing before students may take it."""
    gaps = [] if questions else [FieldFault("questions", "There is no question.")]
    named = {question.pool for question in questions if question.pool}
    unsaid = sorted(named - quiz.pools.keys())
    gaps += [FieldFault("pools", f"How many of {name} are drawn is not said.") for name in unsaid]
    for name, drawn in sorted(quiz.pools.items()):
        there = [question.points for question in questions if question.pool == name]
        if len(there) < drawn:
            gaps.append(FieldFault("pools", f"{drawn} are to be drawn of {name}, which has {len(there)}."))
        elif len(there) > drawn and len(set(there)) > 1:
            message = f"The questions of {name} have different points: papers would not be worth the same."
            gaps.append(FieldFault("pools", message))
    return gaps


def paper(quiz: Quiz, questions: Sequence[Question], randomness: Randomness) -> tuple[Question, ...]:
    """The questions of one attempt as they are from now on for it: drawn, and in their order, with their options in
    theirs. `questions` come in the order of the quiz.
    """
    drawn = {
        question.id
        for name, many in quiz.pools.items()
        for question in randomness.shuffled([one for one in questions if one.pool == name])[:many]
    }
    kept = [question for question in questions if not question.pool or question.id in drawn]
    if quiz.shuffle_questions:
        kept = randomness.shuffled(kept)
    return tuple(_shuffled(question, randomness) for question in kept) if quiz.shuffle_options else tuple(kept)


def _shuffled(question: Question, randomness: Randomness) -> Question:
    if question.question_type not in {QuestionType.SINGLE_CHOICE, QuestionType.MULTIPLE_CHOICE}:
        return question  # "false, true" would only puzzle
    return replace(question, options=tuple(randomness.shuffled(question.options)))
