"""What stands beside the records: excuses, warnings, calendar feeds; and what goes with an account."""

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.attendance.figures import LOW
from adapters.sql.attendance.records import SqlRecordStore
from adapters.sql.attendance.rows import (
    CHANGES,
    DEVICES,
    EXCUSE_COLUMNS,
    EXCUSES,
    FEEDS,
    RECORDS,
    USER,
    WARNINGS,
    excuse,
)
from adapters.sql.store import SqlStore
from modules.attendance.domain.excuses import Excuse, ExcuseStatus
from modules.attendance.domain.sessions import ClassSession

_EXCUSES = select(*EXCUSE_COLUMNS)
BY_ID = _EXCUSES.where(EXCUSES.c.id == bindparam("id")).with_for_update(key_share=True)
SESSION_OF = select(EXCUSES.c.session_id).where(EXCUSES.c.id == bindparam("id"))
OF_STUDENT = _EXCUSES.where(EXCUSES.c.session_id == bindparam("session_id"), EXCUSES.c.user_id == USER)
OF_STUDENT_LOCKED = OF_STUDENT.with_for_update(key_share=True)
ADD = upsert(EXCUSES).on_conflict_do_nothing(index_elements=["session_id", "user_id"]).returning(*EXCUSE_COLUMNS)
SAVED = ("reason", "status", "notes", "decided_by_id", "decided_at")
SAVE = (
    update(EXCUSES)
    .where(EXCUSES.c.id == bindparam("row"))
    .values({name: bindparam(f"to_{name}", type_=EXCUSES.c[name].type) for name in SAVED})
)
WARN = upsert(WARNINGS).on_conflict_do_nothing().returning(WARNINGS.c.user_id)
BEGIN_FEED = upsert(FEEDS).on_conflict_do_nothing()
FEED = select(FEEDS.c.version).where(FEEDS.c.user_id == USER)
NEXT_FEED = (
    upsert(FEEDS)
    .on_conflict_do_update(index_elements=["user_id"], set_={"version": FEEDS.c.version + 1})
    .returning(FEEDS.c.version)
)
_WHOSE = bindparam("whose", type_=USER.type)
FORGET = (
    update(EXCUSES).where(EXCUSES.c.user_id == _WHOSE).values(reason="", notes=""),
    *(update(kept).where(kept.c.user_id == _WHOSE).values(remarks="") for kept in (RECORDS, CHANGES)),
    *(delete(gone).where(gone.c.user_id == _WHOSE) for gone in (DEVICES, FEEDS, WARNINGS)),
)


class SqlExcuseStore(SqlRecordStore):
    async def excuse(self, excuse_id: int) -> Excuse | None:
        row = await self.transaction.row(BY_ID, {"id": excuse_id})
        return excuse(row) if row else None

    async def session_of_excuse(self, excuse_id: int) -> int | None:
        found = await self.transaction.scalar(SESSION_OF, {"id": excuse_id})
        return None if found is None else int(found)

    async def excuse_of(self, session_id: int, user_id: int) -> Excuse | None:
        row = await self.transaction.row(OF_STUDENT_LOCKED, {"session_id": session_id, "user_id": user_id})
        return excuse(row) if row else None

    async def add_excuse(self, session: ClassSession, user_id: int, reason: str) -> Excuse | None:
        said = {"session_id": session.id, "course_id": session.course_id, "user_id": user_id, "reason": reason}
        made = {"status": ExcuseStatus.REQUESTED.value, "notes": "", "created_at": self.transaction.clock.now()}
        row = await self.transaction.row(ADD, {**said, **made})
        return excuse(row) if row else None

    async def save_excuse(self, saved: Excuse) -> None:
        values = {f"to_{name}": getattr(saved, name) for name in SAVED}
        await self.transaction.execute(SAVE, {**values, "to_status": saved.status.value, "row": saved.id})


class SqlWarningStore(SqlStore):
    async def low(self, course_id: int, *, threshold: int, fewest: int, limit: int) -> list[int]:
        values = {"course_id": course_id, "threshold": threshold, "fewest": fewest, "limit": limit}
        rows = await self.transaction.rows(LOW, {**values, "now": self.transaction.clock.now()})
        return [int(row[0]) for row in rows]

    async def add_warning(self, course_id: int, user_id: int) -> bool:
        values = {"course_id": course_id, "user_id": user_id, "created_at": self.transaction.clock.now()}
        return await self.transaction.row(WARN, values) is not None


class SqlFeedStore(SqlStore):
    async def feed_version(self, user_id: int) -> int:
        await self.transaction.execute(BEGIN_FEED, {"user_id": user_id, "version": 1})
        return int(await self.transaction.scalar(FEED, {"user_id": user_id}))

    async def next_feed_version(self, user_id: int) -> int:
        return int(await self.transaction.scalar(NEXT_FEED, {"user_id": user_id, "version": 2}))


class SqlAttendanceErasure(SqlStore):
    async def forget(self, user_id: int) -> None:
        """That a student was there stays, for the school's figures; in whose words does not."""
        for statement in FORGET:  # excuses before records, as those who decide lock them
            await self.transaction.execute(statement, {"whose": user_id})
