"""Rules of money: nothing is lost in rounding, whatever the amounts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import Invalid
from modules.commerce.domain.amounts import allocate, half_up
from modules.commerce.domain.coupons import Coupon, InvalidCoupon, Kind, discounted
from modules.commerce.domain.invoices import Invoice, InvoiceKind, InvoiceLine, Party, credited, fiscal_year
from modules.commerce.domain.payments import Item, Offer
from modules.commerce.domain.tax import STATES, check_character, place_of_supply, within

NOW = datetime(2026, 11, 27, tzinfo=UTC)
paise = st.integers(1, 10_000_000_00)
rates = st.sampled_from([0, 500, 1200, 1800, 2800, 1825])


@given(st.integers(0, 10**10), st.lists(st.integers(0, 10**9), min_size=1, max_size=8))
def test_an_allocation_adds_up_and_is_in_proportion(total: int, weights: list[int]) -> None:
    parts = allocate(total, weights)
    assert sum(parts) == total
    if whole := sum(weights):
        assert all(abs(part * whole - total * weight) <= whole for part, weight in zip(parts, weights, strict=True))


@given(paise, rates, st.booleans())
def test_a_tax_adds_up_to_the_price_and_its_halves_are_equal(total: int, rate: int, is_intra_state: bool) -> None:
    tax = within(total, rate, is_intra_state=is_intra_state)
    assert tax.total_paise == total
    assert tax.cgst_paise == tax.sgst_paise
    assert bool(tax.igst_paise) <= (not is_intra_state)
    taken = tax.total_paise - tax.taxable_paise
    assert abs(taken * (10_000 + rate) - total * rate) <= 2 * (10_000 + rate)


def test_a_price_of_499_at_18_per_cent() -> None:
    assert within(49_900, 1800, is_intra_state=False).igst_paise == half_up(49_900 * 18, 118) == 7_612
    tax = within(49_900, 1800, is_intra_state=True)
    assert (tax.taxable_paise, tax.cgst_paise, tax.sgst_paise) == (42_288, 3_806, 3_806)


@given(
    st.lists(paise, min_size=1, max_size=4), rates, st.booleans(), st.lists(st.integers(1, 100), min_size=1, max_size=6)
)
def test_the_credit_notes_of_a_payment_given_back_in_parts_add_up_to_its_invoice(
    prices: list[int], rate: int, is_intra_state: bool, parts: list[int]
) -> None:
    lines = tuple(
        InvoiceLine(number, "Course", price, 0, within(price, rate, is_intra_state=is_intra_state))
        for number, price in enumerate(prices)
    )
    school, buyer = Party("School", "", None, "MH"), Party("Asha", "", None, "MH" if is_intra_state else "KA")
    invoice = Invoice(
        id=1,
        kind=InvoiceKind.INVOICE,
        number="SH/26-27/000001",
        payment_id=1,
        refund_id=None,
        user_id=1,
        invoice_number=None,
        cancelled_at=None,
        issued_at=NOW,
        supplier=school,
        buyer=buyer,
        place_of_supply=buyer.state or "",
        sac="999293",
        rate_bp=rate,
        lines=lines,
        currency="INR",
    )
    notes: list[Invoice] = []
    for amount in allocate(invoice.total_paise, parts):
        credit = credited(invoice, notes, amount)
        assert sum(line.tax.total_paise for line in credit) == amount
        notes.append(replace(invoice, lines=credit))
    for name in ("taxable_paise", "cgst_paise", "sgst_paise", "igst_paise"):
        assert sum(getattr(note.tax, name) for note in notes) == getattr(invoice.tax, name)


@pytest.mark.parametrize(
    ("moment", "year"),
    [
        ("2026-03-31T18:29:59+00:00", "25-26"),
        ("2026-03-31T18:30:00+00:00", "26-27"),
        ("2026-12-31T20:00:00+00:00", "26-27"),
        ("2099-04-01T00:00:00+00:00", "99-00"),
    ],
)
def test_financial_years_begin_in_april_in_india(moment: str, year: str) -> None:
    assert fiscal_year(datetime.fromisoformat(moment)) == year


@pytest.mark.parametrize("gstin", ["27AAPFU0939F1ZV", "29AAGCB7383J1Z4", "09AAACH7409R1ZZ"])
def test_a_gstin_proves_itself(gstin: str) -> None:
    """Published examples."""
    assert check_character(gstin[:14]) == gstin[14]
    state = place_of_supply(gstin, None, "DL")
    assert STATES[state][0] == gstin[:2]
    with pytest.raises(Invalid):
        place_of_supply(gstin[:14] + ("A" if gstin[14] != "A" else "B"), None, "DL")
    with pytest.raises(Invalid):
        place_of_supply(gstin, "DL", "MH")


def test_the_place_of_supply_of_others_is_where_they_live_or_where_the_school_is() -> None:
    assert place_of_supply(None, "KA", "MH") == "KA"
    assert place_of_supply(None, None, "MH") == "MH"
    with pytest.raises(Invalid):
        place_of_supply(None, "XX", "MH")


def coupon(**values: object) -> Coupon:
    """Ten per cent off everything, but for what is given."""
    tenth = Coupon(1, "A", Kind.PERCENTAGE, 1000, None, None, None, None, None, None, True, (), NOW, 1)
    return replace(tenth, **values)


def offer(*prices: int) -> Offer:
    items = tuple(Item(number, f"Course {number}", price, price) for number, price in enumerate(prices, 1))
    return Offer("course:1", "Course", items, "INR", is_sold=True)


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=5), st.integers(1, 10_000), st.integers(1, 10**7))
def test_a_discount_is_never_more_than_the_price(prices: list[int], percent_bp: int, amount: int) -> None:
    kinds = (
        coupon(percent_bp=percent_bp),
        coupon(percent_bp=percent_bp, most_paise=amount),
        coupon(kind=Kind.FIXED, percent_bp=None, amount_paise=amount),
    )
    for each in kinds:
        after = discounted(each, offer(*prices), NOW)
        assert all(0 <= item.price_paise <= item.list_price_paise for item in after.items)
        assert after.list_price_paise == sum(prices)
    assert offer(*prices).price_paise - discounted(kinds[1], offer(*prices), NOW).price_paise <= amount


def test_a_coupon_takes_off_its_own_courses_only() -> None:
    after = discounted(coupon(percent_bp=5000, course_ids=(2,)), offer(10_000, 20_001), NOW)
    assert [item.price_paise for item in after.items] == [10_000, 10_000]
    with pytest.raises(InvalidCoupon):
        discounted(coupon(course_ids=(3,)), offer(10_000), NOW)
