"""Progress: few statements, for this is what every phone calls all day."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import ARRAY, BigInteger, Executable, String, and_, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.database import AnyRow, Database
from adapters.sql.keyed import KeyedReads
from adapters.sql.learning.rows import (
    CONTENTS,
    COURSES,
    ENROLLMENT_COLUMNS,
    ENROLLMENTS,
    EVENTS,
    PROGRESS,
    PROGRESS_COLUMNS,
    TYPES,
    enrollment,
    progress,
)
from adapters.sql.learning.tally import COMPLETED, IS_BLOCKED, TOTAL
from adapters.sql.store import SqlStore
from core.clock import Clock
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
    .with_for_update(key_share=True)  # a new row of progress refers to the enrolment, and must not wait for this
)
_LESSONS = (
    select(
        CONTENTS.c.id,
        CONTENTS.c.course_id,
        COURSES.c.is_published,
        CONTENTS.c.is_published,
        CONTENTS.c.content_type,
        CONTENTS.c.video_duration,
        CONTENTS.c.available_after_days,
        COMPLETED,
        TOTAL,
        IS_BLOCKED,
        *ENROLLMENT_COLUMNS,
        *PROGRESS_COLUMNS,
    )
    .select_from(CONTENTS)
    .join(COURSES, COURSES.c.id == CONTENTS.c.course_id)
    .outerjoin(
        ENROLLMENTS,
        and_(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == CONTENTS.c.course_id),
    )
    .outerjoin(PROGRESS, and_(PROGRESS.c.enrollment_id == ENROLLMENTS.c.id, PROGRESS.c.content_id == CONTENTS.c.id))
)
LESSON = _LESSONS.where(CONTENTS.c.id == bindparam("content_id"))
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
POSTGRES_LESSONS = _LESSONS.where(CONTENTS.c.id == any_(_IDS))
SQLITE_LESSONS = _LESSONS.where(CONTENTS.c.id.in_(bindparam("ids", expanding=True)))
# in one order, so that nobody waits for each other
_LOCK_ALL = select(ENROLLMENTS.c.id).where(ENROLLMENTS.c.user_id == bindparam("user_id")).order_by(ENROLLMENTS.c.id)
LOCK_ENROLLMENTS = _LOCK_ALL.where(
    ENROLLMENTS.c.course_id.in_(select(CONTENTS.c.course_id).where(CONTENTS.c.id == any_(_IDS)))
).with_for_update(key_share=True)
_KNOWN = select(EVENTS.c.event_id, EVENTS.c.digest).where(EVENTS.c.user_id == bindparam("user_id"))
POSTGRES_KNOWN = _KNOWN.where(EVENTS.c.event_id == any_(bindparam("events", type_=ARRAY(String))))
SQLITE_KNOWN = _KNOWN.where(EVENTS.c.event_id.in_(bindparam("events", expanding=True)))
KEEP_EVENT = upsert(EVENTS).on_conflict_do_nothing()
ADD = upsert(PROGRESS).on_conflict_do_nothing().returning(PROGRESS.c.id)
STATE = ("is_completed", "time_spent", "last_position", "watched")
CHANGED = (*STATE, "completion_date", "position_at", "position_said_at", "updated_at")
CHANGE = (
    update(PROGRESS)
    .where(PROGRESS.c.id == bindparam("row"), *(PROGRESS.c[name] == bindparam(f"old_{name}") for name in STATE))
    .values({name: bindparam(f"new_{name}") for name in CHANGED})
    .returning(PROGRESS.c.id)
)
START = (
    update(ENROLLMENTS)
    .where(ENROLLMENTS.c.id == bindparam("row"), ENROLLMENTS.c.started_at.is_(None))
    .values(started_at=bindparam("now"))
)
COMPLETE = (
    update(ENROLLMENTS)
    .where(ENROLLMENTS.c.id == bindparam("row"), ENROLLMENTS.c.completed_at.is_(None))
    .values(completed_at=bindparam("now"))
)
_E = 10
_P = _E + len(ENROLLMENT_COLUMNS)
Asks = Callable[[Executable, Any], Awaitable[AnyRow | None]]
"""Runs a statement, in a transaction or by itself; its first row."""


def _lesson(row: AnyRow | None) -> Lesson | None:
    if row is None:
        return None
    *place, kind, duration, after_days, completed, total, is_blocked = row[:_E]
    who, known = enrollment(row[_E:_P]), progress(row[_P:])
    values = [*place, TYPES[kind], duration, after_days, who, known, Tally(completed, total), bool(is_blocked)]
    return Lesson(*values)


def _new(after: Progress, now: datetime) -> dict[str, Any]:
    values = {name: getattr(after, name) for name in CHANGED[:-1]} | {"updated_at": now}
    return {**values, "watched": [list(pair) for pair in after.watched]}


async def _note(ask: Asks, before: Progress, after: Progress, now: datetime) -> Progress | None:
    old = {name: getattr(before, name) for name in STATE} | {"watched": [list(pair) for pair in before.watched]}
    named = {f"old_{name}": value for name, value in old.items()}
    named |= {f"new_{name}": value for name, value in _new(after, now).items()}
    return after if await ask(CHANGE, {"row": before.id, **named}) else None


class SqlProgressBook:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lessons = KeyedReads(database, LESSON, "user_id", "content_id")

    async def lesson(self, user_id: int, content_id: int) -> Lesson | None:
        return _lesson(await self._lessons.row(user_id, content_id))

    async def note(self, before: Progress, after: Progress) -> Progress | None:
        return await _note(self._database.write, before, after, self._clock.now())


class SqlStudyStore(SqlStore):
    async def lesson(self, user_id: int, content_id: int) -> Lesson | None:
        values = {"user_id": user_id, "content_id": content_id}
        await self.transaction.row(LOCK_ENROLLMENT, values)
        return _lesson(await self.transaction.row(LESSON, values))

    async def note(self, before: Progress, after: Progress) -> Progress | None:
        now = self.transaction.clock.now()
        if before.id:
            return await _note(self.transaction.row, before, after, now)
        place = {"enrollment_id": after.enrollment_id, "content_id": after.content_id}
        row = await self.transaction.row(ADD, {**place, **_new(after, now)})
        if row is None:
            return None
        await self.transaction.execute(START, {"row": after.enrollment_id, "now": now})
        return replace(after, id=row[0])

    async def complete(self, enrollment_id: int, now: datetime) -> bool:
        return bool((await self.transaction.execute(COMPLETE, {"row": enrollment_id, "now": now})).rowcount)


class SqlSyncStore(SqlStudyStore):
    async def lessons(self, user_id: int, content_ids: Sequence[int]) -> dict[int, Lesson]:
        asked = {"user_id": user_id, "ids": list(content_ids)}
        if not self.transaction.is_sqlite:
            await self.transaction.rows(LOCK_ENROLLMENTS, asked)
        statement = SQLITE_LESSONS if self.transaction.is_sqlite else POSTGRES_LESSONS
        found = [_lesson(row) for row in await self.transaction.rows(statement, asked)]
        return {lesson.content_id: lesson for lesson in found if lesson is not None}

    async def known_events(self, user_id: int, event_ids: Sequence[str]) -> dict[str, str]:
        statement = SQLITE_KNOWN if self.transaction.is_sqlite else POSTGRES_KNOWN
        rows = await self.transaction.rows(statement, {"user_id": user_id, "events": list(event_ids)})
        return {str(row[0]): str(row[1]) for row in rows}

    async def keep_events(self, user_id: int, digests: Mapping[str, str]) -> None:
        fixed = {"user_id": user_id, "received_at": self.transaction.clock.now()}
        if rows := [{**fixed, "event_id": id_, "digest": digest} for id_, digest in digests.items()]:
            await self.transaction.execute(KEEP_EVENT, rows)
