"""Coupons and their uses, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, and_, bindparam, case, cast, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.commerce.payments import COURSES
from adapters.sql.models import Coupon as CouponModel
from adapters.sql.models import CouponCourse
from adapters.sql.models import CouponUse as UseModel
from adapters.sql.store import SqlStore, table
from core.errors import Invalid
from modules.commerce.domain.coupons import CodeTaken, Coupon, Kind, Uses
from modules.commerce.domain.payments import Payment

COUPONS, COVERED, USES = table(CouponModel), table(CouponCourse), table(UseModel)
FIELDS = tuple(name for name in Coupon.__struct_fields__ if name != "course_ids")
COUPON_COLUMNS = [COUPONS.c[name] for name in FIELDS]

BY_ID = select(*COUPON_COLUMNS).where(COUPONS.c.id == bindparam("id")).with_for_update()
BY_CODE = select(*COUPON_COLUMNS).where(COUPONS.c.code == bindparam("code"))
BY_CODE_LOCKED = BY_CODE.with_for_update(key_share=True)
COURSE_IDS = (
    select(COVERED.c.course_id).where(COVERED.c.coupon_id == bindparam("coupon_id")).order_by(COVERED.c.course_id)
)
COVER = insert(COVERED).from_select(  # those that there are: who names another is told so afterwards
    ["coupon_id", "course_id"],
    select(cast(bindparam("coupon"), BigInteger), COURSES.c.id).where(COURSES.c.id == bindparam("course")),
)
ADD = upsert(COUPONS).on_conflict_do_nothing(index_elements=["code"]).returning(*COUPON_COLUMNS)
COUNTS = or_(USES.c.used_at.is_not(None), USES.c.reserved_until > bindparam("now", type_=USES.c.reserved_until.type))
COUNT_USES = select(
    func.count(),
    func.coalesce(func.sum(case((USES.c.user_id == bindparam("user_id"), 1), else_=0)), 0),
).where(and_(USES.c.coupon_id == bindparam("coupon_id"), COUNTS, USES.c.payment_id != bindparam("but", type_=Integer)))


LAPSED = select(USES.c.coupon_id).where(
    USES.c.payment_id == bindparam("payment_id"),
    USES.c.used_at.is_(None),
    USES.c.reserved_until <= bindparam("now", type_=USES.c.reserved_until.type),
)


class SqlCouponStore(SqlStore):
    async def coupon(self, code: str, *, lock: bool = False) -> Coupon | None:
        return await self._one(await self.transaction.row(BY_CODE_LOCKED if lock else BY_CODE, {"code": code}))

    async def coupon_by_id(self, coupon_id: int) -> Coupon | None:
        return await self._one(await self.transaction.row(BY_ID, {"id": coupon_id}))

    async def add_coupon(
        self,
        *,
        code: str,
        kind: Kind,
        percent_bp: int | None,
        amount_paise: int | None,
        most_paise: int | None,
        starts_at: datetime | None,
        ends_at: datetime | None,
        max_uses: int | None,
        max_uses_per_user: int | None,
        course_ids: Sequence[int],
    ) -> Coupon:
        values = {
            "code": code,
            "kind": kind.value,
            "percent_bp": percent_bp,
            "amount_paise": amount_paise,
            "most_paise": most_paise,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "max_uses": max_uses,
            "max_uses_per_user": max_uses_per_user,
            "is_active": True,
            "created_at": self.transaction.clock.now(),
            "version": 1,
        }
        row = await self.transaction.row(ADD, values)
        if row is None:
            raise CodeTaken
        await self._cover(row[0], course_ids)
        return coupon(row, sorted(set(course_ids)))

    async def change_coupon(self, changed: Coupon, changes: dict[str, Any]) -> Coupon:
        columns = {name: value for name, value in changes.items() if name != "course_ids"}
        statement = (
            update(COUPONS)
            .where(COUPONS.c.id == changed.id)
            .values(version=COUPONS.c.version + 1, **columns)
            .returning(*COUPON_COLUMNS)
        )
        row = (await self.transaction.execute(statement)).one()
        if "course_ids" in changes:
            await self.transaction.execute(delete(COVERED).where(COVERED.c.coupon_id == changed.id))
            await self._cover(changed.id, changes["course_ids"])
        return coupon(row, changes.get("course_ids", changed.course_ids))

    async def coupon_uses(self, coupon_id: int, user_id: int, *, but_payment: int | None = None) -> Uses:
        values = {"coupon_id": coupon_id, "user_id": user_id, "but": but_payment or 0}
        row = await self.transaction.row(COUNT_USES, {**values, "now": self.transaction.clock.now()})
        return Uses(0, 0) if row is None else Uses(int(row[0]), int(row[1]))

    async def reserve(self, reserved: Coupon, payment: Payment) -> None:
        values = {"coupon_id": reserved.id, "user_id": payment.user_id, "payment_id": payment.id}
        await self.transaction.execute(insert(USES), {**values, "reserved_until": payment.expires_at})

    async def release_coupon(self, payment_id: int) -> None:
        statement = update(USES).where(USES.c.payment_id == payment_id, USES.c.used_at.is_(None))
        await self.transaction.execute(statement.values(reserved_until=self.transaction.clock.now()))

    async def lapsed_coupon(self, payment_id: int) -> Coupon | None:
        values = {"payment_id": payment_id, "now": self.transaction.clock.now()}
        row = await self.transaction.row(LAPSED, values)
        return None if row is None else await self.coupon_by_id(row[0])

    async def use_coupon(self, payment_id: int) -> None:
        statement = update(USES).where(USES.c.payment_id == payment_id)
        await self.transaction.execute(statement.values(used_at=self.transaction.clock.now()))

    async def _cover(self, coupon_id: int, course_ids: Sequence[int]) -> None:
        wanted = sorted(set(course_ids))
        if not wanted:
            return
        await self.transaction.execute(COVER, [{"coupon": coupon_id, "course": course_id} for course_id in wanted])
        known = {course_id for (course_id,) in await self.transaction.rows(COURSE_IDS, {"coupon_id": coupon_id})}
        if missing := [course_id for course_id in wanted if course_id not in known]:
            raise Invalid.field("course_ids", f"There is no course {missing[0]}.")

    async def _one(self, row: Sequence[Any] | None) -> Coupon | None:
        if row is None:
            return None
        covered = await self.transaction.rows(COURSE_IDS, {"coupon_id": row[0]})
        return coupon(row, [course_id for (course_id,) in covered])


def coupon(row: Sequence[Any], course_ids: Sequence[int]) -> Coupon:
    values = dict(zip(FIELDS, row, strict=True))
    return Coupon(**{**values, "kind": Kind(values["kind"])}, course_ids=tuple(course_ids))
