"""Quizzes and attempts as the app reads them. What would be right stands in the forms for staff, and in closed
attempts where the quiz lets it be shown: nowhere else.
"""

from collections.abc import Mapping
from datetime import datetime

from msgspec import UNSET, Struct, UnsetType

from entrypoints.http.wire import Ref
from modules.learning.domain.attempts import Attempt, AttemptStatus
from modules.learning.domain.grading import Answer, Mark
from modules.learning.domain.quizzes import Question, QuestionType, Quiz, ShowAnswers
from modules.learning.quiz_ports import AttemptLine, AttemptSight, QuizCard, WrittenQuiz


class QuizSummary(Struct, frozen=True):
    """A quiz within its content. `time_limit` and `extra_time` (this student's) in seconds; null is no limit."""

    id: int
    content_id: int
    passing_score: float
    time_limit: int | None
    max_attempts: int | None
    question_count: int
    points_total: int
    attempts_used: int
    attempts_left: int | None
    open_attempt_id: int | None
    best_score: float | None
    passed: bool
    extra_time: int
    show_answers: ShowAnswers


class WrittenOption(Struct, frozen=True):
    id: int
    question_id: int
    option_text: str
    is_correct: bool
    order: int


class WrittenQuestion(Struct, frozen=True):
    """A question with its key, for staff. `tolerance` is a decimal number as text."""

    id: int
    quiz_id: int
    question_text: str
    question_type: QuestionType
    points: int
    order: int
    explanation: str
    tolerance: str
    pool: str
    options: list[WrittenOption]
    version: int


class QuizInfo(Struct, frozen=True):
    """A quiz for those who write it; `questions` is left out in lists."""

    id: int
    content_id: int
    course_id: int
    title: str
    is_published: bool
    passing_score: float
    time_limit: int | None
    max_attempts: int | None
    shuffle_questions: bool
    shuffle_options: bool
    show_answers: ShowAnswers
    pools: dict[str, int]
    version: int
    questions: list[WrittenQuestion] | UnsetType = UNSET


class AskedOption(Struct, frozen=True):
    id: int
    question_id: int
    option_text: str
    order: int


class AskedQuestion(Struct, frozen=True):
    """As it stands on a paper."""

    id: int
    quiz_id: int
    question_text: str
    question_type: QuestionType
    points: int
    order: int
    options: list[AskedOption]


class AnswerInfo(Struct, frozen=True):
    """The first four keys while the attempt is open, all of them once it is closed.

    What would have been right (`correct_opt_ids`, or `correct_answers` of a text or number) and `explanation` are
    empty until the quiz lets them be shown.
    """

    question_id: int
    selected_opt_id: int | None
    selected_opt_ids: list[int]
    answer_text: str
    id: int | UnsetType = UNSET
    attempt_id: int | UnsetType = UNSET
    is_correct: bool | UnsetType = UNSET
    points_earned: int | UnsetType = UNSET
    explanation: str | UnsetType = UNSET
    correct_opt_ids: list[int] | UnsetType = UNSET
    correct_answers: list[str] | UnsetType = UNSET


class AttemptInfo(Struct, frozen=True):
    """`score` in percent; `late` if it was submitted after the deadline and its grace, and only what had been saved
    counted. `deadline` null is no limit; compare it with `server_time`, not with the phone's clock.
    """

    id: int
    enrollment_id: int
    quiz_id: int
    quiz: Ref
    attempt_number: int
    status: AttemptStatus
    score: float | None
    passed: bool | None
    points_earned: int | None
    points_total: int
    started_at: datetime
    deadline: datetime | None
    server_time: datetime
    completed_at: datetime | None
    questions: list[AskedQuestion]
    answers: list[AnswerInfo]
    late: bool
    attempts_left: int | None
    progress_percentage: float
    saved_revision: int
    shows_answers: bool
    """Whether its answers tell what would have been right, and why."""


class AttemptSummary(Struct, frozen=True):
    id: int
    enrollment_id: int
    user_id: int
    quiz_id: int
    attempt_number: int
    status: AttemptStatus
    score: float | None
    passed: bool | None
    points_earned: int | None
    points_total: int
    started_at: datetime
    deadline: datetime | None
    completed_at: datetime | None
    late: bool


def quiz_summary(card: QuizCard | None) -> QuizSummary | None:
    if card is None:
        return None
    quiz, standing = card.quiz, card.standing
    return QuizSummary(
        id=quiz.id,
        content_id=quiz.content_id,
        passing_score=quiz.passing_score,
        time_limit=quiz.time_limit,
        max_attempts=quiz.max_attempts,
        question_count=card.question_count,
        points_total=card.points_total,
        attempts_used=standing.attempts_used,
        attempts_left=standing.attempts_left(quiz),
        open_attempt_id=standing.open_attempt_id,
        best_score=standing.best_score,
        passed=standing.passed,
        extra_time=standing.allowance.extra_time,
        show_answers=quiz.show_answers,
    )


def written_question(question: Question, order: int) -> WrittenQuestion:
    return WrittenQuestion(
        id=question.id,
        quiz_id=question.quiz_id,
        question_text=question.question_text,
        question_type=question.question_type,
        points=question.points,
        order=order,
        explanation=question.explanation,
        tolerance=str(question.tolerance),
        pool=question.pool,
        options=[
            WrittenOption(option.id, question.id, option.option_text, option.is_correct, place)
            for place, option in enumerate(question.options, 1)
        ],
        version=question.version,
    )


def quiz_info(written: WrittenQuiz, *, with_questions: bool) -> QuizInfo:
    quiz: Quiz = written.quiz
    asked = [written_question(question, place) for place, question in enumerate(written.questions, 1)]
    return QuizInfo(
        id=quiz.id,
        content_id=quiz.content_id,
        course_id=written.course_id,
        title=written.title,
        is_published=written.is_published,
        passing_score=quiz.passing_score,
        time_limit=quiz.time_limit,
        max_attempts=quiz.max_attempts,
        shuffle_questions=quiz.shuffle_questions,
        shuffle_options=quiz.shuffle_options,
        show_answers=quiz.show_answers,
        pools=quiz.pools,
        version=quiz.version,
        questions=asked if with_questions else UNSET,
    )


def attempt_info(sight: AttemptSight, now: datetime) -> AttemptInfo:
    attempt = sight.attempt
    shows_answers = not attempt.is_open and (sight.is_staff or sight.standing.shows_answers(sight.quiz))
    return AttemptInfo(
        id=attempt.id,
        enrollment_id=attempt.enrollment_id,
        quiz_id=attempt.quiz_id,
        quiz=Ref(attempt.quiz_id, sight.title),
        attempt_number=attempt.attempt_number,
        status=attempt.status,
        score=attempt.score,
        passed=attempt.passed,
        points_earned=attempt.points_earned,
        points_total=attempt.points_total,
        started_at=attempt.started_at,
        deadline=attempt.deadline,
        server_time=now,
        completed_at=attempt.completed_at,
        questions=[_asked(question, place) for place, question in enumerate(attempt.paper, 1)],
        answers=_answers(attempt, shows_answers=shows_answers),
        late=attempt.late,
        attempts_left=sight.standing.attempts_left(sight.quiz),
        progress_percentage=sight.percentage,
        saved_revision=attempt.saved_revision,
        shows_answers=shows_answers,
    )


def attempt_summary(line: AttemptLine) -> AttemptSummary:
    return AttemptSummary(*[getattr(line, name) for name in AttemptSummary.__struct_fields__])


def _asked(question: Question, order: int) -> AskedQuestion:
    shown = question.options if question.question_type.is_choice else ()
    return AskedQuestion(
        question.id,
        question.quiz_id,
        question.question_text,
        question.question_type,
        question.points,
        order,
        [AskedOption(option.id, question.id, option.option_text, place) for place, option in enumerate(shown, 1)],
    )


def _answers(attempt: Attempt, *, shows_answers: bool) -> list[AnswerInfo]:
    questions = {question.id: question for question in attempt.paper}
    if attempt.is_open:
        return [AnswerInfo(*_said(questions, answer)) for answer in attempt.saved]
    return [
        _marked(attempt, questions[mark.question_id], answer_id, mark, _said(questions, mark.answer), shows_answers)
        for answer_id, mark in attempt.marks
    ]


def _said(questions: Mapping[int, Question], answer: Answer) -> tuple[int, int | None, list[int], str]:
    if questions[answer.question_id].question_type.is_of_one:
        return answer.question_id, next(iter(answer.selected_opt_ids), None), [], ""
    return answer.question_id, None, list(answer.selected_opt_ids), answer.answer_text


def _marked(
    attempt: Attempt,
    question: Question,
    answer_id: int,
    mark: Mark,
    said: tuple[int, int | None, list[int], str],
    shows_answers: bool,
) -> AnswerInfo:
    right = [option for option in question.options if option.is_correct and shows_answers]
    is_choice = question.question_type.is_choice
    return AnswerInfo(
        *said,
        id=answer_id,
        attempt_id=attempt.id,
        is_correct=mark.is_correct,
        points_earned=mark.points_earned,
        explanation=question.explanation if shows_answers else "",
        correct_opt_ids=[option.id for option in right] if is_choice else [],
        correct_answers=[] if is_choice else [option.option_text for option in right],
    )
