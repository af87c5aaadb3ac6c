"""What bundles and instalment plans need of the store, and how they are read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.events import Emits
from core.paging import Page, PageRequest
from modules.commerce.domain.instalments import Agreement, Plan


class Bundle(Struct, frozen=True):
    """Several courses for one price. `list_price_paise` is what they cost one by one, now."""

    id: int
    title: str
    description: str
    price_paise: int
    currency: str
    is_published: bool
    created_at: datetime
    version: int


class BundleCourse(Struct, frozen=True):
    course_id: int
    title: str
    price_paise: int
    currency: str
    is_published: bool


class BundleCard(Struct, frozen=True):
    bundle: Bundle
    courses: tuple[BundleCourse, ...]


class OfferStore(Emits, Protocol):
    async def courses(self, course_ids: Sequence[int]) -> list[BundleCourse]:
        """Asked of learning, in this order; those that do not exist are missing."""
        ...

    async def bundle(self, bundle_id: int) -> Bundle | None:
        """Locked."""
        ...

    async def bundle_courses(self, bundle_id: int) -> list[BundleCourse]: ...

    async def add_bundle(
        self, *, title: str, description: str, price_paise: int, currency: str, course_ids: Sequence[int]
    ) -> Bundle: ...

    async def change_bundle(self, bundle_id: int, changes: dict[str, Any]) -> Bundle: ...

    async def add_plan(self, *, course_id: int, title: str, amounts: Sequence[int], interval_days: int) -> Plan: ...

    async def plan(self, plan_id: int) -> Plan | None: ...

    async def set_plan_active(self, plan_id: int, *, is_active: bool) -> Plan | None: ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class OfferQueries(Protocol):
    async def bundles(self, request: PageRequest, *, drafts: bool) -> Page[BundleCard]:
        """Newest first; unpublished ones only if asked for."""
        ...

    async def bundle(self, bundle_id: int, *, drafts: bool) -> BundleCard | None: ...

    async def plans(self, course_id: int, *, inactive: bool) -> list[Plan]: ...

    async def agreements(self, user_id: int) -> list[Agreement]:
        """Newest first; ended ones, too."""
        ...
