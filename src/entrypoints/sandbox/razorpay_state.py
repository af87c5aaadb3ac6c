"""One merchant's account at Razorpay: its orders and payments, and the rules by which they move.

Pure state: nothing here waits or calls out. Facts worth a webhook pile up and are fetched with ``take_events``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

from entrypoints.sandbox import razorpay_requests as requests
from entrypoints.sandbox.razorpay_entities import (
    PAYERS,
    Dispute,
    DisputeStatus,
    Json,
    Order,
    Payment,
    RazorpayError,
    new_id,
)
from entrypoints.sandbox.razorpay_events import Event, event, signature

Outcome = Literal["captured", "authorized", "failed"]


class RazorpayAccount:
    def __init__(self, key_id: str, key_secret: str, clock: Callable[[], float] = time.time) -> None:
        self.id = new_id("acc_")
        self.key_id = key_id
        self.key_secret = key_secret
        self.orders: dict[str, Order] = {}
        self.payments: dict[str, Payment] = {}
        self._order_of_receipt: dict[str, str] = {}
        self._payments_of_order: dict[str, list[str]] = {}
        self._disputes: list[Dispute] = []
        self._events: list[Event] = []
        self._clock = clock

    def forget(self) -> None:
        for kept in (self.orders, self.payments, self._order_of_receipt, self._payments_of_order):
            kept.clear()
        self._disputes, self._events = [], []

    def now(self) -> int:
        return int(self._clock())

    def happened(self, name: str, **entities: Json) -> None:
        self._events.append(event(name, self.id, self.now(), entities))

    def take_events(self) -> list[Event]:
        """What happened since the last call, oldest first."""
        taken, self._events = self._events, []
        return taken

    def create_order(self, body: Json) -> Order:
        requests.only(body, "amount", "currency", "receipt", "notes", "payment", "payment_capture", "partial_payment")
        amount = requests.amount_of(body, "Order amount less than minimum amount allowed")
        receipt = requests.receipt_of(body)
        if receipt in self._order_of_receipt:
            raise RazorpayError("Order receipt should be unique.", field_name="receipt")
        order = Order(
            id=new_id("order_"),
            amount=amount,
            currency=requests.currency_of(body),
            receipt=receipt,
            notes=requests.notes_of(body),
            automatic_capture=requests.capture_is_automatic(body),
            created_at=self.now(),
        )
        self.orders[order.id] = order
        if receipt is not None:
            self._order_of_receipt[receipt] = order.id
        return order

    def order(self, order_id: str) -> Order:
        if order_id not in self.orders:
            raise _unknown_id()
        return self.orders[order_id]

    def payment(self, payment_id: str) -> Payment:
        if payment_id not in self.payments:
            raise _unknown_id()
        return self.payments[payment_id]

    def order_with_receipt(self, receipt: str) -> list[Order]:
        found = self._order_of_receipt.get(receipt)
        return [] if found is None else [self.orders[found]]

    def payments_of(self, order_id: str) -> list[Payment]:
        """Every attempt on the order, newest first, failed ones too."""
        return [self.payments[payment_id] for payment_id in reversed(self._payments_of_order.get(order_id, []))]

    def signature_of(self, payment: Payment) -> str:
        return signature(f"{payment.order_id}|{payment.id}".encode(), self.key_secret)

    def pay(
        self,
        order_id: str,
        outcome: Outcome = "captured",
        *,
        amount: int | None = None,
        currency: str | None = None,
        force: bool = False,
    ) -> Payment:
        """Play a person at the checkout.

        ``amount`` and ``currency`` other than the order's make a payment that does not match it, and ``force`` one that
        the checkout would refuse (the order is paid, or another attempt is authorized): what no shop should ever see,
        and must survive.
        """
        order = self.order(order_id)
        if not force:
            self._require_payable(order)
        payment = Payment(
            id=new_id("pay_"),
            order_id=order.id,
            amount=order.amount if amount is None else amount,
            currency=currency or order.currency,
            status="failed",
            payer=PAYERS[len(self.payments) % len(PAYERS)],
            created_at=self.now(),
        )
        self.payments[payment.id] = payment
        self._payments_of_order.setdefault(order.id, []).append(payment.id)
        order.attempts += 1
        if order.status == "created":
            order.status = "attempted"
        if outcome == "failed":
            self.happened("payment.failed", payment=payment.as_json())
        else:
            self._authorize(payment)
        if outcome == "captured":
            self._capture(payment)
        return payment

    def authorize_late(self, payment_id: str) -> Payment:
        """The bank answers after all. The payment stays authorized until somebody captures it."""
        payment = self.payment(payment_id)
        if payment.status != "failed":
            raise RazorpayError(f"Only a failed payment can be authorized late; this one is {payment.status}.")
        self._authorize(payment)
        return payment

    def capture(self, payment_id: str, amount: int | None = None, currency: str | None = None) -> Payment:
        """``amount`` and ``currency``, when given, must be the authorized ones."""
        payment = self.payment(payment_id)
        if payment.status in {"captured", "refunded"}:
            raise RazorpayError("This payment has already been captured")
        if payment.status != "authorized":
            raise RazorpayError("Only payments which have been authorized and not yet captured can be captured")
        if amount not in (None, payment.amount):
            raise RazorpayError("Capture amount must be equal to the amount authorized", field_name="amount")
        if currency not in (None, payment.currency):
            raise RazorpayError("Capture currency must be equal to the currency authorized", field_name="currency")
        self._capture(payment)
        return payment

    def dispute(self, payment_id: str, status: DisputeStatus) -> Dispute:
        """Move the payment's dispute, opening one first when there is none or the last one is closed."""
        payment = self.payment(payment_id)
        if payment.status not in {"captured", "refunded"}:
            raise RazorpayError("Only a captured payment can be disputed.")
        if payment.dispute is None or payment.dispute.status in {"won", "lost", "closed"}:
            payment.dispute = Dispute(payment.id, payment.amount, payment.currency, self.now(), "open")
            self._disputes.append(payment.dispute)
        payment.dispute.status = status
        name = "created" if status == "open" else status
        self.happened(f"payment.dispute.{name}", payment=payment.as_json(), dispute=payment.dispute.as_json())
        return payment.dispute

    def disputes(self) -> list[Dispute]:
        """Newest first, decided ones too."""
        return self._disputes[::-1]

    def _require_payable(self, order: Order) -> None:
        if order.status == "paid":
            raise RazorpayError("Payment already done for this order.")
        if any(attempt.status == "authorized" for attempt in self.payments_of(order.id)):
            raise RazorpayError("Another payment on this order is authorized and awaits capture.")

    def _authorize(self, payment: Payment) -> None:
        payment.status = "authorized"
        self.happened("payment.authorized", payment=payment.as_json())

    def _capture(self, payment: Payment) -> None:
        order = self.orders[payment.order_id]
        payment.status = "captured"
        payment.charge_fee()
        self.happened("payment.captured", payment=payment.as_json())
        if order.status != "paid" and (payment.amount, payment.currency) == (order.amount, order.currency):
            order.status = "paid"
            order.amount_paid = order.amount
            self.happened("order.paid", payment=payment.as_json(), order=order.as_json())


def _unknown_id() -> RazorpayError:
    return RazorpayError("The id provided does not exist")
