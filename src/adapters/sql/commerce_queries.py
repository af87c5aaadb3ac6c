"""Commerce's reads."""

from sqlalchemy import bindparam, select

from adapters.sql.commerce import COURSES, PAYMENT_COLUMNS, PAYMENTS, USERS, payment
from adapters.sql.database import AnyRow, Database
from adapters.sql.pages import KeysetList, given
from core.actor import Actor
from core.errors import NotFound
from core.paging import Page, PageRequest
from modules.commerce.domain import Status
from modules.commerce.queries import Buyer, PaymentCard, Receipt

CARD = select(*PAYMENT_COLUMNS, COURSES.c.title).join(COURSES, COURSES.c.id == PAYMENTS.c.course_id)
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


def _card(row: AnyRow) -> PaymentCard:
    return PaymentCard(payment(row[:-1]), row[-1])


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
