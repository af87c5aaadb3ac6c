"""What invoices need from the outside."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Protocol

from core.actor import Actor
from modules.commerce.domain.invoices import Invoice, InvoiceKind
from modules.commerce.refund_ports import ReturnStore


class InvoiceStore(ReturnStore, Protocol):
    async def buyer_name(self, user_id: int) -> str: ...

    async def next_serial(self, kind: InvoiceKind, year: str) -> int:
        """The next number of the financial year. Whoever else wants one waits until this transaction ends, so that a
        rolled back one leaves no gap.
        """
        ...

    async def add_invoice(self, document: Invoice, *, year: str, serial: int) -> None: ...

    async def invoices_of(self, payment_id: int) -> list[Invoice]:
        """Its invoice and its credit notes, the oldest first."""
        ...

    async def invoices_of_user(self, user_id: int) -> list[Invoice]: ...

    async def save_document(self, document: Invoice) -> None:
        """Its words; number and sums stay what they are."""
        ...

    async def cancel_credit_note(self, refund_id: int, *, at: datetime) -> None: ...


class Invoices(Protocol):
    """Read; `viewer` None is the system itself, administrators see everybody's."""

    async def invoice_of(self, payment_id: int, viewer: Actor | None) -> Invoice | None: ...

    async def credit_notes_of(self, payment_id: int, viewer: Actor | None) -> list[Invoice]:
        """The oldest first, cancelled ones too."""
        ...

    async def credit_note_of(self, refund_id: int, viewer: Actor | None) -> Invoice | None:
        """Cancelled or in force."""
        ...

    def issued(self, first: date, last: date) -> AsyncIterator[list[Invoice]]:
        """Invoices and credit notes of these days in India, in the order of their issue, in parts of 500; cancelled
        ones too.
        """
        ...


class InvoicePrinter(Protocol):
    async def pdf(self, invoice: Invoice) -> bytes:
        """An A4 page; the same bytes for the same document."""
        ...
