"""Coupons as administrators read them."""

from typing import Any

from msgspec.structs import replace
from sqlalchemy import ColumnElement, bindparam, func, select

from adapters.sql.commerce.coupons import COUPON_COLUMNS, COUPONS, COVERED, USES, coupon
from adapters.sql.database import AnyRow, Database
from adapters.sql.pages import KeysetList
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.commerce.coupon_ports import CouponCard

NOW = bindparam("now", type_=USES.c.reserved_until.type)


def _counted(condition: ColumnElement[bool]) -> Any:
    uses = select(func.count()).where(USES.c.coupon_id == COUPONS.c.id, condition)
    return uses.correlate(COUPONS).scalar_subquery()


CARD = select(
    *COUPON_COLUMNS,
    _counted(USES.c.used_at.is_not(None)),
    _counted(USES.c.used_at.is_(None) & (USES.c.reserved_until > NOW)),
)
ONE = CARD.where(COUPONS.c.id == bindparam("id"))


def _card(row: AnyRow) -> CouponCard:
    used, reserved = row[-2:]
    return CouponCard(coupon(row[:-2], ()), used, reserved)


COUPON_LIST = KeysetList(
    CARD,
    make=_card,
    orders={"id": [COUPONS.c.id]},
    filters={"active": COUPONS.c.is_active, "inactive": ~COUPONS.c.is_active},
)


class SqlCouponQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def coupons(self, request: PageRequest, *, is_active: bool | None) -> Page[CouponCard]:
        where = {None: (), True: ("active",), False: ("inactive",)}[is_active]
        page = await COUPON_LIST.page(
            self._database,
            request,
            where=where,
            values={"now": self._clock.now()},
            keys=lambda card: (card.coupon.id,),
        )
        return replace(page, results=await self._covering(page.results))

    async def coupon(self, coupon_id: int) -> CouponCard | None:
        row = await self._database.row(ONE, {"id": coupon_id, "now": self._clock.now()})
        return (await self._covering([_card(row)]))[0] if row else None

    async def _covering(self, cards: list[CouponCard]) -> list[CouponCard]:
        """With the courses that each is for."""
        first, last = (f(card.coupon.id for card in cards) for f in (min, max)) if cards else (0, 0)
        statement = select(COVERED.c.coupon_id, COVERED.c.course_id).where(COVERED.c.coupon_id.between(first, last))
        of: dict[int, list[int]] = {}
        for coupon_id, course_id in await self._database.rows(statement.order_by(COVERED.c.course_id)):
            of.setdefault(coupon_id, []).append(course_id)
        return [
            replace(card, coupon=replace(card.coupon, course_ids=tuple(of.get(card.coupon.id, ())))) for card in cards
        ]
