"""The ledger as it is proved."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, exists, func, or_, select

from adapters.sql.commerce.money import CAPTURES, ENTRIES, REFUNDS
from adapters.sql.commerce.payments import PAYMENTS
from adapters.sql.database import AnyRow, Database
from adapters.sql.store import among
from modules.commerce.domain.ledger import Account
from modules.commerce.domain.payments import Status
from modules.commerce.domain.refunds import GIVEN, RESERVING, RefundStatus
from modules.commerce.queries import CaptureBooks

COMPLETED = (Status.PAID, Status.PARTIALLY_REFUNDED, Status.REFUNDED)


def _posted(*kinds: str) -> Any:
    """What the gateway's account has from postings of these kinds."""
    is_kind = or_(*(ENTRIES.c.posting.like(f"{kind}:%") for kind in kinds))
    return func.coalesce(func.sum(case((is_kind, ENTRIES.c.amount_paise), else_=0)), 0)


def _given(condition: ColumnElement[bool]) -> Any:
    total = select(func.coalesce(func.sum(REFUNDS.c.amount_paise), 0))
    return total.where(REFUNDS.c.capture_id == CAPTURES.c.id, condition).correlate(CAPTURES).scalar_subquery()


_by_capture = (
    select(
        ENTRIES.c.capture_id,
        _posted("capture").label("amount"),
        _posted("fee").label("fee"),
        _posted("refund", "refund-failed").label("refunded"),
    )
    .where(ENTRIES.c.account == Account.GATEWAY.value)
    .group_by(ENTRIES.c.capture_id)
    .subquery()
)
_moving = exists().where(REFUNDS.c.capture_id == CAPTURES.c.id, REFUNDS.c.status == RefundStatus.APPROVED.value)
BOOKS = (
    select(
        CAPTURES.c.razorpay_payment,
        CAPTURES.c.captured_at,
        CAPTURES.c.amount_paise,
        func.coalesce(CAPTURES.c.fee_paise, 0),
        _given(among(REFUNDS.c.status, GIVEN)),
        func.coalesce(_by_capture.c.amount, 0),
        -func.coalesce(_by_capture.c.fee, 0),
        -func.coalesce(_by_capture.c.refunded, 0),
        _moving.correlate(CAPTURES),
    )
    .outerjoin(_by_capture, _by_capture.c.capture_id == CAPTURES.c.id)
    .where(CAPTURES.c.captured_at >= bindparam("since", type_=CAPTURES.c.captured_at.type))
    .order_by(CAPTURES.c.id)
)
UNBALANCED = select(ENTRIES.c.posting).group_by(ENTRIES.c.posting).having(func.sum(ENTRIES.c.amount_paise) != 0)
# the order's own money, and what of it went back or is promised
_own = and_(CAPTURES.c.payment_id == PAYMENTS.c.id, CAPTURES.c.razorpay_payment == PAYMENTS.c.razorpay_pay_id)
_promised = (
    select(func.coalesce(func.sum(REFUNDS.c.amount_paise), 0))
    .select_from(REFUNDS.join(CAPTURES, CAPTURES.c.id == REFUNDS.c.capture_id))
    .where(_own, among(REFUNDS.c.status, RESERVING))
    .correlate(PAYMENTS)
    .scalar_subquery()
)
_taken = exists().where(
    _own,
    or_(CAPTURES.c.reason.is_(None), CAPTURES.c.resolution.is_not(None)),
    or_(CAPTURES.c.amount_paise == PAYMENTS.c.amount_paise, CAPTURES.c.reason.is_not(None)),
)
ODD = select(PAYMENTS.c.id).where(
    PAYMENTS.c.razorpay_pay_id.is_not(None),
    PAYMENTS.c.completed_at.is_not(None),
    or_(
        PAYMENTS.c.refunded_paise != _promised,
        and_(among(PAYMENTS.c.status, COMPLETED), ~_taken.correlate(PAYMENTS)),
    ),
)


class SqlLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def books(self, since: datetime) -> list[CaptureBooks]:
        rows = await self._database.rows(BOOKS, {"since": since})
        return [_books(row) for row in rows]

    async def unbalanced(self) -> list[str]:
        return [key for (key,) in await self._database.rows(UNBALANCED)]

    async def odd_payments(self) -> list[int]:
        return [order_id for (order_id,) in await self._database.rows(ODD)]


def _books(row: AnyRow) -> CaptureBooks:
    """PostgreSQL sums to decimals."""
    amount, fee, refunded, posted_amount, posted_fee, posted_refunded = map(int, row[2:8])
    return CaptureBooks(
        row[0], row[1], amount, fee, refunded, posted_amount, posted_fee, posted_refunded, is_moving=bool(row[8])
    )
