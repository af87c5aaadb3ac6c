"""What is sold: courses, bundles, and instalments, within a transaction; and how bundles and plans are read."""

from collections.abc import Sequence
from typing import Any

from msgspec import to_builtins
from sqlalchemy import bindparam, insert, select, update

from adapters.sql.commerce.payments import COURSES
from adapters.sql.models import Bundle as BundleModel
from adapters.sql.models import BundleCourse as BundleCourseModel
from adapters.sql.models import InstalmentAgreement, InstalmentPlan
from adapters.sql.store import SqlStore, table
from modules.commerce.domain.amounts import allocate
from modules.commerce.domain.instalments import Agreement, Plan, following
from modules.commerce.domain.payments import Item, Offer
from modules.commerce.offer_ports import Bundle, BundleCourse

BUNDLES, PARTS = table(BundleModel), table(BundleCourseModel)
PLANS, AGREEMENTS = table(InstalmentPlan), table(InstalmentAgreement)
BUNDLE_COLUMNS = [BUNDLES.c[name] for name in Bundle.__struct_fields__]
PLAN_COLUMNS = [PLANS.c[name] for name in Plan.__struct_fields__]
AGREEMENT_COLUMNS = [AGREEMENTS.c[name] for name in Agreement.__struct_fields__]
_COURSE = select(COURSES.c.id, COURSES.c.title, COURSES.c.price_paise, COURSES.c.currency, COURSES.c.is_published)
COURSE = _COURSE.where(COURSES.c.id == bindparam("id"))
OF_BUNDLE = (
    _COURSE.join(PARTS, PARTS.c.course_id == COURSES.c.id)
    .where(PARTS.c.bundle_id == bindparam("bundle_id"))
    .order_by(PARTS.c.position)
)
OF_BUNDLES = (
    _COURSE.join(PARTS, PARTS.c.course_id == COURSES.c.id)
    .with_only_columns(PARTS.c.bundle_id, *_COURSE.selected_columns)
    .where(PARTS.c.bundle_id.between(bindparam("first"), bindparam("last")))
    .order_by(PARTS.c.bundle_id, PARTS.c.position)
)
BUNDLE = select(*BUNDLE_COLUMNS).where(BUNDLES.c.id == bindparam("id"))
BUNDLE_LOCKED = BUNDLE.with_for_update(key_share=True)
PLAN = select(*PLAN_COLUMNS).where(PLANS.c.id == bindparam("id"))
_AGREEMENT = select(*AGREEMENT_COLUMNS)
GOING_ON = _AGREEMENT.where(
    AGREEMENTS.c.user_id == bindparam("user_id"),
    AGREEMENTS.c.plan_id == bindparam("plan_id"),
    AGREEMENTS.c.ended_at.is_(None),
)
BEGUN = _AGREEMENT.where(AGREEMENTS.c.first_payment_id == bindparam("first_payment_id"))


class SqlOfferStore(SqlStore):
    async def offer(self, product: str, user_id: int) -> Offer | None:
        kind, _, number = product.partition(":")
        offers = {"course": self._course, "bundle": self._bundle}
        if kind == "plan":
            return await self._instalment(product, int(number), user_id)
        return await offers[kind](product, int(number))

    async def agreement(self, user_id: int, plan_id: int) -> Agreement | None:
        row = await self.transaction.row(GOING_ON, {"user_id": user_id, "plan_id": plan_id})
        return agreement(row) if row else None

    async def agreement_begun(self, first_payment_id: int) -> Agreement | None:
        row = await self.transaction.row(BEGUN, {"first_payment_id": first_payment_id})
        return agreement(row) if row else None

    async def save_agreement(self, saved: Agreement) -> None:
        values = {name: getattr(saved, name) for name in Agreement.__struct_fields__ if name != "id"}
        values["amounts"] = to_builtins(saved.amounts)
        if saved.id:
            await self.transaction.execute(update(AGREEMENTS).where(AGREEMENTS.c.id == saved.id).values(**values))
        else:
            await self.transaction.execute(insert(AGREEMENTS), values)

    async def courses(self, course_ids: Sequence[int]) -> list[BundleCourse]:
        rows = [await self.transaction.row(COURSE, {"id": course_id}) for course_id in dict.fromkeys(course_ids)]
        return [course(row) for row in rows if row is not None]

    async def bundle(self, bundle_id: int) -> Bundle | None:
        row = await self.transaction.row(BUNDLE_LOCKED, {"id": bundle_id})
        return bundle(row) if row else None

    async def bundle_courses(self, bundle_id: int) -> list[BundleCourse]:
        return [course(row) for row in await self.transaction.rows(OF_BUNDLE, {"bundle_id": bundle_id})]

    async def add_bundle(
        self, *, title: str, description: str, price_paise: int, currency: str, course_ids: Sequence[int]
    ) -> Bundle:
        values = {
            "title": title,
            "description": description,
            "price_paise": price_paise,
            "currency": currency,
            "is_published": False,
            "created_at": self.transaction.clock.now(),
            "version": 1,
        }
        added = (await self.transaction.execute(insert(BUNDLES).returning(*BUNDLE_COLUMNS), values)).one()
        parts = [
            {"bundle_id": added[0], "course_id": course_id, "position": place}
            for place, course_id in enumerate(course_ids)
        ]
        await self.transaction.execute(insert(PARTS), parts)
        return bundle(added)

    async def change_bundle(self, bundle_id: int, changes: dict[str, Any]) -> Bundle:
        statement = update(BUNDLES).where(BUNDLES.c.id == bundle_id)
        raised = statement.values(version=BUNDLES.c.version + 1, **changes).returning(*BUNDLE_COLUMNS)
        return bundle((await self.transaction.execute(raised)).one())

    async def add_plan(self, *, course_id: int, title: str, amounts: Sequence[int], interval_days: int) -> Plan:
        values = {
            "course_id": course_id,
            "title": title,
            "amounts": list(amounts),
            "interval_days": interval_days,
            "is_active": True,
            "created_at": self.transaction.clock.now(),
        }
        return plan((await self.transaction.execute(insert(PLANS).returning(*PLAN_COLUMNS), values)).one())

    async def plan(self, plan_id: int) -> Plan | None:
        row = await self.transaction.row(PLAN, {"id": plan_id})
        return plan(row) if row else None

    async def set_plan_active(self, plan_id: int, *, is_active: bool) -> Plan | None:
        statement = update(PLANS).where(PLANS.c.id == plan_id).values(is_active=is_active).returning(*PLAN_COLUMNS)
        row = await self.transaction.row(statement)
        return plan(row) if row else None

    async def _course(self, product: str, course_id: int) -> Offer | None:
        row = await self.transaction.row(COURSE, {"id": course_id})
        if row is None:
            return None
        known = course(row)
        item = Item(course_id, known.title, known.price_paise, known.price_paise)
        return Offer(product, known.title, (item,), known.currency, known.is_published)

    async def _bundle(self, product: str, bundle_id: int) -> Offer | None:
        row = await self.transaction.row(BUNDLE, {"id": bundle_id})
        if row is None:
            return None
        sold, courses = bundle(row), await self.bundle_courses(bundle_id)
        prices = [each.price_paise for each in courses]
        parts = allocate(min(sold.price_paise, sum(prices)), prices)  # courses may have become cheaper
        items = [
            Item(each.course_id, each.title, each.price_paise, part) for each, part in zip(courses, parts, strict=True)
        ]
        is_sold = sold.is_published and all(each.is_published for each in courses)
        return Offer(product, sold.title, tuple(items), sold.currency, is_sold)

    async def _instalment(self, product: str, plan_id: int, user_id: int) -> Offer | None:
        by, going_on = await self.plan(plan_id), await self.agreement(user_id, plan_id)
        row = None if by is None else await self.transaction.row(COURSE, {"id": by.course_id})
        if by is None or row is None:
            return None
        known, (instalment, amount) = course(row), following(by, going_on)
        title = f"{known.title} ({instalment.number} of {len(instalment.amounts)})"
        item = Item(known.course_id, title, amount, amount)
        is_sold = going_on is not None or (by.is_active and known.is_published)
        return Offer(product, title, (item,), known.currency, is_sold, instalment)


def course(row: Sequence[Any]) -> BundleCourse:
    return BundleCourse(*row)


def bundle(row: Sequence[Any]) -> Bundle:
    return Bundle(*row)


def plan(row: Sequence[Any]) -> Plan:
    values = dict(zip(Plan.__struct_fields__, row, strict=True))
    return Plan(**{**values, "amounts": tuple(values["amounts"])})


def agreement(row: Sequence[Any]) -> Agreement:
    values = dict(zip(Agreement.__struct_fields__, row, strict=True))
    return Agreement(**{**values, "amounts": tuple(values["amounts"])})
