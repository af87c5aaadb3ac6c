"""Who may what with a course: the rules of the domain as SQL says them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select

from adapters.sql.learning.rows import COURSE_COLUMNS, COURSES, ENROLLMENTS, INSTRUCTORS, course
from adapters.sql.store import SqlStore
from core.actor import Actor, Role
from modules.learning.domain.catalogue import Course

COURSE_BY_ID = select(*COURSE_COLUMNS).where(COURSES.c.id == bindparam("id"))
COURSE_BY_ID_LOCKED = COURSE_BY_ID.with_for_update(key_share=True)
NOW = bindparam("now", type_=ENROLLMENTS.c.expiry_date.type)
HAS_ACCESS = and_(  # as the domain's has_access
    ENROLLMENTS.c.is_active, or_(ENROLLMENTS.c.expiry_date.is_(None), ENROLLMENTS.c.expiry_date > NOW)
)


def teaches(course_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the user bound as `user_id` is an instructor of this course."""
    return exists().where(INSTRUCTORS.c.course_id == course_id, INSTRUCTORS.c.user_id == bindparam("user_id"))


TEACHES = select(teaches(COURSES.c.id)).where(COURSES.c.id == bindparam("course_id"))
"""No row for a course that does not exist."""


def is_staff(actor: Actor | None, *, teaches: bool) -> bool:
    """Whether this caller may see and edit all of a course: administrators, and instructors who teach it."""
    return actor is not None and (actor.is_admin or (teaches and actor.role is Role.INSTRUCTOR))


class CourseStore(SqlStore):
    """What the learning stores share: a course, and who may edit it."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        found = await self.transaction.scalar(TEACHES, {"course_id": course_id, "user_id": actor.user_id})
        return is_staff(actor, teaches=bool(found))

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None:
        row = await self.transaction.row(COURSE_BY_ID_LOCKED if lock else COURSE_BY_ID, {"id": course_id})
        return course(row) if row else None
