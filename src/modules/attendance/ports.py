"""What attendance needs from the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from core.actor import Actor
from core.events import Emits
from core.idempotency import Remembers
from modules.attendance.domain.excuses import Excuse
from modules.attendance.domain.records import Record
from modules.attendance.domain.sessions import ClassSession, Plan
from modules.attendance.domain.statuses import Status, StatusSet

Changes: TypeAlias = dict[str, Any]
"""Fields of a plan and their new values."""


class Place(Struct, frozen=True):
    """Asked of learning and community: what a student has to do with a class. `is_among`: it is for all students of
    the course, or the student is in its group.
    """

    is_enrolled: bool
    has_access: bool
    is_among: bool


class ClassStore(Emits, Remembers, Protocol):
    """What every workflow about classes needs."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def session(self, session_id: int, *, lock: bool = False) -> ClassSession | None:
        """Kept as it is until the transaction's end, by many at once; with `lock` by this transaction alone."""
        ...

    async def save_session(self, *sessions: ClassSession) -> None:
        """Each with its next version."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class RecordStore(ClassStore, Protocol):
    async def place(self, session: ClassSession, user_id: int) -> Place: ...

    async def record(self, session: ClassSession, user_id: int) -> Record:
        """Locked; an empty one if there was none."""
        ...

    async def records(self, session: ClassSession, user_ids: Sequence[int]) -> dict[int, Record]:
        """The same for many, by user. Only who is or was enrolled has one, and of a group's class its members."""
        ...

    async def unmarked_records(self, session: ClassSession) -> list[Record]:
        """Those that follow from proofs alone, locked, by user."""
        ...

    async def save_records(self, changed: Sequence[tuple[Record, Record]], *, actor_id: int | None) -> None:
        """Each as it was and as it is. A new status is kept among the changes, with who gave it."""
        ...

    async def take_device(self, session_id: int, device_id: str, user_id: int) -> int:
        """Who was the first to check in to this class on the device."""
        ...

    async def flag(self, session_id: int, user_ids: Sequence[int]) -> None: ...

    async def students_named(self, course_id: int, names: Sequence[str]) -> dict[str, int]:
        """By e-mail address or username, as they were written; who is no student of the course is left out."""
        ...


class ScheduleStore(RecordStore, Protocol):
    async def course_exists(self, course_id: int) -> bool: ...

    async def is_group_of(self, community_id: int, course_id: int) -> bool:
        """Asked of community."""
        ...

    async def status_set(self, set_id: int) -> StatusSet | None: ...

    async def add_status_set(self, course_id: int, title: str, statuses: Sequence[Status]) -> StatusSet: ...

    async def save_status_set(self, changed: StatusSet) -> StatusSet: ...

    async def remove_status_set(self, set_id: int) -> None: ...

    async def add_series(self, course_id: int, recurrence: str) -> int: ...

    async def add_sessions(
        self,
        plans: Sequence[Plan],
        secrets: Sequence[str],
        *,
        series_id: int | None,
        created_by_id: int,
        statuses: Sequence[Status],
    ) -> int:
        """The id of the first."""
        ...

    async def following(self, session: ClassSession) -> list[ClassSession]:
        """The classes of its series from this one on that are yet to come or open; locked, in order."""
        ...

    async def has_records(self, session_ids: Sequence[int]) -> bool:
        """Whether anybody has a status in one of them."""
        ...


class ConductStore(RecordStore, Protocol):
    async def mark_absent(self, session: ClassSession, status: Status, now: datetime) -> None:
        """Whoever was expected in the class and has no record gets one from the house.

        Expected is who had access to the course when the class was held, is in its group, and does not teach it.
        """
        ...

    async def overdue(self, at: datetime, limit: int) -> list[int]:
        """Classes that are not closed, whose time and whose check-in were over at this moment, in which somebody was
        seen, or has a record since it began, and none has changed since this moment.
        """
        ...

    async def starting(self, now: datetime, until: datetime, limit: int) -> list[int]:
        """Classes that begin in this time, each told once; what others have in hand is left out."""
        ...


class ExcuseStore(RecordStore, Protocol):
    async def session_of_excuse(self, excuse_id: int) -> int | None: ...

    async def known_record(self, session_id: int, user_id: int) -> Record | None: ...

    async def excuse(self, excuse_id: int) -> Excuse | None:
        """Locked."""
        ...

    async def excuse_of(self, session_id: int, user_id: int) -> Excuse | None:
        """Locked."""
        ...

    async def add_excuse(self, session: ClassSession, user_id: int, reason: str) -> Excuse | None:
        """None if there is one already."""
        ...

    async def save_excuse(self, excuse: Excuse) -> None: ...


class WarningStore(Emits, Protocol):
    async def low(self, course_id: int, *, threshold: int, fewest: int, limit: int) -> list[int]:
        """Students of a course whose attendance is below the threshold (per cent) after at least so many classes that
        counted, and who have access and were never warned in this course.
        """
        ...

    async def add_warning(self, course_id: int, user_id: int) -> bool:
        """Whether it is the first."""
        ...


class FeedStore(Protocol):
    async def feed_version(self, user_id: int) -> int:
        """Which address of the calendar is good; counts from 1."""
        ...

    async def next_feed_version(self, user_id: int) -> int: ...


class ErasureStore(Protocol):
    async def forget(self, user_id: int) -> None:
        """Reasons, remarks and devices go; that somebody was there or not stays, without a name."""
        ...


class RotatingCodes(Protocol):
    def code(self, secret: str, at: datetime) -> str:
        """The digits that are shown at this moment."""
        ...


class RecurrenceRules(Protocol):
    def starts(self, rule: str, first: datetime, limit: int, until: datetime) -> list[datetime]:
        """When classes start by an RRULE (RFC 5545): `first` is the first of them, aware, in its own time zone, whose
        clocks decide; up to `limit`, and none after `until`.

        :raises Invalid: not a rule, or one that classes cannot have.
        """
        ...


class CalendarEntry(Struct, frozen=True):
    session: ClassSession
    course_title: str


class CalendarFormat(Protocol):
    def calendar(self, title: str, entries: Sequence[CalendarEntry], now: datetime) -> bytes:
        """In iCalendar (RFC 5545)."""
        ...


class Calendars(Protocol):
    async def entries(self, user_id: int, since: datetime, until: datetime) -> list[CalendarEntry]:
        """The classes of all courses that the user may enter or teaches, in order."""
        ...

    async def version(self, user_id: int) -> int:
        """Which address is good; 0 if there is no such calendar, or its owner may not log in."""
        ...
