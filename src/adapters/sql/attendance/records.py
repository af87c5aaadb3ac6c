"""Records of classes, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String, and_, any_, bindparam, exists, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.attendance.classes import SqlClassStore
from adapters.sql.attendance.rows import (
    CHANGES,
    DEVICES,
    ENROLLMENTS,
    EXPECTED,
    HAS_ACCESS,
    IS_COMING,
    RECORD_COLUMNS,
    RECORD_FIELDS,
    RECORDS,
    SESSIONS,
    USER,
    USERS,
    in_group,
    record,
)
from modules.attendance.domain.records import Record, Source
from modules.attendance.domain.sessions import ClassSession
from modules.attendance.domain.statuses import Status
from modules.attendance.ports import Place

_SESSION = bindparam("session_id", type_=BigInteger)
PLACE = (
    select(HAS_ACCESS, in_group(ENROLLMENTS.c.user_id))
    .select_from(SESSIONS)
    .join(ENROLLMENTS, ENROLLMENTS.c.course_id == SESSIONS.c.course_id)
    .where(SESSIONS.c.id == _SESSION, ENROLLMENTS.c.user_id == USER)
)
_KNOWN = select(*RECORD_COLUMNS).where(RECORDS.c.session_id == _SESSION)
KNOWN = _KNOWN.where(RECORDS.c.user_id == USER)
KNOWN_LOCKED = KNOWN.with_for_update(key_share=True)
UNMARKED = _KNOWN.where(RECORDS.c.mark.is_(None)).order_by(RECORDS.c.user_id).with_for_update(key_share=True)
ADD_MISSING = upsert(RECORDS).on_conflict_do_nothing(index_elements=["session_id", "user_id"])
ADD = upsert(RECORDS).on_conflict_do_nothing(index_elements=["session_id", "user_id"]).returning(*RECORD_COLUMNS)
_IDS_PG = any_(bindparam("ids", type_=ARRAY(BigInteger)))
_IDS_LITE = bindparam("ids", expanding=True, type_=BigInteger)
_IN_ORDER = _KNOWN.order_by(RECORDS.c.user_id).with_for_update(key_share=True)
MANY_PG, MANY_LITE = _IN_ORDER.where(RECORDS.c.user_id == _IDS_PG), _IN_ORDER.where(RECORDS.c.user_id.in_(_IDS_LITE))
_STUDENTS = (
    select(ENROLLMENTS.c.user_id)
    .select_from(SESSIONS)
    .join(ENROLLMENTS, ENROLLMENTS.c.course_id == SESSIONS.c.course_id)
    .where(SESSIONS.c.id == _SESSION, in_group(ENROLLMENTS.c.user_id))
    .order_by(ENROLLMENTS.c.user_id)
)
STUDENTS_PG, STUDENTS_LITE = (
    _STUDENTS.where(ENROLLMENTS.c.user_id == _IDS_PG),
    _STUDENTS.where(ENROLLMENTS.c.user_id.in_(_IDS_LITE)),
)
_NAMED = (
    select(USERS.c.id, USERS.c.email, USERS.c.username_key)
    .join(ENROLLMENTS, ENROLLMENTS.c.user_id == USERS.c.id)
    .where(ENROLLMENTS.c.course_id == bindparam("course_id"), USERS.c.deleted_at.is_(None))
)
_NAMES_PG = any_(bindparam("names", type_=ARRAY(String)))
_NAMES_LITE = bindparam("names", expanding=True, type_=String)
NAMED_PG = _NAMED.where(or_(USERS.c.email == _NAMES_PG, USERS.c.username_key == _NAMES_PG))
NAMED_LITE = _NAMED.where(or_(USERS.c.email.in_(_NAMES_LITE), USERS.c.username_key.in_(_NAMES_LITE)))
KEPT = [name for name in RECORD_FIELDS if name not in {"id", "session_id", "course_id", "user_id"}]
TOLD = ("status", "source", "mark", "remarks")
"""Whatever of these changes is kept among the changes."""
SAVE = (
    update(RECORDS)
    .where(RECORDS.c.id == bindparam("row"))
    .values({name: bindparam(f"to_{name}", type_=RECORDS.c[name].type) for name in KEPT})
)
TAKE = upsert(DEVICES).on_conflict_do_nothing().returning(DEVICES.c.user_id)
TAKEN_BY = select(DEVICES.c.user_id).where(
    DEVICES.c.session_id == _SESSION, DEVICES.c.device_id == bindparam("device_id")
)
FLAG = (
    update(RECORDS)
    .where(
        RECORDS.c.session_id == bindparam("class_id"), RECORDS.c.user_id == bindparam("whose"), ~RECORDS.c.is_flagged
    )
    .values(is_flagged=True, version=RECORDS.c.version + 1)
)
_NO_RECORD = ~exists().where(RECORDS.c.session_id == SESSIONS.c.id, RECORDS.c.user_id == ENROLLMENTS.c.user_id)
_ABSENT = {
    "session_id": SESSIONS.c.id,
    "course_id": SESSIONS.c.course_id,
    "user_id": ENROLLMENTS.c.user_id,
    "status": bindparam("status", type_=String),
    "points": bindparam("points", type_=RECORDS.c.points.type),
    "source": literal(Source.SYSTEM.value),
    "recorded_at": bindparam("at", type_=RECORDS.c.recorded_at.type),
    "remarks": literal(""),
    "is_flagged": literal(value=False),
    "seen_ms": literal(0, BigInteger),
    "version": literal(1),
}
MARK_ABSENT = (
    upsert(RECORDS)
    .from_select(
        [*_ABSENT],
        select(*_ABSENT.values())
        .select_from(SESSIONS)
        .join(ENROLLMENTS, ENROLLMENTS.c.course_id == SESSIONS.c.course_id)
        .join(USERS, USERS.c.id == ENROLLMENTS.c.user_id)
        .where(SESSIONS.c.id == _SESSION, EXPECTED, _NO_RECORD),
    )
    .on_conflict_do_nothing(index_elements=["session_id", "user_id"])
    .returning(RECORDS.c.user_id)
)
OVERDUE = (
    select(SESSIONS.c.id)
    .where(
        IS_COMING,
        SESSIONS.c.ends_at <= bindparam("at"),
        SESSIONS.c.check_in_closes_at <= bindparam("at"),
        exists().where(
            RECORDS.c.session_id == SESSIONS.c.id,
            or_(
                RECORDS.c.checked_in_at.is_not(None),
                RECORDS.c.last_seen_at.is_not(None),
                and_(RECORDS.c.status.is_not(None), RECORDS.c.recorded_at >= SESSIONS.c.check_in_opens_at),
            ),
        ),
        ~exists().where(RECORDS.c.session_id == SESSIONS.c.id, RECORDS.c.recorded_at > bindparam("at")),
    )
    .order_by(SESSIONS.c.ends_at)
    .limit(bindparam("limit"))
)
STARTING = (
    select(SESSIONS.c.id)
    .where(
        IS_COMING,
        SESSIONS.c.announced_at.is_(None),
        SESSIONS.c.starts_at > bindparam("since", type_=SESSIONS.c.starts_at.type),
        SESSIONS.c.starts_at <= bindparam("until", type_=SESSIONS.c.starts_at.type),
    )
    .order_by(SESSIONS.c.id)
    .limit(bindparam("limit"))
    .with_for_update(key_share=True, skip_locked=True)
)
ANNOUNCED = (
    update(SESSIONS)
    .where(SESSIONS.c.id == bindparam("row"))
    .values(announced_at=bindparam("told", type_=SESSIONS.c.announced_at.type))
)


class SqlRecordStore(SqlClassStore):
    async def place(self, session: ClassSession, user_id: int) -> Place:
        values = {"session_id": session.id, "user_id": user_id, "now": self.transaction.clock.now()}
        row = await self.transaction.row(PLACE, values)
        if row is None:
            return Place(is_enrolled=False, has_access=False, is_among=False)
        return Place(is_enrolled=True, has_access=bool(row[0]), is_among=bool(row[1]))

    async def known_record(self, session_id: int, user_id: int) -> Record | None:
        row = await self.transaction.row(KNOWN, {"session_id": session_id, "user_id": user_id})
        return record(row) if row else None

    async def record(self, session: ClassSession, user_id: int) -> Record:
        key = {"session_id": session.id, "user_id": user_id}
        row = await self.transaction.row(KNOWN_LOCKED, key)
        row = row or await self.transaction.row(ADD, self._empty(session, user_id))
        if row is None:  # a parallel call was first
            row = (await self.transaction.execute(KNOWN_LOCKED, key)).one()
        return record(row)

    async def records(self, session: ClassSession, user_ids: Sequence[int]) -> dict[int, Record]:
        is_sqlite, ids = self.transaction.is_sqlite, sorted(set(user_ids))
        asked: dict[str, Any] = {"session_id": session.id, "ids": ids}
        students = await self.transaction.rows(STUDENTS_LITE if is_sqlite else STUDENTS_PG, asked) if ids else []
        if not students:
            return {}
        await self.transaction.execute(ADD_MISSING, [self._empty(session, row[0]) for row in students])
        asked = {"session_id": session.id, "ids": [row[0] for row in students]}
        rows = await self.transaction.rows(MANY_LITE if is_sqlite else MANY_PG, asked)
        return {found.user_id: found for found in map(record, rows)}

    async def unmarked_records(self, session: ClassSession) -> list[Record]:
        rows = await self.transaction.rows(UNMARKED, {"session_id": session.id})
        return [record(row) for row in rows]

    async def save_records(self, changed: Sequence[tuple[Record, Record]], *, actor_id: int | None) -> None:
        if not changed:
            return
        rows = [{"row": after.id, **{f"to_{name}": getattr(after, name) for name in KEPT}} for _, after in changed]
        for row in rows:
            row["to_source"] = None if row["to_source"] is None else row["to_source"].value
        await self.transaction.execute(SAVE, rows if len(rows) > 1 else rows[0])
        now = self.transaction.clock.now()
        kept: list[dict[str, Any]] = [
            {
                "session_id": after.session_id,
                "user_id": after.user_id,
                "at": now,
                "actor_id": actor_id,
                "from_status": before.status,
                "to_status": after.status,
                "source": None if after.source is None else after.source.value,
                "remarks": after.remarks,
            }
            for before, after in changed
            if any(getattr(before, name) != getattr(after, name) for name in TOLD)
        ]
        if kept:
            await self.transaction.execute(CHANGES.insert(), kept if len(kept) > 1 else kept[0])

    async def take_device(self, session_id: int, device_id: str, user_id: int) -> int:
        values = {"session_id": session_id, "device_id": device_id, "user_id": user_id}
        first = await self.transaction.scalar(TAKE, values)
        return int(first or await self.transaction.scalar(TAKEN_BY, values))

    async def flag(self, session_id: int, user_ids: Sequence[int]) -> None:
        for user_id in sorted(user_ids):
            await self.transaction.execute(FLAG, {"class_id": session_id, "whose": user_id})

    async def students_named(self, course_id: int, names: Sequence[str]) -> dict[str, int]:
        wanted: dict[str, list[str]] = {}
        for name in names:
            wanted.setdefault(name.strip().lower(), []).append(name)
        statement, asked = NAMED_LITE if self.transaction.is_sqlite else NAMED_PG, {"names": sorted(wanted)}
        rows = await self.transaction.rows(statement, {**asked, "course_id": course_id}) if wanted else []
        found = {key: row[0] for row in rows for key in row[2:0:-1]}
        return {name: found[key] for key, written in wanted.items() if key in found for name in written}

    def _empty(self, session: ClassSession, user_id: int) -> dict[str, Any]:
        names = {"session_id": session.id, "course_id": session.course_id, "user_id": user_id}
        now = self.transaction.clock.now()
        return {**names, "recorded_at": now, "remarks": "", "is_flagged": False, "seen_ms": 0, "version": 0}


class SqlConductStore(SqlRecordStore):
    async def mark_absent(self, session: ClassSession, status: Status, now: datetime) -> None:
        values = {"session_id": session.id, "at": now, "status": status.code, "points": status.points}
        same = {
            "session_id": session.id,
            "at": now,
            "to_status": status.code,
            "source": Source.SYSTEM.value,
            "remarks": "",
        }
        made = [{**same, "user_id": row[0]} for row in await self.transaction.rows(MARK_ABSENT, values)]
        if made:
            await self.transaction.execute(CHANGES.insert(), made)

    async def overdue(self, at: datetime, limit: int) -> list[int]:
        return [int(row[0]) for row in await self.transaction.rows(OVERDUE, {"at": at, "limit": limit})]

    async def starting(self, now: datetime, until: datetime, limit: int) -> list[int]:
        rows = await self.transaction.rows(STARTING, {"since": now, "until": until, "limit": limit})
        if rows:
            await self.transaction.execute(ANNOUNCED, [{"row": row[0], "told": now} for row in rows])
        return [int(row[0]) for row in rows]
