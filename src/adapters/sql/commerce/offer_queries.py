"""Bundles, plans and agreements as people read them."""

from msgspec.structs import replace
from sqlalchemy import bindparam, select

from adapters.sql.commerce.offers import (
    AGREEMENT_COLUMNS,
    AGREEMENTS,
    BUNDLE,
    BUNDLE_COLUMNS,
    BUNDLES,
    OF_BUNDLES,
    PLAN_COLUMNS,
    PLANS,
    agreement,
    bundle,
    course,
    plan,
)
from adapters.sql.database import AnyRow, Database
from adapters.sql.pages import KeysetList
from core.paging import Page, PageRequest
from modules.commerce.domain.instalments import Agreement, Plan
from modules.commerce.offer_ports import BundleCard, BundleCourse

OF_COURSE = select(*PLAN_COLUMNS).where(PLANS.c.course_id == bindparam("course_id")).order_by(PLANS.c.id)
ACTIVE_OF_COURSE = OF_COURSE.where(PLANS.c.is_active)
OF_USER = (
    select(*AGREEMENT_COLUMNS).where(AGREEMENTS.c.user_id == bindparam("user_id")).order_by(AGREEMENTS.c.id.desc())
)


def _card(row: AnyRow) -> BundleCard:
    return BundleCard(bundle(row), ())


BUNDLE_LIST = KeysetList(
    select(*BUNDLE_COLUMNS),
    make=_card,
    orders={"id": [BUNDLES.c.id]},
    filters={"published": BUNDLES.c.is_published},
)


class SqlOfferQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def bundles(self, request: PageRequest, *, drafts: bool) -> Page[BundleCard]:
        where = () if drafts else ("published",)
        page = await BUNDLE_LIST.page(self._database, request, where=where, keys=lambda card: (card.bundle.id,))
        return replace(page, results=await self._whole(page.results))

    async def bundle(self, bundle_id: int, *, drafts: bool) -> BundleCard | None:
        row = await self._database.row(BUNDLE, {"id": bundle_id})
        if row is None or not (drafts or bundle(row).is_published):
            return None
        return (await self._whole([_card(row)]))[0]

    async def plans(self, course_id: int, *, inactive: bool) -> list[Plan]:
        statement = OF_COURSE if inactive else ACTIVE_OF_COURSE
        return [plan(row) for row in await self._database.rows(statement, {"course_id": course_id})]

    async def agreements(self, user_id: int) -> list[Agreement]:
        return [agreement(row) for row in await self._database.rows(OF_USER, {"user_id": user_id})]

    async def _whole(self, cards: list[BundleCard]) -> list[BundleCard]:
        """With their courses, all in one question."""
        if not cards:
            return []
        ids = [card.bundle.id for card in cards]
        rows = await self._database.rows(OF_BUNDLES, {"first": min(ids), "last": max(ids)})
        of: dict[int, list[BundleCourse]] = {}
        for bundle_id, *known in rows:
            of.setdefault(bundle_id, []).append(course(known))
        return [replace(card, courses=tuple(of.get(card.bundle.id, ()))) for card in cards]
