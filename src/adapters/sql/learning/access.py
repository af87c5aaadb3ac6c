"""Staff of a course, asked within a transaction by several stores."""

from sqlalchemy import bindparam, select

from adapters.sql.learning.rows import COURSE_COLUMNS, COURSES, IS_INSTRUCTOR_OF, course
from adapters.sql.store import SqlStore
from core.actor import Actor, Role
from modules.learning.domain.catalogue import Course

COURSE_BY_ID = select(*COURSE_COLUMNS).where(COURSES.c.id == bindparam("id"))
COURSE_BY_ID_LOCKED = COURSE_BY_ID.with_for_update(key_share=True)


class CourseStore(SqlStore):
    """What the learning stores share: a course, and who may edit it."""

    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        if actor.role is not Role.INSTRUCTOR:
            return actor.is_admin
        values = {"course_id": course_id, "user_id": actor.user_id}
        return bool(await self.transaction.scalar(IS_INSTRUCTOR_OF, values))

    async def course(self, course_id: int, *, lock: bool = False) -> Course | None:
        row = await self.transaction.row(COURSE_BY_ID_LOCKED if lock else COURSE_BY_ID, {"id": course_id})
        return course(row) if row else None
