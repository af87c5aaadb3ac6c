"""One student in one class: three proofs, and the one status that they end in."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from modules.attendance.domain.sessions import ClassSession
from modules.attendance.domain.statuses import Occasion, Status, status_for

HEARTBEAT = timedelta(seconds=30)
"""How often an app says that its student is there."""
GAP = timedelta(seconds=100)
"""Two lost heartbeats in between are forgiven; after a longer silence the time between does not count."""


class Source(StrEnum):
    """What a status comes from. `system`: the class was closed, and nobody had seen the student."""

    CODE = "code"
    PRESENCE = "presence"
    INSTRUCTOR = "instructor"
    SYSTEM = "system"


class Record(Struct, frozen=True):
    """`status` is what follows from `mark` (the instructor's), `checked_in_at` and what was seen of the app; None as
    long as nothing does. `seen_ms` is the time within the class that heartbeats cover, in milliseconds. They alone do
    not raise `version`: whoever edits the record loses nothing by them.
    """

    id: int
    session_id: int
    course_id: int
    user_id: int
    status: str | None
    points: int | None
    source: Source | None
    recorded_at: datetime
    remarks: str
    is_flagged: bool
    mark: str | None
    marked_by_id: int | None
    checked_in_at: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    seen_ms: int
    version: int


class Change(Struct, frozen=True):
    """A status was given or changed: who did it (None for the house itself), when, and both statuses."""

    id: int
    session_id: int
    user_id: int
    at: datetime
    actor_id: int | None
    from_status: str | None
    to_status: str | None
    source: Source | None
    remarks: str


def seen(record: Record, session: ClassSession, now: datetime) -> Record:
    """The record after a heartbeat. Only the server's clock counts, and no moment twice: however many devices send
    them, and however often one comes, an hour's heartbeats make an hour at most.
    """
    last = record.last_seen_at
    if last is not None and now <= last:  # another instance's clock is ahead
        return record
    since = now if last is None or now - last > GAP else last
    covered = min(now, session.ends_at) - max(since, session.starts_at)
    return replace(
        record,
        first_seen_at=record.first_seen_at or now,
        last_seen_at=now,
        seen_ms=record.seen_ms + max(0, covered // timedelta(milliseconds=1)),
    )


def judged(record: Record, session: ClassSession, *, is_over: bool) -> tuple[Status, Source] | None:
    """What follows from all that is known: the instructor's mark if there is one, else the better of code and presence,
    else, of a class that is over, absence.
    """
    if record.mark is not None:
        return status_of(session, record.mark), Source.INSTRUCTOR
    proofs = []
    if record.checked_in_at is not None:
        proofs.append((_arrived(session, record.checked_in_at), Source.CODE))
    if record.first_seen_at is not None and is_long_enough(record, session):
        proofs.append((_arrived(session, record.first_seen_at), Source.PRESENCE))
    if proofs:
        return max(proofs, key=lambda proof: proof[0].points or 0)  # the first of equal ones
    return (status_for(session.statuses, Occasion.ABSENT), Source.SYSTEM) if is_over else None


def with_verdict(record: Record, session: ClassSession, now: datetime, *, is_over: bool) -> Record:
    """The record with the status that follows; a new one has a new moment. Who was absent when the class was closed
    stays so in one that was opened again, until something proves otherwise.
    """
    verdict = judged(record, session, is_over=is_over)
    if verdict is None and record.source is Source.SYSTEM:
        return record
    status, source = (None, None) if verdict is None else verdict
    code, points = (None, None) if status is None else (status.code, status.points)
    if (code, points, source) == (record.status, record.points, record.source):
        return record
    return replace(record, status=code, points=points, source=source, recorded_at=now)


def replanned(record: Record, session: ClassSession) -> Record:
    """The record in its class as it is held now: proofs from outside of its new time prove nothing."""
    after = record
    came = record.checked_in_at
    if came is not None and not session.check_in_opens_at <= came < session.check_in_closes_at:
        after = replace(after, checked_in_at=None)
    if record.last_seen_at is not None and record.last_seen_at < session.check_in_opens_at:
        after = replace(after, first_seen_at=None, last_seen_at=None, seen_ms=0)
    return after


def revised(before: Record, after: Record) -> Record:
    """The record as it is kept: with the next version if anything changed that people decide by."""
    beats = {"first_seen_at": None, "last_seen_at": None, "seen_ms": 0}
    is_same = replace(before, **beats) == replace(after, **beats)
    return after if is_same else replace(after, version=before.version + 1)


def is_long_enough(record: Record, session: ClassSession) -> bool:
    """Whether the app was there for the share that counts; of a class that was closed early, of what was held."""
    ends_at = session.ends_at if session.closed_at is None else min(session.ends_at, session.closed_at)
    held_ms = (ends_at - session.starts_at) // timedelta(milliseconds=1)
    return held_ms > 0 and record.seen_ms * 100 >= session.presence_percent * held_ms


def status_of(session: ClassSession, code: str) -> Status:
    """:raises KeyError: the class has no such status."""
    return {status.code: status for status in session.statuses}[code]


def _arrived(session: ClassSession, at: datetime) -> Status:
    return status_for(session.statuses, Occasion.LATE if at >= session.late_at else Occasion.ON_TIME)
