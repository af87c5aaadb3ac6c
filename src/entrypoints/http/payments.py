"""/api/payments/: orders, verification, Razorpay's webhook, and what has been paid."""

from datetime import datetime
from typing import Annotated

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from core.errors import Invalid, NotFound
from core.money import rupees
from core.paging import DEFAULT_LIMIT
from entrypoints.http.answers import Answer
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    caller,
    do,
    house,
    listing,
    once,
    page_request,
)
from entrypoints.http.learning_wire import EnrollmentInfo, enrollment_info
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.domain.gateway import DisputeStatus
from modules.commerce.domain.payments import Payment, Status
from modules.commerce.queries import PaymentCard

CouponCode = Annotated[str, Meta(min_length=1, max_length=40)]
WEBHOOK_BODY = 256 * 1024
Gstin = Annotated[str, Meta(min_length=1, max_length=20)]
State = Annotated[str, Meta(min_length=2, max_length=2)]
BillingName = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
BillingAddress = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class OrderBody(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the three ids: a course, a bundle, or a plan, of which the next instalment is ordered. The price is ours:
    whatever amount an app would send is refused as an unknown field. The rest stands on the invoice; a later instalment
    has it from the first.
    """

    course_id: int | None = None
    bundle_id: int | None = None
    plan_id: int | None = None
    coupon_code: CouponCode | None = None
    gstin: Gstin | None = None
    billing_state: State | None = None
    billing_name: BillingName | None = None
    billing_address: BillingAddress | None = None


class Prefill(Struct, frozen=True):
    name: str
    email: str
    contact: str


class OrderInfo(Struct, frozen=True):
    """What the app opens Razorpay with; for a course at no cost `status` is paid and there is no order."""

    payment_id: int
    razorpay_order_id: str | None
    amount: str
    amount_paise: int
    currency: str
    key_id: str | None
    course: Ref
    courses: list[Ref]
    product: str
    coupon_code: str | None
    discount: str
    discount_paise: int
    expires_at: datetime
    prefill: Prefill
    status: Status
    enrollment: EnrollmentInfo | None


class Proof(Struct, frozen=True, forbid_unknown_fields=True):
    razorpay_order_id: str
    razorpay_payment_id: str
    razorpay_signature: str


class PaymentInfo(Struct, frozen=True):
    id: int
    user_id: int
    course_id: int
    course: Ref
    courses: list[Ref]
    product: str
    coupon_code: str | None
    dispute_status: DisputeStatus | None
    razorpay_order: str | None
    razorpay_pay_id: str | None
    amount: str
    amount_paise: int
    refunded_amount: str
    refunded_amount_paise: int
    currency: str
    status: Status
    invoice_number: str | None
    created_at: datetime
    completed_at: datetime | None


class Verified(Struct, frozen=True):
    """`status` is paid, with the enrolment, or pending: then poll the payment."""

    status: str
    payment: PaymentInfo
    enrollment: EnrollmentInfo | None


class ReceiptInfo(Struct, frozen=True):
    number: str
    payment_id: int
    razorpay_pay_id: str | None
    course: Ref
    amount: str
    amount_paise: int
    currency: str
    paid_at: datetime
    buyer_name: str
    buyer_email: str


@post(
    "/create_order/",
    policy=Policy.USER,
    once=True,
    responses={200: ResponseSpec(OrderInfo, description="The open order")},
)
async def create_order(request: Call, data: JSONBody[OrderBody]) -> Response[OrderInfo]:
    """An order for a course: 201 a new one, 200 the one that is open already."""
    actor, h = caller(request), house(request)
    opened = await do(request).checkout.open_order(
        actor,
        product_of(course=data.course_id, bundle=data.bundle_id, plan=data.plan_id),
        coupon_code=data.coupon_code,
        gstin=data.gstin,
        billing_state=data.billing_state,
        billing_name=data.billing_name,
        billing_address=data.billing_address,
        once=await once(request, "create_order"),
    )
    payment = opened.payment
    buyer = await do(request).payments.buyer(actor.user_id)
    is_paid = payment.status is Status.PAID
    info = OrderInfo(
        payment_id=payment.id,
        razorpay_order_id=payment.razorpay_order,
        amount=rupees(payment.amount_paise),
        amount_paise=payment.amount_paise,
        currency=payment.currency,
        key_id=None if payment.razorpay_order is None else h.gateway.key_id,
        course=_courses(payment)[0],
        courses=_courses(payment),
        product=payment.product,
        coupon_code=payment.snapshot.coupon_code,
        discount=rupees(_discount(payment)),
        discount_paise=_discount(payment),
        expires_at=payment.expires_at,
        prefill=Prefill(buyer.full_name, buyer.email, buyer.mobile_number or ""),
        status=payment.status,
        enrollment=await _enrollment(request, payment) if is_paid else None,
    )
    return Answer(info, status_code=201 if opened.is_new else 200)


@post(
    "/verify_payment/",
    policy=Policy.OWNER,
    status_code=200,
    responses={202: ResponseSpec(Verified, description="Not captured yet")},
)
async def verify_payment(request: Call, data: JSONBody[Proof]) -> Response[Verified]:
    """Take the checkout's proof; when the answer says paid, the enrolment exists."""
    payment = await do(request).checkout.verify(
        caller(request),
        order_id=data.razorpay_order_id,
        payment_id=data.razorpay_payment_id,
        signature=data.razorpay_signature,
    )
    card = await do(request).payments.payment(payment.id, caller(request))
    if card is None:
        raise NotFound
    info = payment_info(card)
    if payment.completed_at is None:
        return Answer(Verified("pending", info, None), status_code=202)
    return Answer(Verified("paid", info, await _enrollment(request, payment)), status_code=200)


@post("/webhook/razorpay/", policy=Policy.SIGNED, status_code=200, request_max_body_size=WEBHOOK_BODY)
async def razorpay_webhook(request: Call) -> dict[str, str]:
    """Razorpay's events: stored, then answered; worked on afterwards."""
    await do(request).webhooks.receive(
        await request.body(),
        signature=request.headers.get("x-razorpay-signature", ""),
        event_id=request.headers.get("x-razorpay-event-id"),
    )
    return {"status": "stored"}


@get("/payments/", policy=Policy.USER)
async def payments(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    status: FromQuery[Status | None] = None,
    course_id: FromQuery[int | None] = None,
    user_id: FromQuery[int | None] = None,
) -> Listing[PaymentInfo]:
    """One's own payments, newest first; all of them, or one user's, for administrators."""
    page = await do(request).payments.payments(
        page_request(limit, cursor, count=count), caller(request), status=status, course_id=course_id, user_id=user_id
    )
    return listing(request, page, payment_info)


@get("/payments/{payment_id:int}/", policy=Policy.OWNER)
async def payment(request: Call, payment_id: FromPath[int]) -> PaymentInfo:
    """One payment. Reading an unresolved one has Razorpay asked for news of it."""
    card = await do(request).payments.payment(payment_id, caller(request))
    if card is None:
        raise NotFound
    if card.payment.next_look_at is not None:
        await do(request).reconciling.hasten(caller(request), payment_id)
    return payment_info(card)


@get("/payments/{payment_id:int}/receipt/", policy=Policy.OWNER)
async def receipt(request: Call, payment_id: FromPath[int]) -> ReceiptInfo:
    """The receipt of a paid order."""
    found = await do(request).payments.receipt(payment_id, caller(request))
    if found is None:
        raise NotFound
    return ReceiptInfo(
        found.number,
        found.payment_id,
        found.razorpay_pay_id,
        Ref(found.course_id, found.course_title),
        rupees(found.amount_paise),
        found.amount_paise,
        found.currency,
        found.paid_at,
        found.buyer_name,
        found.buyer_email,
    )


def payment_info(card: PaymentCard) -> PaymentInfo:
    paid = card.payment
    return PaymentInfo(
        id=paid.id,
        user_id=paid.user_id,
        course_id=paid.course_id,
        course=Ref(paid.course_id, card.course_title),
        courses=_courses(paid),
        product=paid.product,
        coupon_code=paid.snapshot.coupon_code,
        dispute_status=card.dispute_status,
        razorpay_order=paid.razorpay_order,
        razorpay_pay_id=paid.razorpay_pay_id,
        amount=rupees(paid.amount_paise),
        amount_paise=paid.amount_paise,
        refunded_amount=rupees(paid.refunded_paise),
        refunded_amount_paise=paid.refunded_paise,
        currency=paid.currency,
        status=paid.status,
        invoice_number=card.invoice_number,
        created_at=paid.created_at,
        completed_at=paid.completed_at,
    )


def product_of(**ids: int | None) -> str:
    """What is ordered, in commerce's words. :raises Invalid: not exactly one id."""
    named = [f"{kind}:{number}" for kind, number in ids.items() if number is not None]
    if len(named) != 1:
        raise Invalid.field("course_id", f"Name one: {', '.join(f'{kind}_id' for kind in ids)}.")
    return named[0]


def _discount(paid: Payment) -> int:
    """What coupons and bundles take off."""
    return paid.snapshot.list_price_paise - paid.amount_paise


def _courses(paid: Payment) -> list[Ref]:
    """All that were ordered, by their titles of that moment; `course` is the first."""
    return [Ref(item.course_id, item.title) for item in paid.items]


async def _enrollment(request: Call, paid: Payment) -> EnrollmentInfo | None:
    card = await do(request).study.enrollment_of(paid.user_id, paid.course_id)
    return None if card is None else enrollment_info(request, card)


HANDLERS = [create_order, verify_payment, razorpay_webhook, payments, payment, receipt]
