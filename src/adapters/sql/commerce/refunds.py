"""Refunds and disputes, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, or_, select, update

from adapters.sql.commerce.money import REFUNDS
from adapters.sql.commerce.payments import PAYMENT_COLUMNS, PAYMENTS, payment
from adapters.sql.models import Dispute as DisputeModel
from adapters.sql.store import SqlStore, among, table
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.disputes import UNDECIDED, Dispute
from modules.commerce.domain.gateway import DisputeStatus, KnownDispute
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.refunds import OPEN, REFUNDABLE, RESERVING, Origin, Refund, RefundStatus

DISPUTES = table(DisputeModel)
REFUND_COLUMNS = [REFUNDS.c[name] for name in Refund.__struct_fields__]
DISPUTE_COLUMNS = [DISPUTES.c[name] for name in Dispute.__struct_fields__]
ORIGIN, STATUS = (Refund.__struct_fields__.index(name) for name in ("origin", "status"))
DISPUTE_STATUS = Dispute.__struct_fields__.index("status")
CHANGING = (
    "status",
    "amount_paise",
    "admin_notes",
    "ends_access",
    "keeps_access",
    "razorpay_refund",
    "decided_by_id",
    "decided_at",
    "processed_at",
    "next_look_at",
    "looks",
)
DISPUTE_CHANGING = ("status", "deducted_paise", "respond_by", "updated_at")

ADD = insert(REFUNDS).returning(*REFUND_COLUMNS)
ONE = select(*REFUND_COLUMNS)
BY_ID = ONE.where(REFUNDS.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update()
AT_GATEWAY = ONE.where(REFUNDS.c.razorpay_refund == bindparam("razorpay_refund")).with_for_update()
WITH_KEY = ONE.where(REFUNDS.c.gateway_key == bindparam("gateway_key")).with_for_update()
OPEN_OF = ONE.where(
    REFUNDS.c.payment_id == bindparam("payment_id"),
    REFUNDS.c.origin == Origin.REQUEST.value,
    among(REFUNDS.c.status, OPEN),
)
OF_CAPTURE = ONE.where(REFUNDS.c.capture_id == bindparam("capture_id")).order_by(REFUNDS.c.id)
DUE = (
    ONE.where(REFUNDS.c.next_look_at <= bindparam("now"))
    .order_by(REFUNDS.c.next_look_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
SAVE = (
    update(REFUNDS)
    .where(REFUNDS.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}", type_=REFUNDS.c[name].type) for name in CHANGING})
)
ADD_DISPUTE = insert(DISPUTES).returning(*DISPUTE_COLUMNS)
DISPUTE = select(*DISPUTE_COLUMNS).where(DISPUTES.c.razorpay_dispute == bindparam("razorpay_dispute")).with_for_update()
SAVE_DISPUTE = (
    update(DISPUTES)
    .where(DISPUTES.c.id == bindparam("row"))
    .values({name: bindparam(f"new_{name}", type_=DISPUTES.c[name].type) for name in DISPUTE_CHANGING})
)
IS_DISPUTED = select(
    exists().where(
        DISPUTES.c.capture_id == bindparam("capture_id"),
        among(DISPUTES.c.status, UNDECIDED),
    )
)
IS_ACCESS_ENDED = select(
    or_(
        exists().where(
            REFUNDS.c.payment_id == bindparam("payment_id"),
            REFUNDS.c.ends_access,
            among(REFUNDS.c.status, RESERVING),
        ),
        exists().where(DISPUTES.c.payment_id == bindparam("payment_id"), DISPUTES.c.status == DisputeStatus.LOST.value),
    )
)


STANDING = (
    select(*PAYMENT_COLUMNS)
    .where(
        PAYMENTS.c.user_id == bindparam("user_id"),
        ~PAYMENTS.c.product.like("plan:%"),
        among(PAYMENTS.c.status, REFUNDABLE),
        ~exists()
        .where(REFUNDS.c.payment_id == PAYMENTS.c.id, REFUNDS.c.ends_access, among(REFUNDS.c.status, RESERVING))
        .correlate(PAYMENTS),
        ~exists()
        .where(DISPUTES.c.payment_id == PAYMENTS.c.id, DISPUTES.c.status == DisputeStatus.LOST.value)
        .correlate(PAYMENTS),
    )
    .order_by(PAYMENTS.c.id.desc())
)


class SqlReturnStore(SqlStore):
    async def add_refund(
        self,
        capture: Capture,
        *,
        origin: Origin,
        status: RefundStatus,
        amount_paise: int,
        gateway_key: str,
        reason: str = "",
        razorpay_refund: str | None = None,
        ends_access: bool = False,
        decided_at: datetime | None = None,
        next_look_at: datetime | None = None,
    ) -> Refund:
        values = {
            "capture_id": capture.id,
            "payment_id": capture.payment_id,
            "origin": origin.value,
            "reason": reason,
            "status": status.value,
            "amount_paise": amount_paise,
            "currency": capture.currency,
            "admin_notes": "",
            "ends_access": ends_access,
            "keeps_access": False,
            "gateway_key": gateway_key,
            "razorpay_refund": razorpay_refund,
            "created_at": self.transaction.clock.now(),
            "decided_at": decided_at,
            "next_look_at": next_look_at,
            "looks": 0,
        }
        return refund((await self.transaction.execute(ADD, values)).one())

    async def refund(self, refund_id: int, *, lock: bool = False) -> Refund | None:
        return _one(await self.transaction.row(BY_ID_LOCKED if lock else BY_ID, {"id": refund_id}))

    async def refund_at_gateway(self, razorpay_refund: str) -> Refund | None:
        return _one(await self.transaction.row(AT_GATEWAY, {"razorpay_refund": razorpay_refund}))

    async def refund_with_key(self, gateway_key: str) -> Refund | None:
        return _one(await self.transaction.row(WITH_KEY, {"gateway_key": gateway_key}))

    async def open_refund(self, payment_id: int) -> Refund | None:
        return _one(await self.transaction.row(OPEN_OF, {"payment_id": payment_id}))

    async def refunds_of_capture(self, capture_id: int) -> list[Refund]:
        return [refund(row) for row in await self.transaction.rows(OF_CAPTURE, {"capture_id": capture_id})]

    async def save_refund(self, saved: Refund) -> None:
        values = {f"new_{name}": getattr(saved, name) for name in CHANGING}
        await self.transaction.execute(SAVE, {**values, "row": saved.id, "new_status": saved.status.value})

    async def due_refunds(self, limit: int) -> list[Refund]:
        rows = await self.transaction.rows(DUE, {"now": self.transaction.clock.now(), "limit": limit})
        return [refund(row) for row in rows]

    async def dispute(self, razorpay_dispute: str) -> Dispute | None:
        row = await self.transaction.row(DISPUTE, {"razorpay_dispute": razorpay_dispute})
        return dispute(row) if row else None

    async def add_dispute(self, capture: Capture, known: KnownDispute) -> Dispute:
        now = self.transaction.clock.now()
        values = {
            "razorpay_dispute": known.dispute_id,
            "capture_id": capture.id,
            "payment_id": capture.payment_id,
            "status": known.status.value,
            "amount_paise": known.amount_paise,
            "deducted_paise": known.deducted_paise,
            "reason_code": known.reason_code[:100],
            "respond_by": known.respond_by,
            "opened_at": now,
            "updated_at": now,
        }
        return dispute((await self.transaction.execute(ADD_DISPUTE, values)).one())

    async def save_dispute(self, saved: Dispute) -> None:
        values = {f"new_{name}": getattr(saved, name) for name in DISPUTE_CHANGING}
        await self.transaction.execute(SAVE_DISPUTE, {**values, "row": saved.id, "new_status": saved.status.value})

    async def is_disputed(self, capture_id: int) -> bool:
        return bool(await self.transaction.scalar(IS_DISPUTED, {"capture_id": capture_id}))

    async def standing_payments(self, user_id: int) -> list[Payment]:
        return [payment(row) for row in await self.transaction.rows(STANDING, {"user_id": user_id})]

    async def is_access_ended(self, payment_id: int) -> bool:
        return bool(await self.transaction.scalar(IS_ACCESS_ENDED, {"payment_id": payment_id}))


def refund(row: Sequence[Any]) -> Refund:
    values = list(row)
    values[ORIGIN], values[STATUS] = Origin(values[ORIGIN]), RefundStatus(values[STATUS])
    return Refund(*values)


def dispute(row: Sequence[Any]) -> Dispute:
    values = list(row)
    values[DISPUTE_STATUS] = DisputeStatus(values[DISPUTE_STATUS])
    return Dispute(*values)


def _one(row: Sequence[Any] | None) -> Refund | None:
    return None if row is None else refund(row)
