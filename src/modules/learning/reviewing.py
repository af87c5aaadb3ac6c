"""Reviewing courses."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.learning.domain.catalogue import NotStaff
from modules.learning.domain.enrolment import NotEnrolled, demand_access
from modules.learning.domain.reviews import HiddenReview, ReportReason, Review
from modules.learning.review_ports import ReviewStore


@dataclass(frozen=True, slots=True)
class Reviewing:
    begin: Begin[ReviewStore]
    clock: Clock

    async def review(self, actor: Actor, course_id: int, *, rating: int, comment: str, once: Once | None = None) -> int:
        """Rate a course that one has access to; the review's id.

        :raises NotEnrolled: :raises EnrolmentExpired: :raises AlreadyReviewed:
        """
        async with self.begin() as store:
            if known := await store.answered(once, int):
                return known
            enrolled = await store.enrollment_of(actor.user_id, course_id)
            if enrolled is None:
                raise NotEnrolled("Only who is enrolled in the course reviews it.")
            enrollment = demand_access(enrolled, self.clock.now())
            review = await store.add_review(enrollment, rating=rating, comment=comment)
            await store.count(course_id, ratings=rating, number=1)
            await store.answer(once, review.id)
            return review.id

    async def change(
        self, actor: Actor, review_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> None:
        """Change one's own rating or comment.

        :raises NotFound: :raises VersionConflict:
        """
        async with self.begin() as store:
            before = await _own(store, actor, review_id)
            if version is not None and version != before.version:
                raise VersionConflict
            if changes:
                await _counted(store, before, await store.change_review(review_id, **changes))

    async def remove(self, actor: Actor, review_id: int) -> None:
        """Take one's own review back; another may be written.

        :raises NotFound: :raises HiddenReview: else it would come back with the next one.
        """
        async with self.begin() as store:
            before = await _own(store, actor, review_id)
            if before.is_hidden:
                raise HiddenReview
            await store.remove_review(review_id)
            await _counted(store, before, None)

    async def reply(self, actor: Actor, review_id: int, text: str) -> None:
        """Answer a review as the course's staff, in place of an answer before; an empty text takes it back.

        :raises NotFound: :raises NotStaff:
        """
        async with self.begin() as store:
            review = await _visible(store, actor, review_id)
            if not await store.is_staff(actor, review.course_id):
                raise NotStaff
            said = {"replied_by_id": actor.user_id, "replied_at": self.clock.now()} if text else {}
            await store.change_review(
                review_id, **{"reply": text, "replied_by_id": None, "replied_at": None, **said}, is_edited=False
            )

    async def report(self, actor: Actor, review_id: int, reason: ReportReason, comment: str) -> None:
        """Tell the administrators of a review that should not be there. A repeat changes nothing.

        :raises NotFound:
        """
        async with self.begin() as store:
            await _visible(store, actor, review_id)
            await store.report(review_id, actor.user_id, reason, comment)

    async def set_hidden(self, actor: Actor, review_id: int, *, is_hidden: bool) -> None:
        """An administrator takes a review out of sight and out of the rating, or decides that it stays.

        :raises NotFound:
        """
        async with self.begin() as store:
            before = await store.review(review_id)
            if before is None:
                raise NotFound
            await _counted(store, before, await store.change_review(review_id, is_hidden=is_hidden, is_edited=False))
            await store.drop_reports(review_id)
            await store.audit(
                actor_id=actor.user_id,
                action="review.hidden" if is_hidden else "review.kept",
                target_type="review",
                target_id=review_id,
                course_id=before.course_id,
            )


async def _own(store: ReviewStore, actor: Actor, review_id: int) -> Review:
    review = await store.review(review_id)
    if review is None or review.user_id != actor.user_id:
        raise NotFound
    return review


async def _visible(store: ReviewStore, actor: Actor, review_id: int) -> Review:
    review = await store.review(review_id)
    if review is None or (review.is_hidden and not actor.is_admin and review.user_id != actor.user_id):
        raise NotFound
    return review


async def _counted(store: ReviewStore, before: Review, after: Review | None) -> None:
    """The review first, the course's row last: nobody who changes another one waits longer than for that."""
    (lost, one), (ratings, another) = before.counted, after.counted if after else (0, 0)
    if (lost, one) != (ratings, another):
        await store.count(before.course_id, ratings=ratings - lost, number=another - one)
