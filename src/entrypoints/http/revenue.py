"""/api/payments/reports/, /shares/ and /payouts/: what was earned, and what of it is whose. Days are India's."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from litestar import Response, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import Invalid
from core.money import rupees, to_paise
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, once, page_request
from entrypoints.http.policy import Policy
from entrypoints.http.spreadsheets import CSV, First, Format, Last, Table, csv_of, days_asked, named
from entrypoints.http.wire import Ref
from modules.commerce.share_ports import By, Owed, Payout, Revenue, ShareSums

MOST_DAYS = {By.DAY: 366, By.MONTH: 3660, By.COURSE: 3660}
USUAL_DAYS = {By.DAY: 29, By.MONTH: 364, By.COURSE: 364}
Percent = Annotated[float, Meta(ge=0, le=100)]
Notes = Annotated[str, Meta(max_length=1000)]
AMOUNTS = ("gross", "discounts", "refunds", "disputes", "gateway_fee", "gateway_gst", "net")


class RevenueLine(Struct, frozen=True):
    """`net` is `gross` less all the others. By course it has a course (null: money of no course of ours), else the day
    that the day or month begins on.
    """

    starts_on: date | None
    course: Ref | None
    gross: str
    gross_paise: int
    discounts: str
    discounts_paise: int
    refunds: str
    refunds_paise: int
    disputes: str
    disputes_paise: int
    gateway_fee: str
    gateway_fee_paise: int
    gateway_gst: str
    gateway_gst_paise: int
    net: str
    net_paise: int


class RevenueReport(Struct, frozen=True):
    by: By
    first_day: date
    last_day: date
    results: list[RevenueLine]
    total: RevenueLine


class ShareBody(Struct, frozen=True, forbid_unknown_fields=True):
    """At most two decimals; 0 ends the share."""

    percent: Percent


class ShareInfo(Struct, frozen=True):
    """`earned` of sales so far, less what went back."""

    user_id: int
    user_name: str
    course: Ref
    percent: float
    earned: str
    earned_paise: int


class OwedInfo(Struct, frozen=True):
    user_id: int
    user_name: str
    earned: str
    earned_paise: int
    paid_out: str
    paid_out_paise: int
    owed: str
    owed_paise: int


class ShareReport(Struct, frozen=True):
    """By instructor and course, and by instructor. What is owed is negative when a paid share's money went back."""

    results: list[ShareInfo]
    owed: list[OwedInfo]


class PayoutBody(Struct, frozen=True, forbid_unknown_fields=True):
    user_id: int
    amount: str | float
    notes: Notes = ""


class PayoutInfo(Struct, frozen=True):
    id: int
    user_id: int
    amount: str
    amount_paise: int
    notes: str
    created_at: datetime


@get("/reports/revenue/", policy=Policy.ADMIN)
async def revenue(
    request: Call, by: FromQuery[By] = By.DAY, first: First = None, last: Last = None, kind: Format = "json"
) -> Table:
    """What was sold and what is left of it, by day, month or course: from the ledger."""
    since, until = days_asked(request, first, last, usual=USUAL_DAYS[by], most=MOST_DAYS[by])
    found = await do(request).revenue.revenue(by, since, until)
    if kind == "json":
        total = _line(_total(found))
        return Answer(RevenueReport(by, since, until, [_line(one) for one in found], total))
    heads = ["course_id" if by is By.COURSE else "starts_on", *(["course"] if by is By.COURSE else []), *AMOUNTS]
    rows = [[*_head(one, by), *(Decimal(amount).scaleb(-2) for amount in _amounts(one))] for one in found]
    return Response(csv_of([heads, *rows]).encode(), media_type=CSV, headers=named(f"revenue-{since}-{until}"))


@get("/reports/shares/", policy=Policy.USER)
async def shares(
    request: Call, course_id: FromQuery[int | None] = None, user_id: FromQuery[int | None] = None
) -> ShareReport:
    """What instructors earned and what they are owed: their own, or everybody's for administrators."""
    actor = caller(request)
    whose = user_id if actor.is_admin else actor.user_id
    sums = await do(request).revenue.shares(user_id=whose, course_id=course_id)
    owed = await do(request).revenue.owed(user_id=whose)
    return ShareReport([_share(one) for one in sums], [_owed(one) for one in owed])


@put("/shares/{course_id:int}/{user_id:int}/", policy=Policy.ADMIN)
async def set_share(
    request: Call, course_id: FromPath[int], user_id: FromPath[int], data: JSONBody[ShareBody]
) -> ShareBody:
    """What part of a course's sales an instructor gets from now on, of the price without its tax."""
    share_bp = to_paise(data.percent, "percent")
    share = await do(request).sharing.set_share(caller(request), course_id, user_id, share_bp)
    return ShareBody(share.share_bp / 100)


@post("/payouts/", policy=Policy.ADMIN, once=True)
async def pay_out(request: Call, data: JSONBody[PayoutBody]) -> PayoutInfo:
    """Write down that an instructor was paid, by bank or otherwise."""
    amount = to_paise(data.amount, "amount")
    if not amount:
        raise Invalid.field("amount", "It must be more than nothing.")
    payout = await do(request).sharing.pay_out(
        caller(request), data.user_id, amount, notes=data.notes, once=await once(request, "pay_out")
    )
    return _payout(payout)


@get("/payouts/", policy=Policy.USER)
async def payouts(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    user_id: FromQuery[int | None] = None,
) -> Listing[PayoutInfo]:
    """What was paid to oneself, or to everybody for administrators, newest first."""
    actor = caller(request)
    whose = user_id if actor.is_admin else actor.user_id
    page = await do(request).revenue.payouts(page_request(limit, cursor, count=count), user_id=whose)
    return listing(request, page, _payout)


def _amounts(one: Revenue) -> list[int]:
    return [one.gross, one.discounts, one.refunds, one.disputes, one.fees, one.fees_gst, one.net]


def _head(one: Revenue, by: By) -> list[object]:
    return [one.course_id, one.course_title] if by is By.COURSE else [one.starts_on]


def _total(found: list[Revenue]) -> Revenue:
    names = ("gross", "discounts", "refunds", "disputes", "fees", "fees_gst")
    return Revenue(None, None, None, *(sum(getattr(one, name) for one in found) for name in names))


def _line(one: Revenue) -> RevenueLine:
    course = None if one.course_id is None or one.course_title is None else Ref(one.course_id, one.course_title)
    return RevenueLine(one.starts_on, course, **_in_both(AMOUNTS, _amounts(one)))


def _in_both(names: Iterable[str], amounts: Iterable[int]) -> dict[str, Any]:
    """Each amount as a string of rupees and as paise."""
    found: dict[str, Any] = {}
    for name, amount in zip(names, amounts, strict=True):
        found |= {name: rupees(amount), f"{name}_paise": amount}
    return found


def _share(one: ShareSums) -> ShareInfo:
    course = Ref(one.course_id, one.course_title)
    return ShareInfo(one.user_id, one.user_name, course, one.share_bp / 100, rupees(one.earned_paise), one.earned_paise)


def _owed(one: Owed) -> OwedInfo:
    amounts = (one.earned_paise, one.paid_paise, one.earned_paise - one.paid_paise)
    return OwedInfo(one.user_id, one.user_name, **_in_both(("earned", "paid_out", "owed"), amounts))


def _payout(payout: Payout) -> PayoutInfo:
    return PayoutInfo(
        payout.id, payout.user_id, rupees(payout.amount_paise), payout.amount_paise, payout.notes, payout.created_at
    )


HANDLERS = [revenue, shares, set_share, pay_out, payouts]
