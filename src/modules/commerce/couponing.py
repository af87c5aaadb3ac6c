"""Coupons: made by administrators, checked by students before they order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from core.actor import Actor
from core.clock import Clock
from core.errors import Invalid, NotFound, VersionConflict
from core.transaction import Begin
from modules.commerce.coupon_ports import CouponStore
from modules.commerce.domain.coupons import Coupon, Kind, demand_left, discounted, plain_code
from modules.commerce.domain.payments import SMALLEST_PAISE, AmountTooSmall, Offer


class Priced(Struct, frozen=True):
    """What is sold, before and with a coupon."""

    before: Offer
    after: Offer
    coupon: Coupon


@dataclass(frozen=True, slots=True)
class Couponing:
    begin: Begin[CouponStore]
    clock: Clock

    async def check(self, actor: Actor, code: str, product: str) -> Priced:
        """What an order with this coupon would cost the caller. Nothing is used or reserved.

        :raises NotFound: :raises InvalidCoupon: :raises CouponExhausted: :raises AmountTooSmall:
        """
        async with self.begin() as store:
            offer = await store.offer(product, actor.user_id)
            if offer is None or not offer.is_sold:
                raise NotFound
            coupon = await store.coupon(plain_code(code))
            after = discounted(coupon, offer, self.clock.now())
            if coupon is None:
                raise NotFound
            if 0 < after.price_paise < SMALLEST_PAISE:
                raise AmountTooSmall
            own = await store.open_payment(actor.user_id, product)
            but_payment = None if own is None else own.id
            demand_left(coupon, await store.coupon_uses(coupon.id, actor.user_id, but_payment=but_payment))
            return Priced(offer, after, coupon)

    async def create(self, actor: Actor, **values: Any) -> Coupon:
        """:raises Invalid: :raises CodeTaken:"""
        _demand_whole(**values)
        async with self.begin() as store:
            coupon = await store.add_coupon(**{**values, "code": plain_code(values["code"])})
            await store.audit(
                actor_id=actor.user_id,
                action="coupon.created",
                target_type="coupon",
                target_id=coupon.id,
                code=coupon.code,
            )
            return coupon

    async def change(
        self, actor: Actor, coupon_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Coupon:
        """Its window, its limits, its courses, and whether it is good at all; what it takes off stays.

        :raises NotFound: :raises VersionConflict: :raises Invalid:
        """
        async with self.begin() as store:
            coupon = await store.coupon_by_id(coupon_id)
            if coupon is None:
                raise NotFound
            if version is not None and version != coupon.version:
                raise VersionConflict
            if not changes:
                return coupon
            after = replace(coupon, **changes)
            _demand_window(after.starts_at, after.ends_at)
            changed = await store.change_coupon(coupon, changes)
            await store.audit(
                actor_id=actor.user_id,
                action="coupon.changed",
                target_type="coupon",
                target_id=coupon_id,
                **{name: str(value) for name, value in changes.items()},
            )
            return changed


def _demand_whole(
    *,
    kind: Kind,
    percent_bp: int | None,
    amount_paise: int | None,
    most_paise: int | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    **_: Any,
) -> None:
    """:raises Invalid: what is given does not fit the kind."""
    wanted, other = ("percent", "amount") if kind is Kind.PERCENTAGE else ("amount", "percent")
    given = {"percent": percent_bp, "amount": amount_paise}
    if given[wanted] is None:
        raise Invalid.field(wanted, f"A {kind} coupon needs {'a percent' if wanted == 'percent' else 'an amount'}.")
    if given[other] is not None:
        raise Invalid.field(other, f"A {kind} coupon has no {other}.")
    if kind is Kind.FIXED and most_paise is not None:
        raise Invalid.field("max_discount", "Only percentages need a limit.")
    _demand_window(starts_at, ends_at)


def _demand_window(starts_at: datetime | None, ends_at: datetime | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise Invalid.field("ends_at", "It must end after it starts.")
