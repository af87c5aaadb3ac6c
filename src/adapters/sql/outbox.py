"""The outbox: reactions waiting for their turn, and the slots of scheduled work.

A claim is a lease: the row's `run_at` moves into the future, and whoever holds the token may finish it until then.
Attempts are counted at the claim, so that a reaction which kills its worker still comes to an end.
"""

import functools
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.sql.dml import ReturningUpdate

from adapters.sql.database import INSERT_OUTBOX, Database, SqlTransaction
from adapters.sql.models import OutboxMessage, ScheduleSlot
from adapters.sql.store import table
from core.clock import Clock
from core.ids import Randomness

OUTBOX, SLOTS = table(OutboxMessage), table(ScheduleSlot)
O = OUTBOX.c  # noqa: E741
LEASE = timedelta(seconds=60)
WAITING = (O.done_at.is_(None), O.dead_at.is_(None))


@functools.cache
def _claim(but: frozenset[str]) -> ReturningUpdate[Any]:
    """The statement that claims what is due, without these reactions."""
    due = (
        select(O.id)
        .where(*WAITING, O.run_at <= bindparam("now"), *(O.reaction != name for name in sorted(but)))
        .order_by(O.run_at, O.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )
    return (
        update(OUTBOX)
        .where(O.id.in_(due.scalar_subquery()))
        .values(run_at=bindparam("until"), lease_token=bindparam("token"), attempts=O.attempts + 1)
        .returning(O.id, O.event, O.reaction, O.payload, O.attempts, O.created_at)
    )


HELD = (O.id == bindparam("row"), O.lease_token == bindparam("token"), *WAITING)
FINISH = update(OUTBOX).where(*HELD).values(done_at=bindparam("now"), lease_token=None, error=None).returning(O.id)
POSTPONE = update(OUTBOX).where(*HELD).values(run_at=bindparam("at"), lease_token=None, error=bindparam("why"))
BURY = update(OUTBOX).where(*HELD).values(dead_at=bindparam("now"), lease_token=None, error=bindparam("why"))
RELEASE = update(OUTBOX).where(O.lease_token.is_not(None), *WAITING).values(run_at=bindparam("now"), lease_token=None)
RENEW = update(OUTBOX).where(O.lease_token == bindparam("token"), *WAITING).values(run_at=bindparam("until"))
TAKE_SLOT = upsert(SLOTS).on_conflict_do_nothing().returning(SLOTS.c.name)


class Message(msgspec.Struct, frozen=True):
    """A claimed reaction. `token` proves the claim."""

    id: int
    event: str
    reaction: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    token: str


class SqlOutbox:
    def __init__(self, database: Database, clock: Clock, randomness: Randomness) -> None:
        self._database = database
        self._clock = clock
        self._randomness = randomness

    async def claim(self, limit: int, *, but: frozenset[str] = frozenset()) -> list[Message]:
        """Up to `limit` due reactions, for 60 s, none of those named by `but`.

        Those that another process claims meanwhile are left out.
        """
        now, token = self._clock.now(), self._randomness.token(16)
        values = {"now": now, "until": now + LEASE, "token": token, "limit": limit}
        rows = await self._database.write_all(_claim(but), values)
        return [Message(*[*row, token]) for row in sorted(rows, key=lambda row: int(row[0]))]

    async def renew(self, token: str) -> None:
        """Another 60 s for everything claimed with this token."""
        async with self._database.transaction() as transaction:
            await transaction.execute(RENEW, {"token": token, "until": self._clock.now() + LEASE})

    async def release_all(self) -> None:
        """Everything that is claimed is due now. For a process that knows to be the only one, when it starts."""
        async with self._database.transaction() as transaction:
            await transaction.execute(RELEASE, {"now": self._clock.now()})

    async def finish(self, message: Message, transaction: SqlTransaction | None = None) -> bool:
        """Done. With `transaction`, together with the reaction's own effects. False if the claim was lost."""
        values = {"row": message.id, "token": message.token, "now": self._clock.now()}
        if transaction is not None:
            return await transaction.row(FINISH, values) is not None
        return await self._database.write(FINISH, values) is not None

    async def postpone(self, message: Message, delay: timedelta, why: str) -> None:
        values = {"row": message.id, "token": message.token, "at": self._clock.now() + delay, "why": why[:2000]}
        async with self._database.transaction() as transaction:
            await transaction.execute(POSTPONE, values)

    async def bury(self, message: Message, why: str) -> None:
        """Give up: an operator decides (`shala outbox`)."""
        values = {"row": message.id, "token": message.token, "now": self._clock.now(), "why": why[:2000]}
        async with self._database.transaction() as transaction:
            await transaction.execute(BURY, values)

    async def take_slot(self, name: str, slot: datetime) -> bool:
        """Queue scheduled work `name` for this slot of time, once over all processes; False if it was taken."""
        now = self._clock.now()
        async with self._database.transaction() as transaction:
            if await transaction.row(TAKE_SLOT, {"name": name, "slot": slot}) is None:
                return False
            message = {"event": "schedule", "reaction": f"schedule.{name}", "payload": {}, "attempts": 0}
            await transaction.execute(INSERT_OUTBOX, {**message, "created_at": now, "run_at": now})
            transaction.has_news = True
        return True

    async def backlog(self) -> tuple[int, int, datetime | None]:
        """Waiting, dead, and the moment since when the oldest due one waits."""
        row = await self._database.row(
            select(
                func.count().filter(O.dead_at.is_(None)),
                func.count().filter(O.dead_at.is_not(None)),
                func.min(O.run_at).filter(O.dead_at.is_(None)),
            ).where(O.done_at.is_(None))
        )
        return (int(row[0]), int(row[1]), row[2]) if row else (0, 0, None)

    async def dead(self, limit: int = 100) -> list[tuple[int, str, int, str | None]]:
        """Id, reaction, attempts and last error of what was given up."""
        columns = select(O.id, O.reaction, O.attempts, O.error).where(O.dead_at.is_not(None)).order_by(O.id)
        return [(r[0], r[1], r[2], r[3]) for r in await self._database.rows(columns.limit(limit))]

    async def revive(self) -> int:
        """Give all dead reactions a new chance; how many there were."""
        statement = update(OUTBOX).where(O.dead_at.is_not(None))
        async with self._database.transaction() as transaction:
            result = await transaction.execute(statement.values(dead_at=None, attempts=0, run_at=self._clock.now()))
            transaction.has_news = True
        return int(result.rowcount)
