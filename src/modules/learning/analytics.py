"""What the figures of courses and quizzes say to those who teach and run them. Days are India's."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import sqrt
from typing import Protocol, TypeVar

from msgspec import Struct

from core.percent import per_cent
from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.quizzes import QuestionType

MOST_DAYS = 3_660
FEWEST_FOR_DISCRIMINATION = 2


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def begin(self, day: date) -> date:
        """The first day of the period that the day is in; weeks begin on Mondays."""
        if self is Interval.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1) if self is Interval.MONTH else day


class Period(Struct, frozen=True):
    """`starts_on` is the period's first day."""

    starts_on: date
    enrolled: int
    completed: int


class ClassPeriod(Struct, frozen=True):
    """Live classes that were taken: `records` are the statuses in them, points those of all students together."""

    starts_on: date
    classes: int
    records: int
    points: int
    possible_points: int

    @property
    def percentage(self) -> float | None:
        return per_cent(self.points, self.possible_points)


class Funnel(Struct, frozen=True):
    """How many students came how far. `half` is None where it is not counted: over all courses at once."""

    enrolled: int
    started: int
    half: int | None
    completed: int
    certified: int


class ContentFigures(Struct, frozen=True):
    """`reached`: who opened it; `stopped`: whose furthest content it is, though the course is not completed."""

    content_id: int
    title: str
    content_type: ContentType
    reached: int
    completed: int
    stopped: int
    average_time_spent: float

    @property
    def drop_off(self) -> float:
        """The share of those who reached it that stopped there, in percent."""
        return round(100 * self.stopped / self.reached, 1) if self.reached else 0.0


class CompletionTimes(Struct, frozen=True):
    """From the enrolment to the completion, in seconds; None where nobody has completed."""

    completed: int
    fastest: int | None
    quarter: int | None
    median: int | None
    three_quarters: int | None
    nine_tenths: int | None
    buckets: dict[str, int]
    """How many took that long, by a range of days."""


class ItemSums(Struct, frozen=True):
    """Over a question's answers: `rest` is what the attempt earned with its other questions, in points."""

    question_id: int
    question_text: str
    question_type: QuestionType
    is_removed: bool
    answered: int
    correct: int
    rest: float
    rest_squared: float
    rest_of_correct: float

    @property
    def difficulty(self) -> float:
        """The share of right answers, 0 to 1: the higher, the easier."""
        return round(self.correct / self.answered, 3) if self.answered else 0.0

    @property
    def discrimination(self) -> float | None:
        """How well the question tells strong students from weak ones, -1 to 1: the correlation between being right and
        the points of all other questions (corrected point-biserial). None where one of them never varies.
        """
        n = self.answered
        spread = (n * self.correct - self.correct**2) * (n * self.rest_squared - self.rest**2)
        if n < FEWEST_FOR_DISCRIMINATION or spread <= 0:
            return None
        found = (n * self.rest_of_correct - self.correct * self.rest) / sqrt(spread)
        return round(max(-1.0, min(1.0, found)), 3)


class QuizFigures(Struct, frozen=True):
    """Over closed attempts; `mean_score` in percent."""

    quiz_id: int
    attempts: int
    students: int
    passed: int
    mean_score: float | None
    items: list[ItemSums]


class StudentFigures(Struct, frozen=True):
    """One enrolment. `quiz_score` is the average of the best scores in the quizzes taken, `attendance` that of live
    classes, in percent; times in seconds.
    """

    enrollment_id: int
    user_id: int
    username: str
    full_name: str
    enrollment_date: datetime
    is_active: bool
    expiry_date: datetime | None
    completed_at: datetime | None
    completed_contents: int
    total_contents: int
    time_spent: int
    last_seen_at: datetime | None
    quiz_score: float | None
    attendance: float | None


Counted = TypeVar("Counted", Period, ClassPeriod)


class AnalyticsQueries(Protocol):
    """`course_id` None means all courses."""

    async def days(self, course_id: int | None, first: date, last: date) -> list[Period]:
        """Enrolments and completions of each day that had some, in order."""
        ...

    async def classes(self, course_id: int | None, first: date, last: date) -> list[ClassPeriod]:
        """Asked of attendance: live classes of each day that had some, in order."""
        ...

    async def funnel(self, course_id: int | None) -> Funnel: ...

    async def contents(self, course_id: int) -> list[ContentFigures]:
        """The published contents in their order."""
        ...

    async def completion_times(self, course_id: int | None) -> CompletionTimes: ...

    async def quiz(self, quiz_id: int, *, first_attempts: bool) -> QuizFigures: ...

    def students(self, course_id: int) -> AsyncIterator[list[StudentFigures]]:
        """All enrolments of a course in parts, oldest first: memory stays the same however many they are."""
        ...


def by_period(
    kind: type[Counted], days: Sequence[Counted], interval: Interval, first: date, last: date
) -> list[Counted]:
    """The days summed up, with the periods in which nothing happened."""
    names = kind.__struct_fields__[1:]
    sums: dict[date, list[int]] = {}
    day = interval.begin(first)
    while day <= last:
        sums[day] = [0] * len(names)
        day = interval.begin(
            day + timedelta(days=32 if interval is Interval.MONTH else 7 if interval is Interval.WEEK else 1)
        )
    for one in days:
        found = sums.setdefault(interval.begin(one.starts_on), [0] * len(names))
        for place, name in enumerate(names):
            found[place] += getattr(one, name)
    return [kind(begun, *counts) for begun, counts in sorted(sums.items())]
