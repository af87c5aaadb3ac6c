"""/api/payments/refunds/: asked for by buyers, decided by administrators."""

from datetime import datetime
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import NotFound
from core.money import rupees, to_paise
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import Call, Count, Cursor, Limit, Listing, caller, do, listing, once, page_request
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.domain.refunds import Origin, RefundStatus
from modules.commerce.queries import RefundCard

Reason = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"\S")]
Notes = Annotated[str, Meta(max_length=1000)]
Amount = str | float | None


class RefundBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `amount` all that is left of the payment."""

    payment_id: int
    reason: Reason
    amount: Amount = None


class ApprovalBody(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `amount` what was asked for; without `revoke_access` access ends when nothing of the payment is left."""

    amount: Amount = None
    admin_notes: Notes = ""
    revoke_access: bool | None = None


class RejectionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """The student reads the notes."""

    admin_notes: Reason


class RefundInfo(Struct, frozen=True):
    id: int
    payment_id: int
    user_id: int
    course: Ref
    reason: str
    origin: Origin
    status: RefundStatus
    refund_amount: str
    refund_amount_paise: int
    currency: str
    admin_notes: str
    ends_access: bool
    created_at: datetime
    processed_at: datetime | None


@post("/refunds/", policy=Policy.USER, once=True)
async def ask_refund(request: Call, data: JSONBody[RefundBody]) -> RefundInfo:
    """Ask for a payment's money back, all that is left of it or a part: one's own, or anybody's for administrators."""
    amount = None if data.amount is None else to_paise(data.amount, "amount")
    asked = await do(request).refunding.ask(
        caller(request),
        data.payment_id,
        reason=data.reason,
        amount_paise=amount,
        once=await once(request, "ask_refund"),
    )
    return await _info(request, asked.id)


@get("/refunds/", policy=Policy.USER)
async def refunds(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    status: FromQuery[RefundStatus | None] = None,
    payment_id: FromQuery[int | None] = None,
) -> Listing[RefundInfo]:
    """Refunds of one's own payments, newest first; all of them for administrators."""
    page = await do(request).payments.refunds(
        page_request(limit, cursor, count=count), caller(request), status=status, payment_id=payment_id
    )
    return listing(request, page, refund_info)


@get("/refunds/{refund_id:int}/", policy=Policy.OWNER)
async def refund(request: Call, refund_id: FromPath[int]) -> RefundInfo:
    """One refund."""
    return await _info(request, refund_id)


@post("/refunds/{refund_id:int}/approve/", policy=Policy.ADMIN, status_code=200)
async def approve_refund(request: Call, refund_id: FromPath[int], data: JSONBody[ApprovalBody]) -> RefundInfo:
    """Promise the money, all that was asked for or another part; it is sent at once. Access ends with this answer if
    nothing is left of the payment, or as `revoke_access` says. A decided refund stays as it is.
    """
    amount = None if data.amount is None else to_paise(data.amount, "amount")
    await do(request).refunding.approve(
        caller(request),
        refund_id,
        amount_paise=amount,
        admin_notes=data.admin_notes,
        revoke_access=data.revoke_access,
    )
    return await _info(request, refund_id)


@post("/refunds/{refund_id:int}/reject/", policy=Policy.ADMIN, status_code=200)
async def reject_refund(request: Call, refund_id: FromPath[int], data: JSONBody[RejectionBody]) -> RefundInfo:
    """Say no, with the reason."""
    await do(request).refunding.reject(caller(request), refund_id, admin_notes=data.admin_notes)
    return await _info(request, refund_id)


def refund_info(card: RefundCard) -> RefundInfo:
    found = card.refund
    return RefundInfo(
        id=found.id,
        payment_id=found.payment_id or 0,
        user_id=card.user_id,
        course=Ref(card.course_id, card.course_title),
        reason=found.reason,
        origin=found.origin,
        status=found.status,
        refund_amount=rupees(found.amount_paise),
        refund_amount_paise=found.amount_paise,
        currency=found.currency,
        admin_notes=found.admin_notes,
        ends_access=found.ends_access,
        created_at=found.created_at,
        processed_at=found.processed_at,
    )


async def _info(request: Call, refund_id: int) -> RefundInfo:
    card = await do(request).payments.refund(refund_id, caller(request))
    if card is None:
        raise NotFound
    return refund_info(card)


HANDLERS = [ask_refund, refunds, refund, approve_refund, reject_refund]
