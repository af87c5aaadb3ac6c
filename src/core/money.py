"""Money in integer paise; strings with two decimals at the edge. No float ever holds an amount."""

from decimal import Decimal, InvalidOperation

from core.errors import Invalid

MAX_PAISE = 10_000_000_00
"""One crore rupees; a larger price is a slip of the keyboard."""


def rupees(paise: int) -> str:
    """`49900` → `"499.00"`."""
    sign, paise = ("-", -paise) if paise < 0 else ("", paise)
    return f"{sign}{paise // 100}.{paise % 100:02d}"


def to_paise(amount: str | float | Decimal, field: str = "price") -> int:
    """Exact paise of an amount in rupees with at most two decimals, 0 to one crore.

    :raises Invalid: naming `field`, for anything else.
    """
    try:
        scaled = Decimal(str(amount)).scaleb(2)
        paise = int(scaled)
    except (InvalidOperation, ValueError, OverflowError):
        raise Invalid.field(field, "Not an amount in rupees.") from None
    if scaled != paise:
        raise Invalid.field(field, "At most two decimals.")
    if not 0 <= paise <= MAX_PAISE:
        raise Invalid.field(field, f"Between 0 and {MAX_PAISE // 100}.")
    return paise
