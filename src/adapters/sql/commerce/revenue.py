"""Revenue and shares, summed up from the ledger."""

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, case, func, or_, select

from adapters.sql.commerce.money import ENTRIES, SHARES
from adapters.sql.commerce.payments import COURSES, USERS
from adapters.sql.commerce.shares import PAYOUT_COLUMNS, PAYOUTS
from adapters.sql.database import AnyRow, Database
from adapters.sql.dates import IndiaDay
from adapters.sql.pages import KeysetList, given
from core.clock import INDIA
from core.paging import Page, PageRequest
from modules.commerce.domain.ledger import Account
from modules.commerce.share_ports import By, Owed, Payout, Revenue, ShareSums


def _sum(account: Account) -> ColumnElement[Any]:
    amount = -ENTRIES.c.amount_paise if account is Account.SALES else ENTRIES.c.amount_paise
    return func.coalesce(func.sum(case((ENTRIES.c.account == account.value, amount), else_=0)), 0)


SUMS = [
    _sum(account)
    for account in (
        Account.SALES,
        Account.DISCOUNTS,
        Account.REFUNDS,
        Account.DISPUTES,
        Account.FEES,
        Account.FEES_GST,
    )
]
MOMENT = ENTRIES.c.posted_at.type
WITHIN = and_(
    ENTRIES.c.posted_at >= bindparam("since", type_=MOMENT),
    ENTRIES.c.posted_at < bindparam("until", type_=MOMENT),
    or_(
        *(
            ENTRIES.c.account == account.value
            for account in Account
            if account not in {Account.GATEWAY, Account.HELD, Account.KEPT, Account.SHARES, Account.OWED, Account.BANK}
        )
    ),
)
DAY = IndiaDay(ENTRIES.c.posted_at).label("day")
BY_DAY = select(DAY, *SUMS).where(WITHIN).group_by(DAY).order_by(DAY)
BY_COURSE = (
    select(ENTRIES.c.course_id, COURSES.c.title, *SUMS)
    .outerjoin(COURSES, COURSES.c.id == ENTRIES.c.course_id)
    .where(WITHIN)
    .group_by(ENTRIES.c.course_id, COURSES.c.title)
    .order_by(ENTRIES.c.course_id)
)
# whoever earned once stays on the list when the share has ended
_earned = (
    select(ENTRIES.c.course_id, ENTRIES.c.instructor_id, func.sum(ENTRIES.c.amount_paise).label("earned"))
    .where(ENTRIES.c.account == Account.SHARES.value, ENTRIES.c.instructor_id.is_not(None))  # by the index of these
    .group_by(ENTRIES.c.course_id, ENTRIES.c.instructor_id)
    .subquery()
)
_pairs = (
    select(SHARES.c.course_id, SHARES.c.instructor_id)
    .union(select(_earned.c.course_id, _earned.c.instructor_id))
    .subquery()
)


def _joined(other: Any) -> ColumnElement[bool]:
    return and_(other.c.course_id == _pairs.c.course_id, other.c.instructor_id == _pairs.c.instructor_id)


SHARE_SUMS = (
    select(
        _pairs.c.instructor_id,
        USERS.c.full_name,
        USERS.c.username,
        _pairs.c.course_id,
        COURSES.c.title,
        func.coalesce(SHARES.c.share_bp, 0),
        func.coalesce(_earned.c.earned, 0),
    )
    .join(USERS, USERS.c.id == _pairs.c.instructor_id)
    .join(COURSES, COURSES.c.id == _pairs.c.course_id)
    .outerjoin(SHARES, _joined(SHARES))
    .outerjoin(_earned, _joined(_earned))
    .order_by(_pairs.c.instructor_id, _pairs.c.course_id)
)


def _of(account: Account) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((ENTRIES.c.account == account.value, ENTRIES.c.amount_paise), else_=0)), 0)


OWED = (
    select(USERS.c.id, USERS.c.full_name, USERS.c.username, _of(Account.SHARES), -_of(Account.BANK))
    .join(ENTRIES, ENTRIES.c.instructor_id == USERS.c.id)
    .group_by(USERS.c.id, USERS.c.full_name, USERS.c.username)
    .order_by(USERS.c.id)
)


def _payout(row: AnyRow) -> Payout:
    id_, user_id, amount, notes, created_by_id, created_at = row
    return Payout(id_, user_id, amount, notes, created_by_id, created_at)


PAYOUT_LIST = KeysetList(
    select(*PAYOUT_COLUMNS),
    make=_payout,
    orders={"id": [PAYOUTS.c.id]},
    filters={"user_id": PAYOUTS.c.instructor_id == bindparam("user_id")},
)


class SqlRevenue:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def revenue(self, by: By, first: date, last: date) -> list[Revenue]:
        since = datetime.combine(first, time(), INDIA)
        until = datetime.combine(last + timedelta(days=1), time(), INDIA)
        values = {"since": since, "until": until}
        if by is By.COURSE:
            rows = await self._database.rows(BY_COURSE, values)
            return [_line(None, row[0], row[1], row[2:]) for row in rows]
        days = [_line(_date(row[0]), None, None, row[1:]) for row in await self._database.rows(BY_DAY, values)]
        return days if by is By.DAY else _months(days)

    async def shares(self, *, user_id: int | None, course_id: int | None) -> list[ShareSums]:
        statement = SHARE_SUMS
        if user_id is not None:
            statement = statement.where(_pairs.c.instructor_id == user_id)
        if course_id is not None:
            statement = statement.where(_pairs.c.course_id == course_id)
        return [
            ShareSums(id_, name or username, course, title, bp, int(earned))
            for id_, name, username, course, title, bp, earned in await self._database.rows(statement)
        ]

    async def owed(self, *, user_id: int | None) -> list[Owed]:
        statement = OWED if user_id is None else OWED.where(USERS.c.id == user_id)
        rows = await self._database.rows(statement)
        return [Owed(id_, name or username, int(earned), int(paid)) for id_, name, username, earned, paid in rows]

    async def payouts(self, request: PageRequest, *, user_id: int | None) -> Page[Payout]:
        values = given(user_id=user_id)
        return await PAYOUT_LIST.page(
            self._database, request, where=sorted(values), values=values, keys=lambda payout: (payout.id,)
        )


def _line(starts_on: date | None, course_id: int | None, title: str | None, sums: Any) -> Revenue:
    gross, discounts, refunds, disputes, fees, fees_gst = map(int, sums)
    return Revenue(starts_on, course_id, title, gross, discounts, refunds, disputes, fees, fees_gst)


def _months(days: list[Revenue]) -> list[Revenue]:
    months: dict[date, list[Revenue]] = {}
    for day in days:
        if day.starts_on is not None:
            months.setdefault(day.starts_on.replace(day=1), []).append(day)
    names = ("gross", "discounts", "refunds", "disputes", "fees", "fees_gst")
    return [
        _line(month, None, None, [sum(getattr(day, name) for day in of_month) for name in names])
        for month, of_month in months.items()
    ]


def _date(given_day: Any) -> date:
    return date.fromisoformat(given_day) if isinstance(given_day, str) else given_day
