"""What instructors earn: a part of what their courses are sold for, without the tax, as long as the money stays."""

from collections.abc import Sequence

from msgspec import Struct

from core.errors import Conflict, Invalid
from modules.commerce.domain.amounts import WHOLE_BP
from modules.commerce.domain.ledger import Account, Line
from modules.commerce.domain.payments import Payment
from modules.commerce.domain.tax import within


class TooMuchShared(Invalid):
    code = "too_much_shared"
    detail = "The shares of a course are 100 % together, at most."


class MoreThanOwed(Conflict):
    code = "more_than_owed"
    detail = "More than what is owed."


class Share(Struct, frozen=True):
    course_id: int
    user_id: int
    share_bp: int


class Earned(Struct, frozen=True):
    """Of one payment: what an instructor got for a course at the sale, and what is left of that now."""

    course_id: int
    user_id: int
    at_sale_paise: int
    left_paise: int


def earned(payment: Payment, shares: Sequence[Share]) -> tuple[Line, ...]:
    """At a sale, by the shares of that moment: later changes are for later sales."""
    lines = list[Line]()
    for item in payment.items:
        base = within(item.price_paise, payment.snapshot.tax_bp, is_intra_state=False).taxable_paise
        for share in shares:
            if share.course_id == item.course_id and (part := base * share.share_bp // WHOLE_BP):
                lines += _pair(part, share.course_id, share.user_id)
    return tuple(lines)


def adjusted(so_far: Sequence[Earned], captured_paise: int, gone_paise: int) -> tuple[Line, ...]:
    """After refunds and lost disputes of `gone_paise` in all: to the paisa nothing is left when all is gone."""
    lines = list[Line]()
    for one in so_far:
        should_be = one.at_sale_paise * max(0, captured_paise - gone_paise) // captured_paise
        if change := should_be - one.left_paise:
            lines += _pair(change, one.course_id, one.user_id)
    return tuple(lines)


def paid_out(amount_paise: int, user_id: int) -> tuple[Line, ...]:
    owed = Line(Account.OWED, amount_paise, user_id=user_id)
    return (owed, Line(Account.BANK, -amount_paise, user_id=user_id))


def _pair(amount_paise: int, course_id: int, user_id: int) -> list[Line]:
    return [
        Line(Account.SHARES, amount_paise, course_id, user_id),
        Line(Account.OWED, -amount_paise, course_id, user_id),
    ]
