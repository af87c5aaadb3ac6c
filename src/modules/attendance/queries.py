"""What people read of attendance: flat read models, scoped to the viewer in the query itself."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from core.percent import per_cent
from modules.attendance.domain.excuses import Excuse, ExcuseStatus
from modules.attendance.domain.figures import Attendance
from modules.attendance.domain.records import Change, Record
from modules.attendance.domain.sessions import ClassSession, SessionStatus
from modules.attendance.domain.statuses import StatusSet


class Person(Struct, frozen=True):
    id: int
    username: str
    full_name: str
    profile_image: str | None


class CoursePlace(Struct, frozen=True):
    """What a viewer has to do with a course."""

    is_staff: bool
    is_enrolled: bool
    has_access: bool


class SessionCard(Struct, frozen=True):
    """A class as one viewer sees it; `record` and `excuse_status` are the viewer's own."""

    session: ClassSession
    course_title: str
    recurrence: str | None
    is_staff: bool
    record: Record | None
    excuse_status: ExcuseStatus | None


class SessionFilter(Struct, frozen=True):
    """`since` and `until` are about the start; the first belongs to it."""

    course_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    status: SessionStatus | None = None
    series_id: int | None = None
    is_ascending: bool = False


class RecordCard(Struct, frozen=True):
    record: Record
    person: Person


class ChangeCard(Struct, frozen=True):
    change: Change
    person: Person
    actor: Person | None


class ExcuseCard(Struct, frozen=True):
    excuse: Excuse
    person: Person
    session_title: str
    starts_at: datetime
    timezone: str


class StudentReport(Struct, frozen=True):
    """`counts` by status code, over the classes that were taken."""

    course_id: int
    person: Person
    attendance: Attendance
    counts: dict[str, int]


class SessionFigures(Struct, frozen=True):
    """`expected`: whose class it is, `unmarked`: who of them has no status; `counts` by code, of all who have one."""

    session: ClassSession
    expected: int
    unmarked: int
    counts: dict[str, int]
    flagged: int
    points: int
    possible_points: int

    @property
    def percentage(self) -> float | None:
        """None of a class that is not closed: who has no status yet would be left out."""
        return per_cent(self.points, self.possible_points) if self.session.closed_at is not None else None


class RollCall(Struct, frozen=True):
    """What those who teach a class are told while it is held."""

    records: list[RecordCard]
    counts: dict[str, int]


class ClassQueries(Protocol):
    async def sessions(self, request: PageRequest, actor: Actor, chosen: SessionFilter) -> Page[SessionCard]:
        """Those of all courses that the viewer may enter or teaches; of administrators, all."""
        ...

    async def session(self, session_id: int, actor: Actor) -> SessionCard | None: ...

    async def plain(self, session_id: int) -> ClassSession | None:
        """For the house itself, which nobody looks over the shoulder of."""
        ...

    async def place(self, course_id: int, actor: Actor) -> CoursePlace | None:
        """None if there is no such course."""
        ...

    async def excuses(
        self,
        request: PageRequest,
        actor: Actor,
        *,
        course_id: int | None,
        session_id: int | None,
        status: ExcuseStatus | None,
    ) -> Page[ExcuseCard]:
        """One's own, and those of the courses one teaches; newest first."""
        ...

    async def excuse(self, excuse_id: int, actor: Actor) -> ExcuseCard | None: ...

    async def answered_excuse(self, excuse_id: int) -> ExcuseCard | None:
        """For whom it is told to: whoever asks is the house itself."""
        ...

    async def status_sets(self, course_id: int) -> list[StatusSet]: ...


class AttendanceReports(Protocol):
    """For those who teach; whoever asks has made sure of that."""

    async def records(
        self, request: PageRequest, session_id: int, *, flagged: bool, status: str | None
    ) -> Page[RecordCard]:
        """By user; `flagged`: only those with somebody else's device."""
        ...

    async def record(self, session_id: int, user_id: int) -> RecordCard | None: ...

    async def records_of(self, session_id: int, user_ids: Sequence[int]) -> list[RecordCard]:
        """Of these users, by user; also those without a status."""
        ...

    async def all_records(self, session_id: int) -> list[RecordCard]:
        """By user."""
        ...

    async def changes(self, request: PageRequest, session_id: int, user_id: int | None) -> Page[ChangeCard]:
        """Newest first."""
        ...

    async def student(self, course_id: int, user_id: int) -> StudentReport | None:
        """None for who never was a student of the course."""
        ...

    async def students(self, request: PageRequest, course_id: int) -> Page[StudentReport]:
        """By user."""
        ...

    def all_students(self, course_id: int) -> AsyncIterator[list[StudentReport]]:
        """In parts, by user."""
        ...

    async def figures(self, session_id: int) -> SessionFigures | None: ...

    async def course_figures(self, request: PageRequest, course_id: int) -> Page[SessionFigures]:
        """Of each class that is not cancelled; newest first."""
        ...

    async def staff(self, session_id: int) -> list[int]:
        """Who leads a class: the course's instructors, and the administrator who made it."""
        ...

    async def roll_call(self, session_id: int, user_ids: Sequence[int]) -> RollCall:
        """The records of these users in a class, and its counts."""
        ...
