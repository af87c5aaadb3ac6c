"""How far a student is in a course, as columns of a statement that has the enrolment in it."""

from sqlalchemy import func, select

from adapters.sql.learning.rows import CONTENTS, ENROLLMENTS, PROGRESS

_DONE, _PARTS = PROGRESS.alias("done"), CONTENTS.alias("parts")  # the statement may have both tables itself

COMPLETED = (
    select(func.count())
    .select_from(_DONE)
    .join(_PARTS, _PARTS.c.id == _DONE.c.content_id)
    .where(_DONE.c.enrollment_id == ENROLLMENTS.c.id, _DONE.c.is_completed, _PARTS.c.is_published)
    .correlate(ENROLLMENTS)
    .scalar_subquery()
)
TOTAL = (
    select(func.count())
    .where(_PARTS.c.course_id == ENROLLMENTS.c.course_id, _PARTS.c.is_published)
    .correlate(ENROLLMENTS)
    .scalar_subquery()
)
