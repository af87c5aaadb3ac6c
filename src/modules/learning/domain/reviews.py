"""Reviews of courses: one for each enrolment, answered by its teachers, reported by whoever is hurt."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict

LONGEST_COMMENT = 2_000


class AlreadyReviewed(Conflict):
    code = "already_reviewed"
    detail = "You have reviewed this course already; change that review."


class HiddenReview(Conflict):
    code = "review_hidden"
    detail = "An administrator has hidden this review; it cannot be taken back."


class ReportReason(StrEnum):
    SPAM = "spam"
    ABUSE = "abuse"
    OFF_TOPIC = "off_topic"
    OTHER = "other"


class Review(Struct, frozen=True):
    """`rating` from 1 to 5. A hidden review counts for nothing and is shown to its author and administrators only."""

    id: int
    enrollment_id: int
    course_id: int
    user_id: int
    rating: int
    comment: str
    created_at: datetime
    updated_at: datetime
    is_hidden: bool
    reply: str
    replied_by_id: int | None
    replied_at: datetime | None
    version: int

    @property
    def counted(self) -> tuple[int, int]:
        """What it adds to its course's sum and number of ratings."""
        return (0, 0) if self.is_hidden else (self.rating, 1)
