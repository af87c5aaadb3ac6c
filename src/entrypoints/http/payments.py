"""/api/payments/: orders, verification, Razorpay's webhook, and what has been paid."""

from litestar import Response, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody

from core.errors import NotFound
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
from entrypoints.http.payments_wire import (
    OrderBody,
    OrderInfo,
    PaymentInfo,
    Prefill,
    Proof,
    ReceiptInfo,
    Verified,
    courses_of,
    discount_of,
    payment_info,
    product_of,
)
from entrypoints.http.policy import Policy
from entrypoints.http.wire import Ref
from modules.commerce.domain.payments import Payment, Status

WEBHOOK_BODY = 256 * 1024


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
        course=courses_of(payment)[0],
        courses=courses_of(payment),
        product=payment.product,
        coupon_code=payment.snapshot.coupon_code,
        discount=rupees(discount_of(payment)),
        discount_paise=discount_of(payment),
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


async def _enrollment(request: Call, paid: Payment) -> EnrollmentInfo | None:
    card = await do(request).study.enrollment_of(paid.user_id, paid.course_id)
    return None if card is None else enrollment_info(request, card)


HANDLERS = [create_order, verify_payment, razorpay_webhook, payments, payment, receipt]
