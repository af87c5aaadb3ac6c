"""Getting into a course: free, bought, by hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actor import Actor
from core.errors import Invalid, NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.learning.admission import Admission
from modules.learning.domain.catalogue import Course
from modules.learning.domain.enrolment import Enrollment, NotFree, Source
from modules.learning.events import EnrolmentChanged
from modules.learning.ports import EnrolmentStore


@dataclass(frozen=True, slots=True)
class Enrolling:
    begin: Begin[EnrolmentStore]
    admission: Admission

    async def enrol_free(self, actor: Actor, course_id: int, *, once: Once | None = None) -> Enrollment:
        """Enrol oneself in a published course that costs nothing.

        :raises NotFound: :raises NotFree: :raises AlreadyEnrolled: :raises Suspended: only administrators lift that.
        """
        async with self.begin() as store:
            if known := await store.answered(once, Enrollment):
                return known
            course = await _published(store, course_id)
            if course.price_paise > 0:
                raise NotFree
            enrollment = await self.admission.admit(store, actor.user_id, course, Source.FREE)
            await store.answer(once, enrollment)
            return enrollment

    async def grant(
        self, actor: Actor, course_id: int, user_id: int, *, expiry_date: datetime | None, once: Once | None = None
    ) -> Enrollment:
        """An administrator enrols somebody; without `expiry_date` for as long as the course says.

        :raises NotFound: :raises Invalid: :raises AlreadyEnrolled:
        """
        async with self.begin() as store:
            if known := await store.answered(once, Enrollment):
                return known
            course = await store.course(course_id)
            if course is None:
                raise NotFound
            if not await store.lock_student(user_id):
                raise Invalid.field("user_id", "There is no active user with this id.")
            enrollment = await self.admission.admit(store, user_id, course, Source.MANUAL, expiry_date)
            await store.audit(
                actor_id=actor.user_id,
                action="enrollment.granted",
                target_type="enrollment",
                target_id=enrollment.id,
            )
            await store.answer(once, enrollment)
            return enrollment

    async def grant_purchased(self, store: EnrolmentStore, *, user_id: int, course_id: int) -> None:
        """Reaction within the payment's transaction: the buyer gets access.

        :raises NotFound: :raises AlreadyEnrolled: the payment must not be taken for this course then.
        """
        course = await store.course(course_id)
        if course is None:
            raise NotFound
        await self.admission.admit(store, user_id, course, Source.PURCHASE)

    async def change(
        self, actor: Actor, enrollment_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Enrollment:
        """Suspend or resume (`is_active`), extend or shorten (`expiry_date`).

        :raises NotFound: :raises VersionConflict:
        """
        async with self.begin() as store:
            known = await store.enrollment(enrollment_id)
            if known is None:
                raise NotFound
            await store.lock_student(known.user_id)  # before the enrolment, as whoever pays for it does
            enrollment = await store.enrollment(enrollment_id, lock=True)
            if enrollment is None:
                raise NotFound
            if version is not None and version != enrollment.version:
                raise VersionConflict
            if not changes:
                return enrollment
            changed = await store.change_enrollment(enrollment_id, **changes)
            await store.emit(
                EnrolmentChanged(enrollment_id=enrollment_id, user_id=changed.user_id, course_id=changed.course_id)
            )
            await store.audit(
                actor_id=actor.user_id,
                action="enrollment.changed",
                target_type="enrollment",
                target_id=enrollment_id,
                **{key: str(value) for key, value in changes.items()},
            )
            return changed


async def _published(store: EnrolmentStore, course_id: int) -> Course:
    course = await store.course(course_id)
    if course is None or not course.is_published:
        raise NotFound
    return course
