"""One payment as a merchant sees it at Razorpay: refunds are made and settled here, and banks dispute."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from html import escape
from typing import Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from entrypoints.sandbox.pages import badge, error_page, facts, money, page
from entrypoints.sandbox.razorpay import Razorpay
from entrypoints.sandbox.razorpay_entities import DisputeStatus, Json, Payment, RazorpayError, Refund

PageRequest = Request[Any, Any, Any]
_DISPUTES = {
    None: ("open",),
    "open": ("under_review", "won", "lost"),
    "under_review": ("won", "lost"),
    "lost": ("won",),
}


def payment_pages(razorpay: Razorpay) -> Router:
    return Router(
        path="/sandbox/razorpay/payments",
        route_handlers=[show_payment, act_on_payment],
        dependencies={"razorpay": Provide(lambda: razorpay, sync_to_thread=False)},
        exception_handlers={RazorpayError: _refusal_page},
    )


def _refusal_page(_: PageRequest, error: RazorpayError) -> Response[str]:
    return error_page(error.description, error.status)


@get("/{payment_id:str}")
async def show_payment(razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Response[str]:
    return _page(razorpay, razorpay.account.payment(payment_id))


@post("/{payment_id:str}", status_code=200)
async def act_on_payment(
    request: PageRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]
) -> Response[str]:
    """The buttons: ``refund`` makes one, ``settle`` says what the bank makes of one, ``dispute`` moves the dispute."""
    form = await request.form()
    action, status = str(form.get("action", "")), str(form.get("status", ""))
    payment = razorpay.account.payment(payment_id)
    if action == "refund":
        razorpay.refunds.create(
            payment_id, _amount(str(form.get("amount", ""))), razorpay.faults.document.refunds.status
        )
    elif action == "settle":
        razorpay.refunds.settle(str(form.get("refund_id", "")), "processed" if status == "processed" else "failed")
    elif action == "dispute":
        razorpay.account.dispute(payment_id, _dispute_status(status))
    else:
        raise RazorpayError("There is no such button.")
    razorpay.publish()
    return _page(razorpay, payment)


def _amount(typed: str) -> Json:
    """Rupees as typed; nothing is all that is left."""
    if not typed.strip():
        return {}
    try:
        paise = Decimal(typed.strip()) * 100
        whole = int(paise)
    except (InvalidOperation, ValueError, OverflowError):
        raise RazorpayError("The amount must be in rupees, as 99.50.") from None
    if paise != whole:
        raise RazorpayError("The amount has at most two decimals.")
    return {"amount": whole}


def _dispute_status(typed: str) -> DisputeStatus:
    try:
        found: DisputeStatus = msgspec.convert(typed, DisputeStatus)
    except msgspec.ValidationError:
        raise RazorpayError("There is no such state of a dispute.") from None
    return found


def _page(razorpay: Razorpay, payment: Payment) -> Response[str]:
    left = payment.amount - payment.amount_refunded
    told = facts(
        [
            ("Payment", payment.id),
            ("Order", payment.order_id),
            ("Refunded", money(payment.amount_refunded, payment.currency)),
            ("Fee", money(payment.fee or 0, payment.currency)),
        ]
    )
    disputed = "" if payment.dispute is None else " " + badge(f"dispute {payment.dispute.status}")
    body = (
        f'<p><a href="/sandbox/razorpay/">All payments</a></p><h1>Payment</h1><div class="card">'
        f'<div class="amount">{escape(money(payment.amount, payment.currency))}</div>'
        f'<p class="status">{badge(payment.status)}{disputed}</p>{told}</div>'
    )
    refunds = "".join(_refund(payment, refund) for refund in razorpay.refunds.of(payment.id))
    body += f"<h2>Refunds</h2>{refunds or '<p class=soft>None yet.</p>'}"
    if payment.status == "captured" and left:
        body += _form(
            payment,
            "refund",
            f'<label class="soft">Rupees, or nothing for all that is left '
            f'<input name="amount" inputmode="decimal" placeholder="{left // 100}.{left % 100:02d}"></label>'
            '<button class="main">Refund</button>',
        )
    if payment.status in {"captured", "refunded"}:
        body += f"<h2>Dispute</h2>{_dispute(payment)}"
    return page(f"Payment {payment.id}", body, narrow=True)


def _refund(payment: Payment, refund: Refund) -> str:
    told = facts([("Refund", refund.id), ("Receipt", refund.receipt or "none")])
    head = (
        f'<div class="amount">{escape(money(refund.amount, refund.currency))}</div>'
        f'<p class="status">{badge(refund.status)}</p>{told}'
    )
    if refund.status == "failed":
        return f'<div class="card">{head}</div>'
    buttons = f'<input type="hidden" name="refund_id" value="{escape(refund.id)}">'
    if refund.status == "pending":
        buttons += '<button name="status" value="processed">The bank paid it out</button>'
    buttons += '<button name="status" value="failed">The bank sends it back</button>'
    return f'<div class="card">{head}{_form(payment, "settle", buttons, is_card=False)}</div>'


def _dispute(payment: Payment) -> str:
    known = None if payment.dispute is None else payment.dispute.status
    buttons = "".join(
        f'<button name="status" value="{status}">{status.replace("_", " ").capitalize()}</button>'
        for status in _DISPUTES.get(known, _DISPUTES[None])
    )
    return _form(payment, "dispute", buttons)


def _form(payment: Payment, action: str, fields: str, *, is_card: bool = True) -> str:
    form = (
        f'<form method="post" action="/sandbox/razorpay/payments/{escape(payment.id)}/">'
        f'<input type="hidden" name="action" value="{action}">{fields}</form>'
    )
    return f'<div class="card">{form}</div>' if is_card else form
