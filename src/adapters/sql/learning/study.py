"""Progress, within a transaction: few statements, for this is what every phone calls all day."""

from datetime import datetime

from sqlalchemy import and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.learning.rows import (
    CONTENT_COLUMNS,
    CONTENTS,
    COURSES,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    PROGRESS,
    PROGRESS_COLUMNS,
    content,
    enrollment,
    progress,
)
from adapters.sql.store import SqlStore
from modules.learning.domain.progress import Progress, Tally
from modules.learning.ports import Lesson

# the enrolment is locked on its own first: FOR UPDATE cannot reach the empty side of an outer join
LOCK_ENROLLMENT = (
    select(ENROLLMENTS.c.id)
    .where(
        ENROLLMENTS.c.user_id == bindparam("user_id"),
        ENROLLMENTS.c.course_id
        == select(CONTENTS.c.course_id).where(CONTENTS.c.id == bindparam("content_id")).scalar_subquery(),
    )
    .with_for_update()
)
OTHERS, CONTENTS_OF = PROGRESS.alias(), CONTENTS.alias()
_COMPLETED = (
    select(func.count())
    .select_from(OTHERS)
    .join(CONTENTS_OF, CONTENTS_OF.c.id == OTHERS.c.content_id)
    .where(OTHERS.c.enrollment_id == ENROLLMENTS.c.id, OTHERS.c.is_completed, CONTENTS_OF.c.is_published)
    .correlate(ENROLLMENTS)
    .scalar_subquery()
)
_TOTAL = (
    select(func.count())
    .where(CONTENTS_OF.c.course_id == CONTENTS.c.course_id, CONTENTS_OF.c.is_published)
    .correlate(CONTENTS)
    .scalar_subquery()
)
LESSON = (
    select(COURSES.c.is_published, _COMPLETED, _TOTAL, *CONTENT_COLUMNS, *ENROLLMENT_COLUMNS, *PROGRESS_COLUMNS)
    .select_from(CONTENTS)
    .join(COURSES, COURSES.c.id == CONTENTS.c.course_id)
    .outerjoin(
        ENROLLMENTS,
        and_(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == CONTENTS.c.course_id),
    )
    .outerjoin(PROGRESS, and_(PROGRESS.c.enrollment_id == ENROLLMENTS.c.id, PROGRESS.c.content_id == CONTENTS.c.id))
    .where(CONTENTS.c.id == bindparam("content_id"))
)
_SAVE = upsert(PROGRESS)
SAVE = _SAVE.on_conflict_do_update(
    index_elements=["enrollment_id", "content_id"],
    set_={
        name: _SAVE.excluded[name]
        for name in ("is_completed", "completion_date", "time_spent", "last_position", "watched", "updated_at")
    },
).returning(PROGRESS.c.id)
COMPLETE = (
    update(ENROLLMENTS)
    .where(ENROLLMENTS.c.id == bindparam("row"), ENROLLMENTS.c.completed_at.is_(None))
    .values(completed_at=bindparam("now"))
)
_C = 3
_E = _C + len(CONTENT_COLUMNS)
_P = _E + len(ENROLLMENT_COLUMNS)


class SqlStudyStore(SqlStore):
    async def lesson(self, user_id: int, content_id: int) -> Lesson | None:
        values = {"user_id": user_id, "content_id": content_id}
        await self.transaction.row(LOCK_ENROLLMENT, values)
        row = await self.transaction.row(LESSON, values)
        if row is None:
            return None
        found, tally = content(row[_C:_E]), Tally(row[1], row[2])
        return Lesson(found.course_id, row[0], found, enrollment(row[_E:_P]), progress(row[_P:]), tally)

    async def save_progress(self, saved: Progress) -> Progress:
        values = {name: getattr(saved, name) for name in Progress.__struct_fields__ if name != "id"}
        values |= {"watched": [list(pair) for pair in saved.watched], "updated_at": self.transaction.clock.now()}
        id_ = int(await self.transaction.scalar(SAVE, values))
        return Progress(id_, *(getattr(saved, name) for name in Progress.__struct_fields__ if name != "id"))

    async def complete(self, enrollment_id: int, now: datetime) -> bool:
        return bool((await self.transaction.execute(COMPLETE, {"row": enrollment_id, "now": now})).rowcount)
