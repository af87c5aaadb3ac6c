"""Notifications' store, and the questions that the words of a mail ask of the other modules."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.commerce.queries import SqlCommerceQueries
from adapters.sql.database import AnyRow, Database
from adapters.sql.identity import CODES, USERS
from adapters.sql.models import Mail as MailModel
from adapters.sql.store import SqlStore, table
from core.clock import INDIA, Clock
from core.ids import Derivation
from core.money import rupees
from modules.identity.domain import digits
from modules.notifications.domain.mails import Mail, Template

MAILS = table(MailModel)
MAIL_COLUMNS = [MAILS.c[name] for name in Mail.__struct_fields__]
RECORD = upsert(MAILS).on_conflict_do_nothing(index_elements=["cause"])
BY_CAUSE = select(*MAIL_COLUMNS).where(MAILS.c.cause == bindparam("cause")).with_for_update()

BY_ID = select(*MAIL_COLUMNS).where(MAILS.c.id == bindparam("id")).with_for_update()


def _mail(row: AnyRow) -> Mail:
    values = list(row)
    values[2] = Template(values[2])
    return Mail(*values)


class SqlMailStore(SqlStore):
    async def mail(self, *, cause: str, user_id: int, template: Template, message_id: str) -> Mail:
        values = {
            "cause": cause,
            "user_id": user_id,
            "template": template.value,
            "message_id": message_id,
            "attempts": 0,
            "created_at": self.transaction.clock.now(),
        }
        await self.transaction.execute(RECORD, values)
        return _mail((await self.transaction.execute(BY_CAUSE, {"cause": cause})).one())

    async def mail_of(self, mail_id: int) -> Mail:
        return _mail((await self.transaction.execute(BY_ID, {"id": mail_id})).one())

    async def count_attempt(self, mail_id: int) -> None:
        statement = update(MAILS).where(MAILS.c.id == mail_id)
        await self.transaction.execute(statement.values(attempts=MAILS.c.attempts + 1))

    async def mark_sent(self, mail_id: int) -> None:
        statement = update(MAILS).where(MAILS.c.id == mail_id)
        await self.transaction.execute(statement.values(sent_at=self.transaction.clock.now()))


class SqlMailFacts:
    def __init__(self, database: Database, commerce: SqlCommerceQueries, derivation: Derivation, clock: Clock) -> None:
        self._database = database
        self._commerce = commerce
        self._derivation = derivation
        self._clock = clock

    async def address(self, user_id: int) -> tuple[str, str] | None:
        row = await self._database.row(
            select(USERS.c.email, USERS.c.full_name, USERS.c.username).where(USERS.c.id == user_id, USERS.c.is_active)
        )
        return (row[0], row[1] or row[2]) if row else None

    async def code(self, code_id: int) -> tuple[str, str] | None:
        row = await self._database.row(
            select(CODES.c.purpose, CODES.c.user_id, CODES.c.nonce, CODES.c.email).where(
                CODES.c.id == code_id, CODES.c.closed_at.is_(None), CODES.c.expires_at > self._clock.now()
            )
        )
        if row is None:
            return None
        purpose, user_id, nonce, email = row
        return email, digits(self._derivation.derive("code", purpose, user_id, nonce))

    async def former_address(self, code_id: int) -> str | None:
        row = await self._database.row(select(CODES.c.email).where(CODES.c.id == code_id))
        return row[0] if row else None

    async def receipt(self, payment_id: int) -> dict[str, str] | None:
        receipt = await self._commerce.receipt(payment_id, None)
        if receipt is None:
            return None
        return {
            "number": receipt.number,
            "course": receipt.course_title,
            "amount": f"{rupees(receipt.amount_paise)} {receipt.currency}",
            "paid_at": f"{receipt.paid_at.astimezone(INDIA):%d %B %Y, %H:%M} IST",
            "payment": receipt.razorpay_pay_id or "free of charge",
        }

    async def refund(self, refund_id: int) -> dict[str, str] | None:
        card = await self._commerce.refund(refund_id, None)
        if card is None:
            return None
        amount = f"{rupees(card.refund.amount_paise)} {card.refund.currency}"
        return {"number": f"RF-{refund_id:08d}", "course": card.course_title, "amount": amount}
