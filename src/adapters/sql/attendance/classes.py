"""Classes and their statuses, within a transaction."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins
from sqlalchemy import bindparam, delete, insert, select, update

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

_BY_ID = select(*SESSION_COLUMNS).where(SESSIONS.c.id == bindparam("id"))
SHARED = _BY_ID.with_for_update(read=True)
LOCKED = _BY_ID.with_for_update(key_share=True)
SAVED = [name for name in SESSION_FIELDS if name not in {"id", "version", "created_at"}]
SAVE = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("row"))
    .values(
        version=SESSIONS.c.version + 1, **{name: bindparam(f"to_{name}", type_=SESSIONS.c[name].type) for name in SAVED}
    )
    .returning(*SESSION_COLUMNS)
)
FOLLOWING = (
    select(*SESSION_COLUMNS)
    .where(SESSIONS.c.series_id == bindparam("series_id"), SESSIONS.c.occurs_at >= bindparam("occurs_at"), IS_COMING)
    .order_by(SESSIONS.c.id)
    .with_for_update(key_share=True)
)
COURSE = select(COURSES.c.id).where(COURSES.c.id == bindparam("id"))
GROUP = select(GROUPS.c.id).where(GROUPS.c.id == bindparam("id"), GROUPS.c.course_id == bindparam("course_id"))
SET = select(*SET_COLUMNS).where(SETS.c.id == bindparam("id")).with_for_update(key_share=True)
ANY_RECORD = (
    select(RECORDS.c.id).where(RECORDS.c.session_id == bindparam("session_id"), RECORDS.c.status.is_not(None)).limit(1)
)


class SqlClassStore(SqlStore):
    async def is_staff(self, actor: Actor, course_id: int) -> bool:
        found = await self.transaction.scalar(TEACHES, {"course_id": course_id, "user_id": actor.user_id})
        return is_staff(actor, teaches=bool(found))

    async def session(self, session_id: int, *, lock: bool = False) -> ClassSession | None:
        row = await self.transaction.row(LOCKED if lock else SHARED, {"id": session_id})
        return session(row) if row else None

    async def save_session(self, saved: ClassSession) -> ClassSession:
        values: dict[str, Any] = {f"to_{name}": getattr(saved, name) for name in SAVED}
        values["to_statuses"] = to_builtins(saved.statuses)
        return session((await self.transaction.execute(SAVE, {**values, "row": saved.id})).one())


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
        return status_set((await self.transaction.execute(insert(SETS).returning(*SET_COLUMNS), values)).one())

    async def save_status_set(self, changed: StatusSet) -> StatusSet:
        statement = update(SETS).where(SETS.c.id == changed.id).returning(*SET_COLUMNS)
        values = {"title": changed.title, "statuses": to_builtins(changed.statuses)}
        return status_set(
            (await self.transaction.execute(statement.values(version=SETS.c.version + 1, **values))).one()
        )

    async def remove_status_set(self, set_id: int) -> None:
        await self.transaction.execute(delete(SETS).where(SETS.c.id == set_id))

    async def add_series(self, course_id: int, recurrence: str) -> int:
        values = {"course_id": course_id, "recurrence": recurrence, "created_at": self.transaction.clock.now()}
        return int(await self.transaction.scalar(insert(SERIES).returning(SERIES.c.id), values))

    async def add_sessions(
        self,
        plans: Sequence[Plan],
        secrets: Sequence[str],
        *,
        series_id: int | None,
        created_by_id: int,
        statuses: Sequence[Status],
    ) -> list[ClassSession]:
        same: dict[str, Any] = {
            "series_id": series_id,
            "statuses": to_builtins(statuses),
            "most_points": most_points(statuses),
            "created_by_id": created_by_id,
            "created_at": self.transaction.clock.now(),
            "version": 1,
        }
        made = []
        for plan, secret in zip(plans, secrets, strict=True):
            values = {**{name: getattr(plan, name) for name in PLANNED}, **times(plan), **same, "secret": secret}
            values["occurs_at"] = None if series_id is None else values["starts_at"]
            statement = insert(SESSIONS).values(**values).returning(*SESSION_COLUMNS)
            made.append(session((await self.transaction.execute(statement)).one()))
        return made

    async def following(self, first: ClassSession) -> list[ClassSession]:
        values = {"series_id": first.series_id, "occurs_at": first.occurs_at}
        return [session(row) for row in await self.transaction.rows(FOLLOWING, values)]

    async def has_records(self, session_id: int) -> bool:
        return await self.transaction.row(ANY_RECORD, {"session_id": session_id}) is not None
