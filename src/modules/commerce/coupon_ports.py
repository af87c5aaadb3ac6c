"""What coupons need of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from core.paging import Page, PageRequest
from modules.commerce.domain.coupons import Coupon, Kind
from modules.commerce.ports import CommerceStore


class CouponStore(CommerceStore, Protocol):
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
        """:raises CodeTaken: :raises Invalid: there is no such course."""
        ...

    async def coupon_by_id(self, coupon_id: int) -> Coupon | None:
        """Locked."""
        ...

    async def change_coupon(self, coupon: Coupon, changes: dict[str, Any]) -> Coupon:
        """:raises Invalid: there is no such course."""
        ...


class CouponCard(Struct, frozen=True):
    """`used` counts what was paid, `reserved` orders that may still be."""

    coupon: Coupon
    used: int
    reserved: int


class CouponQueries(Protocol):
    async def coupons(self, request: PageRequest, *, is_active: bool | None) -> Page[CouponCard]:
        """Newest first."""
        ...

    async def coupon(self, coupon_id: int) -> CouponCard | None: ...
