"""What reviews need from the database."""

from typing import Any, Protocol

from msgspec import Struct

from core.actor import Actor
from core.idempotency import Remembers
from core.paging import Page, PageRequest
from modules.learning.domain.enrolment import Enrollment
from modules.learning.domain.reviews import ReportReason, Review
from modules.learning.queries import Person


class ReviewStore(Remembers, Protocol):
    async def is_staff(self, actor: Actor, course_id: int) -> bool: ...

    async def enrollment_of(self, user_id: int, course_id: int) -> Enrollment | None: ...

    async def review(self, review_id: int) -> Review | None:
        """Locked until the transaction's end."""
        ...

    async def add_review(self, enrollment: Enrollment, *, rating: int, comment: str) -> Review:
        """:raises AlreadyReviewed:"""
        ...

    async def change_review(self, review_id: int, *, is_edited: bool = True, **changes: Any) -> Review:
        """`is_edited`: by its author, which dates it."""
        ...

    async def remove_review(self, review_id: int) -> None: ...

    async def count(self, course_id: int, *, ratings: int, number: int) -> None:
        """Add to the sum and to the number of the course's ratings; who counts at the same moment waits."""
        ...

    async def report(self, review_id: int, user_id: int, reason: ReportReason, comment: str) -> None:
        """A repeat changes nothing."""
        ...

    async def drop_reports(self, review_id: int) -> None: ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class ReviewCard(Struct, frozen=True):
    """A review as it is shown; `report_count` is for administrators."""

    review: Review
    author: Person
    replied_by: Person | None
    report_count: int


class ReviewQueries(Protocol):
    async def reviews(
        self, request: PageRequest, course_id: int, viewer: Actor | None, *, rating: int | None
    ) -> Page[ReviewCard] | None:
        """Newest first; None if there is no such course that the viewer may know of."""
        ...

    async def review(self, review_id: int) -> ReviewCard | None: ...

    async def reported(self, request: PageRequest) -> Page[ReviewCard]: ...
