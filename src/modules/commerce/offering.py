"""What is sold besides single courses: bundles, and plans to pay in parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import Invalid, NotFound, VersionConflict
from core.transaction import Begin
from modules.commerce.domain.instalments import Plan, demand_payable
from modules.commerce.domain.payments import SMALLEST_PAISE
from modules.commerce.offer_ports import Bundle, BundleCourse, OfferStore


@dataclass(frozen=True, slots=True)
class Offering:
    begin: Begin[OfferStore]

    async def add_bundle(
        self, actor: Actor, *, title: str, description: str, price_paise: int, course_ids: Sequence[int]
    ) -> Bundle:
        """Two courses or more, of one currency, for at most what they cost one by one. It is not published yet.

        :raises Invalid:
        """
        async with self.begin() as store:
            courses = await store.courses(course_ids)
            if len(courses) != len(course_ids):
                raise Invalid.field("course_ids", "There is no such course, or one is named twice.")
            _demand_price(price_paise, courses)
            bundle = await store.add_bundle(
                title=title,
                description=description,
                price_paise=price_paise,
                currency=courses[0].currency,
                course_ids=course_ids,
            )
            await store.audit(
                actor_id=actor.user_id, action="bundle.created", target_type="bundle", target_id=bundle.id
            )
            return bundle

    async def change_bundle(
        self, actor: Actor, bundle_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Bundle:
        """Its words, its price, and whether it is published. Open orders keep what they were offered.

        :raises NotFound: :raises VersionConflict: :raises Invalid:
        """
        async with self.begin() as store:
            bundle = await store.bundle(bundle_id)
            if bundle is None:
                raise NotFound
            if version is not None and version != bundle.version:
                raise VersionConflict
            if not changes:
                return bundle
            courses = await store.bundle_courses(bundle_id)
            _demand_price(changes.get("price_paise", bundle.price_paise), courses)
            if changes.get("is_published") and not all(course.is_published for course in courses):
                raise Invalid.field("is_published", "A course of it is not published.")
            changed = await store.change_bundle(bundle_id, changes)
            await store.audit(
                actor_id=actor.user_id,
                action="bundle.changed",
                target_type="bundle",
                target_id=bundle_id,
                **{name: str(value) for name, value in changes.items()},
            )
            return changed

    async def add_plan(
        self, actor: Actor, course_id: int, *, title: str, amounts: Sequence[int], interval_days: int
    ) -> Plan:
        """A plan that students may pay the course by from now on.

        :raises NotFound: :raises Invalid:
        """
        demand_payable(amounts)
        async with self.begin() as store:
            courses = await store.courses([course_id])
            if not courses:
                raise NotFound
            if not courses[0].price_paise:
                raise Invalid.field("course_id", "This course is free.")
            plan = await store.add_plan(course_id=course_id, title=title, amounts=amounts, interval_days=interval_days)
            await store.audit(actor_id=actor.user_id, action="plan.created", target_type="plan", target_id=plan.id)
            return plan

    async def set_plan_active(self, actor: Actor, plan_id: int, *, is_active: bool) -> Plan:
        """Whether students may begin with it. Who has begun goes on.

        :raises NotFound:
        """
        async with self.begin() as store:
            plan = await store.set_plan_active(plan_id, is_active=is_active)
            if plan is None:
                raise NotFound
            await store.audit(
                actor_id=actor.user_id,
                action="plan.changed",
                target_type="plan",
                target_id=plan_id,
                is_active=is_active,
            )
            return plan


def _demand_price(price_paise: int, courses: Sequence[BundleCourse]) -> None:
    """:raises Invalid:"""
    if len({course.currency for course in courses}) != 1:
        raise Invalid.field("course_ids", "Courses of one currency.")
    if not SMALLEST_PAISE <= price_paise <= sum(course.price_paise for course in courses):
        raise Invalid.field("price", "At least one rupee, at most what the courses cost one by one.")
