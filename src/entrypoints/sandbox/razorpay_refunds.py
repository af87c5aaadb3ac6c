"""Refunds of the merchant's payments and the idempotency keys they are asked for with.

The refunds of a payment that have not failed never exceed what was captured.
"""

from __future__ import annotations

import re

import msgspec

from entrypoints.sandbox import razorpay_requests as requests
from entrypoints.sandbox.razorpay_entities import Json, Payment, RazorpayError, Refund, RefundStatus, new_id
from entrypoints.sandbox.razorpay_state import RazorpayAccount

_KEY = re.compile(r"[A-Za-z0-9_-]{10,}")


class Refunds:
    def __init__(self, account: RazorpayAccount) -> None:
        self.account = account
        self.all: dict[str, Refund] = {}

    def forget(self) -> None:
        self.all.clear()

    def create(self, payment_id: str, body: Json, status: RefundStatus) -> Refund:
        """Refund ``body["amount"]`` or, without it, all that is left; ``status`` is the bank's first word on it."""
        requests.only(body, "amount", "speed", "notes", "receipt")
        payment = self.account.payment(payment_id)
        amount = self._refundable(payment, body)
        speed = body.get("speed", "normal")
        if speed not in ("normal", "optimum"):
            raise RazorpayError("The selected speed is invalid.", field_name="speed")
        refund = Refund(
            id=new_id("rfnd_"),
            payment_id=payment.id,
            amount=amount,
            currency=payment.currency,
            status=status,
            speed=speed,
            receipt=requests.receipt_of(body),
            notes=requests.notes_of(body),
            created_at=self.account.now(),
        )
        self.all[refund.id] = refund
        self._count(payment)
        self._tell("refund.created", refund)
        if status != "pending":
            self._tell(f"refund.{status}", refund)
        return refund

    def return_late(self, payment: Payment) -> Refund:
        """Give back in full what was authorized after another attempt had paid the order."""
        payment.status = "captured"
        return self.create(payment.id, {}, "processed")

    def settle(self, refund_id: str, status: RefundStatus) -> Refund:
        """What the bank says in the end. A processed refund may still fail; the same said twice is told twice."""
        refund = self.refund(refund_id)
        if refund.status == "failed" and status != "failed":
            raise RazorpayError("A failed refund stays failed.")
        refund.status = status
        self._count(self.account.payment(refund.payment_id))
        self._tell(f"refund.{status}", refund)
        return refund

    def refund(self, refund_id: str) -> Refund:
        if refund_id not in self.all:
            raise RazorpayError("The id provided does not exist")
        return self.all[refund_id]

    def of(self, payment_id: str) -> list[Refund]:
        """Refunds of one payment, newest first."""
        return [refund for refund in reversed(self.all.values()) if refund.payment_id == payment_id]

    def _refundable(self, payment: Payment, body: Json) -> int:
        if payment.status == "refunded":
            raise RazorpayError("The payment has been fully refunded already")
        if payment.status != "captured":
            raise RazorpayError("The payment status should be captured for action to be taken")
        left = payment.amount - payment.amount_refunded
        if body.get("amount") is None:
            return left
        amount = requests.amount_of(body, "The amount must be at least INR 1.00")
        if amount > left:
            raise RazorpayError(
                "The total refund amount is greater than the refund payment amount", field_name="amount"
            )
        return amount

    def _count(self, payment: Payment) -> None:
        payment.set_refunded(sum(refund.amount for refund in self.of(payment.id) if refund.status != "failed"))

    def _tell(self, name: str, refund: Refund) -> None:
        payment = self.account.payment(refund.payment_id)
        self.account.happened(name, refund=refund.as_json(), payment=payment.as_json())


class IdempotencyKeys:
    """Answers remembered under ``X-Refund-Idempotency``: the same request gets the same answer, another one 409.

    A refusal is not remembered: the key is free again.
    """

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bytes, Json | None]] = {}

    def forget(self) -> None:
        self._answers.clear()

    def begin(self, key: str, payment_id: str, body: Json) -> Json | None:
        """The remembered answer, or ``None`` after marking the key as in progress."""
        if not _KEY.fullmatch(key):
            raise RazorpayError("The idempotency key must have at least 10 characters of A-Z, a-z, 0-9, - and _.")
        request = msgspec.json.encode([payment_id, body], order="sorted")
        if key not in self._answers:
            self._answers[key] = (request, None)
            return None
        known, answer = self._answers[key]
        if known != request:
            raise RazorpayError("Different request with the same idempotency key", status=409)
        if answer is None:
            raise RazorpayError("Request with the same idempotency key is still in progress", status=409)
        return answer

    def finish(self, key: str, answer: Json | None) -> None:
        if answer is None:
            self._answers.pop(key, None)
        elif key in self._answers:
            self._answers[key] = (self._answers[key][0], answer)
