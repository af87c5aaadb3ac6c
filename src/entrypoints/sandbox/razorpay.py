"""The Razorpay emulator as one thing: the account, its refunds, and the webhooks that tell of both."""

from __future__ import annotations

from entrypoints.sandbox.faults import Faults
from entrypoints.sandbox.razorpay_entities import Json
from entrypoints.sandbox.razorpay_refunds import IdempotencyKeys, Refunds
from entrypoints.sandbox.razorpay_state import RazorpayAccount
from entrypoints.sandbox.webhooks import WebhookSender


class Razorpay:
    def __init__(self, account: RazorpayAccount, webhooks: WebhookSender, faults: Faults, merchant_name: str) -> None:
        self.account = account
        self.refunds = Refunds(account)
        self.keys = IdempotencyKeys()
        self.webhooks = webhooks
        self.faults = faults
        self.merchant_name = merchant_name

    def publish(self, *, wanted: bool = True) -> None:
        """Send webhooks about what has happened since the last call, or let them be lost for good."""
        events = self.account.take_events()
        if wanted:
            self.webhooks.send(events)

    def forget(self) -> None:
        self.account.forget()
        self.refunds.forget()
        self.keys.forget()
        self.webhooks.forget()

    def totals(self) -> Json:
        """Money in paise over all currencies. A failed refund counts for nothing."""
        payments = self.account.payments.values()
        captured = [payment for payment in payments if payment.status in {"captured", "refunded"}]
        refunds = [refund for refund in self.refunds.all.values() if refund.status != "failed"]
        return {
            "orders": len(self.account.orders),
            "payments": len(payments),
            "captured_payments": len(captured),
            "captured_paise": sum(payment.amount for payment in captured),
            "fee_paise": sum(payment.fee or 0 for payment in captured),
            "refunds": len(refunds),
            "refunded_paise": sum(refund.amount for refund in refunds),
        }
