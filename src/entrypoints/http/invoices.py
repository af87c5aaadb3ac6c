"""/api/payments/payments/{id}/invoice/ and its credit notes: as JSON and as PDF."""

from collections.abc import AsyncIterator
from datetime import date, datetime

from litestar import Response, get
from litestar.params import FromPath
from litestar.response import Stream
from msgspec import Struct

from core.clock import INDIA
from core.errors import NotFound
from core.money import rupees
from entrypoints.http.answers import Answer
from entrypoints.http.calls import Call, caller, do, house
from entrypoints.http.policy import Policy
from entrypoints.http.spreadsheets import CSV, First, Format, Last, Table, csv_of, days_asked, named
from entrypoints.http.wire import Ref
from modules.commerce.domain.invoices import Invoice, InvoiceKind, InvoiceLine, Party
from modules.commerce.domain.tax import Tax
from modules.commerce.invoicing import file_name


class PartyInfo(Struct, frozen=True):
    name: str
    address: str
    gstin: str | None
    state: str | None


class TaxInfo(Struct, frozen=True):
    """All in paise and, summed up, exactly the total. `sgst` is UTGST in a union territory without a legislature."""

    taxable: str
    taxable_paise: int
    cgst: str
    cgst_paise: int
    sgst: str
    sgst_paise: int
    igst: str
    igst_paise: int
    total: str
    total_paise: int


class InvoiceLineInfo(Struct, frozen=True):
    course: Ref
    price: str
    price_paise: int
    discount: str
    discount_paise: int
    tax: TaxInfo


class InvoiceInfo(Struct, frozen=True):
    """`invoice_number` of a credit note is that of the invoice it is for; `cancelled_at` when its refund failed."""

    number: str
    kind: InvoiceKind
    payment_id: int
    refund_id: int | None
    invoice_number: str | None
    issued_at: datetime
    cancelled_at: datetime | None
    supplier: PartyInfo
    buyer: PartyInfo
    place_of_supply: str
    sac: str
    tax_percent: float
    reverse_charge: bool
    lines: list[InvoiceLineInfo]
    tax: TaxInfo
    currency: str
    pdf_url: str


class CreditNotes(Struct, frozen=True):
    results: list[InvoiceInfo]


class TaxLine(Struct, frozen=True):
    """A document as a tax return lists it: a credit note is taken off, a cancelled one counts for nothing."""

    number: str
    kind: InvoiceKind
    issued_on: date
    invoice_number: str | None
    buyer_gstin: str | None
    place_of_supply: str
    tax_percent: float
    taxable: str
    cgst: str
    sgst: str
    igst: str
    total: str
    is_cancelled: bool


class TaxReport(Struct, frozen=True):
    first_day: date
    last_day: date
    results: list[TaxLine]


@get("/payments/{payment_id:int}/invoice/", policy=Policy.OWNER)
async def invoice(request: Call, payment_id: FromPath[int]) -> InvoiceInfo:
    """The tax invoice of a paid order. What cost nothing has none."""
    return _info(request, await _invoice(request, payment_id))


@get("/payments/{payment_id:int}/invoice/pdf/", policy=Policy.OWNER)
async def invoice_pdf(request: Call, payment_id: FromPath[int]) -> Response[bytes]:
    """The invoice to print."""
    return await _printed(request, await _invoice(request, payment_id))


@get("/payments/{payment_id:int}/credit-notes/", policy=Policy.OWNER)
async def credit_notes(request: Call, payment_id: FromPath[int]) -> CreditNotes:
    """The credit notes of a payment's refunds, the oldest first."""
    await _invoice(request, payment_id)
    found = await do(request).invoices.credit_notes_of(payment_id, caller(request))
    return CreditNotes([_info(request, one) for one in found])


@get("/refunds/{refund_id:int}/credit-note/pdf/", policy=Policy.OWNER)
async def credit_note_pdf(request: Call, refund_id: FromPath[int]) -> Response[bytes]:
    """A refund's credit note to print."""
    found = await do(request).invoices.credit_note_of(refund_id, caller(request))
    if found is None:
        raise NotFound
    return await _printed(request, found)


@get("/reports/invoices/", policy=Policy.ADMIN)
async def tax_report(request: Call, first: First = None, last: Last = None, kind: Format = "json") -> Table:
    """All invoices and credit notes of some days, for a tax return: at most a hundred days; the last thirty, if nothing
    is said. The CSV streams.
    """
    since, until = days_asked(request, first, last, usual=29, most=100)
    parts = do(request).invoices.issued(since, until)
    if kind == "csv":
        return Stream(_tax_table(parts), media_type=CSV, headers=named(f"invoices-{since}-{until}"))
    return Answer(TaxReport(since, until, [_tax_line(one) async for part in parts for one in part]))


async def _invoice(request: Call, payment_id: int) -> Invoice:
    found = await do(request).invoices.invoice_of(payment_id, caller(request))
    if found is None:
        raise NotFound
    return found


async def _printed(request: Call, found: Invoice) -> Response[bytes]:
    body = await do(request).invoicing.printed(found)
    headers = {"Content-Disposition": f'inline; filename="{file_name(found)}"'}
    return Response(body, media_type="application/pdf", headers=headers)


def _info(request: Call, found: Invoice) -> InvoiceInfo:
    base = f"{house(request).settings.public_base_url}/api/payments"
    is_invoice = found.kind is InvoiceKind.INVOICE
    path = f"payments/{found.payment_id}/invoice" if is_invoice else f"refunds/{found.refund_id}/credit-note"
    return InvoiceInfo(
        number=found.number,
        kind=found.kind,
        payment_id=found.payment_id,
        refund_id=found.refund_id,
        invoice_number=found.invoice_number,
        issued_at=found.issued_at,
        cancelled_at=found.cancelled_at,
        supplier=_party(found.supplier),
        buyer=_party(found.buyer),
        place_of_supply=found.place_of_supply,
        sac=found.sac,
        tax_percent=found.rate_bp / 100,
        reverse_charge=False,
        lines=[_line(line) for line in found.lines],
        tax=_tax(found.tax),
        currency=found.currency,
        pdf_url=f"{base}/{path}/pdf/",
    )


def _party(party: Party) -> PartyInfo:
    return PartyInfo(party.name, party.address, party.gstin, party.state)


def _line(line: InvoiceLine) -> InvoiceLineInfo:
    return InvoiceLineInfo(
        Ref(line.course_id, line.description),
        rupees(line.list_price_paise),
        line.list_price_paise,
        rupees(line.discount_paise),
        line.discount_paise,
        _tax(line.tax),
    )


def _tax(tax: Tax) -> TaxInfo:
    return TaxInfo(
        rupees(tax.taxable_paise),
        tax.taxable_paise,
        rupees(tax.cgst_paise),
        tax.cgst_paise,
        rupees(tax.sgst_paise),
        tax.sgst_paise,
        rupees(tax.igst_paise),
        tax.igst_paise,
        rupees(tax.total_paise),
        tax.total_paise,
    )


async def _tax_table(parts: AsyncIterator[list[Invoice]]) -> AsyncIterator[str]:
    names = TaxLine.__struct_fields__
    yield csv_of([names])
    async for part in parts:
        yield csv_of([getattr(line, name) for name in names] for line in map(_tax_line, part))


def _tax_line(found: Invoice) -> TaxLine:
    tax = found.tax
    return TaxLine(
        number=found.number,
        kind=found.kind,
        issued_on=found.issued_at.astimezone(INDIA).date(),
        invoice_number=found.invoice_number,
        buyer_gstin=found.buyer.gstin,
        place_of_supply=found.place_of_supply,
        tax_percent=found.rate_bp / 100,
        taxable=rupees(tax.taxable_paise),
        cgst=rupees(tax.cgst_paise),
        sgst=rupees(tax.sgst_paise),
        igst=rupees(tax.igst_paise),
        total=rupees(tax.total_paise),
        is_cancelled=found.cancelled_at is not None,
    )


HANDLERS = [invoice, invoice_pdf, credit_notes, credit_note_pdf, tax_report]
