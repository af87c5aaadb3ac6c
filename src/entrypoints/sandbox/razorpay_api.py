"""Razorpay's REST API, as far as the SDK needs it to sell and to refund: ``/sandbox/razorpay/v1/...``."""

from __future__ import annotations

import asyncio
import base64
import hmac
from collections.abc import Callable
from typing import Any, Final

from litestar import MediaType, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath

from entrypoints.sandbox import razorpay_requests as requests
from entrypoints.sandbox.fault_gate import DELAY_KEY, FaultGate
from entrypoints.sandbox.razorpay import Razorpay
from entrypoints.sandbox.razorpay_entities import Json, RazorpayError

PATH: Final = "/sandbox/razorpay/v1"
_OK: Final = 200

ApiRequest = Request[Any, Any, Any]


def razorpay_api(razorpay: Razorpay) -> Router:
    return Router(
        path=PATH,
        route_handlers=[
            *(create_order, list_orders, fetch_order, list_order_payments),
            *(list_payments, fetch_payment, capture_payment),
            *(refund_payment, create_refund, list_refunds, fetch_refund, list_payment_refunds, fetch_payment_refund),
            list_disputes,
        ],
        dependencies={"razorpay": Provide(lambda: razorpay, sync_to_thread=False)},
        guards=[_BasicAuth(razorpay.account.key_id, razorpay.account.key_secret)],
        # A function, because Litestar copies a router deeply and would give the gate fault knobs of its own.
        middleware=[lambda app: FaultGate(app, razorpay.faults)],
        exception_handlers={RazorpayError: refusal},
    )


def refusal(_: ApiRequest, error: RazorpayError) -> Response[Json]:
    return Response(error.as_json(), status_code=error.status, media_type=MediaType.JSON)


@post("/orders", status_code=_OK)
async def create_order(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    body = requests.body_of(await request.body())
    return await _answer(request, razorpay, lambda: razorpay.account.create_order(body).as_json())


@get("/orders")
async def list_orders(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    account, query = razorpay.account, dict(request.query_params)
    receipt = query.get("receipt")

    def page() -> Json:
        orders = reversed(account.orders.values()) if receipt is None else account.order_with_receipt(receipt)
        return requests.page_of(orders, query)

    return await _answer(request, razorpay, page)


@get("/orders/{order_id:str}")
async def fetch_order(request: ApiRequest, razorpay: NamedDependency[Razorpay], order_id: FromPath[str]) -> Json:
    return await _answer(request, razorpay, lambda: razorpay.account.order(order_id).as_json())


@get("/orders/{order_id:str}/payments")
async def list_order_payments(
    request: ApiRequest, razorpay: NamedDependency[Razorpay], order_id: FromPath[str]
) -> Json:
    def payments() -> Json:
        order = razorpay.account.order(order_id)
        return requests.collection(razorpay.account.payments_of(order.id))

    return await _answer(request, razorpay, payments)


@get("/payments")
async def list_payments(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    query = dict(request.query_params)
    return await _answer(
        request, razorpay, lambda: requests.page_of(reversed(razorpay.account.payments.values()), query)
    )


@get("/payments/{payment_id:str}")
async def fetch_payment(request: ApiRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    return await _answer(request, razorpay, lambda: razorpay.account.payment(payment_id).as_json())


@post("/payments/{payment_id:str}/capture", status_code=_OK)
async def capture_payment(request: ApiRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    body = requests.body_of(await request.body())

    def capture() -> Json:
        requests.only(body, "amount", "currency")
        amount = requests.amount_of(body, "The amount must be at least INR 1.00")
        return razorpay.account.capture(payment_id, amount, requests.currency_of(body)).as_json()

    return await _answer(request, razorpay, capture)


@post("/payments/{payment_id:str}/refund", status_code=_OK)
async def refund_payment(request: ApiRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    return await _refund(request, razorpay, payment_id, requests.body_of(await request.body()))


@post("/refunds", status_code=_OK)
async def create_refund(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    body = requests.body_of(await request.body())
    return await _refund(request, razorpay, str(body.pop("payment_id", "")), body)


@get("/refunds")
async def list_refunds(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    query = dict(request.query_params)
    return await _answer(request, razorpay, lambda: requests.page_of(reversed(razorpay.refunds.all.values()), query))


@get("/refunds/{refund_id:str}")
async def fetch_refund(request: ApiRequest, razorpay: NamedDependency[Razorpay], refund_id: FromPath[str]) -> Json:
    return await _answer(request, razorpay, lambda: razorpay.refunds.refund(refund_id).as_json())


@get("/disputes")
async def list_disputes(request: ApiRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    query = dict(request.query_params)
    return await _answer(request, razorpay, lambda: requests.page_of(razorpay.account.disputes(), query))


@get("/payments/{payment_id:str}/refunds")
async def list_payment_refunds(
    request: ApiRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]
) -> Json:
    def refunds() -> Json:
        payment = razorpay.account.payment(payment_id)
        return requests.collection(razorpay.refunds.of(payment.id))

    return await _answer(request, razorpay, refunds)


@get("/payments/{payment_id:str}/refunds/{refund_id:str}")
async def fetch_payment_refund(
    request: ApiRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str], refund_id: FromPath[str]
) -> Json:
    def refund() -> Json:
        found = razorpay.refunds.refund(refund_id)
        if found.payment_id != payment_id:
            raise RazorpayError("The id provided does not exist")
        return found.as_json()

    return await _answer(request, razorpay, refund)


async def _refund(request: ApiRequest, razorpay: Razorpay, payment_id: str, body: Json) -> Json:
    def create() -> Json:
        status = razorpay.faults.document.refunds.status
        return razorpay.refunds.create(payment_id, body, status).as_json()

    key = request.headers.get("x-refund-idempotency")
    if key is None:
        return await _answer(request, razorpay, create)
    remembered = razorpay.keys.begin(key, payment_id, body)
    if remembered is not None:
        return await _answer(request, razorpay, lambda: remembered)
    answer: Json | None = None
    try:
        answer = await _answer(request, razorpay, create)
    finally:
        razorpay.keys.finish(key, answer)
    return answer


async def _answer(request: ApiRequest, razorpay: Razorpay, effect: Callable[[], Json]) -> Json:
    """Take the time the fault knobs ask for, then do it, then tell the world."""
    await asyncio.sleep(request.scope.get("state", {}).get(DELAY_KEY, 0))
    answer = effect()
    razorpay.publish()
    return answer


class _BasicAuth:
    def __init__(self, key_id: str, key_secret: str) -> None:
        self.expected = b"Basic " + base64.b64encode(f"{key_id}:{key_secret}".encode())

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        given = connection.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, self.expected):
            raise RazorpayError("Authentication failed", status=401, reason="NA")
