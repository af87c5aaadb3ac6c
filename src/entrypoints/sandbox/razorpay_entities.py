"""What Razorpay keeps: orders, payments, refunds and disputes, in the JSON it shows them in.

Amounts are integer paise, times are unix seconds, empty notes are ``[]``, ids are a prefix and 14 alphanumerics.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]
Notes: TypeAlias = dict[str, Any] | list[Any]
PaymentStatus = Literal["authorized", "captured", "refunded", "failed"]
RefundStatus = Literal["pending", "processed", "failed"]
DisputeStatus = Literal["open", "under_review", "won", "lost", "closed"]

_ALPHANUMERIC = string.ascii_letters + string.digits
_DISPUTE_RESPONSE_TIME_S = 7 * 86_400


def new_id(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_ALPHANUMERIC) for _ in range(14))


class RazorpayError(Exception):
    """A refusal in Razorpay's own words, answered as ``{"error": {...}}`` with ``status``."""

    def __init__(
        self,
        description: str,
        *,
        status: int = 400,
        code: str = "BAD_REQUEST_ERROR",
        field_name: str | None = None,
        reason: str = "input_validation_failed",
    ) -> None:
        super().__init__(description)
        self.description = description
        self.status = status
        self.code = code
        self.field_name = field_name
        self.reason = reason

    def as_json(self) -> Json:
        error: Json = {
            "code": self.code,
            "description": self.description,
            "source": "business",
            "step": "payment_initiation",
            "reason": self.reason,
            "metadata": {},
        }
        if self.field_name is not None:
            error["field"] = self.field_name
        return {"error": error}


@dataclass(frozen=True, slots=True)
class Payer:
    """Somebody who does not exist. Entities carry such data so that a service can prove it never logs it."""

    email: str
    contact: str
    vpa: str


PAYERS = (
    Payer("meera.nair@example.net", "+919900000001", "meera.nair@oksandbox"),
    Payer("arjun.rao@example.net", "+919900000002", "arjun.rao@oksandbox"),
    Payer("zoya.khan@example.net", "+919900000003", "zoya.khan@oksandbox"),
)


@dataclass(slots=True)
class Order:
    id: str
    amount: int
    currency: str
    receipt: str | None
    notes: Notes
    automatic_capture: bool
    created_at: int
    status: Literal["created", "attempted", "paid"] = "created"
    amount_paid: int = 0
    attempts: int = 0

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "entity": "order",
            "amount": self.amount,
            "amount_paid": self.amount_paid,
            "amount_due": self.amount - self.amount_paid,
            "currency": self.currency,
            "receipt": self.receipt,
            "offer_id": None,
            "status": self.status,
            "attempts": self.attempts,
            "notes": self.notes or [],
            "created_at": self.created_at,
        }


@dataclass(slots=True)
class Payment:
    id: str
    order_id: str
    amount: int
    currency: str
    status: PaymentStatus
    payer: Payer
    created_at: int
    amount_refunded: int = 0
    fee: int | None = None
    tax: int | None = None
    dispute: Dispute | None = None

    def charge_fee(self) -> None:
        """Two per cent and 18 % GST on it, each rounded half up to a paisa; ``fee`` includes the tax."""
        base = (self.amount * 2 + 50) // 100
        self.tax = (base * 18 + 50) // 100
        self.fee = base + self.tax

    def set_refunded(self, amount: int) -> None:
        """A partly refunded payment stays captured; only a full refund changes its status."""
        self.amount_refunded = amount
        self.status = "refunded" if amount == self.amount else "captured"

    @property
    def refund_status(self) -> Literal["partial", "full"] | None:
        if not self.amount_refunded:
            return None
        return "full" if self.amount_refunded == self.amount else "partial"

    def as_json(self) -> Json:
        failed = self.status == "failed"
        return {
            "id": self.id,
            "entity": "payment",
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "order_id": self.order_id,
            "invoice_id": None,
            "international": False,
            "method": "upi",
            "amount_refunded": self.amount_refunded,
            "refund_status": self.refund_status,
            "captured": self.status in {"captured", "refunded"},
            "description": None,
            "card_id": None,
            "bank": None,
            "wallet": None,
            "vpa": self.payer.vpa,
            "email": self.payer.email,
            "contact": self.payer.contact,
            "notes": [],
            "fee": self.fee,
            "tax": self.tax,
            "error_code": "BAD_REQUEST_ERROR" if failed else None,
            "error_description": "Your payment was not completed as the bank did not answer." if failed else None,
            "error_source": "bank" if failed else None,
            "error_step": "payment_authorization" if failed else None,
            "error_reason": "payment_failed" if failed else None,
            "acquirer_data": {"rrn": None if failed else self.id[-12:]},
            "created_at": self.created_at,
        }


@dataclass(slots=True)
class Refund:
    id: str
    payment_id: str
    amount: int
    currency: str
    status: RefundStatus
    speed: str
    receipt: str | None
    notes: Notes
    created_at: int

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "entity": "refund",
            "amount": self.amount,
            "currency": self.currency,
            "payment_id": self.payment_id,
            "notes": self.notes or [],
            "receipt": self.receipt,
            "acquirer_data": {"arn": self.id[-12:] if self.status == "processed" else None},
            "created_at": self.created_at,
            "batch_id": None,
            "status": self.status,
            "speed_processed": "normal",
            "speed_requested": self.speed,
        }


@dataclass(slots=True)
class Dispute:
    payment_id: str
    amount: int
    currency: str
    created_at: int
    status: DisputeStatus
    id: str = field(default_factory=lambda: new_id("disp_"))

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "entity": "dispute",
            "payment_id": self.payment_id,
            "amount": self.amount,
            "currency": self.currency,
            "amount_deducted": self.amount if self.status == "lost" else 0,
            "reason_code": "goods_or_services_not_received_or_partially_received",
            "respond_by": self.created_at + _DISPUTE_RESPONSE_TIME_S,
            "status": self.status,
            "phase": "chargeback",
            "created_at": self.created_at,
        }
