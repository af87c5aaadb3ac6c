"""Tax invoices and credit notes (CGST Rules 2017, rules 46 and 53): frozen documents with serials that have no gaps."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from core.clock import INDIA
from modules.commerce.domain.amounts import allocate
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.tax import NO_TAX, Tax, within


class InvoiceKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class Supplier(Struct, frozen=True):
    """The school. Without a GSTIN it is not registered: its invoices show no tax, whatever the rate."""

    name: str
    address: str
    gstin: str | None
    state: str
    sac: str
    rate_bp: int
    prefixes: dict[InvoiceKind, str]

    @property
    def tax_bp(self) -> int:
        return self.rate_bp if self.gstin else 0


class Party(Struct, frozen=True):
    name: str
    address: str
    gstin: str | None
    state: str | None


class InvoiceLine(Struct, frozen=True):
    """`list_price_paise` less `discount_paise` is what was paid, which is taken apart into `tax`."""

    course_id: int
    description: str
    list_price_paise: int
    discount_paise: int
    tax: Tax


class Invoice(Struct, frozen=True):
    """`invoice_number` of a credit note is that of the invoice it is for. `cancelled_at`: the refund came back."""

    id: int
    kind: InvoiceKind
    number: str
    payment_id: int
    refund_id: int | None
    user_id: int
    invoice_number: str | None
    issued_at: datetime
    cancelled_at: datetime | None
    supplier: Party
    buyer: Party
    place_of_supply: str
    sac: str
    rate_bp: int
    lines: tuple[InvoiceLine, ...]
    currency: str

    @property
    def tax(self) -> Tax:
        return _sum([line.tax for line in self.lines])

    @property
    def total_paise(self) -> int:
        return self.tax.total_paise


def fiscal_year(moment: datetime) -> str:
    """April to March in India: `25-26`."""
    local = moment.astimezone(INDIA)
    first = local.year if local.month >= 4 else local.year - 1
    return f"{first % 100:02d}-{(first + 1) % 100:02d}"


def number_of(prefix: str, year: str, serial: int) -> str:
    """At most 16 characters with a prefix of at most three and a million documents a year (rule 46 (b))."""
    return f"{prefix}/{year}/{serial:06d}"


def lines_of(payment: Payment, place: str, supplier_state: str) -> tuple[InvoiceLine, ...]:
    is_intra_state = place == supplier_state
    return tuple(
        InvoiceLine(
            item.course_id,
            item.title,
            item.list_price_paise,
            item.list_price_paise - item.price_paise,
            within(item.price_paise, payment.snapshot.tax_bp, is_intra_state=is_intra_state),
        )
        for item in payment.items
        if item.price_paise
    )


def credited(invoice: Invoice, earlier: Sequence[Invoice], amount_paise: int) -> tuple[InvoiceLine, ...]:
    """The lines of a credit note over this amount: with the `earlier` ones, of a payment given back in full, they add
    up to the invoice to the paisa.
    """
    is_intra_state = not invoice.tax.igst_paise and invoice.place_of_supply == invoice.supplier.state
    before = {line.course_id: NO_TAX for line in invoice.lines}
    for note in earlier:
        for line in note.lines:
            before[line.course_id] = _sum([before[line.course_id], line.tax])
    left = [line.tax.total_paise - before[line.course_id].total_paise for line in invoice.lines]
    lines = []
    for line, part in zip(invoice.lines, allocate(amount_paise, left), strict=True):
        so_far = before[line.course_id]
        up_to = within(so_far.total_paise + part, invoice.rate_bp, is_intra_state=is_intra_state)
        if part:
            lines.append(InvoiceLine(line.course_id, line.description, part, 0, up_to.minus(so_far)))
    return tuple(lines)


def _sum(taxes: Sequence[Tax]) -> Tax:
    return Tax(
        sum(tax.taxable_paise for tax in taxes),
        sum(tax.cgst_paise for tax in taxes),
        sum(tax.sgst_paise for tax in taxes),
        sum(tax.igst_paise for tax in taxes),
    )
