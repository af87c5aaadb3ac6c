"""Getting into a course: free, bought, by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actor import Actor
from core.errors import Invalid, NotFound, VersionConflict
from core.idempotency import Once
from core.transaction import Begin
from modules.learning.admission import Admission
from modules.learning.domain.catalogue import Course
from modules.learning.domain.enrolment import Enrollment, NotFree, Source, expiry
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

    async def grant_purchased(
        self,
        store: EnrolmentStore,
        *,
        user_id: int,
        course_ids: Sequence[int],
        purchase_id: int,
        until: datetime | None = None,
    ) -> None:
        """Reaction within the payment's transaction: the buyer gets access to what is not open to them yet, and of a
        purchase that is paid in parts a longer one: `until` then, or with the last part as long as the course says.

        :raises NotFound: :raises Suspended: the payment must not be taken for these courses then.
        """
        await store.lock_student(user_id)
        now = self.admission.clock.now()
        for course_id in course_ids:
            course = await store.course(course_id)
            if course is None:
                raise NotFound
            known = await store.enrollment_of(user_id, course_id)
            if known is not None and known.purchase_id == purchase_id and known.is_active:
                lasts = until or expiry(known.enrollment_date, course.access_days)
                await self._change(store, known, {"expiry_date": lasts})
            elif known is None or not known.has_access(now):
                await self.admission.admit(
                    store, user_id, course, Source.PURCHASE, expiry_date=until, purchase_id=purchase_id
                )

    async def withdraw_purchased(self, store: EnrolmentStore, *, purchase_id: int) -> None:
        """Reaction within: the order's money goes back, and what it opened ends now.

        What was given by hand meanwhile, or bought again, was not opened by this order.
        """
        now = self.admission.clock.now()
        for enrollment in await store.enrollments_of_purchase(purchase_id):
            if enrollment.withdrawn_at is None and (enrollment.expiry_date is None or enrollment.expiry_date > now):
                ended = {"expiry_date": now, "withdrawn_at": now, "withdrawn_expiry": enrollment.expiry_date}
                await self._change(store, enrollment, ended)

    async def return_purchased(self, store: EnrolmentStore, *, purchase_id: int) -> None:
        """Reaction within: the money stays with the school after all, and access lasts as long as it did."""
        for enrollment in await store.enrollments_of_purchase(purchase_id):
            if enrollment.withdrawn_at is not None:
                lasting = {"expiry_date": enrollment.withdrawn_expiry, "withdrawn_at": None, "withdrawn_expiry": None}
                await self._change(store, enrollment, lasting)

    async def take_over(self, store: EnrolmentStore, *, user_id: int, course_id: int, purchase_id: int) -> None:
        """Reaction within: this order of the whole course stands, whatever became of the one that opened it last. It is
        open at least as long as the order bought, or as whoever opened it meanwhile has said. A suspension stays.
        """
        course, known = await store.course(course_id), await store.enrollment_of(user_id, course_id)
        if course is None or known is None or known.purchase_id == purchase_id:
            return
        ends = known.expiry_date if known.withdrawn_at is None else known.withdrawn_expiry
        bought = expiry(known.enrollment_date, course.access_days)
        lasts = None if ends is None or bought is None else max(ends, bought)
        if known.withdrawn_at is None and lasts == known.expiry_date:
            return
        opened = {"expiry_date": lasts, "withdrawn_at": None, "withdrawn_expiry": None, "purchase_id": purchase_id}
        await self._change(store, known, opened)

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
            by_hand = {"withdrawn_at": None, "withdrawn_expiry": None} if "expiry_date" in changes else {}
            changed = await self._change(store, enrollment, {**changes, **by_hand})
            await store.audit(
                actor_id=actor.user_id,
                action="enrollment.changed",
                target_type="enrollment",
                target_id=enrollment_id,
                **{key: str(value) for key, value in changes.items()},
            )
            return changed

    async def _change(self, store: EnrolmentStore, enrollment: Enrollment, changes: dict[str, Any]) -> Enrollment:
        changed = await store.change_enrollment(enrollment.id, **changes)
        await store.emit(
            EnrolmentChanged(enrollment_id=enrollment.id, user_id=enrollment.user_id, course_id=enrollment.course_id)
        )
        return changed


async def _published(store: EnrolmentStore, course_id: int) -> Course:
    course = await store.course(course_id)
    if course is None or not course.is_published:
        raise NotFound
    return course
