"""Progress: merging what phones report, and when a content is complete."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from core.errors import FieldFault
from modules.learning.domain.catalogue import ContentType

WATCHED_PERCENT = 90
FASTEST_PLAYBACK = 2.5
MAX_INTERVALS = 200
MAX_SECONDS = 10_000_000
Interval = tuple[int, int]


class Rule(StrEnum):
    """What completes a content."""

    WATCH_90 = "watch_90"
    MARK_DONE = "mark_done"
    PASS_QUIZ = "pass_quiz"  # noqa: S105


class Progress(Struct, frozen=True):
    """Seconds throughout; `watched` is sorted and disjoint.

    `position_at` is when the position was reached, by the server's clock; `position_said_at`, by the phone's.
    """

    id: int
    enrollment_id: int
    content_id: int
    is_completed: bool
    completion_date: datetime | None
    time_spent: int
    last_position: int
    position_at: datetime | None = None
    position_said_at: datetime | None = None
    watched: tuple[Interval, ...] = ()


class Report(Struct, frozen=True):
    """What the app says: position, total time spent so far, and optionally which parts were played."""

    last_position: int
    time_spent: int
    is_completed: bool = False
    watched: tuple[Interval, ...] = ()


class Happened(Struct, frozen=True):
    """A report about something that happened while nobody was asked, by the phone's clock, which may be wrong."""

    report: Report
    occurred_at: datetime


class Tally(Struct, frozen=True):
    """How far a student is in a course."""

    completed: int
    total: int

    @property
    def percentage(self) -> float:
        """To one decimal, half up: 15 of 33 is 45.5."""
        return 0.0 if not self.total else int(self.completed * 1000 / self.total + 0.5) / 10

    @property
    def is_complete(self) -> bool:
        return 0 < self.total <= self.completed


def report_faults(report: Report) -> list[FieldFault]:
    """What is negative, absurd or too much in a report."""
    numbers = (("last_position", report.last_position), ("time_spent", report.time_spent))
    faults = [
        FieldFault(field, f"Between 0 and {MAX_SECONDS} seconds.")
        for field, value in numbers
        if not 0 <= value <= MAX_SECONDS
    ]
    if len(report.watched) > MAX_INTERVALS:
        faults.append(FieldFault("watched", f"At most {MAX_INTERVALS} intervals."))
    elif any(not 0 <= start <= end <= MAX_SECONDS for start, end in report.watched):
        faults.append(FieldFault("watched", "Each interval is [from, to] in seconds, from not after to."))
    return faults


def rule_for(content_type: ContentType) -> Rule:
    return {ContentType.VIDEO: Rule.WATCH_90, ContentType.QUIZ: Rule.PASS_QUIZ}.get(content_type, Rule.MARK_DONE)


def union(*groups: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Sorted, disjoint intervals that cover the same seconds."""
    merged: list[Interval] = []
    for start, end in sorted(interval for group in groups for interval in group if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return tuple(merged)


def seconds(intervals: tuple[Interval, ...]) -> int:
    return sum(end - start for start, end in intervals)


def required_seconds(duration: int | None) -> int:
    """Distinct seconds of a video that complete it."""
    return -(-(duration or 0) * WATCHED_PERCENT // 100)


def credited_seconds(watched: tuple[Interval, ...], enrolled_since: datetime, now: datetime) -> int:
    """Distinct seconds that count: nobody can have watched more than 2.5 times the time since the enrolment."""
    possible = int((now - enrolled_since).total_seconds() * FASTEST_PLAYBACK)
    return min(seconds(watched), possible)


def advance(
    before: Progress,
    report: Report,
    *,
    content_type: ContentType,
    duration: int | None,
    enrolled_since: datetime,
    now: datetime,
) -> Progress:
    """Progress after a report. Repeats and reports out of order change nothing that was reached.

    Time spent is the largest total seen. A position past the end is the end. An app that does not say which parts it
    played is taken to have played, up to its position, what the time spent has grown by. Nobody can have watched more
    than 2.5 times the time since the enrolment.
    """
    position = _position(report, duration)
    time_spent = max(before.time_spent, report.time_spent)
    grown = max(0, time_spent - before.time_spent)
    has_moved = position != before.last_position or before.position_at is None
    moved = msgspec.structs.replace(
        before,
        last_position=position,
        position_at=now if has_moved else before.position_at,
        position_said_at=now if has_moved else before.position_said_at,
        time_spent=time_spent,
    )
    played = report.watched or ((max(0, position - grown), position),)
    return _reached(moved, played, report.is_completed, content_type, duration, enrolled_since, now)


def merge(
    before: Progress,
    told: Sequence[Happened],
    *,
    content_type: ContentType,
    duration: int | None,
    enrolled_since: datetime,
    now: datetime,
) -> Progress:
    """Progress after what happened offline: the same in whatever order, however often and in however many parts it is
    told.

    The position is the latest by the phone's clock. A clock that is ahead counts as the server's; what was said by
    such a clock is compared by what it said. An app that does not say which parts it played is taken to have played,
    up to its position, as long as it spent.
    """
    moved, played = before, list[Interval]()
    for happened in told:
        report, said_at = happened.report, happened.occurred_at
        position, at = _position(report, duration), min(said_at, now)
        if _is_later(moved, at, said_at, position):
            moved = msgspec.structs.replace(moved, last_position=position, position_at=at, position_said_at=said_at)
        played += report.watched or ((max(0, position - report.time_spent), position),)
    time_spent = max([before.time_spent, *(one.report.time_spent for one in told)])
    says_done = any(one.report.is_completed for one in told)
    moved = msgspec.structs.replace(moved, time_spent=time_spent)
    # all of it at once: five hundred unions of growing lists would hold the process up for seconds
    return _reached(moved, tuple(played), says_done, content_type, duration, enrolled_since, now)


def _is_later(before: Progress, at: datetime, said_at: datetime, position: int) -> bool:
    if before.position_at is None or before.position_said_at is None:
        return True
    if said_at > at and before.position_said_at > before.position_at:  # both from a clock that is ahead
        return (said_at, position) > (before.position_said_at, before.last_position)
    return (at, said_at, position) > (before.position_at, before.position_said_at, before.last_position)


def _position(report: Report, duration: int | None) -> int:
    return report.last_position if duration is None else min(report.last_position, duration)


def _reached(
    moved: Progress,
    played: tuple[Interval, ...],
    says_done: bool,
    content_type: ContentType,
    duration: int | None,
    enrolled_since: datetime,
    now: datetime,
) -> Progress:
    """With what was played, and whether that completes the content."""
    watched = moved.watched
    if content_type is ContentType.VIDEO:
        if duration is not None:
            played = tuple((max(0, start), min(end, duration)) for start, end in played)
        watched = union(watched, played)
        reached = bool(duration) and credited_seconds(watched, enrolled_since, now) >= required_seconds(duration)
    else:
        reached = says_done and content_type is not ContentType.QUIZ
    is_completed = moved.is_completed or reached
    return msgspec.structs.replace(
        moved,
        watched=watched,
        is_completed=is_completed,
        completion_date=moved.completion_date or (now if is_completed else None),
    )
