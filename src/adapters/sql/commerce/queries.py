"""Commerce's reads."""

from sqlalchemy import bindparam, func, select

from adapters.sql.commerce.invoices import INVOICES
from adapters.sql.commerce.money import CAPTURE_COLUMNS, CAPTURES, REFUNDS, capture
from adapters.sql.commerce.payments import COURSES, PAYMENT_COLUMNS, PAYMENTS, USERS, payment
from adapters.sql.commerce.refunds import DISPUTE_COLUMNS, DISPUTES, REFUND_COLUMNS, dispute, refund
from adapters.sql.database import AnyRow, Database
from adapters.sql.pages import KeysetList, given
from core.actor import Actor
from core.errors import NotFound
from core.paging import Page, PageRequest
from modules.commerce.domain.gateway import DisputeStatus
from modules.commerce.domain.invoices import InvoiceKind
from modules.commerce.domain.payments import Status
from modules.commerce.domain.refunds import RefundStatus
from modules.commerce.queries import Buyer, DisputeCard, PaymentCard, Receipt, RefundCard, ReviewCard

_number = select(func.max(INVOICES.c.number)).where(
    INVOICES.c.payment_id == PAYMENTS.c.id, INVOICES.c.kind == InvoiceKind.INVOICE.value
)
_disputed = (
    select(DISPUTES.c.status).where(DISPUTES.c.payment_id == PAYMENTS.c.id).order_by(DISPUTES.c.id.desc()).limit(1)
)
CARD = select(
    *PAYMENT_COLUMNS,
    COURSES.c.title,
    _number.correlate(PAYMENTS).scalar_subquery().label("invoice_number"),
    _disputed.correlate(PAYMENTS).scalar_subquery().label("dispute_status"),
).join(COURSES, COURSES.c.id == PAYMENTS.c.course_id)
BUYER = select(USERS.c.full_name, USERS.c.email, USERS.c.mobile_number).where(USERS.c.id == bindparam("id"))
RECEIPT = (
    select(
        PAYMENTS.c.id,
        PAYMENTS.c.razorpay_pay_id,
        PAYMENTS.c.course_id,
        PAYMENTS.c.snapshot,
        PAYMENTS.c.amount_paise,
        PAYMENTS.c.currency,
        PAYMENTS.c.completed_at,
        USERS.c.full_name,
        USERS.c.email,
    )
    .join(USERS, USERS.c.id == PAYMENTS.c.user_id)
    .where(PAYMENTS.c.completed_at.is_not(None))
)

_WHOSE = (PAYMENTS.c.user_id, PAYMENTS.c.course_id, COURSES.c.title)
REFUND = (
    select(*REFUND_COLUMNS, *_WHOSE)
    .join(PAYMENTS, PAYMENTS.c.id == REFUNDS.c.payment_id)
    .join(COURSES, COURSES.c.id == PAYMENTS.c.course_id)
)
_last = (
    select(func.max(REFUNDS.c.id)).where(REFUNDS.c.capture_id == CAPTURES.c.id).correlate(CAPTURES).scalar_subquery()
)
REVIEW = (
    select(*CAPTURE_COLUMNS, *_WHOSE, REFUNDS.c.id, REFUNDS.c.status)
    .outerjoin(PAYMENTS, PAYMENTS.c.id == CAPTURES.c.payment_id)
    .outerjoin(COURSES, COURSES.c.id == PAYMENTS.c.course_id)
    .outerjoin(REFUNDS, REFUNDS.c.id == _last)
    .where(CAPTURES.c.reason.is_not(None))
)
DISPUTE = (
    select(*DISPUTE_COLUMNS, *_WHOSE)
    .outerjoin(PAYMENTS, PAYMENTS.c.id == DISPUTES.c.payment_id)
    .outerjoin(COURSES, COURSES.c.id == PAYMENTS.c.course_id)
)


def _refund(row: AnyRow) -> RefundCard:
    return RefundCard(refund(row[:-3]), *row[-3:])


def _review(row: AnyRow) -> ReviewCard:
    user_id, course_id, title, refund_id, status = row[-5:]
    return ReviewCard(capture(row[:-5]), user_id, course_id, title, refund_id, status and RefundStatus(status))


def _dispute(row: AnyRow) -> DisputeCard:
    return DisputeCard(dispute(row[:-3]), *row[-3:])


REFUND_LIST = KeysetList(
    REFUND,
    make=_refund,
    orders={"id": [REFUNDS.c.id]},
    filters={
        "user_id": PAYMENTS.c.user_id == bindparam("user_id"),
        "status": REFUNDS.c.status == bindparam("status"),
        "payment_id": REFUNDS.c.payment_id == bindparam("payment_id"),
    },
)
REVIEW_LIST = KeysetList(
    REVIEW,
    make=_review,
    orders={"id": [CAPTURES.c.id]},
    filters={"resolved": CAPTURES.c.resolution.is_not(None), "unresolved": CAPTURES.c.resolution.is_(None)},
)
DISPUTE_LIST = KeysetList(DISPUTE, make=_dispute, orders={"id": [DISPUTES.c.id]})


def _card(row: AnyRow) -> PaymentCard:
    title, number, disputed = row[-3:]
    return PaymentCard(payment(row[:-3]), title, number, disputed and DisputeStatus(disputed))


PAYMENT_LIST = KeysetList(
    CARD,
    make=_card,
    orders={"id": [PAYMENTS.c.id]},
    filters={name: PAYMENTS.c[name] == bindparam(name) for name in ("user_id", "status", "course_id")},
)


class SqlCommerceQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def payments(
        self,
        request: PageRequest,
        viewer: Actor,
        *,
        status: Status | None,
        course_id: int | None,
        user_id: int | None,
    ) -> Page[PaymentCard]:
        wanted_user = user_id if viewer.is_admin else viewer.user_id
        values = given(user_id=wanted_user, status=status and status.value, course_id=course_id)
        return await PAYMENT_LIST.page(
            self._database, request, where=sorted(values), values=values, keys=lambda card: (card.payment.id,)
        )

    async def payment(self, payment_id: int, viewer: Actor) -> PaymentCard | None:
        statement = CARD.where(PAYMENTS.c.id == payment_id)
        if not viewer.is_admin:
            statement = statement.where(PAYMENTS.c.user_id == viewer.user_id)
        row = await self._database.row(statement)
        return _card(row) if row else None

    async def buyer(self, user_id: int) -> Buyer:
        row = await self._database.row(BUYER, {"id": user_id})
        if row is None:
            raise NotFound
        return Buyer(*row)

    async def receipt(self, payment_id: int, viewer: Actor | None) -> Receipt | None:
        statement = RECEIPT.where(PAYMENTS.c.id == payment_id)
        if viewer is not None and not viewer.is_admin:
            statement = statement.where(PAYMENTS.c.user_id == viewer.user_id)
        row = await self._database.row(statement)
        if row is None:
            return None
        id_, pay_id, course_id, snapshot, amount, currency, paid_at, name, email = row
        number = f"R-{id_:08d}"
        return Receipt(number, id_, pay_id, course_id, snapshot["title"], amount, currency, paid_at, name, email)

    async def refunds(
        self, request: PageRequest, viewer: Actor, *, status: RefundStatus | None, payment_id: int | None
    ) -> Page[RefundCard]:
        user_id = None if viewer.is_admin else viewer.user_id
        values = given(user_id=user_id, status=status and status.value, payment_id=payment_id)
        return await REFUND_LIST.page(
            self._database, request, where=sorted(values), values=values, keys=lambda card: (card.refund.id,)
        )

    async def refund(self, refund_id: int, viewer: Actor | None) -> RefundCard | None:
        statement = REFUND.where(REFUNDS.c.id == refund_id)
        if viewer is not None and not viewer.is_admin:
            statement = statement.where(PAYMENTS.c.user_id == viewer.user_id)
        row = await self._database.row(statement)
        return _refund(row) if row else None

    async def reviews(self, request: PageRequest, *, is_resolved: bool | None) -> Page[ReviewCard]:
        where = {None: (), True: ("resolved",), False: ("unresolved",)}[is_resolved]
        return await REVIEW_LIST.page(self._database, request, where=where, keys=lambda card: (card.capture.id,))

    async def review(self, capture_id: int) -> ReviewCard | None:
        row = await self._database.row(REVIEW.where(CAPTURES.c.id == capture_id))
        return _review(row) if row else None

    async def disputes(self, request: PageRequest) -> Page[DisputeCard]:
        return await DISPUTE_LIST.page(self._database, request, keys=lambda card: (card.dispute.id,))
