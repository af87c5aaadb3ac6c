"""Razorpay's JSON, as much of it as is read, and the words that commerce has for it."""

from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from modules.commerce.domain.gateway import (
    DisputeStatus,
    GatewayRefundStatus,
    GatewayStatus,
    Known,
    KnownDispute,
    KnownRefund,
)


class OrderEntity(Struct):
    id: str
    amount: int
    currency: str


class PaymentEntity(Struct):
    """`captured` stays true after a refund; an authorisation that was never captured goes back without it."""

    id: str
    amount: int
    currency: str
    status: GatewayStatus
    order_id: str | None = None
    captured: bool | None = None
    amount_refunded: int | None = 0
    fee: int | None = None
    tax: int | None = None


class RefundEntity(Struct):
    id: str
    payment_id: str
    amount: int
    currency: str
    status: GatewayRefundStatus
    receipt: str | None = None


class DisputeEntity(Struct):
    id: str
    payment_id: str
    amount: int
    status: DisputeStatus
    amount_deducted: int | None = 0
    reason_code: str | None = None
    respond_by: int | None = None


class _Payment(Struct):
    entity: PaymentEntity


class _Refund(Struct):
    entity: RefundEntity


class _Dispute(Struct):
    entity: DisputeEntity


class _Payload(Struct):
    payment: _Payment | None = None
    refund: _Refund | None = None
    dispute: _Dispute | None = None


class WebhookEvent(Struct):
    event: str
    payload: _Payload = msgspec.field(default_factory=_Payload)


class WebhookName(Struct):
    event: str


def known(payment: PaymentEntity) -> Known:
    is_captured = payment.status is GatewayStatus.CAPTURED or (
        payment.status is GatewayStatus.REFUNDED and bool(payment.captured)
    )
    return Known(
        payment_id=payment.id,
        order_id=payment.order_id,
        status=payment.status,
        amount_paise=payment.amount,
        currency=payment.currency,
        is_captured=is_captured,
        refunded_paise=payment.amount_refunded or 0,
        fee_paise=payment.fee,
        fee_gst_paise=payment.tax,
    )


def known_refund(refund: RefundEntity) -> KnownRefund:
    return KnownRefund(
        refund_id=refund.id,
        payment_id=refund.payment_id,
        amount_paise=refund.amount,
        currency=refund.currency,
        status=refund.status,
        receipt=refund.receipt,
    )


def known_dispute(dispute: DisputeEntity) -> KnownDispute:
    return KnownDispute(
        dispute_id=dispute.id,
        payment_id=dispute.payment_id,
        amount_paise=dispute.amount,
        deducted_paise=dispute.amount_deducted or 0,
        status=dispute.status,
        reason_code=dispute.reason_code or "",
        respond_by=None if dispute.respond_by is None else datetime.fromtimestamp(dispute.respond_by, UTC),
    )
