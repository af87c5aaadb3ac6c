"""What a buyer sees at Razorpay: the checkout and its result; and for developers, what was bought so far."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide

from entrypoints.sandbox.pages import badge, error_page, facts, is_web_address, money, page
from entrypoints.sandbox.razorpay import Razorpay
from entrypoints.sandbox.razorpay_control import Pay, checkout_result
from entrypoints.sandbox.razorpay_entities import Json, Order, Payment, RazorpayError
from entrypoints.sandbox.razorpay_state import Outcome

_SHOWN = 100
PageRequest = Request[Any, Any, Any]


def checkout_pages(razorpay: Razorpay) -> Router:
    return Router(
        path="/sandbox/razorpay",
        route_handlers=[list_orders, show_checkout, play_checkout],
        dependencies={"razorpay": Provide(lambda: razorpay, sync_to_thread=False)},
        exception_handlers={RazorpayError: _refusal_page},
    )


def _refusal_page(_: PageRequest, error: RazorpayError) -> Response[str]:
    return error_page(error.description, error.status)


@get("/")
async def list_orders(razorpay: NamedDependency[Razorpay]) -> Response[str]:
    account = razorpay.account
    orders = _table(
        ("Order", "Receipt", "Amount", "Status"),
        (_order_row(order) for _, order in zip(range(_SHOWN), reversed(account.orders.values()), strict=False)),
    )
    payments = _table(
        ("Payment", "Order", "Amount", "Status"),
        (_payment_row(one) for _, one in zip(range(_SHOWN), reversed(account.payments.values()), strict=False)),
    )
    totals = razorpay.totals()
    summary = facts(
        [
            ("Captured", f"{money(totals['captured_paise'], 'INR')} · {totals['captured_payments']}"),
            ("Refunded", f"{money(totals['refunded_paise'], 'INR')} · {totals['refunds']}"),
        ]
    )
    body = (
        f'<h1>Payments</h1><div class="card">{summary}</div><h2>Orders</h2>{orders}<h2>Payments</h2>{payments}'
        f'<p class="soft">The newest {_SHOWN} of each. '
        'Webhook deliveries: <a href="/sandbox/razorpay/webhooks/">JSON</a>.</p>'
    )
    return page("Payments", body)


@get("/checkout")
async def show_checkout(request: PageRequest, razorpay: NamedDependency[Razorpay]) -> Response[str]:
    callback_url = request.query_params.get("callback_url", "")
    if callback_url and not is_web_address(callback_url):
        return error_page("callback_url must be an http or https address.")
    order = razorpay.account.order(request.query_params.get("order_id", ""))
    names = [("Receipt", order.receipt or "none"), ("Order", order.id)]
    notes = order.notes.items() if isinstance(order.notes, dict) else ()
    body = (
        f'<div class="card"><p class="soft">Pay {escape(razorpay.merchant_name)}</p>'
        f'<div class="amount">{escape(money(order.amount, order.currency))}</div>'
        f"{facts([(str(name).capitalize(), str(value)) for name, value in notes] + names)}</div>"
    )
    if order.status == "paid":
        body += f'<div class="card"><p>This order is {badge("paid")}. There is nothing left to pay.</p></div>'
    else:
        body += _buttons(order, callback_url)
    return page("Checkout", body, narrow=True)


@post("/checkout", status_code=200)
async def play_checkout(request: PageRequest, razorpay: NamedDependency[Razorpay]) -> Response[str]:
    form = await request.form()
    callback_url, order_id = str(form.get("callback_url", "")), str(form.get("order_id", ""))
    if callback_url and not is_web_address(callback_url):
        return error_page("callback_url must be an http or https address.")
    try:
        outcome = msgspec.convert(form.get("outcome", "captured"), Outcome)
    except msgspec.ValidationError:
        return error_page("outcome must be captured, authorized or failed.")
    triple = checkout_result(razorpay, Pay(order_id, outcome))
    payment = razorpay.account.payment(triple["razorpay_payment_id"])
    return page("Payment result", _result(triple, payment, callback_url), narrow=True)


def _buttons(order: Order, callback_url: str) -> str:
    price = escape(money(order.amount, order.currency))
    return (
        '<form method="post" action="/sandbox/razorpay/checkout/">'
        f'<input type="hidden" name="order_id" value="{escape(order.id)}">'
        f'<input type="hidden" name="callback_url" value="{escape(callback_url)}">'
        f'<button class="main" name="outcome" value="captured">Pay {price}</button>'
        '<button name="outcome" value="authorized">Authorise only</button>'
        '<button name="outcome" value="failed">Fail</button></form>'
        '<p class="soft">No money moves. &ldquo;Authorise only&rdquo; leaves the payment waiting for its capture; '
        "&ldquo;Fail&rdquo; is a bank that did not answer.</p>"
    )


def _result(triple: Json, payment: Payment, callback_url: str) -> str:
    title = {"captured": "Paid", "authorized": "Authorised, not captured"}.get(payment.status, "Payment failed")
    shown = {name: value or "none: the payment failed" for name, value in triple.items()}
    names = {"razorpay_order_id": "Order", "razorpay_payment_id": "Payment", "razorpay_signature": "Signature"}
    body = (
        f'<div class="card"><h1>{title}</h1><div class="amount">{escape(money(payment.amount, payment.currency))}</div>'
        f'<p class="status">{badge(payment.status)}</p>'
        f"{facts([(names[name], value) for name, value in shown.items()])}</div>"
    )
    if payment.status == "failed":
        query = urlencode({"order_id": payment.order_id, "callback_url": callback_url})
        return f'{body}<a class="button" href="/sandbox/razorpay/checkout/?{escape(query)}">Try again</a>'
    if callback_url:
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in triple.items()
        )
        body += (
            f'<form method="post" action="{escape(callback_url)}">{fields}'
            '<button class="main">Back to the shop</button></form>'
            f'<p class="soft">Posts the three values to <code>{escape(callback_url)}</code></p>'
        )
    return body


def _table(heads: tuple[str, ...], rows: Iterable[str]) -> str:
    cells = "".join(f"<th{_numeric(head)}>{head}</th>" for head in heads)
    body = "".join(rows) or f'<tr><td class="soft" colspan="{len(heads)}">None yet.</td></tr>'
    return f'<div class="card scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def _numeric(head: str) -> str:
    return ' class="num"' if head == "Amount" else ""


def _order_row(order: Order) -> str:
    link = f"/sandbox/razorpay/checkout/?order_id={escape(order.id)}"
    return (
        f'<tr><td><a href="{link}"><code>{escape(order.id)}</code></a></td><td>{escape(order.receipt or "")}</td>'
        f'<td class="num">{escape(money(order.amount, order.currency))}</td><td>{badge(order.status)}</td></tr>'
    )


def _payment_row(payment: Payment) -> str:
    partly = " " + badge("partly refunded") if payment.refund_status == "partial" else ""
    disputed = "" if payment.dispute is None else " " + badge(f"dispute {payment.dispute.status}")
    return (
        f'<tr><td><a href="/sandbox/razorpay/payments/{escape(payment.id)}/"><code>{escape(payment.id)}</code></a></td>'
        f"<td><code>{escape(payment.order_id)}</code></td>"
        f'<td class="num">{escape(money(payment.amount, payment.currency))}</td>'
        f"<td>{badge(payment.status)}{partly}{disputed}</td></tr>"
    )
