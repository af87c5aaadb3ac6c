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
LESSON = (
    select(COURSES.c.is_published, *CONTENT_COLUMNS, *ENROLLMENT_COLUMNS, *PROGRESS_COLUMNS)
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
COMPLETED = (
    select(func.count())
    .select_from(PROGRESS)
    .join(CONTENTS, CONTENTS.c.id == PROGRESS.c.content_id)
    .where(PROGRESS.c.enrollment_id == bindparam("enrollment_id"), PROGRESS.c.is_completed, CONTENTS.c.is_published)
)
TOTAL = select(func.count()).where(CONTENTS.c.course_id == bindparam("course_id"), CONTENTS.c.is_published)
TALLY = select(COMPLETED.scalar_subquery(), TOTAL.scalar_subquery())
NOTE_LAST = update(ENROLLMENTS).where(ENROLLMENTS.c.id == bindparam("row")).values(last_content_id=bindparam("content"))
COMPLETE = (
    update(ENROLLMENTS)
    .where(ENROLLMENTS.c.id == bindparam("row"), ENROLLMENTS.c.completed_at.is_(None))
    .values(completed_at=bindparam("now"))
)
_E = 1 + len(CONTENT_COLUMNS)
_P = _E + len(ENROLLMENT_COLUMNS)


class SqlStudyStore(SqlStore):
    async def lesson(self, user_id: int, content_id: int) -> Lesson | None:
        values = {"user_id": user_id, "content_id": content_id}
        await self.transaction.row(LOCK_ENROLLMENT, values)
        row = await self.transaction.row(LESSON, values)
        if row is None:
            return None
        found = content(row[1:_E])
        return Lesson(found.course_id, row[0], found, enrollment(row[_E:_P]), progress(row[_P:]))

    async def save_progress(self, saved: Progress) -> Progress:
        values = {name: getattr(saved, name) for name in Progress.__struct_fields__ if name != "id"}
        values |= {"watched": [list(pair) for pair in saved.watched], "updated_at": self.transaction.clock.now()}
        id_ = int(await self.transaction.scalar(SAVE, values))
        return Progress(id_, *(getattr(saved, name) for name in Progress.__struct_fields__ if name != "id"))

    async def tally(self, enrollment_id: int, course_id: int) -> Tally:
        row = await self.transaction.row(TALLY, {"enrollment_id": enrollment_id, "course_id": course_id})
        return Tally(*row) if row else Tally(0, 0)

    async def note_last_content(self, enrollment_id: int, content_id: int) -> None:
        await self.transaction.execute(NOTE_LAST, {"row": enrollment_id, "content": content_id})

    async def complete(self, enrollment_id: int, now: datetime) -> bool:
        return bool((await self.transaction.execute(COMPLETE, {"row": enrollment_id, "now": now})).rowcount)
