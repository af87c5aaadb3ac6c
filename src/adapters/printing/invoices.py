"""Invoices and credit notes to print: A4, with all that rules 46 and 53 of the CGST Rules ask for."""

import functools
from typing import Any

from msgspec import to_builtins

from adapters.printing.press import ACCENT, INK, PALE, Press
from core.clock import INDIA
from core.money import rupees
from modules.commerce.domain.invoices import Invoice, InvoiceKind, InvoiceLine, Party
from modules.commerce.domain.tax import STATES, UNION_TERRITORIES

MARGIN, WIDTH, LEADING = 16, 178, 5.5
COLUMNS = (("Description", 62), ("List price", 24), ("Discount", 22), ("Taxable", 24), ("Tax", 22), ("Total", 24))
LOWEST = 235
KEPT = 64
WARNING = (190, 30, 30)


class PdfInvoices:
    def __init__(self, press: Press) -> None:
        self._press = press
        self._made = functools.lru_cache(maxsize=KEPT)(self._make)

    async def pdf(self, invoice: Invoice) -> bytes:
        return await self._press.run(self._made, invoice)

    def _make(self, invoice: Invoice) -> bytes:
        page = self._press.page("P", str(to_builtins(invoice)))
        page.set_title(f"{_title(invoice)} {invoice.number}")
        page.set_creation_date(invoice.issued_at)  # the same file each time
        _head(page, invoice)
        _parties(page, invoice)
        _table(page, invoice)
        _sums(page, invoice)
        _foot(page, invoice)
        return bytes(page.output())


def _title(invoice: Invoice) -> str:
    if invoice.kind is InvoiceKind.CREDIT_NOTE:
        return "Credit note"
    return "Tax invoice" if invoice.supplier.gstin else "Invoice"


def _head(page: Any, invoice: Invoice) -> None:
    page.set_xy(MARGIN, 16)
    _write(page, _title(invoice), 20, ACCENT, style="B", height=10)
    facts = [f"Number {invoice.number}", f"Date {invoice.issued_at.astimezone(INDIA):%d %B %Y}"]
    if invoice.invoice_number is not None:
        facts.append(f"For invoice {invoice.invoice_number}")
    for fact in facts:
        _write(page, fact, 10, INK)
    if invoice.cancelled_at is not None:
        _write(page, f"CANCELLED on {invoice.cancelled_at.astimezone(INDIA):%d %B %Y}", 12, WARNING, style="B")


def _parties(page: Any, invoice: Invoice) -> None:
    top = page.get_y() + 6
    _party(page, "Supplier", invoice.supplier, MARGIN, top)
    lowest = page.get_y()
    _party(page, "Recipient", invoice.buyer, MARGIN + WIDTH / 2, top)
    page.set_xy(MARGIN, max(lowest, page.get_y()) + 2)
    _write(page, f"Place of supply: {_state(invoice.place_of_supply)}", 10, INK)
    _write(page, f"SAC {invoice.sac} · Reverse charge: no", 10, INK)


def _party(page: Any, role: str, party: Party, left: float, top: float) -> None:
    told = [party.name, *party.address.splitlines()]
    told += [f"GSTIN {party.gstin}"] if party.gstin else []
    told += [f"State: {_state(party.state)}"] if party.state else []
    page.set_xy(left, top)
    _write(page, role, 9, PALE, left=left)
    for number, line in enumerate(told):
        _write(page, line, 10, INK, style="" if number else "B", left=left, width=WIDTH / 2 - 4)


def _table(page: Any, invoice: Invoice) -> None:
    page.set_xy(MARGIN, page.get_y() + 6)
    _row(page, [name for name, _ in COLUMNS], style="B")
    page.set_draw_color(*PALE)
    page.line(MARGIN, page.get_y(), MARGIN + WIDTH, page.get_y())
    for line in invoice.lines:
        if page.get_y() > LOWEST:
            page.add_page()
            page.set_xy(MARGIN, 16)
        _row(page, _cells(line))
    page.line(MARGIN, page.get_y() + 1, MARGIN + WIDTH, page.get_y() + 1)


def _cells(line: InvoiceLine) -> list[str]:
    tax = line.tax
    taken = tax.cgst_paise + tax.sgst_paise + tax.igst_paise
    amounts = (line.list_price_paise, line.discount_paise, tax.taxable_paise, taken, tax.total_paise)
    return [line.description, *map(rupees, amounts)]


def _row(page: Any, cells: list[str], style: str = "") -> None:
    """The description wraps; the row is as high as it."""
    page.set_font(page.face, style, 9)
    page.set_text_color(*INK)
    top, left, lowest = page.get_y() + 1, MARGIN, 0.0
    for (_, width), cell in zip(COLUMNS, cells, strict=True):
        page.set_xy(left, top)
        page.multi_cell(width, LEADING, cell, align="L" if left == MARGIN else "R", new_x="LMARGIN", new_y="NEXT")
        lowest, left = max(lowest, page.get_y()), left + width
    page.set_xy(MARGIN, lowest)


def _sums(page: Any, invoice: Invoice) -> None:
    tax, half = invoice.tax, f"{invoice.rate_bp / 200:g} %"
    state_tax = "UTGST" if invoice.place_of_supply in UNION_TERRITORIES else "SGST"
    sums = [("Taxable value", tax.taxable_paise)]
    if tax.igst_paise:
        sums.append((f"IGST {invoice.rate_bp / 100:g} %", tax.igst_paise))
    elif tax.cgst_paise:
        sums += [(f"CGST {half}", tax.cgst_paise), (f"{state_tax} {half}", tax.sgst_paise)]
    page.set_xy(MARGIN, page.get_y() + 4)
    for name, amount in sums:
        _sum(page, name, rupees(amount))
    _sum(page, "Total", f"{rupees(tax.total_paise)} {invoice.currency}", style="B")


def _sum(page: Any, name: str, amount: str, style: str = "") -> None:
    page.set_font(page.face, style, 10)
    page.set_text_color(*INK)
    page.set_x(MARGIN + WIDTH - 90)
    page.cell(50, LEADING + 1, name)
    page.cell(40, LEADING + 1, amount, align="R")
    page.set_xy(MARGIN, page.get_y() + LEADING + 1)


def _foot(page: Any, invoice: Invoice) -> None:
    page.set_xy(MARGIN, page.get_y() + 8)
    _write(page, f"Payment {invoice.payment_id}. Prices include tax; all amounts in {invoice.currency}.", 9, PALE)
    _write(page, "Issued electronically, valid without a signature.", 9, PALE)


def _write(
    page: Any,
    text: str,
    size: float,
    colour: tuple[int, int, int],
    *,
    style: str = "",
    height: float = LEADING,
    left: float = MARGIN,
    width: float = WIDTH,
) -> None:
    page.set_font(page.face, style, size)
    page.set_text_color(*colour)
    page.set_x(left)
    page.multi_cell(width, height, text, align="L", new_x="LEFT", new_y="NEXT")


def _state(code: str | None) -> str:
    known = STATES.get(code or "")
    return code or "" if known is None else f"{known[1]} ({known[0]})"
