"""Money in integer paise; strings with two decimals at the edge. No float ever holds an amount."""

from decimal import Decimal, InvalidOperation

from core.errors import Invalid

MAX_PAISE = 10_000_000_00
"""One crore rupees; a larger price is a slip of the keyboard."""
PAISA = Decimal("0.01")


def rupees(paise: int) -> str:
    """`49900` → `"499.00"`."""
    sign, paise = ("-", -paise) if paise < 0 else ("", paise)
    return f"{sign}{paise // 100}.{paise % 100:02d}"


def to_paise(amount: str | float | Decimal, field: str = "price") -> int:
    """Exact paise of an amount in rupees with at most two decimals, 0 to one crore.

    :raises Invalid: naming `field`, for anything else.
    """
    try:
        given = Decimal(str(amount))
        # the range comes first: an exponent costs nothing to compare, but "1e400000" takes seconds to make an int of
        is_in_range = 0 <= given <= MAX_PAISE // 100
    except InvalidOperation:
        raise Invalid.field(field, "Not an amount in rupees.") from None
    if not is_in_range:
        raise Invalid.field(field, f"Between 0 and {MAX_PAISE // 100}.")
    if given != given.quantize(PAISA):
        raise Invalid.field(field, "At most two decimals.")
    return int(given.quantize(PAISA) * 100)
