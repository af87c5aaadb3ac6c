"""/api/courses/analytics/: figures of a course for its staff, of all courses for administrators. Days are India's."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Annotated, Literal

from litestar import Response, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from core.errors import Forbidden, NotFound
from entrypoints.http.answers import Answer
from entrypoints.http.calls import Call, caller, do
from entrypoints.http.policy import Policy
from entrypoints.http.spreadsheets import CSV, First, Format, Last, Table, csv_of, days_asked, named
from modules.learning.analytics import (
    MOST_DAYS,
    ClassPeriod,
    CompletionTimes,
    ContentFigures,
    Funnel,
    Interval,
    ItemSums,
    Period,
    StudentFigures,
    by_period,
)
from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.quizzes import QuestionType

Course = Annotated[int | None, QueryParameter(description="Left out: all courses, for administrators")]


class EnrolmentFigures(Struct, frozen=True):
    interval: Interval
    results: list[Period]


class ClassLine(Struct, frozen=True):
    """`records` are the statuses that were given; `percentage` of the points that could be had, null without any."""

    starts_on: date
    classes: int
    records: int
    percentage: float | None


class ClassFigures(Struct, frozen=True):
    interval: Interval
    results: list[ClassLine]


class ContentLine(Struct, frozen=True):
    """`drop_off` in percent of those who reached it: they stopped there, and have not completed the course."""

    content_id: int
    title: str
    content_type: ContentType
    reached: int
    completed: int
    stopped: int
    drop_off: float
    average_time_spent: float


class ContentLines(Struct, frozen=True):
    results: list[ContentLine]


class ItemLine(Struct, frozen=True):
    """`difficulty` is the share of right answers (0 to 1), `discrimination` the correlation between being right and
    the points of all other questions (-1 to 1); null where there is nothing to compare.
    """

    question_id: int
    question_text: str
    question_type: QuestionType
    is_removed: bool
    answered: int
    correct: int
    difficulty: float
    discrimination: float | None


class QuizLines(Struct, frozen=True):
    quiz_id: int
    attempts: int
    students: int
    passed: int
    mean_score: float | None
    items: list[ItemLine]


@get("/analytics/enrollments/", policy=Policy.STAFF)
async def enrolments(
    request: Call,
    course_id: Course = None,
    interval: FromQuery[Interval] = Interval.DAY,
    first: First = None,
    last: Last = None,
    kind: Format = "json",
) -> Table:
    """Enrolments and completions over time; the last year, if nothing is said."""
    await _demand(request, course_id)
    since, until = days_asked(request, first, last, usual=364, most=MOST_DAYS)
    found = by_period(Period, await do(request).analytics.days(course_id, since, until), interval, since, until)
    return _table(EnrolmentFigures(interval, found), found, Period, kind, "enrollments")


@get("/analytics/attendance/", policy=Policy.STAFF)
async def class_figures(
    request: Call,
    course_id: Course = None,
    interval: FromQuery[Interval] = Interval.DAY,
    first: First = None,
    last: Last = None,
    kind: Format = "json",
) -> Table:
    """Live classes and how many of their students came, over time; the last year, if nothing is said."""
    await _demand(request, course_id)
    since, until = days_asked(request, first, last, usual=364, most=MOST_DAYS)
    found = by_period(ClassPeriod, await do(request).analytics.classes(course_id, since, until), interval, since, until)
    lines = [ClassLine(one.starts_on, one.classes, one.records, one.percentage) for one in found]
    return _table(ClassFigures(interval, lines), lines, ClassLine, kind, "attendance")


@get("/analytics/funnel/", policy=Policy.STAFF)
async def funnel(request: Call, course_id: Course = None, kind: Format = "json") -> Table:
    """How many students came how far."""
    await _demand(request, course_id)
    found = await do(request).analytics.funnel(course_id)
    return _table(found, [found], Funnel, kind, "funnel")


@get("/analytics/contents/", policy=Policy.STAFF)
async def content_figures(request: Call, course_id: FromQuery[int], kind: Format = "json") -> Table:
    """Where students stop, content by content."""
    await _demand(request, course_id)
    lines = [_content(one) for one in await do(request).analytics.contents(course_id)]
    return _table(ContentLines(lines), lines, ContentLine, kind, "contents")


@get("/analytics/completion-time/", policy=Policy.STAFF)
async def completion_times(request: Call, course_id: Course = None, kind: Format = "json") -> Table:
    """How long the course took those who completed it, in seconds."""
    await _demand(request, course_id)
    found = await do(request).analytics.completion_times(course_id)
    return _table(found, [found], CompletionTimes, kind, "completion-time")


@get("/analytics/quizzes/{quiz_id:int}/", policy=Policy.STAFF)
async def quiz_figures(
    request: Call,
    quiz_id: FromPath[int],
    attempts: Annotated[Literal["first", "all"], QueryParameter(description="Of each student")] = "first",
    kind: Format = "json",
) -> Table:
    """Each question's difficulty and discrimination."""
    if not await do(request).quizzes.is_staff(quiz_id, caller(request)):
        raise NotFound
    found = await do(request).analytics.quiz(quiz_id, first_attempts=attempts == "first")
    items = [_item(one) for one in found.items]
    body = QuizLines(quiz_id, found.attempts, found.students, found.passed, found.mean_score, items)
    return _table(body, items, ItemLine, kind, f"quiz-{quiz_id}")


@get("/analytics/students/", policy=Policy.STAFF)
async def student_figures(request: Call, course_id: FromQuery[int]) -> Stream:
    """All students of a course with how far they are, as CSV. It streams: start to read before it is complete."""
    await _demand(request, course_id)
    parts = do(request).analytics.students(course_id)
    return Stream(_lines(parts), media_type=CSV, headers=named(f"students-{course_id}"))


async def _demand(request: Call, course_id: int | None) -> None:
    """:raises NotFound: not one's own course. :raises Forbidden: all courses are for administrators."""
    actor = caller(request)
    if course_id is None:
        if not actor.is_admin:
            raise Forbidden("Name a course of yours as `course_id`.")
    elif not await do(request).study.is_staff(actor, course_id):
        raise NotFound


def _table(body: Struct, lines: Sequence[Struct], kind_of_line: type[Struct], kind: str, name: str) -> Table:
    if kind == "json":
        return Answer(body)
    rows = [kind_of_line.__struct_fields__, *([getattr(one, n) for n in one.__struct_fields__] for one in lines)]
    return Response(csv_of(rows).encode(), media_type=CSV, headers=named(name))


async def _lines(parts: AsyncIterator[list[StudentFigures]]) -> AsyncIterator[str]:
    yield csv_of([StudentFigures.__struct_fields__])
    async for students in parts:
        yield csv_of([getattr(one, name) for name in one.__struct_fields__] for one in students)


def _content(one: ContentFigures) -> ContentLine:
    counts = (one.reached, one.completed, one.stopped, one.drop_off, one.average_time_spent)
    return ContentLine(one.content_id, one.title, one.content_type, *counts)


def _item(one: ItemSums) -> ItemLine:
    about = (one.question_id, one.question_text, one.question_type, one.is_removed, one.answered, one.correct)
    return ItemLine(*about, one.difficulty, one.discrimination)


HANDLERS = [enrolments, class_figures, funnel, content_figures, completion_times, quiz_figures, student_figures]
