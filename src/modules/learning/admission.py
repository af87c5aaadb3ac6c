"""The one way into a course, whoever opens the door."""

from dataclasses import dataclass
from datetime import datetime

from core.clock import Clock
from modules.learning.domain.catalogue import Course
from modules.learning.domain.enrolment import AlreadyEnrolled, Enrollment, Source, Suspended, expiry
from modules.learning.events import StudentEnrolled
from modules.learning.ports import EnrolmentStore


@dataclass(frozen=True, slots=True)
class Admission:
    clock: Clock

    async def admit(
        self,
        store: EnrolmentStore,
        user_id: int,
        course: Course,
        source: Source,
        expiry_date: datetime | None = None,
        purchase_id: int | None = None,
    ) -> Enrollment:
        """Give access within an open transaction; without `expiry_date` for as long as the course says.

        :raises AlreadyEnrolled: the student has access now. :raises Suspended: only administrators lift that, by hand.
        """
        now = self.clock.now()
        await store.lock_student(user_id)
        existing = await store.enrollment_of(user_id, course.id)
        if existing and existing.has_access(now):
            raise AlreadyEnrolled
        if existing and not existing.is_active and source is not Source.MANUAL:
            raise Suspended
        enrollment = await store.enrol(
            user_id=user_id,
            course_id=course.id,
            source=source,
            expiry_date=expiry_date or expiry(now, course.access_days),
            purchase_id=purchase_id,
        )
        await store.emit(
            StudentEnrolled(enrollment_id=enrollment.id, user_id=user_id, course_id=course.id, source=source.value)
        )
        return enrollment
