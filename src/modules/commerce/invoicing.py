"""Tax invoices with each paid order, credit notes with each refund."""

from dataclasses import dataclass

from msgspec.structs import replace

from core.clock import Clock
from core.transaction import Begin
from modules.commerce.domain.invoices import (
    Invoice,
    InvoiceKind,
    Party,
    Supplier,
    credited,
    fiscal_year,
    lines_of,
    number_of,
)
from modules.commerce.domain.payments import Payment
from modules.commerce.invoice_ports import InvoicePrinter, Invoices, InvoiceStore


@dataclass(frozen=True, slots=True)
class Invoicing:
    begin: Begin[InvoiceStore]
    invoices: Invoices
    printer: InvoicePrinter
    supplier: Supplier
    clock: Clock

    async def issue(self, store: InvoiceStore, payment_id: int) -> None:
        """Reaction within the payment, and the last one: from here on other payments wait for the serial."""
        payment = await store.payment(payment_id)
        if payment is not None and payment.amount_paise:
            await self._number(store, self._invoice(payment, await store.buyer_name(payment.user_id)))

    async def credit(self, store: InvoiceStore, refund_id: int) -> None:
        """Reaction within a refund's success, and the last one. What was never invoiced needs no credit note."""
        refund = await store.refund(refund_id)
        capture = None if refund is None else await store.capture(refund.capture_id)
        if refund is None or refund.payment_id is None or capture is None or capture.reason is not None:
            return
        documents = await store.invoices_of(refund.payment_id)
        invoice = next((one for one in documents if one.kind is InvoiceKind.INVOICE), None)
        notes = [one for one in documents if one.kind is InvoiceKind.CREDIT_NOTE and one.cancelled_at is None]
        if invoice is None or any(note.refund_id == refund_id for note in notes):
            return
        note = replace(
            invoice,
            kind=InvoiceKind.CREDIT_NOTE,
            refund_id=refund_id,
            invoice_number=invoice.number,
            issued_at=self.clock.now(),
            lines=credited(invoice, notes, refund.amount_paise),
        )
        await self._number(store, note)

    async def cancel(self, store: InvoiceStore, refund_id: int) -> None:
        """Reaction within a refund's failure: its credit note is void, and keeps its number."""
        await store.cancel_credit_note(refund_id, at=self.clock.now())

    async def forget(self, store: InvoiceStore, user_id: int) -> None:
        """Reaction within an erasure: the buyer's name goes from the documents, which are kept for the tax. That of a
        registered buyer stays: the law asks for it (rule 46 (d); others are named only above 50,000 rupees).
        """
        for document in await store.invoices_of_user(user_id):
            if document.buyer.gstin is None:
                await store.save_document(replace(document, buyer=replace(document.buyer, name="", address="")))

    async def printed(self, invoice: Invoice) -> bytes:
        return await self.printer.pdf(invoice)

    async def of_payment(self, payment_id: int) -> tuple[str, bytes] | None:
        """The name and the PDF of a payment's invoice, for its mail."""
        return await self._paper(await self.invoices.invoice_of(payment_id, None))

    async def of_refund(self, refund_id: int) -> tuple[str, bytes] | None:
        """The name and the PDF of a refund's credit note, for its mail."""
        return await self._paper(await self.invoices.credit_note_of(refund_id, None))

    async def _paper(self, invoice: Invoice | None) -> tuple[str, bytes] | None:
        return None if invoice is None else (file_name(invoice), await self.printer.pdf(invoice))

    def _invoice(self, payment: Payment, buyer_name: str) -> Invoice:
        snapshot, supplier = payment.snapshot, self.supplier
        place = snapshot.place_of_supply or supplier.state
        return Invoice(
            id=0,
            kind=InvoiceKind.INVOICE,
            number="",
            payment_id=payment.id,
            refund_id=None,
            user_id=payment.user_id,
            invoice_number=None,
            issued_at=self.clock.now(),
            cancelled_at=None,
            supplier=Party(supplier.name, supplier.address, supplier.gstin, supplier.state),
            buyer=Party(snapshot.billing_name or buyer_name, snapshot.billing_address or "", snapshot.gstin, place),
            place_of_supply=place,
            sac=supplier.sac,
            rate_bp=snapshot.tax_bp,
            lines=lines_of(payment, place, supplier.state),
            currency=payment.currency,
        )

    async def _number(self, store: InvoiceStore, document: Invoice) -> None:
        year = fiscal_year(document.issued_at)
        serial = await store.next_serial(document.kind, year)
        number = number_of(self.supplier.prefixes[document.kind], year, serial)
        await store.add_invoice(replace(document, number=number), year=year, serial=serial)


def file_name(invoice: Invoice) -> str:
    return f"{invoice.kind.value.replace('_', '-')}-{invoice.number.replace('/', '-')}.pdf"
