"""A class: when it is held, when one may check in, and in which state it is."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, Forbidden, Invalid, NotFound
from modules.attendance.domain.statuses import Status, most_points

TIMEZONE = "Asia/Kolkata"
MOST_OCCURRENCES = 200
HORIZON = timedelta(days=732)
"""How far ahead classes are made: two years."""
LATEST_CORRECTION = timedelta(days=366)
A_WHILE = timedelta(hours=3)
QUIET = timedelta(minutes=15)
"""So long after its end, and after the last record of anybody, a class is closed by itself."""
STARTS_SOON = timedelta(minutes=15)
"""How long before a class its students are told."""


class NotStaff(Forbidden):
    code = "forbidden"
    detail = "Only this course's instructors and administrators may do this."


class NotEnrolled(Forbidden):
    code = "not_enrolled"
    detail = "Enrol in the course first."


class EnrolmentExpired(Forbidden):
    code = "enrolment_expired"
    detail = "Your access to this course has ended."


class CheckInClosed(Conflict):
    code = "check_in_closed"
    detail = "One cannot check in to this class now."


class SessionClosed(Conflict):
    code = "session_closed"
    detail = "The class is closed; reopen it first."


class SessionNotOpen(Conflict):
    code = "session_not_open"
    detail = "The class has not begun; if it is not held, cancel it."


class SessionCancelled(Conflict):
    code = "session_cancelled"
    detail = "The class is cancelled."


class SessionTaken(Conflict):
    code = "session_taken"
    detail = "Attendance was recorded for this class already."


class SessionStatus(StrEnum):
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Scope(StrEnum):
    """Of a class that recurs: this one, or this one and those after it."""

    THIS = "this"
    FOLLOWING = "following"


class Plan(Struct, frozen=True):
    """What whoever makes a class says of it. Minutes; `check_in_minutes` None: until its end."""

    course_id: int
    community_id: int | None
    title: str
    description: str
    starts_at: datetime
    duration_minutes: int
    timezone: str
    meeting_url: str | None
    opens_before_minutes: int = 10
    late_after_minutes: int = 10
    check_in_minutes: int | None = None
    presence_percent: int = 60


PLANNED = Plan.__struct_fields__
TIMES = frozenset({"starts_at", "duration_minutes", "opens_before_minutes", "check_in_minutes"})
"""What the moments of a class follow from."""
JUDGED_BY = TIMES | {"late_after_minutes", "presence_percent"}
"""What a student's status depends on."""


class ClassSession(Plan, frozen=True, kw_only=True):
    """A class counts when it is closed. `occurs_at` is when a recurring one was to start, wherever it was moved since;
    `secret`: what its codes are made of.
    """

    id: int
    series_id: int | None
    occurs_at: datetime | None
    ends_at: datetime
    check_in_opens_at: datetime
    check_in_closes_at: datetime
    statuses: tuple[Status, ...]
    most_points: int
    secret: str
    closed_at: datetime | None
    cancelled_at: datetime | None
    announced_at: datetime | None
    created_by_id: int
    created_at: datetime
    version: int

    @property
    def late_at(self) -> datetime:
        """From this moment on whoever comes is late."""
        return self.starts_at + timedelta(minutes=self.late_after_minutes)

    def status_at(self, now: datetime) -> SessionStatus:
        if self.cancelled_at is not None:
            return SessionStatus.CANCELLED
        if self.closed_at is not None:
            return SessionStatus.CLOSED
        return SessionStatus.OPEN if now >= self.check_in_opens_at else SessionStatus.SCHEDULED


def zone(name: str) -> ZoneInfo:
    """:raises Invalid:"""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field("timezone", "A name of the IANA database, as Asia/Kolkata.") from None


def times(plan: Plan) -> dict[str, datetime]:
    """The moments that follow from a plan. The first of each window belongs to it, the last one does not."""
    starts_at, duration = plan.starts_at.astimezone(UTC), timedelta(minutes=plan.duration_minutes)
    lasts = duration if plan.check_in_minutes is None else timedelta(minutes=plan.check_in_minutes)
    return {
        "starts_at": starts_at,
        "ends_at": starts_at + duration,
        "check_in_opens_at": starts_at - timedelta(minutes=plan.opens_before_minutes),
        "check_in_closes_at": starts_at + lasts,
    }


def demand_near(starts_at: datetime, now: datetime) -> None:
    """:raises Invalid: too far ahead, or so long ago that nobody remembers."""
    if not now - LATEST_CORRECTION <= starts_at <= now + HORIZON:
        raise Invalid.field("starts_at", "Within two years from now, or in the year that is past.")


def demand_check_in(session: ClassSession, now: datetime) -> None:
    """:raises CheckInClosed: saying why."""
    status = session.status_at(now)
    if status is SessionStatus.CANCELLED:
        raise CheckInClosed("The class is cancelled.")
    if status is SessionStatus.SCHEDULED:
        raise CheckInClosed("Check-in has not begun yet.", retry_after=_seconds(session.check_in_opens_at - now))
    if status is SessionStatus.CLOSED or now >= session.check_in_closes_at:
        raise CheckInClosed("Check-in is over; ask the instructor.")


def demand_not_cancelled(session: ClassSession) -> None:
    """:raises SessionCancelled:"""
    if session.cancelled_at is not None:
        raise SessionCancelled


def demand_open(session: ClassSession) -> None:
    """:raises SessionCancelled: :raises SessionClosed:"""
    demand_not_cancelled(session)
    if session.closed_at is not None:
        raise SessionClosed


def changed(session: ClassSession, changes: dict[str, Any], now: datetime) -> ClassSession:
    """The class with these fields of its plan, and what follows from them. One that is open, and put off by a while,
    stays open: who has come has come.
    """
    after = replace(session, **changes)
    if not TIMES & set(changes):
        return after
    told = session.announced_at if after.starts_at == session.starts_at else None
    after = replace(after, **times(after), announced_at=told)
    was_opened = session.check_in_opens_at <= now
    if was_opened and timedelta() <= after.check_in_opens_at - session.check_in_opens_at <= A_WHILE:
        return replace(after, check_in_opens_at=session.check_in_opens_at)
    return after


def with_statuses(session: ClassSession, statuses: Sequence[Status]) -> ClassSession:
    return replace(session, statuses=tuple(statuses), most_points=most_points(statuses))


def moved_like(one: ClassSession, before: ClassSession, starts_at: datetime) -> datetime:
    """When another class of a series starts after this one was moved: as much later or earlier by the clocks of its
    time zone, whatever summer time does between the two.
    """
    place = zone(one.timezone)

    def local(moment: datetime) -> datetime:
        return moment.astimezone(place).replace(tzinfo=None)

    moved = local(one.starts_at) + (local(starts_at) - local(before.starts_at))
    return moved.replace(tzinfo=place).astimezone(UTC)


def found(session: ClassSession | None) -> ClassSession:
    """:raises NotFound:"""
    if session is None:
        raise NotFound
    return session


def _seconds(left: timedelta) -> int:
    return max(1, -(-left // timedelta(seconds=1)))
