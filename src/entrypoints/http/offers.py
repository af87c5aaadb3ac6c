"""/api/payments/bundles/ and /instalment-plans/: what is sold besides single courses. Orders are for all of them."""

from datetime import datetime
from typing import Annotated, Any

from litestar import get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import NotFound
from core.money import rupees, to_paise
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    caller,
    do,
    expected_version,
    given,
    listing,
    page_request,
    viewer,
)
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.domain.instalments import Agreement, Plan
from modules.commerce.offer_ports import BundleCard

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Description = Annotated[str, Meta(max_length=5000)]
Courses = Annotated[list[int], Meta(min_length=2, max_length=20)]
Amounts = Annotated[list[str | float], Meta(min_length=2, max_length=24)]
Days = Annotated[int, Meta(ge=1, le=366)]


class BundleBody(Struct, frozen=True, forbid_unknown_fields=True):
    title: Title
    price: str | float
    course_ids: Courses
    description: Description = ""


class BundleChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. Its courses stay for ever: make another."""

    title: Title | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    price: str | float | UnsetType = UNSET
    is_published: bool | UnsetType = UNSET


class BundleInfo(Struct, frozen=True):
    """`list_price` is what the courses cost one by one."""

    id: int
    title: str
    description: str
    price: str
    price_paise: int
    list_price: str
    list_price_paise: int
    currency: str
    courses: list[Ref]
    is_published: bool
    created_at: datetime
    version: int


class PlanBody(Struct, frozen=True, forbid_unknown_fields=True):
    course_id: int
    title: Title
    amounts: Amounts
    interval_days: Days = 30


class PlanChanges(Struct, frozen=True, forbid_unknown_fields=True):
    is_active: bool


class PlanInfo(Struct, frozen=True):
    id: int
    course_id: int
    title: str
    amounts: list[str]
    amounts_paise: list[int]
    total: str
    total_paise: int
    interval_days: int
    is_active: bool


class Plans(Struct, frozen=True):
    results: list[PlanInfo]


class AgreementInfo(Struct, frozen=True):
    """`next_amount` is due at `next_due_at`; both are null when all is paid or was given back."""

    id: int
    plan_id: int
    course_id: int
    amounts_paise: list[int]
    paid_count: int
    next_amount: str | None
    next_amount_paise: int | None
    next_due_at: datetime | None
    started_at: datetime
    ended_at: datetime | None


class Agreements(Struct, frozen=True):
    results: list[AgreementInfo]


@get("/bundles/", policy=Policy.ANYONE)
async def bundles(
    request: Call, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, count: Count = False
) -> Listing[BundleInfo]:
    """Bundles that are sold, newest first; for administrators unpublished ones, too."""
    drafts = _sees_drafts(request)
    page = await do(request).offers.bundles(page_request(limit, cursor, count=count), drafts=drafts)
    return listing(request, page, _bundle)


@get("/bundles/{bundle_id:int}/", policy=Policy.ANYONE)
async def bundle(request: Call, bundle_id: FromPath[int]) -> BundleInfo:
    """One bundle."""
    return await _read(request, bundle_id)


@post("/bundles/", policy=Policy.ADMIN)
async def create_bundle(request: Call, data: JSONBody[BundleBody]) -> BundleInfo:
    """Several courses for one price, not published yet."""
    made = await do(request).offering.add_bundle(
        caller(request),
        title=data.title,
        description=data.description,
        price_paise=to_paise(data.price),
        course_ids=data.course_ids,
    )
    return await _read(request, made.id)


@patch("/bundles/{bundle_id:int}/", policy=Policy.ADMIN)
async def change_bundle(request: Call, bundle_id: FromPath[int], data: JSONBody[BundleChanges]) -> BundleInfo:
    """Its words, its price, and whether it is published."""
    changes: dict[str, Any] = given(data, *BundleChanges.__struct_fields__)
    if "price" in changes:
        changes["price_paise"] = to_paise(changes.pop("price"))
    await do(request).offering.change_bundle(caller(request), bundle_id, changes, version=expected_version(request))
    return await _read(request, bundle_id)


@get("/instalment-plans/", policy=Policy.ANYONE)
async def plans(request: Call, course_id: FromQuery[int]) -> Plans:
    """How a course may be paid in parts; for administrators inactive plans, too."""
    found = await do(request).offers.plans(course_id, inactive=_sees_drafts(request))
    return Plans([_plan(one) for one in found])


@post("/instalment-plans/", policy=Policy.ADMIN)
async def create_plan(request: Call, data: JSONBody[PlanBody]) -> PlanInfo:
    """A plan that students may pay a course by from now on."""
    made = await do(request).offering.add_plan(
        caller(request),
        data.course_id,
        title=data.title,
        amounts=[to_paise(amount, f"amounts.{number}") for number, amount in enumerate(data.amounts)],
        interval_days=data.interval_days,
    )
    return _plan(made)


@patch("/instalment-plans/{plan_id:int}/", policy=Policy.ADMIN)
async def change_plan(request: Call, plan_id: FromPath[int], data: JSONBody[PlanChanges]) -> PlanInfo:
    """Whether students may begin with it. Who has begun goes on."""
    return _plan(await do(request).offering.set_plan_active(caller(request), plan_id, is_active=data.is_active))


@get("/instalments/", policy=Policy.USER)
async def instalments(request: Call) -> Agreements:
    """What one pays in parts, and what is due next."""
    found = await do(request).offers.agreements(caller(request).user_id)
    return Agreements([_agreement(one) for one in found])


def _sees_drafts(request: Call) -> bool:
    actor = viewer(request)
    return actor is not None and actor.is_admin


async def _read(request: Call, bundle_id: int) -> BundleInfo:
    card = await do(request).offers.bundle(bundle_id, drafts=_sees_drafts(request))
    if card is None:
        raise NotFound
    return _bundle(card)


def _bundle(card: BundleCard) -> BundleInfo:
    found, one_by_one = card.bundle, sum(course.price_paise for course in card.courses)
    return BundleInfo(
        id=found.id,
        title=found.title,
        description=found.description,
        price=rupees(found.price_paise),
        price_paise=found.price_paise,
        list_price=rupees(one_by_one),
        list_price_paise=one_by_one,
        currency=found.currency,
        courses=[Ref(course.course_id, course.title) for course in card.courses],
        is_published=found.is_published,
        created_at=found.created_at,
        version=found.version,
    )


def _plan(found: Plan) -> PlanInfo:
    total = sum(found.amounts)
    amounts = [rupees(amount) for amount in found.amounts]
    rest = (rupees(total), total, found.interval_days, found.is_active)
    return PlanInfo(found.id, found.course_id, found.title, amounts, list(found.amounts), *rest)


def _agreement(found: Agreement) -> AgreementInfo:
    is_open = found.ended_at is None
    amount = found.amounts[found.paid_count] if is_open else None
    return AgreementInfo(
        id=found.id,
        plan_id=found.plan_id,
        course_id=found.course_id,
        amounts_paise=list(found.amounts),
        paid_count=found.paid_count,
        next_amount=None if amount is None else rupees(amount),
        next_amount_paise=amount,
        next_due_at=found.next_due_at if is_open else None,
        started_at=found.started_at,
        ended_at=found.ended_at,
    )


HANDLERS = [
    bundles,
    bundle,
    create_bundle,
    change_bundle,
    plans,
    create_plan,
    change_plan,
    instalments,
]
