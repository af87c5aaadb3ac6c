"""Classes and their statuses, within a transaction."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins
from sqlalchemy import BigInteger, any_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.attendance.rows import (
    COURSES,
    GROUPS,
    IS_COMING,
    RECORDS,
    SERIES,
    SESSION_COLUMNS,
    SESSION_FIELDS,
    SESSIONS,
    SET_COLUMNS,
    SETS,
    session,
    status_set,
)
from adapters.sql.learning.access import TEACHES, is_staff
from adapters.sql.store import SqlStore
from core.actor import Actor
from modules.attendance.domain.sessions import PLANNED, ClassSession, Plan, times
from modules.attendance.domain.statuses import Status, StatusSet, most_points

BY_ID = select(*SESSION_COLUMNS).where(SESSIONS.c.id == bindparam("id"))
LOCKED = BY_ID.with_for_update(key_share=True)
# Row locks let those who share come in past whoever waits to have the class alone: while thousands check in, it would
# not be closed for seconds. Advisory locks are given in the order in which they are asked for.
_KEY = bindparam("key", type_=BigInteger)
SHARE = select(func.pg_advisory_xact_lock_shared(_KEY))
TAKE_ALONE = select(func.pg_advisory_xact_lock(_KEY))
CLASSES = 0x0C1A << 48
"""Where the numbers of these locks begin; ids are below 2^48."""
SAVED = [name for name in SESSION_FIELDS if name not in {"id", "version", "created_at"}]
SAVE = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("row"))
    .values(
        version=SESSIONS.c.version + 1, **{name: bindparam(f"to_{name}", type_=SESSIONS.c[name].type) for name in SAVED}
    )
)
_FOLLOWING = (
    SESSIONS.c.series_id == bindparam("series_id"),
    SESSIONS.c.occurs_at >= bindparam("occurs_at"),
    IS_COMING,
)
FOLLOWING_IDS = select(SESSIONS.c.id).where(*_FOLLOWING)
FOLLOWING = select(*SESSION_COLUMNS).where(*_FOLLOWING).order_by(SESSIONS.c.id).with_for_update(key_share=True)
COURSE = select(COURSES.c.id).where(COURSES.c.id == bindparam("id"))
GROUP = select(GROUPS.c.id).where(GROUPS.c.id == bindparam("id"), GROUPS.c.course_id == bindparam("course_id"))
SET = select(*SET_COLUMNS).where(SETS.c.id == bindparam("id")).with_for_update(key_share=True)
_ANY_RECORD = select(RECORDS.c.id).where(RECORDS.c.status.is_not(None)).limit(1)
ANY_RECORD_PG = _ANY_RECORD.where(RECORDS.c.session_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
ANY_RECORD_LITE = _ANY_RECORD.where(RECORDS.c.session_id.in_(bindparam("ids", expanding=True, type_=BigInteger)))
ADD_SET = insert(SETS).returning(*SET_COLUMNS)
SAVE_SET = (
    update(SETS)
    .where(SETS.c.id == bindparam("row"))
    .values(title=bindparam("to_title"), statuses=bindparam("to_statuses", type_=SETS.c.statuses.type))
    .values(version=SETS.c.version + 1)
    .returning(*SET_COLUMNS)
)
REMOVE_SET = delete(SETS).where(SETS.c.id == bindparam("row"))
ADD_SERIES = insert(SERIES).returning(SERIES.c.id)
ADD_SESSION = insert(SESSIONS).returning(SESSIONS.c.id)
ADD_SESSIONS = insert(SESSIONS)
FIRST_OF_SERIES = select(func.min(SESSIONS.c.id)).where(SESSIONS.c.series_id == bindparam("series_id"))


class SqlClassStore(SqlStore):
    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        found = await self.transaction.scalar(TEACHES, {"course_id": course_id, "user_id": actor.user_id})
        return is_staff(actor, teaches=bool(found))

    async def session(self, session_id: int, *, lock: bool = False) -> ClassSession | None:
        await self._queue(session_id, alone=lock)
        row = await self.transaction.row(LOCKED if lock else BY_ID, {"id": session_id})
        return session(row) if row else None

    async def save_session(self, *sessions: ClassSession) -> None:
        rows = [{"row": one.id, **{f"to_{name}": getattr(one, name) for name in SAVED}} for one in sessions]
        for row in rows:
            row["to_statuses"] = to_builtins(row["to_statuses"])
        await self.transaction.execute(SAVE, rows if len(rows) > 1 else rows[0])

    async def _queue(self, *session_ids: int, alone: bool) -> None:
        """SQLite has one writer anyway."""
        if self.transaction.is_sqlite or max(session_ids) >= 1 << 48:  # no class has such a number
            return
        keys = [{"key": CLASSES | session_id} for session_id in sorted(session_ids)]
        await self.transaction.execute(TAKE_ALONE if alone else SHARE, keys if len(keys) > 1 else keys[0])


class SqlScheduleStore(SqlClassStore):
    async def course_exists(self, course_id: int) -> bool:
        return await self.transaction.row(COURSE, {"id": course_id}) is not None

    async def is_group_of(self, community_id: int, course_id: int) -> bool:
        return await self.transaction.row(GROUP, {"id": community_id, "course_id": course_id}) is not None

    async def status_set(self, set_id: int) -> StatusSet | None:
        row = await self.transaction.row(SET, {"id": set_id})
        return status_set(row) if row else None

    async def add_status_set(self, course_id: int, title: str, statuses: Sequence[Status]) -> StatusSet:
        values = {"course_id": course_id, "title": title, "statuses": to_builtins(statuses), "version": 1}
        return status_set((await self.transaction.execute(ADD_SET, values)).one())

    async def save_status_set(self, changed: StatusSet) -> StatusSet:
        values = {"row": changed.id, "to_title": changed.title, "to_statuses": to_builtins(changed.statuses)}
        return status_set((await self.transaction.execute(SAVE_SET, values)).one())

    async def remove_status_set(self, set_id: int) -> None:
        await self.transaction.execute(REMOVE_SET, {"row": set_id})

    async def add_series(self, course_id: int, recurrence: str) -> int:
        values = {"course_id": course_id, "recurrence": recurrence, "created_at": self.transaction.clock.now()}
        return int(await self.transaction.scalar(ADD_SERIES, values))

    async def add_sessions(
        self,
        plans: Sequence[Plan],
        secrets: Sequence[str],
        *,
        series_id: int | None,
        created_by_id: int,
        statuses: Sequence[Status],
    ) -> int:
        same: dict[str, Any] = {
            "series_id": series_id,
            "statuses": to_builtins(statuses),
            "most_points": most_points(statuses),
            "created_by_id": created_by_id,
            "created_at": self.transaction.clock.now(),
            "version": 1,
        }
        rows: list[dict[str, Any]] = [
            {**{name: getattr(plan, name) for name in PLANNED}, **times(plan), **same, "secret": secret}
            for plan, secret in zip(plans, secrets, strict=True)
        ]
        if series_id is None:
            return int(await self.transaction.scalar(ADD_SESSION, rows[0]))
        await self.transaction.execute(ADD_SESSIONS, [{**row, "occurs_at": row["starts_at"]} for row in rows])
        return int(await self.transaction.scalar(FIRST_OF_SERIES, {"series_id": series_id}))

    async def following(self, first: ClassSession) -> list[ClassSession]:
        values = {"series_id": first.series_id, "occurs_at": first.occurs_at}
        ids = [row[0] for row in await self.transaction.rows(FOLLOWING_IDS, values)]
        if ids:
            await self._queue(*ids, alone=True)
        return [session(row) for row in await self.transaction.rows(FOLLOWING, values)]

    async def has_records(self, session_ids: Sequence[int]) -> bool:
        statement = ANY_RECORD_LITE if self.transaction.is_sqlite else ANY_RECORD_PG
        return await self.transaction.row(statement, {"ids": list(session_ids)}) is not None
