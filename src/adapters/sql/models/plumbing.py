from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import DefaultBase, IdentityBase, Json, UtcDateTime, partial_index


class OutboxMessage(IdentityBase):
    """One reaction still to run for one fact. Written in the fact's transaction, claimed with a lease."""

    __tablename__ = "outbox"
    __table_args__ = (
        partial_index("ix_outbox_due", "run_at", "id", where=text("done_at IS NULL AND dead_at IS NULL")),
        partial_index("ix_outbox_dead", "id", where=text("dead_at IS NOT NULL")),
        partial_index("ix_outbox_done", "done_at", where=text("done_at IS NOT NULL")),
    )

    event: Mapped[str] = mapped_column(String(80))
    reaction: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    run_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    dead_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error: Mapped[str | None] = mapped_column(Text)


class ScheduleSlot(DefaultBase):
    """A scheduled job's run in one slot of time: whoever inserts the row runs it."""

    __tablename__ = "schedule_slots"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)


class IdempotencyKey(DefaultBase):
    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created_at", "created_at"),)

    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
