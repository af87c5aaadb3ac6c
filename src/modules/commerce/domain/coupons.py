"""Coupons: what they take off, when, how often and from which courses."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Conflict, Invalid
from modules.commerce.domain.amounts import WHOLE_BP, allocate, half_up
from modules.commerce.domain.payments import Offer


class InvalidCoupon(Invalid):
    code = "invalid_coupon"
    detail = "This coupon cannot be used here."


class CouponExhausted(Conflict):
    code = "coupon_exhausted"
    detail = "This coupon has been used as often as it can be."


class CodeTaken(Conflict):
    code = "code_taken"
    detail = "There is a coupon with this code already."


class Kind(StrEnum):
    PERCENTAGE = "percentage"
    FIXED = "fixed"


class Coupon(Struct, frozen=True):
    """`percent_bp` (hundredths of a per cent, with at most `most_paise` off) or `amount_paise`, by its kind.

    Without `course_ids` it is good for all courses; without a limit it may be used for ever. Codes are upper case.
    """

    id: int
    code: str
    kind: Kind
    percent_bp: int | None
    amount_paise: int | None
    most_paise: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    max_uses: int | None
    max_uses_per_user: int | None
    is_active: bool
    course_ids: tuple[int, ...]
    created_at: datetime
    version: int


class Uses(Struct, frozen=True):
    """How often a coupon is used or reserved: in all, and by one student."""

    in_all: int
    by_user: int


def plain_code(typed: str) -> str:
    """As people type them, with spaces around and in small letters."""
    return typed.strip().upper()


def discounted(coupon: Coupon | None, offer: Offer, now: datetime) -> Offer:
    """The offer with this coupon. :raises InvalidCoupon: unknown, not now, or for other courses."""
    if coupon is None or not coupon.is_active:
        raise InvalidCoupon("There is no such coupon.")
    if coupon.starts_at is not None and coupon.starts_at > now:
        raise InvalidCoupon("This coupon is not valid yet.")
    if coupon.ends_at is not None and coupon.ends_at <= now:
        raise InvalidCoupon("This coupon is not valid any more.")
    weights = [item.price_paise if _covers(coupon, item.course_id) else 0 for item in offer.items]
    whole = sum(weights)
    if not whole:
        raise InvalidCoupon("This coupon is for other courses.")
    parts = allocate(_taken_off(coupon, whole), weights)
    cheaper = (replace(i, price_paise=i.price_paise - off) for i, off in zip(offer.items, parts, strict=True))
    return replace(offer, items=tuple(cheaper))


def is_exhausted(coupon: Coupon, uses: Uses) -> bool:
    """In all, or for this student."""
    is_used_up = coupon.max_uses is not None and uses.in_all >= coupon.max_uses
    return is_used_up or (coupon.max_uses_per_user is not None and uses.by_user >= coupon.max_uses_per_user)


def demand_left(coupon: Coupon, uses: Uses) -> None:
    """:raises CouponExhausted:"""
    if coupon.max_uses_per_user is not None and uses.by_user >= coupon.max_uses_per_user:
        raise CouponExhausted("You have used this coupon as often as you can, or have an open order with it.")
    if is_exhausted(coupon, uses):
        raise CouponExhausted("This coupon is used up. What others have only ordered is free again in half an hour.")


def _covers(coupon: Coupon, course_id: int) -> bool:
    return not coupon.course_ids or course_id in coupon.course_ids


def _taken_off(coupon: Coupon, whole: int) -> int:
    if coupon.kind is Kind.FIXED:
        return min(coupon.amount_paise or 0, whole)
    off = half_up(whole * (coupon.percent_bp or 0), WHOLE_BP)
    return min(off, whole if coupon.most_paise is None else coupon.most_paise)
