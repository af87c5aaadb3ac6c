"""The ledger: postings in integer paise whose lines add up to nothing. Nothing is ever changed or taken out.

`gateway` is what Razorpay holds for us or has paid out, `held` what came in and is not ours, `kept` what an
administrator decided to keep of that. Income is negative, as
bookkeepers have it: what a sale credits, a refund debits on an account of its own. `shares` is what instructors earn,
`owed` what they have not been paid of it, `bank` what they were paid.
"""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from modules.commerce.domain.amounts import allocate
from modules.commerce.domain.captures import Capture
from modules.commerce.domain.payments import Item, Payment


class Account(StrEnum):
    GATEWAY = "gateway"
    HELD = "held"
    KEPT = "kept"
    SALES = "sales"
    DISCOUNTS = "discounts"
    REFUNDS = "refunds"
    FEES = "fees"
    FEES_GST = "fees_gst"
    DISPUTES = "disputes"
    SHARES = "shares"
    OWED = "owed"
    BANK = "bank"


class Line(Struct, frozen=True):
    account: Account
    amount_paise: int
    course_id: int | None = None
    user_id: int | None = None


class Posting(Struct, frozen=True):
    """One fact in the books. `key` names the fact: it is posted once."""

    key: str
    capture_id: int | None
    payment_id: int | None
    lines: tuple[Line, ...]


def _spread(account: Account, total: int, items: Sequence[Item]) -> list[Line]:
    parts = allocate(total, [item.price_paise for item in items])
    return [Line(account, part, item.course_id) for item, part in zip(items, parts, strict=True) if part]


def _against_gateway(total: int, lines: Sequence[Line]) -> tuple[Line, ...]:
    return (*((Line(Account.GATEWAY, total),) if total else ()), *lines)


def sale(payment: Payment) -> tuple[Line, ...]:
    """The order is paid: list prices are income, what was taken off them is a discount."""
    lines = []
    for item in payment.items:
        lines.append(Line(Account.SALES, -item.list_price_paise, item.course_id))
        lines.append(Line(Account.DISCOUNTS, item.list_price_paise - item.price_paise, item.course_id))
    return _against_gateway(payment.amount_paise, [line for line in lines if line.amount_paise])


def held(amount_paise: int) -> tuple[Line, ...]:
    return _against_gateway(amount_paise, [Line(Account.HELD, -amount_paise)])


def accepted(amount_paise: int, items: Sequence[Item]) -> tuple[Line, ...]:
    """What was held is kept after all: no sale, for nothing was delivered for it here."""
    kept = _spread(Account.KEPT, -amount_paise, items) if items else [Line(Account.KEPT, -amount_paise)]
    return (Line(Account.HELD, amount_paise), *kept)


def account_of(capture: Capture) -> Account:
    """Where a refund of this money is taken from."""
    if capture.is_held:
        return Account.HELD
    return Account.REFUNDS if capture.reason is None else Account.KEPT


def fee(fee_paise: int, gst_paise: int, items: Sequence[Item]) -> tuple[Line, ...]:
    """What Razorpay keeps; `fee_paise` includes its tax."""
    if not items:
        lines = [Line(Account.FEES, fee_paise - gst_paise), Line(Account.FEES_GST, gst_paise)]
    else:
        lines = [
            *_spread(Account.FEES, fee_paise - gst_paise, items),
            *_spread(Account.FEES_GST, gst_paise, items),
        ]
    return _against_gateway(-fee_paise, [line for line in lines if line.amount_paise])


def refund(amount_paise: int, items: Sequence[Item], account: Account) -> tuple[Line, ...]:
    is_whole = account is Account.HELD or not items
    lines = [Line(account, amount_paise)] if is_whole else _spread(account, amount_paise, items)
    return _against_gateway(-amount_paise, lines)


def dispute(deducted_paise: int, items: Sequence[Item]) -> tuple[Line, ...]:
    lines = _spread(Account.DISPUTES, deducted_paise, items) if items else [Line(Account.DISPUTES, deducted_paise)]
    return _against_gateway(-deducted_paise, lines)


def reversal(lines: Sequence[Line]) -> tuple[Line, ...]:
    return tuple(Line(line.account, -line.amount_paise, line.course_id, line.user_id) for line in lines)
