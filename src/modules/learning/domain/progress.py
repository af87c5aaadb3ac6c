"""Progress: merging what phones report, and when a content is complete."""

from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from modules.learning.domain.catalogue import ContentType

WATCHED_PERCENT = 90
FASTEST_PLAYBACK = 2.5
MAX_INTERVALS = 200
Interval = tuple[int, int]


class Rule(StrEnum):
    """What completes a content."""

    WATCH_90 = "watch_90"
    MARK_DONE = "mark_done"
    PASS_QUIZ = "pass_quiz"  # noqa: S105


class Progress(Struct, frozen=True):
    """Seconds throughout; `watched` is sorted and disjoint."""

    id: int
    enrollment_id: int
    content_id: int
    is_completed: bool
    completion_date: datetime | None
    time_spent: int
    last_position: int
    watched: tuple[Interval, ...] = ()


class Report(Struct, frozen=True):
    """What the app says: position, total time spent so far, and optionally which parts were played."""

    last_position: int
    time_spent: int
    is_completed: bool = False
    watched: tuple[Interval, ...] = ()


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
    position = report.last_position if duration is None else min(report.last_position, duration)
    time_spent = max(before.time_spent, report.time_spent)
    played = report.watched or ((max(0, position - max(0, time_spent - before.time_spent)), position),)
    if duration is not None:
        played = tuple((max(0, start), min(end, duration)) for start, end in played)
    watched = union(before.watched, played) if content_type is ContentType.VIDEO else before.watched
    if content_type is ContentType.VIDEO:
        reached = bool(duration) and credited_seconds(watched, enrolled_since, now) >= required_seconds(duration)
    else:
        reached = report.is_completed and content_type is not ContentType.QUIZ
    is_completed = before.is_completed or reached
    return msgspec.structs.replace(
        before,
        last_position=position,
        time_spent=time_spent,
        watched=watched,
        is_completed=is_completed,
        completion_date=before.completion_date or (now if is_completed else None),
    )
