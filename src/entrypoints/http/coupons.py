"""/api/payments/coupons/: made by administrators, checked by students before they order."""

from datetime import datetime
from typing import Annotated, Any

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import Invalid, NotFound
from core.money import rupees, to_paise
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    Moment,
    caller,
    do,
    expected_version,
    given,
    listing,
    page_request,
)
from entrypoints.http.payments_wire import product_of
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.coupon_ports import CouponCard
from modules.commerce.domain.coupons import Kind

Code = Annotated[str, Meta(min_length=3, max_length=40, pattern="^[A-Za-z0-9_-]+$")]
Typed = Annotated[str, Meta(min_length=1, max_length=40)]
Percent = Annotated[float, Meta(gt=0, le=100)]
Uses = Annotated[int, Meta(ge=1, le=10_000_000)]
Courses = Annotated[list[int], Meta(max_length=500)]
Amount = str | float


class CouponBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`percent` (at most two decimals, with at most `max_discount` off) or `amount`, by `kind`. Limits and times that
    are not given do not bind; without `course_ids` it is good for all courses.
    """

    code: Code
    kind: Kind
    percent: Percent | None = None
    amount: Amount | None = None
    max_discount: Amount | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    max_uses: Uses | None = None
    max_uses_per_user: Uses | None = None
    course_ids: Courses = []


class CouponChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. What a coupon takes off stays for ever: make another."""

    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    max_uses: Uses | UnsetType | None = UNSET
    max_uses_per_user: Uses | UnsetType | None = UNSET
    is_active: bool | UnsetType = UNSET
    course_ids: Courses | UnsetType = UNSET


class CheckBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Of a course or a bundle."""

    code: Typed
    course_id: int | None = None
    bundle_id: int | None = None


class CouponInfo(Struct, frozen=True):
    """`used_count` counts paid orders, `reserved_count` open ones."""

    id: int
    code: str
    kind: Kind
    percent: float | None
    amount: str | None
    amount_paise: int | None
    max_discount: str | None
    max_discount_paise: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    max_uses: int | None
    max_uses_per_user: int | None
    used_count: int
    reserved_count: int
    is_active: bool
    course_ids: list[int]
    created_at: datetime
    version: int


class CheckInfo(Struct, frozen=True):
    """What an order with the coupon would cost. Only the order itself reserves it."""

    code: str
    course: Ref
    price: str
    price_paise: int
    discount: str
    discount_paise: int
    amount: str
    amount_paise: int
    currency: str


@post("/coupons/", policy=Policy.ADMIN)
async def create_coupon(request: Call, data: JSONBody[CouponBody]) -> CouponInfo:
    """A coupon, valid from its start, or at once."""
    coupon = await do(request).couponing.create(
        caller(request),
        code=data.code,
        kind=data.kind,
        percent_bp=_basis_points(data.percent),
        amount_paise=_paise(data.amount, "amount"),
        most_paise=_paise(data.max_discount, "max_discount"),
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        max_uses=data.max_uses,
        max_uses_per_user=data.max_uses_per_user,
        course_ids=data.course_ids,
    )
    return _info(CouponCard(coupon, 0, 0))


@get("/coupons/", policy=Policy.ADMIN)
async def coupons(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    is_active: FromQuery[bool | None] = None,
) -> Listing[CouponInfo]:
    """All coupons, newest first, and how often they were used."""
    page = await do(request).coupons.coupons(page_request(limit, cursor, count=count), is_active=is_active)
    return listing(request, page, _info)


@get("/coupons/{coupon_id:int}/", policy=Policy.ADMIN)
async def coupon(request: Call, coupon_id: FromPath[int]) -> CouponInfo:
    """One coupon."""
    return await _read(request, coupon_id)


@patch("/coupons/{coupon_id:int}/", policy=Policy.ADMIN)
async def change_coupon(request: Call, coupon_id: FromPath[int], data: JSONBody[CouponChanges]) -> CouponInfo:
    """Its window, limits and courses, and whether it is good at all. Open orders keep what they were offered."""
    changes: dict[str, Any] = given(data, *CouponChanges.__struct_fields__)
    if "course_ids" in changes:
        changes["course_ids"] = tuple(sorted(set(changes["course_ids"])))
    await do(request).couponing.change(caller(request), coupon_id, changes, version=expected_version(request))
    return await _read(request, coupon_id)


@post("/coupons/check/", policy=Policy.USER, status_code=200)
async def check_coupon(request: Call, data: JSONBody[CheckBody]) -> CheckInfo:
    """What a course would cost with a coupon. Nothing is used or reserved by asking."""
    product = product_of(course=data.course_id, bundle=data.bundle_id)
    priced = await do(request).couponing.check(caller(request), data.code, product)
    price, amount = priced.before.price_paise, priced.after.price_paise
    return CheckInfo(
        code=priced.coupon.code,
        course=Ref(priced.before.items[0].course_id, priced.before.items[0].title),
        price=rupees(price),
        price_paise=price,
        discount=rupees(price - amount),
        discount_paise=price - amount,
        amount=rupees(amount),
        amount_paise=amount,
        currency=priced.before.currency,
    )


async def _read(request: Call, coupon_id: int) -> CouponInfo:
    card = await do(request).coupons.coupon(coupon_id)
    if card is None:
        raise NotFound
    return _info(card)


def _info(card: CouponCard) -> CouponInfo:
    found = card.coupon
    return CouponInfo(
        id=found.id,
        code=found.code,
        kind=found.kind,
        percent=None if found.percent_bp is None else found.percent_bp / 100,
        amount=None if found.amount_paise is None else rupees(found.amount_paise),
        amount_paise=found.amount_paise,
        max_discount=None if found.most_paise is None else rupees(found.most_paise),
        max_discount_paise=found.most_paise,
        starts_at=found.starts_at,
        ends_at=found.ends_at,
        max_uses=found.max_uses,
        max_uses_per_user=found.max_uses_per_user,
        used_count=card.used,
        reserved_count=card.reserved,
        is_active=found.is_active,
        course_ids=list(found.course_ids),
        created_at=found.created_at,
        version=found.version,
    )


def _paise(amount: Amount | None, field: str) -> int | None:
    if amount is None:
        return None
    paise = to_paise(amount, field)
    if not paise:
        raise Invalid.field(field, "It must be more than nothing.")
    return paise


def _basis_points(percent: float | None) -> int | None:
    """Exact hundredths, by the same reading of decimals as amounts have."""
    return None if percent is None else to_paise(percent, "percent")


HANDLERS = [create_coupon, coupons, coupon, change_coupon, check_coupon]
