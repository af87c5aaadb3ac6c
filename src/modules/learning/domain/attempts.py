"""Attempts at a quiz: how many, how long, and what becomes of them."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict
from modules.learning.domain.grading import Answer, Mark
from modules.learning.domain.quizzes import Question, Quiz, ShowAnswers

GRACE = timedelta(seconds=10)
"""Answers that were on their way at the deadline still count."""


class AttemptsExhausted(Conflict):
    code = "attempts_exhausted"
    detail = "You have no attempt left at this quiz."


class AttemptClosed(Conflict):
    code = "attempt_closed"
    detail = "This attempt is over; nothing can be changed in it."


class AttemptStatus(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    EXPIRED = "expired"


class Allowance(Struct, frozen=True):
    """What one student gets beyond the quiz's own limits: `extra_time` in seconds."""

    extra_time: int = 0
    extra_attempts: int = 0


class Attempt(Struct, frozen=True):
    """The paper, the pass mark and the deadline are frozen at the start. `late` is set if its student came to submit
    after the deadline; `marks` are there once it is closed, `saved` are the answers until then.
    """

    id: int
    enrollment_id: int
    quiz_id: int
    attempt_number: int
    status: AttemptStatus
    paper: tuple[Question, ...]
    passing_score: float
    started_at: datetime
    deadline: datetime | None
    completed_at: datetime | None
    score: float | None
    passed: bool | None
    points_earned: int | None
    points_total: int
    late: bool
    saved: tuple[Answer, ...]
    saved_revision: int
    marks: tuple[tuple[int, Mark], ...] = ()
    """With the id of each answer's row."""

    @property
    def is_open(self) -> bool:
        return self.status is AttemptStatus.OPEN

    def is_over(self, now: datetime) -> bool:
        """Whether nothing that comes now counts any more."""
        return not self.is_open or (self.deadline is not None and now > self.deadline + GRACE)

    def ended(self, now: datetime) -> datetime:
        """When it was over, if it is closed now: never later than its deadline."""
        return now if self.deadline is None else min(now, self.deadline)


class Standing(Struct, frozen=True):
    """How a student stands to a quiz."""

    attempts_used: int
    open_attempt_id: int | None
    best_score: float | None
    passed: bool
    allowance: Allowance

    def attempts_left(self, quiz: Quiz) -> int | None:
        """None is no limit."""
        if quiz.max_attempts is None:
            return None
        return max(0, quiz.max_attempts + self.allowance.extra_attempts - self.attempts_used)

    def shows_answers(self, quiz: Quiz) -> bool:
        """Whether closed attempts show what would have been right."""
        if quiz.show_answers is ShowAnswers.NEVER:
            return False
        is_over = self.passed or self.attempts_left(quiz) == 0
        # an open attempt may hold the same questions
        return self.open_attempt_id is None and (quiz.show_answers is ShowAnswers.AFTER_SUBMISSION or is_over)


def deadline_of(quiz: Quiz, allowance: Allowance, started_at: datetime) -> datetime | None:
    """When an attempt must be submitted; None is never."""
    if quiz.time_limit is None:
        return None
    return started_at + timedelta(seconds=quiz.time_limit + allowance.extra_time)
