"""Enrolments and their imports, within a transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.learning.access import CourseStore
from adapters.sql.learning.rows import (
    COURSES,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    IMPORT_ROWS,
    IMPORTS,
    USERS,
    enrollment,
)
from modules.learning.domain.enrolment import Enrollment, Source
from modules.learning.ports import ImportLine

# compatible with the locks that foreign keys take: only other enrolments and orders of this student wait
LOCK_STUDENT = (
    select(USERS.c.id)
    .where(USERS.c.id == bindparam("id"), USERS.c.is_active, USERS.c.deleted_at.is_(None))
    .with_for_update(key_share=True)
)
BY_ID = select(*ENROLLMENT_COLUMNS).where(ENROLLMENTS.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update(key_share=True)
OF_STUDENT = select(*ENROLLMENT_COLUMNS).where(
    ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == bindparam("course_id")
)
OF_PURCHASE = (
    select(*ENROLLMENT_COLUMNS)
    .where(ENROLLMENTS.c.purchase_id == bindparam("purchase_id"))
    .order_by(ENROLLMENTS.c.id)
    .with_for_update(key_share=True)
)
_ADD = upsert(ENROLLMENTS)
ENROL = _ADD.on_conflict_do_update(
    index_elements=["user_id", "course_id"],
    set_={
        "enrollment_date": _ADD.excluded.enrollment_date,
        "is_active": True,
        "expiry_date": _ADD.excluded.expiry_date,
        "source": _ADD.excluded.source,
        "purchase_id": _ADD.excluded.purchase_id,
        "withdrawn_at": None,
        "withdrawn_expiry": None,
        "version": ENROLLMENTS.c.version + 1,
    },
).returning(*ENROLLMENT_COLUMNS)
COUNT_ENROLLED = (
    update(COURSES).where(COURSES.c.id == bindparam("course")).values(enrolled_count=COURSES.c.enrolled_count + 1)
)
WAITING = (
    select(IMPORT_ROWS.c.line, IMPORT_ROWS.c.email, IMPORT_ROWS.c.expiry_date)
    .where(IMPORT_ROWS.c.import_id == bindparam("import_id"), IMPORT_ROWS.c.status == "waiting")
    .order_by(IMPORT_ROWS.c.line)
    .limit(bindparam("limit"))
)


class SqlEnrolmentStore(CourseStore):
    async def lock_student(self, user_id: int) -> bool:
        return await self.transaction.row(LOCK_STUDENT, {"id": user_id}) is not None

    async def user_id_by_email(self, email: str) -> int | None:
        found = await self.transaction.scalar(select(USERS.c.id).where(USERS.c.email == email, USERS.c.is_active))
        return None if found is None else int(found)

    async def enrollment(self, enrollment_id: int, *, lock: bool = False) -> Enrollment | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": enrollment_id})
        return enrollment(row) if row else None

    async def enrollment_of(self, user_id: int, course_id: int) -> Enrollment | None:
        row = await self.transaction.row(OF_STUDENT, {"user_id": user_id, "course_id": course_id})
        return enrollment(row) if row else None

    async def enrol(
        self, *, user_id: int, course_id: int, source: Source, expiry_date: datetime | None, purchase_id: int | None
    ) -> Enrollment:
        row = await self.transaction.execute(
            ENROL,
            {
                "user_id": user_id,
                "course_id": course_id,
                "enrollment_date": self.transaction.clock.now(),
                "is_active": True,
                "expiry_date": expiry_date,
                "source": source.value,
                "purchase_id": purchase_id,
                "version": 1,
            },
        )
        enrolled = _present(enrollment(row.one()))
        if enrolled.version == 1:  # a revived enrolment was counted when it was new
            await self.transaction.execute(COUNT_ENROLLED, {"course": course_id})
        return enrolled

    async def enrollments_of_purchase(self, purchase_id: int) -> list[Enrollment]:
        rows = await self.transaction.rows(OF_PURCHASE, {"purchase_id": purchase_id})
        return [_present(enrollment(row)) for row in rows]

    async def change_enrollment(self, enrollment_id: int, **changes: Any) -> Enrollment:
        statement = (
            update(ENROLLMENTS)
            .where(ENROLLMENTS.c.id == enrollment_id)
            .values(version=ENROLLMENTS.c.version + 1, **changes)
            .returning(*ENROLLMENT_COLUMNS)
        )
        return _present(enrollment((await self.transaction.execute(statement)).one()))

    async def add_import(self, *, course_id: int, created_by_id: int, lines: list[ImportLine]) -> int:
        statement = (
            insert(IMPORTS)
            .values(course_id=course_id, created_by_id=created_by_id, created_at=self.transaction.clock.now())
            .returning(IMPORTS.c.id)
        )
        import_id = int(await self.transaction.scalar(statement))
        rows = [
            {
                "import_id": import_id,
                "line": line.line,
                "email": line.email,
                "expiry_date": line.expiry_date,
                "status": "waiting",
            }
            for line in lines
        ]
        await self.transaction.execute(insert(IMPORT_ROWS), rows)
        return import_id

    async def import_course(self, import_id: int) -> int | None:
        """Locked, so that two workers with the same import take turns."""
        statement = select(IMPORTS.c.course_id).where(IMPORTS.c.id == import_id).with_for_update()
        found = await self.transaction.scalar(statement)
        return None if found is None else int(found)

    async def waiting_lines(self, import_id: int, limit: int) -> list[ImportLine]:
        rows = await self.transaction.rows(WAITING, {"import_id": import_id, "limit": limit})
        return [ImportLine(*row) for row in rows]

    async def set_line(self, import_id: int, line: int, status: str) -> None:
        statement = update(IMPORT_ROWS).where(IMPORT_ROWS.c.import_id == import_id, IMPORT_ROWS.c.line == line)
        await self.transaction.execute(statement.values(status=status))

    async def forget_email(self, email: str) -> None:
        await self.transaction.execute(update(IMPORT_ROWS).where(IMPORT_ROWS.c.email == email).values(email=""))

    async def finish_import(self, import_id: int) -> None:
        statement = update(IMPORTS).where(IMPORTS.c.id == import_id, IMPORTS.c.finished_at.is_(None))
        await self.transaction.execute(statement.values(finished_at=self.transaction.clock.now()))


def _present(found: Enrollment | None) -> Enrollment:
    if found is None:
        raise LookupError("a statement that returns its row returned none")
    return found
