"""What quizzes need from the database. Stores work within one transaction; `lock=True` holds the row until its end."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from core.actor import Actor
from core.idempotency import Remembers
from core.paging import Page, PageRequest
from modules.learning.domain.attempts import Allowance, Attempt, AttemptStatus, Standing
from modules.learning.domain.catalogue import Content, Course
from modules.learning.domain.grading import Answer, Score
from modules.learning.domain.quizzes import Draft, Question, Quiz
from modules.learning.ports import StudyStore


class QuizStore(Protocol):
    """Quizzes as they are written. Every change of one raises its version and that of its course."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None: ...

    async def content(self, content_id: int) -> Content | None: ...

    async def quiz(self, quiz_id: int) -> Quiz | None: ...

    async def add_quiz(self, content_id: int, **values: Any) -> Quiz:
        """:raises QuizExists:"""
        ...

    async def change_quiz(self, quiz_id: int, course_id: int, **changes: Any) -> Quiz: ...

    async def is_quiz_used(self, quiz_id: int) -> bool:
        """Whether anybody ever attempted it."""
        ...

    async def remove_quiz(self, quiz_id: int) -> None: ...

    async def questions(self, quiz_id: int) -> list[Question]:
        """In their order."""
        ...

    async def question(self, question_id: int) -> Question | None: ...

    async def add_questions(self, quiz_id: int, drafts: Sequence[Draft]) -> list[int]:
        """At the end of the quiz."""
        ...

    async def change_question(self, question: Question, draft: Draft) -> None: ...

    async def remove_question(self, question_id: int) -> None:
        """Papers that have it keep it."""
        ...

    async def order_questions(self, ids: Sequence[int]) -> None: ...

    async def enrollment_id(self, user_id: int, course_id: int) -> int | None: ...

    async def set_allowance(self, quiz_id: int, user_id: int, allowance: Allowance) -> None:
        """Also moves the deadline of this student's open attempt. Without anything extra it is forgotten."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class Place(Struct, frozen=True):
    """Whose attempt it is, and where it belongs."""

    attempt_id: int
    user_id: int
    content_id: int


class AttemptStore(StudyStore, Remembers, Protocol):
    """Attempts, whose enrolment is locked by `lesson`: so everything that opens or closes one waits its turn."""

    async def quiz(self, quiz_id: int) -> Quiz | None:
        """Nobody edits it until the transaction's end."""
        ...

    async def questions(self, quiz_id: int) -> list[Question]: ...

    async def standing(self, enrollment_id: int, quiz_id: int) -> Standing: ...

    async def place(self, attempt_id: int) -> Place | None: ...

    async def attempt(self, attempt_id: int) -> Attempt:
        """Locked: nothing is saved in it until the transaction's end."""
        ...

    async def add_attempt(
        self,
        *,
        enrollment_id: int,
        quiz: Quiz,
        number: int,
        paper: Sequence[Question],
        points_total: int,
        started_at: datetime,
        deadline: datetime | None,
    ) -> int:
        """Its id."""
        ...

    async def close(
        self, attempt: Attempt, *, status: AttemptStatus, score: Score, completed_at: datetime, late: bool
    ) -> None: ...


class AttemptBook(Protocol):
    """Saving answers without a transaction: one statement, which nobody waits for."""

    async def paper(self, attempt_id: int) -> tuple[Place, Attempt, bool] | None:
        """With whether its student has access now."""
        ...

    async def save(
        self, attempt_id: int, answers: Sequence[Answer], *, revision: int | None, now: datetime
    ) -> int | None:
        """The revision that is stored now, for a lower one is not kept; None if it is closed or its time is over."""
        ...

    async def overdue(self, now: datetime, limit: int) -> list[int]:
        """Open attempts whose deadline and grace are over."""
        ...


class QuizCard(Struct, frozen=True):
    """A quiz as its student sees it before the start."""

    quiz: Quiz
    question_count: int
    points_total: int
    standing: Standing


class AttemptSight(Struct, frozen=True):
    """An attempt with what decides how much of it is shown. `percentage` is how far its student is in the course."""

    attempt: Attempt
    quiz: Quiz
    title: str
    standing: Standing
    percentage: float
    is_staff: bool


class Which(StrEnum):
    """Which attempts of each student a list has. The best is the latest of those with the highest score."""

    ALL = "all"
    BEST = "best"
    LAST = "last"


class AttemptLine(Struct, frozen=True):
    """An attempt in a list."""

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


class AllowanceLine(Struct, frozen=True):
    user_id: int
    username: str
    full_name: str
    allowance: Allowance


class WrittenQuiz(Struct, frozen=True):
    """A quiz with everything in it, for those who write it."""

    quiz: Quiz
    title: str
    course_id: int
    is_published: bool
    questions: list[Question]


class QuizQueries(Protocol):
    async def card(self, content_id: int, user_id: int) -> QuizCard | None: ...

    async def written(self, quiz_id: int, viewer: Actor) -> WrittenQuiz | None:
        """For the course's staff; None for everybody else."""
        ...

    async def of_course(self, course_id: int, viewer: Actor) -> list[WrittenQuiz] | None:
        """In the order of the course, without their questions; None if the viewer is not its staff."""
        ...

    async def is_staff(self, quiz_id: int, viewer: Actor) -> bool | None:
        """Whether the viewer writes this quiz; None if there is none."""
        ...

    async def quiz_of_question(self, question_id: int) -> int | None: ...

    async def allowances(self, quiz_id: int) -> list[AllowanceLine]: ...

    async def attempt(self, attempt_id: int, viewer: Actor) -> AttemptSight | None:
        """For its student and the course's staff."""
        ...

    async def attempts(
        self, request: PageRequest, quiz_id: int, *, user_id: int | None, which: Which
    ) -> Page[AttemptLine]:
        """Newest first, of one student or (None) of all."""
        ...
