"""/api/payments/reconciliation/ and /disputes/: money that fits no order, and money that banks take back."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.money import rupees
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, page_request
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.domain.captures import Resolution
from modules.commerce.domain.gateway import DisputeStatus
from modules.commerce.domain.payments import Reason
from modules.commerce.domain.refunds import RefundStatus
from modules.commerce.queries import DisputeCard, ReviewCard

Notes = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]


class ResolutionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """`refunded` sends the money back, `accepted` keeps it: the matter was settled with the buyer."""

    resolution: Resolution
    notes: Notes


class ReviewRefund(Struct, frozen=True):
    id: int
    status: RefundStatus


class ReviewInfo(Struct, frozen=True):
    """A payment at Razorpay whose money came and was not taken. Without an order of ours `payment_id` is null."""

    id: int
    reason: Reason
    payment_id: int | None
    user_id: int | None
    course: Ref | None
    razorpay_pay_id: str
    amount: str
    amount_paise: int
    currency: str
    refund: ReviewRefund | None
    resolution: Resolution | None
    notes: str
    created_at: datetime
    resolved_at: datetime | None


class DisputeInfo(Struct, frozen=True):
    id: int
    payment_id: int | None
    user_id: int | None
    course: Ref | None
    razorpay_dispute_id: str
    status: DisputeStatus
    amount: str
    amount_paise: int
    deducted_amount: str
    deducted_amount_paise: int
    reason_code: str
    respond_by: datetime | None
    created_at: datetime
    updated_at: datetime


@get("/reconciliation/", policy=Policy.ADMIN)
async def reviews(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    is_resolved: FromQuery[bool | None] = False,
) -> Listing[ReviewInfo]:
    """Money that fits no order, newest first: what is unresolved, unless `is_resolved` asks for the rest."""
    page = await do(request).payments.reviews(page_request(limit, cursor, count=count), is_resolved=is_resolved)
    return listing(request, page, _review)


@post("/reconciliation/{review_id:int}/resolve/", policy=Policy.ADMIN, status_code=200)
async def resolve(request: Call, review_id: FromPath[int], data: JSONBody[ResolutionBody]) -> ReviewInfo:
    """Send the money back, or keep it."""
    await do(request).resolving.resolve(caller(request), review_id, data.resolution, notes=data.notes)
    card = await do(request).payments.review(review_id)
    if card is None:
        raise NotFound
    return _review(card)


@get("/disputes/", policy=Policy.ADMIN)
async def disputes(
    request: Call, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, count: Count = False
) -> Listing[DisputeInfo]:
    """What buyers' banks dispute, newest first. An answer is given on Razorpay's own pages, until `respond_by`."""
    page = await do(request).payments.disputes(page_request(limit, cursor, count=count))
    return listing(request, page, _dispute)


def _review(card: ReviewCard) -> ReviewInfo:
    capture = card.capture
    refund = None
    if card.refund_id is not None and card.refund_status is not None:
        refund = ReviewRefund(card.refund_id, card.refund_status)
    return ReviewInfo(
        id=capture.id,
        reason=capture.reason or Reason.UNKNOWN_ORDER,
        payment_id=capture.payment_id,
        user_id=card.user_id,
        course=_course(card.course_id, card.course_title),
        razorpay_pay_id=capture.razorpay_payment,
        amount=rupees(capture.amount_paise),
        amount_paise=capture.amount_paise,
        currency=capture.currency,
        refund=refund,
        resolution=capture.resolution,
        notes=capture.notes,
        created_at=capture.captured_at,
        resolved_at=capture.resolved_at,
    )


def _dispute(card: DisputeCard) -> DisputeInfo:
    dispute = card.dispute
    return DisputeInfo(
        id=dispute.id,
        payment_id=dispute.payment_id,
        user_id=card.user_id,
        course=_course(card.course_id, card.course_title),
        razorpay_dispute_id=dispute.razorpay_dispute,
        status=dispute.status,
        amount=rupees(dispute.amount_paise),
        amount_paise=dispute.amount_paise,
        deducted_amount=rupees(dispute.deducted_paise),
        deducted_amount_paise=dispute.deducted_paise,
        reason_code=dispute.reason_code,
        respond_by=dispute.respond_by,
        created_at=dispute.opened_at,
        updated_at=dispute.updated_at,
    )


def _course(course_id: int | None, title: str | None) -> Ref | None:
    return None if course_id is None or title is None else Ref(course_id, title)


HANDLERS = [reviews, resolve, disputes]
