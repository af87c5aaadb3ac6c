"""What every store has: its transaction, facts, stored answers and the audit log."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Table, bindparam, or_, select
from sqlalchemy.dialects.postgresql import insert

from adapters.sql.database import SqlTransaction
from adapters.sql.models import AuditEntry, IdempotencyKey
from core.errors import KeyReused
from core.events import Event
from core.idempotency import Once

Answer = TypeVar("Answer")


def table(model: Any) -> Table:
    """A model's table; statements select columns, never entities."""
    return model.__table__  # type: ignore[no-any-return]


def among(column: ColumnElement[str], values: Iterable[StrEnum]) -> ColumnElement[bool]:
    """Whether the column has one of these values. IN with a list cannot be part of a prepared statement."""
    return or_(*(column == value.value for value in values))


KEYS = table(IdempotencyKey)
AUDIT = table(AuditEntry)
SELECT_ANSWER = select(KEYS.c.fingerprint, KEYS.c.answer).where(
    KEYS.c.scope == bindparam("scope"), KEYS.c.key == bindparam("key")
)
# PostgreSQL's construct compiles on SQLite too: both speak the same ON CONFLICT
CLAIM_KEY = insert(KEYS).on_conflict_do_nothing().returning(KEYS.c.key)
KEEP_ANSWER = (
    KEYS.update().where(KEYS.c.scope == bindparam("s"), KEYS.c.key == bindparam("k")).values(answer=bindparam("a"))
)


class SqlStore:
    """A view of one transaction. Module stores subclass it for what is the same in all of them."""

    def __init__(self, transaction: SqlTransaction) -> None:
        self.transaction = transaction

    async def emit(self, event: Event) -> None:
        await self.transaction.emit(event)

    async def answered(self, once: Once | None, kind: type[Answer]) -> Answer | None:
        """Claims the key, so that a parallel call with it waits for this transaction's end."""
        if once is None:
            return None
        values = {
            "scope": once.scope,
            "key": once.key,
            "fingerprint": once.fingerprint,
            "answer": "",
            "created_at": self.transaction.clock.now(),
        }
        if await self.transaction.row(CLAIM_KEY, values) is not None:
            return None
        row = await self.transaction.row(SELECT_ANSWER, {"scope": once.scope, "key": once.key})
        if row is None:
            return None
        fingerprint, kept = row
        if fingerprint != once.fingerprint:
            raise KeyReused
        return msgspec.json.decode(kept, type=kind) if kept else None

    async def answer(self, once: Once | None, value: object) -> None:
        if once is not None:
            kept = msgspec.json.encode(value).decode()
            await self.transaction.execute(KEEP_ANSWER, {"s": once.scope, "k": once.key, "a": kept})

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None:
        await self.transaction.execute(
            AUDIT.insert(),
            {
                "at": self.transaction.clock.now(),
                "actor_id": actor_id,
                "action": action,
                "target_type": target_type,
                "target_id": target_id,
                "data": data,
            },
        )
