"""Invoices and credit notes: written within a transaction, and read."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.commerce.payments import PAYMENTS, USERS
from adapters.sql.database import Database
from adapters.sql.models import Invoice as InvoiceModel
from adapters.sql.models import InvoiceCounter
from adapters.sql.store import SqlStore, table
from core.actor import Actor
from core.clock import INDIA
from modules.commerce.domain.invoices import Invoice, InvoiceKind

INVOICES, COUNTERS = table(InvoiceModel), table(InvoiceCounter)
PART = 500
DOCUMENT = select(INVOICES.c.document, INVOICES.c.id, INVOICES.c.cancelled_at).order_by(INVOICES.c.id)
OF_PAYMENT = DOCUMENT.where(INVOICES.c.payment_id == bindparam("payment_id"))
OF_USER = DOCUMENT.join(PAYMENTS, PAYMENTS.c.id == INVOICES.c.payment_id).where(
    PAYMENTS.c.user_id == bindparam("user_id")
)
OF_REFUND = DOCUMENT.where(INVOICES.c.refund_id == bindparam("refund_id"))
_MOMENT = INVOICES.c.issued_at.type
ISSUED = DOCUMENT.where(
    INVOICES.c.issued_at >= bindparam("since", type_=_MOMENT),
    INVOICES.c.issued_at < bindparam("until", type_=_MOMENT),
    INVOICES.c.id > bindparam("after"),
).limit(PART)
BUYER = select(USERS.c.full_name, USERS.c.username).where(USERS.c.id == bindparam("id"))
_next = upsert(COUNTERS)
NEXT = _next.on_conflict_do_update(
    index_elements=["kind", "fiscal_year"], set_={"last": COUNTERS.c.last + 1}
).returning(COUNTERS.c.last)
CANCEL = (
    update(INVOICES)
    .where(INVOICES.c.refund_id == bindparam("refund"), INVOICES.c.cancelled_at.is_(None))
    .values(cancelled_at=bindparam("at", type_=INVOICES.c.cancelled_at.type))
)


class SqlInvoiceStore(SqlStore):
    async def buyer_name(self, user_id: int) -> str:
        row = await self.transaction.row(BUYER, {"id": user_id})
        return "" if row is None else row[0] or row[1]

    async def next_serial(self, kind: InvoiceKind, year: str) -> int:
        return int(await self.transaction.scalar(NEXT, {"kind": kind.value, "fiscal_year": year, "last": 1}))

    async def add_invoice(self, document: Invoice, *, year: str, serial: int) -> None:
        tax = document.tax
        values = {
            "kind": document.kind.value,
            "number": document.number,
            "fiscal_year": year,
            "serial": serial,
            "payment_id": document.payment_id,
            "refund_id": document.refund_id,
            "taxable_paise": tax.taxable_paise,
            "cgst_paise": tax.cgst_paise,
            "sgst_paise": tax.sgst_paise,
            "igst_paise": tax.igst_paise,
            "total_paise": tax.total_paise,
            "document": msgspec.to_builtins(document),
            "issued_at": document.issued_at,
        }
        await self.transaction.execute(insert(INVOICES), values)

    async def invoices_of(self, payment_id: int) -> list[Invoice]:
        return [invoice(row) for row in await self.transaction.rows(OF_PAYMENT, {"payment_id": payment_id})]

    async def invoices_of_user(self, user_id: int) -> list[Invoice]:
        return [invoice(row) for row in await self.transaction.rows(OF_USER, {"user_id": user_id})]

    async def save_document(self, document: Invoice) -> None:
        statement = update(INVOICES).where(INVOICES.c.id == document.id)
        await self.transaction.execute(statement.values(document=msgspec.to_builtins(document)))

    async def cancel_credit_note(self, refund_id: int, *, at: datetime) -> None:
        await self.transaction.execute(CANCEL, {"refund": refund_id, "at": at})


class SqlInvoices:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def invoice_of(self, payment_id: int, viewer: Actor | None) -> Invoice | None:
        statement = OF_PAYMENT.where(INVOICES.c.kind == InvoiceKind.INVOICE.value)
        found = await self._read(statement, viewer, payment_id=payment_id)
        return found[0] if found else None

    async def credit_notes_of(self, payment_id: int, viewer: Actor | None) -> list[Invoice]:
        statement = OF_PAYMENT.where(INVOICES.c.kind == InvoiceKind.CREDIT_NOTE.value)
        return await self._read(statement, viewer, payment_id=payment_id)

    async def credit_note_of(self, refund_id: int, viewer: Actor | None) -> Invoice | None:
        found = await self._read(OF_REFUND, viewer, refund_id=refund_id)
        return found[0] if found else None

    async def issued(self, first: date, last: date) -> AsyncIterator[list[Invoice]]:
        since, until = (datetime.combine(day, time(), INDIA) for day in (first, last + timedelta(days=1)))
        values: dict[str, Any] = {"since": since, "until": until, "after": 0}
        while rows := await self._database.rows(ISSUED, values):
            part = [invoice(row) for row in rows]
            yield part
            values["after"] = part[-1].id

    async def _read(self, statement: Select[Any], viewer: Actor | None, **values: int) -> list[Invoice]:
        if viewer is not None and not viewer.is_admin:
            owned = statement.join(PAYMENTS, PAYMENTS.c.id == INVOICES.c.payment_id)
            statement = owned.where(PAYMENTS.c.user_id == viewer.user_id)
        return [invoice(row) for row in await self._database.rows(statement, values)]


def invoice(row: Sequence[Any]) -> Invoice:
    document, id_, cancelled_at = row
    return replace(msgspec.convert(document, Invoice), id=id_, cancelled_at=cancelled_at)
