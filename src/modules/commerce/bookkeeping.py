"""Proof that the ledger, our rows and Razorpay say the same of every paisa."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from msgspec import Struct

from core.clock import Clock
from modules.commerce.domain.gateway import Known
from modules.commerce.ports import PaymentGateway
from modules.commerce.queries import CaptureBooks, LedgerQueries

EDGE = timedelta(days=5)
"""A payment may be captured days after it was made: what is older than this at the edge is not missed there."""


class Sums(Struct, frozen=True):
    captured_paise: int
    fee_paise: int
    refunded_paise: int


class Difference(Struct, frozen=True):
    """`what` of which payment, order or posting is not the same."""

    what: str
    of: str
    ours: int | None = None
    theirs: int | None = None


class Check(Struct, frozen=True):
    """`ledger`, `rows` and `gateway` are equal when there are no differences and nothing is on its way."""

    ledger: Sums
    rows: Sums
    gateway: Sums
    differences: tuple[Difference, ...]
    on_the_way: int


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    ledger: LedgerQueries
    gateway: PaymentGateway
    clock: Clock

    async def check(self, since: datetime) -> Check:
        """Compare all that was captured since then, payment by payment; each posting and each order besides.

        :raises GatewayUnavailable:
        """
        now = self.clock.now()
        theirs = {known.payment_id: known for known in await self.gateway.captures(since, now + timedelta(days=1))}
        books = await self.ledger.books(since)
        ours = {book.razorpay_payment: book for book in books}
        differences = [Difference("unbalanced posting", key) for key in await self.ledger.unbalanced()]
        differences += [Difference("order", str(order_id)) for order_id in await self.ledger.odd_payments()]
        differences += [
            Difference("unknown to us", known.payment_id, None, known.amount_paise)
            for known in theirs.values()
            if known.payment_id not in ours
        ]
        for book in books:
            differences += _differences(
                book, theirs.get(book.razorpay_payment), is_edge=book.captured_at < since + EDGE
            )
        return Check(
            ledger=Sums(
                sum(book.posted_amount_paise for book in books),
                sum(book.posted_fee_paise for book in books),
                sum(book.posted_refunded_paise for book in books),
            ),
            rows=Sums(
                sum(book.amount_paise for book in books),
                sum(book.fee_paise for book in books),
                sum(book.refunded_paise for book in books),
            ),
            gateway=Sums(
                sum(known.amount_paise for known in theirs.values()),
                sum(known.fee_paise or 0 for known in theirs.values()),
                sum(known.refunded_paise for known in theirs.values()),
            ),
            differences=tuple(differences),
            on_the_way=sum(book.is_moving for book in books),
        )


def _differences(book: CaptureBooks, known: Known | None, *, is_edge: bool) -> list[Difference]:
    pairs = [
        ("amount: row and ledger", book.amount_paise, book.posted_amount_paise),
        ("fee: row and ledger", book.fee_paise, book.posted_fee_paise),
        ("refunds: rows and ledger", book.refunded_paise, book.posted_refunded_paise),
    ]
    if known is None and not is_edge:
        pairs.append(("not at Razorpay", book.amount_paise, 0))
    if known is not None:
        pairs.append(("amount", book.posted_amount_paise, known.amount_paise))
        pairs.append(("fee", book.posted_fee_paise, known.fee_paise or 0))
        if not book.is_moving:
            pairs.append(("refunds", book.posted_refunded_paise, known.refunded_paise))
    return [Difference(what, book.razorpay_payment, ours, theirs) for what, ours, theirs in pairs if ours != theirs]
