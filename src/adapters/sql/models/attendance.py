from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index

LIVE = text("closed_at IS NULL AND cancelled_at IS NULL")


class StatusSet(IdentityBase):
    __tablename__ = "attendance_status_sets"
    __table_args__ = (Index("ix_attendance_status_sets_course", "course_id", "id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    title: Mapped[str] = mapped_column(String(60))
    statuses: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Integer)


class ClassSeries(IdentityBase):
    """The rule that classes were made by. Each of them lives its own life since."""

    __tablename__ = "class_series"
    __table_args__ = (Index("ix_class_series_course", "course_id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    recurrence: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ClassSession(IdentityBase):
    """`statuses` as they were when it was made; the moments of its windows follow from the minutes beside them, unless
    somebody opened or reopened it by hand.
    """

    __tablename__ = "class_sessions"
    __table_args__ = (
        UniqueConstraint("series_id", "occurs_at", name="uq_class_sessions_occurrence"),
        Index("ix_class_sessions_course", "course_id", "starts_at", "id"),
        Index("ix_class_sessions_starts", "starts_at", "id"),
        partial_index("ix_class_sessions_live", "ends_at", where=LIVE),
    )

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    community_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    series_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("class_series.id"))
    occurs_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    duration_minutes: Mapped[int] = mapped_column(Integer)
    timezone: Mapped[str] = mapped_column(String(64))
    meeting_url: Mapped[str | None] = mapped_column(String(500))
    opens_before_minutes: Mapped[int] = mapped_column(Integer)
    late_after_minutes: Mapped[int] = mapped_column(Integer)
    check_in_minutes: Mapped[int | None] = mapped_column(Integer)
    presence_percent: Mapped[int] = mapped_column(Integer)
    check_in_opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    check_in_closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    statuses: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    most_points: Mapped[int] = mapped_column(Integer)
    secret: Mapped[str] = mapped_column(String(64))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    announced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer)


class AttendanceRecord(IdentityBase):
    """One student in one class: the proofs, and what follows from them (`status`, null as long as nothing does)."""

    __tablename__ = "attendance_records"
    __table_args__ = (
        CheckConstraint("source IN ('code','presence','instructor','system')", name="source"),
        UniqueConstraint("session_id", "user_id", name="uq_attendance_records_student"),
        Index("ix_attendance_records_course", "course_id", "user_id", "session_id"),
        Index("ix_attendance_records_user", "user_id"),
    )

    session_id: Mapped[int] = mapped_column(BigInt, ForeignKey("class_sessions.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    status: Mapped[str | None] = mapped_column(String(20))
    points: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str | None] = mapped_column(String(12))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remarks: Mapped[str] = mapped_column(String(500))
    is_flagged: Mapped[bool] = mapped_column(Boolean)
    mark: Mapped[str | None] = mapped_column(String(20))
    marked_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    checked_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    first_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_ms: Mapped[int] = mapped_column(BigInt)
    version: Mapped[int] = mapped_column(Integer)


class AttendanceChange(IdentityBase):
    """Each status that was given or changed, for ever; `actor_id` is null where the house did it by itself."""

    __tablename__ = "attendance_changes"
    __table_args__ = (
        Index("ix_attendance_changes_session", "session_id", "id"),
        Index("ix_attendance_changes_user", "user_id", "id"),
    )

    session_id: Mapped[int] = mapped_column(BigInt, ForeignKey("class_sessions.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    source: Mapped[str | None] = mapped_column(String(12))
    remarks: Mapped[str] = mapped_column(String(500))


class AttendanceDevice(DefaultBase):
    """Who was the first to check in to a class on a device."""

    __tablename__ = "attendance_devices"
    __table_args__ = (Index("ix_attendance_devices_user", "user_id"),)

    session_id: Mapped[int] = mapped_column(
        BigInt, ForeignKey("class_sessions.id"), primary_key=True, autoincrement=False
    )
    device_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))


class AttendanceExcuse(IdentityBase):
    __tablename__ = "attendance_excuses"
    __table_args__ = (
        CheckConstraint("status IN ('requested','approved','rejected','withdrawn')", name="status"),
        UniqueConstraint("session_id", "user_id", name="uq_attendance_excuses_student"),
        Index("ix_attendance_excuses_course", "course_id", "id"),
        Index("ix_attendance_excuses_user", "user_id", "id"),
    )

    session_id: Mapped[int] = mapped_column(BigInt, ForeignKey("class_sessions.id"))
    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"))
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(2000))
    status: Mapped[str] = mapped_column(String(12))
    notes: Mapped[str] = mapped_column(String(500))
    decided_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttendanceWarning(DefaultBase):
    """Whoever was warned of a low attendance in a course is not warned again."""

    __tablename__ = "attendance_warnings"
    __table_args__ = (Index("ix_attendance_warnings_user", "user_id"),)

    course_id: Mapped[int] = mapped_column(BigInt, ForeignKey("courses.id"), primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CalendarFeed(DefaultBase):
    """Which address of somebody's calendar is good; none until they ask for it."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer)
