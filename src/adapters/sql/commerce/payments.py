"""Orders, payments and the gateway's events, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.learning.access import HAS_ACCESS
from adapters.sql.models import Course, Enrollment, GatewayEvent, User
from adapters.sql.models import Payment as PaymentModel
from adapters.sql.store import SqlStore, table
from modules.commerce.domain.payments import Payment, Snapshot, Status

PAYMENTS, EVENTS = table(PaymentModel), table(GatewayEvent)
COURSES, ENROLLMENTS, USERS = table(Course), table(Enrollment), table(User)
PAYMENT_COLUMNS = [PAYMENTS.c[name] for name in Payment.__struct_fields__]
STATUS, SNAPSHOT = (Payment.__struct_fields__.index(name) for name in ("status", "snapshot"))
STATUSES = {status.value: status for status in Status}

# the same lock as an enrolment takes: an order and a grant for one student never cross
LOCK_BUYER = select(USERS.c.id).where(USERS.c.id == bindparam("id")).with_for_update(key_share=True)
# all of a student's: they are few, and a list in a prepared statement is not
_OF_STUDENT = select(ENROLLMENTS.c.course_id).where(ENROLLMENTS.c.user_id == bindparam("user_id"))
OPEN_TO = _OF_STUDENT.where(HAS_ACCESS)
SUSPENDED = _OF_STUDENT.where(~ENROLLMENTS.c.is_active)
OPEN = (
    select(*PAYMENT_COLUMNS)
    .where(PAYMENTS.c.user_id == bindparam("user_id"), PAYMENTS.c.product == bindparam("product"), PAYMENTS.c.is_open)
    .with_for_update()
)
ADD = insert(PAYMENTS).returning(*PAYMENT_COLUMNS)
BY_ID = select(*PAYMENT_COLUMNS).where(PAYMENTS.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update()
BY_ORDER = select(*PAYMENT_COLUMNS).where(PAYMENTS.c.razorpay_order == bindparam("razorpay_order"))
CHANGING = (
    "status",
    "is_open",
    "razorpay_order",
    "razorpay_pay_id",
    "razorpay_sig",
    "refunded_paise",
    "completed_at",
    "next_look_at",
    "looks",
)
SAVE = (
    update(PAYMENTS)
    .where(PAYMENTS.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}", type_=PAYMENTS.c[name].type) for name in CHANGING})
)
DUE = (
    select(*PAYMENT_COLUMNS)
    .where(PAYMENTS.c.next_look_at <= bindparam("now"))
    .order_by(PAYMENTS.c.next_look_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
STORE_EVENT = upsert(EVENTS).on_conflict_do_nothing(index_elements=["event_id"]).returning(EVENTS.c.id)
UNHANDLED = (
    select(EVENTS.c.body, EVENTS.c.received_at)
    .where(EVENTS.c.id == bindparam("id"), EVENTS.c.handled_at.is_(None))
    .with_for_update()
)


class SqlPaymentStore(SqlStore):
    async def lock_buyer(self, user_id: int) -> bool:
        return await self.transaction.row(LOCK_BUYER, {"id": user_id}) is not None

    async def open_to(self, user_id: int, course_ids: Sequence[int]) -> set[int]:
        values = {"user_id": user_id, "now": self.transaction.clock.now()}
        return {row[0] for row in await self.transaction.rows(OPEN_TO, values)} & set(course_ids)

    async def is_suspended(self, user_id: int, course_ids: Sequence[int]) -> bool:
        rows = await self.transaction.rows(SUSPENDED, {"user_id": user_id})
        return not {row[0] for row in rows}.isdisjoint(course_ids)

    async def open_payment(self, user_id: int, product: str) -> Payment | None:
        row = await self.transaction.row(OPEN, {"user_id": user_id, "product": product})
        return payment(row) if row else None

    async def add_payment(
        self,
        *,
        user_id: int,
        course_id: int,
        product: str,
        receipt: str,
        amount_paise: int,
        currency: str,
        snapshot: Snapshot,
        expires_at: datetime,
        next_look_at: datetime | None,
    ) -> Payment:
        values = {
            "user_id": user_id,
            "course_id": course_id,
            "product": product,
            "receipt": receipt,
            "status": Status.CREATING.value,
            "is_open": True,
            "amount_paise": amount_paise,
            "refunded_paise": 0,
            "currency": currency,
            "snapshot": msgspec.to_builtins(snapshot),
            "created_at": self.transaction.clock.now(),
            "expires_at": expires_at,
            "next_look_at": next_look_at,
            "looks": 0,
        }
        return payment((await self.transaction.execute(ADD, values)).one())

    async def payment(self, payment_id: int, *, lock: bool = False) -> Payment | None:
        row = await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": payment_id})
        return payment(row) if row else None

    async def payment_of_order(self, razorpay_order: str) -> Payment | None:
        row = await self.transaction.row(BY_ORDER, {"razorpay_order": razorpay_order})
        return payment(row) if row else None

    async def save(self, saved: Payment) -> None:
        values = {f"new_{name}": getattr(saved, name) for name in CHANGING}
        await self.transaction.execute(SAVE, {**values, "row": saved.id, "new_status": saved.status.value})

    async def due_payments(self, limit: int) -> list[Payment]:
        rows = await self.transaction.rows(DUE, {"now": self.transaction.clock.now(), "limit": limit})
        return [payment(row) for row in rows]

    async def store_event(self, *, event_id: str, event: str, body: str) -> int | None:
        now = self.transaction.clock.now()
        values = {"event_id": event_id, "event": event, "body": body, "received_at": now}
        stored = await self.transaction.scalar(STORE_EVENT, values)
        return None if stored is None else int(stored)

    async def unhandled_event(self, gateway_event_id: int) -> tuple[str, datetime] | None:
        row = await self.transaction.row(UNHANDLED, {"id": gateway_event_id})
        return (row[0], row[1]) if row else None

    async def close_event(self, gateway_event_id: int, outcome: str) -> None:
        statement = update(EVENTS).where(EVENTS.c.id == gateway_event_id)
        await self.transaction.execute(statement.values(handled_at=self.transaction.clock.now(), outcome=outcome))

    async def unhandled_before(self, moment: datetime) -> list[int]:
        statement = select(EVENTS.c.id).where(EVENTS.c.handled_at.is_(None), EVENTS.c.received_at < moment)
        return [row[0] for row in await self.transaction.rows(statement.order_by(EVENTS.c.id).limit(500))]


def payment(row: Sequence[Any]) -> Payment:
    values = list(row)
    values[STATUS] = STATUSES[values[STATUS]]
    values[SNAPSHOT] = msgspec.convert(values[SNAPSHOT], Snapshot)
    return Payment(*values)
