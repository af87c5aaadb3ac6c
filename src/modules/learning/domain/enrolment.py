"""Who may learn what, and until when."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict, Forbidden


class Source(StrEnum):
    PURCHASE = "purchase"
    FREE = "free"
    MANUAL = "manual"
    IMPORT = "import"


class AlreadyEnrolled(Conflict):
    code = "already_enrolled"
    detail = "You have access to this course already."


class NotFree(Conflict):
    code = "payment_required"
    detail = "This course is not free; buy it through an order."


class NotEnrolled(Forbidden):
    code = "not_enrolled"
    detail = "Enrol to open this lesson."


class EnrolmentExpired(Forbidden):
    code = "enrolment_expired"
    detail = "Your access to this course has ended."


class Suspended(EnrolmentExpired):
    detail = "Your access to this course was suspended."


class ContentLocked(Forbidden):
    code = "content_locked"
    detail = "This lesson is not available yet."


class Enrollment(Struct, frozen=True):
    """`purchase_id` is the order that opened it last. When its money goes back, `expiry_date` becomes that moment, and
    `withdrawn_expiry` keeps what it was.
    """

    id: int
    user_id: int
    course_id: int
    enrollment_date: datetime
    is_active: bool
    expiry_date: datetime | None
    completed_at: datetime | None
    source: Source
    version: int
    purchase_id: int | None = None
    withdrawn_at: datetime | None = None
    withdrawn_expiry: datetime | None = None

    def has_access(self, now: datetime) -> bool:
        return has_access(self.expiry_date, now, is_active=self.is_active)


def has_access(expiry_date: datetime | None, now: datetime, *, is_active: bool) -> bool:
    """The one rule of access to a course."""
    return is_active and (expiry_date is None or expiry_date > now)


def expiry(now: datetime, access_days: int | None) -> datetime | None:
    """When access that starts now ends; None is never."""
    return None if access_days is None else now + timedelta(days=access_days)


def demand_access(enrollment: Enrollment | None, now: datetime) -> Enrollment:
    """:raises NotEnrolled: :raises EnrolmentExpired: also for a suspended enrolment."""
    if enrollment is None:
        raise NotEnrolled
    if not enrollment.has_access(now):
        raise EnrolmentExpired
    return enrollment


def available_at(enrollment: Enrollment, available_after_days: int) -> datetime:
    return enrollment.enrollment_date + timedelta(days=available_after_days)


def demand_unlocked(enrollment: Enrollment, available_after_days: int, now: datetime) -> None:
    """:raises ContentLocked: the content opens later (drip)."""
    opens = available_at(enrollment, available_after_days)
    if opens > now:
        raise ContentLocked(f"This lesson opens on {opens:%d %B %Y}.")


def demand_in_order(*, is_blocked: bool) -> None:
    """:raises ContentLocked: the course is sequential, and something before this is not completed."""
    if is_blocked:
        raise ContentLocked("Complete the lessons before this one first.")
