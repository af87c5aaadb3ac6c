"""How far a student is in a course, as columns of a statement that has the enrolment in it."""

from sqlalchemy import and_, case, exists, false, func, or_, select, tuple_

from adapters.sql.learning.rows import CONTENTS, COURSES, ENROLLMENTS, MODULES, PROGRESS

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

_BEFORE, _SECTIONS, _SECTION = CONTENTS.alias("earlier"), MODULES.alias("sections"), MODULES.alias("section")
_PASSED = PROGRESS.alias("passed")
_IS_EARLIER = or_(
    tuple_(_SECTIONS.c.position, _SECTIONS.c.id) < tuple_(_SECTION.c.position, _SECTION.c.id),
    and_(
        _BEFORE.c.module_id == CONTENTS.c.module_id,
        tuple_(_BEFORE.c.position, _BEFORE.c.id) < tuple_(CONTENTS.c.position, CONTENTS.c.id),
    ),
)
_IS_DONE = exists(
    select(_PASSED.c.id)
    .where(_PASSED.c.enrollment_id == ENROLLMENTS.c.id, _PASSED.c.content_id == _BEFORE.c.id, _PASSED.c.is_completed)
    .correlate(ENROLLMENTS, _BEFORE)  # else the enrolment would be anybody's
)
IS_BLOCKED = case(
    (
        COURSES.c.is_sequential,
        exists(
            select(_BEFORE.c.id)
            .join(_SECTIONS, _SECTIONS.c.id == _BEFORE.c.module_id)
            .join(_SECTION, _SECTION.c.id == CONTENTS.c.module_id)
            .where(_BEFORE.c.course_id == CONTENTS.c.course_id, _BEFORE.c.is_published, _IS_EARLIER, ~_IS_DONE)
            .correlate(CONTENTS, ENROLLMENTS)
        ),
    ),
    else_=false(),
)
"""Whether the course is sequential and something before the content is not completed; computed for no other course."""
