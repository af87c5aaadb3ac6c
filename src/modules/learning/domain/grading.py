"""What answers are worth."""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from core.errors import Invalid
from modules.learning.domain.quizzes import LONGEST_ANSWER, Question, QuestionType, number


class Answer(Struct, frozen=True):
    """Chosen options for a choice, a text for the others."""

    question_id: int
    selected_opt_ids: tuple[int, ...] = ()
    answer_text: str = ""


class Mark(Struct, frozen=True):
    """What one question of a paper brought."""

    question_id: int
    answer: Answer
    is_correct: bool
    points_earned: int


class Score(Struct, frozen=True):
    """`score` in percent, to one decimal, half up; `passed` is judged before it is rounded."""

    marks: tuple[Mark, ...]
    points_earned: int
    points_total: int
    score: float
    passed: bool


def check_answers(paper: Sequence[Question], answers: Sequence[Answer]) -> None:
    """:raises Invalid: an answer that this paper cannot have, named by its place."""
    questions, seen = {question.id: question for question in paper}, set[int]()
    for place, answer in enumerate(answers):
        question = questions.get(answer.question_id)
        if question is None or answer.question_id in seen:
            message = "Answered twice." if question else "This question is not on the paper."
            raise Invalid.field(f"answers.{place}.question_id", message)
        seen.add(answer.question_id)
        chosen, kind = set(answer.selected_opt_ids), question.question_type
        if not chosen <= ({option.id for option in question.options} if kind.is_choice else set()):
            raise Invalid.field(f"answers.{place}.selected_opt_ids", "The question has no such option.")
        if kind.is_of_one and len(chosen) > 1:
            raise Invalid.field(f"answers.{place}.selected_opt_ids", "One option only.")
        if len(answer.answer_text) > (0 if kind.is_choice else LONGEST_ANSWER):
            message = "Choose an option." if kind.is_choice else f"At most {LONGEST_ANSWER} characters."
            raise Invalid.field(f"answers.{place}.answer_text", message)


def is_right(question: Question, answer: Answer) -> bool:
    """All or nothing: of several right options all, and no wrong one."""
    if question.question_type.is_choice:
        return set(answer.selected_opt_ids) == {option.id for option in question.options if option.is_correct}
    accepted = [option.option_text for option in question.options]
    if question.question_type is QuestionType.NUMERIC:
        given = number(answer.answer_text)
        numbers = [one for one in map(number, accepted) if one is not None]
        return given is not None and any(abs(given - one) <= question.tolerance for one in numbers)
    return bool(answer.answer_text.strip()) and plain(answer.answer_text) in {plain(text) for text in accepted}


def plain(text: str) -> str:
    """As short answers are compared: without regard to case, to spaces around and between, and to forms of a letter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def graded(paper: Sequence[Question], answers: Sequence[Answer], passing_score: float) -> Score:
    """The marks of a paper; a question without an answer is a wrong one."""
    given = {answer.question_id: answer for answer in answers}
    marks = []
    for question in paper:
        answer = given.get(question.id, Answer(question.id))
        is_correct = is_right(question, answer)
        marks.append(Mark(question.id, answer, is_correct, question.points if is_correct else 0))
    earned, total = sum(mark.points_earned for mark in marks), points_of(paper)
    share = Fraction(100 * earned, total) if total else Fraction(0)
    tenths = (share * 10 + Fraction(1, 2)).__floor__()
    passed = share >= Fraction(Decimal(str(passing_score)))
    return Score(tuple(marks), earned, total, tenths / 10, passed)


def points_of(paper: Sequence[Question]) -> int:
    return sum(question.points for question in paper)
