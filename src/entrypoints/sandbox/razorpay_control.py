"""The strings behind the Razorpay stage: what people, banks and Razorpay itself do, on command and as JSON."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from entrypoints.sandbox.razorpay import Razorpay
from entrypoints.sandbox.razorpay_api import refusal
from entrypoints.sandbox.razorpay_entities import DisputeStatus, Json, RazorpayError
from entrypoints.sandbox.razorpay_events import envelope
from entrypoints.sandbox.razorpay_state import Outcome

ControlRequest = Request[Any, Any, Any]
Command = TypeVar("Command", bound=msgspec.Struct)


class Pay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``amount``, ``currency`` and ``force`` play payments that a correct world never makes."""

    razorpay_order_id: str
    outcome: Outcome = "captured"
    webhook: bool = True
    amount: Annotated[int, msgspec.Meta(ge=1)] | None = None
    currency: str | None = None
    force: bool = False


class Tell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether webhooks tell of it."""

    webhook: bool = True


class Settle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: Annotated[str, msgspec.Meta(pattern="^(processed|failed)$")]
    webhook: bool = True


class MoveDispute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: DisputeStatus
    webhook: bool = True


class SendEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``payload`` as in a webhook: ``{"payment": {"entity": {...}}}``. ``event_id`` repeats an earlier event's id."""

    event: str
    payload: dict[str, Any] = {}
    event_id: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_-]{1,64}$")] | None = None


def razorpay_control(razorpay: Razorpay) -> Router:
    return Router(
        path="/sandbox/razorpay",
        route_handlers=[pay, authorize, capture, dispute, settle, send_event, deliveries, totals],
        dependencies={"razorpay": Provide(lambda: razorpay, sync_to_thread=False)},
        exception_handlers={RazorpayError: refusal},
    )


def checkout_result(razorpay: Razorpay, command: Pay) -> Json:
    """Play the checkout and answer what it hands to the shop's page; the signature of a failed payment is ``None``."""
    payment = razorpay.account.pay(
        command.razorpay_order_id,
        command.outcome,
        amount=command.amount,
        currency=command.currency,
        force=command.force,
    )
    razorpay.publish(wanted=command.webhook)
    return {
        "razorpay_order_id": payment.order_id,
        "razorpay_payment_id": payment.id,
        "razorpay_signature": None if payment.status == "failed" else razorpay.account.signature_of(payment),
    }


@post("/pay", status_code=200)
async def pay(request: ControlRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    return checkout_result(razorpay, await _command(request, Pay))


@post("/payments/{payment_id:str}/authorize", status_code=200)
async def authorize(request: ControlRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    command = await _command(request, Tell)
    payment = razorpay.account.authorize_late(payment_id)
    if razorpay.account.order(payment.order_id).status == "paid":
        # Razorpay captures nothing twice: what comes too late goes back to the payer at once.
        razorpay.refunds.return_late(payment)
    razorpay.publish(wanted=command.webhook)
    return payment.as_json()


@post("/payments/{payment_id:str}/capture", status_code=200)
async def capture(request: ControlRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    command = await _command(request, Tell)
    payment = razorpay.account.capture(payment_id)
    razorpay.publish(wanted=command.webhook)
    return payment.as_json()


@post("/payments/{payment_id:str}/dispute", status_code=200)
async def dispute(request: ControlRequest, razorpay: NamedDependency[Razorpay], payment_id: FromPath[str]) -> Json:
    command = await _command(request, MoveDispute)
    moved = razorpay.account.dispute(payment_id, command.status)
    razorpay.publish(wanted=command.webhook)
    return moved.as_json()


@post("/refunds/{refund_id:str}/settle", status_code=200)
async def settle(request: ControlRequest, razorpay: NamedDependency[Razorpay], refund_id: FromPath[str]) -> Json:
    command = await _command(request, Settle)
    refund = razorpay.refunds.settle(refund_id, "processed" if command.status == "processed" else "failed")
    razorpay.publish(wanted=command.webhook)
    return refund.as_json()


@post("/webhooks", status_code=200)
async def send_event(request: ControlRequest, razorpay: NamedDependency[Razorpay]) -> Json:
    command = await _command(request, SendEvent)
    account = razorpay.account
    sent = envelope(command.event, account.id, account.now(), command.payload, event_id=command.event_id)
    razorpay.webhooks.send([sent])
    return {"event_id": sent.id}


@get("/webhooks")
async def deliveries(razorpay: NamedDependency[Razorpay]) -> Json:
    """Every delivery attempt, oldest first, and how many deliveries are still under way or waiting to be retried."""
    return {"results": list(razorpay.webhooks.attempts), "pending": razorpay.webhooks.pending}


@get("/totals")
async def totals(razorpay: NamedDependency[Razorpay]) -> Json:
    return razorpay.totals()


async def _command(request: ControlRequest, kind: type[Command]) -> Command:
    try:
        return msgspec.json.decode(await request.body() or b"{}", type=kind)
    except msgspec.DecodeError as error:
        raise RazorpayError(str(error)) from error
