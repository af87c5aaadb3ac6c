"""The payment gateway: Razorpay's SDK in threads of its own."""

import asyncio
import functools
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import certifi
import msgspec
import razorpay
import requests
from razorpay.errors import BadRequestError

from adapters.razorpay.entities import (
    DisputeEntity,
    OrderEntity,
    PaymentEntity,
    RefundEntity,
    WebhookEvent,
    WebhookName,
    known,
    known_dispute,
    known_refund,
)
from adapters.razorpay.signatures import is_signed
from core.errors import Invalid
from modules.commerce.domain.gateway import (
    GATEWAY_ID,
    GatewayUnavailable,
    Known,
    KnownDispute,
    KnownRefund,
    RefundRefused,
)
from modules.commerce.ports import GatewayNews, GatewayOrder

CONNECT_S, READ_S = 3.0, 10.0
THREADS = 8
WAITING = 64
PAGE = 100
OF_MONEY = ("payment.", "order.", "refund.")
UNKNOWN_ID = "does not exist"


Listing = Callable[[dict[str, int], Any, tuple[float, float]], Any]


class RazorpayGateway:
    """Every call ends within 14 s. A second bound keeps a hanging Razorpay from filling memory with waiting calls."""

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        webhook_secrets: tuple[str, ...],
        base_url: str | None = None,
        timeout: tuple[float, float] = (CONNECT_S, READ_S),
    ) -> None:
        self.key_id = key_id
        self._key_secret = key_secret
        self._webhook_secrets = webhook_secrets
        self._base_url = base_url
        self._timeout = timeout
        self._executor = ThreadPoolExecutor(THREADS, thread_name_prefix="razorpay")
        self._local = threading.local()
        self._waiting = 0

    async def create_order(
        self, *, receipt: str, amount_paise: int, currency: str, notes: dict[str, str]
    ) -> GatewayOrder | None:
        data = {
            "amount": amount_paise,
            "currency": currency,
            "receipt": receipt,
            "notes": notes,
            "payment": {"capture": "automatic", "capture_options": {"refund_speed": "normal"}},
        }
        try:
            answer = await self._call(lambda client, timeout: client.order.create(data, timeout=timeout))
        except BadRequestError:
            return None  # the receipt is taken: the order exists, and the caller looks it up
        return _order(_read(answer, OrderEntity))

    async def order_by_receipt(self, receipt: str) -> GatewayOrder | None:
        query = {"receipt": receipt, "count": 10}
        try:
            answer = await self._call(lambda client, timeout: client.order.all(query, timeout=timeout))
        except BadRequestError as error:  # no receipt is refused, hence it is our key that is
            raise GatewayUnavailable(retry_after=2) from error
        orders = _read(answer.get("items"), list[OrderEntity])
        return _order(orders[0]) if orders else None

    async def payment(self, payment_id: str) -> Known | None:
        _demand_id(payment_id)
        answer = await self._asked(lambda client, timeout: client.payment.fetch(payment_id, timeout=timeout))
        return None if answer is None else known(_read(answer, PaymentEntity))

    async def payments_of(self, order_id: str) -> list[Known]:
        _demand_id(order_id)
        answer = await self._asked(lambda client, timeout: client.order.payments(order_id, timeout=timeout))
        return [] if answer is None else [known(one) for one in _read(answer.get("items"), list[PaymentEntity])]

    async def captures(self, since: datetime, until: datetime) -> list[Known]:
        found = [known(_read(one, PaymentEntity)) for one in await self._listed(_list_payments, since, until)]
        return [one for one in found if one.is_captured]

    async def refunds(self, since: datetime, until: datetime) -> list[KnownRefund]:
        return [known_refund(_read(one, RefundEntity)) for one in await self._listed(_list_refunds, since, until)]

    async def disputes(self, since: datetime, until: datetime) -> list[KnownDispute]:
        return [known_dispute(_read(one, DisputeEntity)) for one in await self._listed(_list_disputes, since, until)]

    async def refund(self, payment_id: str, *, amount_paise: int, key: str, notes: dict[str, str]) -> KnownRefund:
        _demand_id(payment_id)
        data = {"amount": amount_paise, "speed": "normal", "receipt": key, "notes": notes}
        headers = {"X-Refund-Idempotency": key}
        try:
            answer = await self._call(
                lambda client, timeout: client.payment.refund(payment_id, data, headers=headers, timeout=timeout)
            )
        except BadRequestError as error:
            raise RefundRefused(str(error)[:200]) from error
        return known_refund(_read(answer, RefundEntity))

    async def refund_status(self, refund_id: str) -> KnownRefund | None:
        _demand_id(refund_id)
        answer = await self._asked(lambda client, timeout: client.refund.fetch(refund_id, timeout=timeout))
        return None if answer is None else known_refund(_read(answer, RefundEntity))

    async def refunds_of(self, payment_id: str) -> list[KnownRefund]:
        _demand_id(payment_id)
        query = {"count": PAGE}
        answer = await self._asked(
            lambda client, timeout: client.payment.fetch_multiple_refund(payment_id, query, timeout=timeout)
        )
        return [] if answer is None else [known_refund(one) for one in _read(answer.get("items"), list[RefundEntity])]

    def proves(self, *, order_id: str, payment_id: str, signature: str) -> bool:
        return is_signed(f"{order_id}|{payment_id}".encode(), signature, (self._key_secret,))

    def is_authentic(self, body: bytes, signature: str) -> bool:
        return is_signed(body, signature, self._webhook_secrets)

    def read(self, body: bytes) -> GatewayNews:
        try:
            body.decode()
            event = msgspec.json.decode(body, type=WebhookEvent)
        except UnicodeDecodeError:
            raise Invalid("The body is not UTF-8.") from None
        except msgspec.ValidationError:
            name = _name(body)
            return GatewayNews(name, is_odd=name.startswith(OF_MONEY))
        except msgspec.DecodeError:
            raise Invalid("The body is not JSON.") from None
        told = event.payload
        return GatewayNews(
            event.event,
            payment=known(told.payment.entity) if told.payment else None,
            refund=known_refund(told.refund.entity) if told.refund else None,
            dispute=known_dispute(told.dispute.entity) if told.dispute else None,
        )

    async def close(self) -> None:
        """Waits for nothing: what is under way ends by its own timeout."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _listed(self, call: Listing, since: datetime, until: datetime) -> list[Any]:
        """In pages of 100, which come newest first: what is made meanwhile shifts them, and is read twice at worst."""
        found: dict[str, Any] = {}
        window = {"from": int(since.timestamp()), "to": int(until.timestamp()), "count": PAGE}
        for skip in itertools.count(0, PAGE):
            try:
                answer = await self._call(functools.partial(call, {**window, "skip": skip}))
            except BadRequestError as error:
                raise GatewayUnavailable(retry_after=2) from error
            page = _read(answer.get("items"), list[Any])
            found.update({str(one.get("id")): one for one in page})
            if len(page) < PAGE:
                break
        return list(found.values())

    async def _asked(self, call: Callable[[Any, tuple[float, float]], Any]) -> Any:
        """The answer of a reading call; None for an id that Razorpay does not know (it says 400, as to a bad key)."""
        try:
            return await self._call(call)
        except BadRequestError as error:
            if UNKNOWN_ID in str(error):
                return None
            raise GatewayUnavailable(retry_after=5) from error

    async def _call(self, call: Callable[[Any, tuple[float, float]], Any]) -> Any:
        if self._waiting >= WAITING:
            raise GatewayUnavailable(retry_after=5)
        self._waiting += 1
        try:
            work = asyncio.get_running_loop().run_in_executor(self._executor, self._in_thread, call)
            async with asyncio.timeout(sum(self._timeout) + 1):
                answer = await work
        except BadRequestError:
            raise
        except Exception as error:
            # the SDK raises its own errors, those of requests, and TypeErrors for odd bodies; after any of them the
            # outcome of the call is unknown
            raise GatewayUnavailable(retry_after=2) from error
        finally:
            self._waiting -= 1
        if not isinstance(answer, dict):
            raise GatewayUnavailable(retry_after=2)
        return answer

    def _in_thread(self, call: Callable[[Any, tuple[float, float]], Any]) -> Any:
        client = getattr(self._local, "client", None)
        if client is None:  # one client a thread: requests does not promise that its sessions are shared safely
            options = {"base_url": self._base_url} if self._base_url else {}
            client = razorpay.Client(session=requests.Session(), auth=(self.key_id, self._key_secret), **options)
            client.cert_path = certifi.where()  # the SDK ships a bundle of 2015
            self._local.client = client
        return call(client, self._timeout)


def _read(answer: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(answer, kind)
    except msgspec.ValidationError as error:
        raise GatewayUnavailable(retry_after=2) from error


def _order(order: OrderEntity) -> GatewayOrder:
    return GatewayOrder(order.id, order.amount, order.currency)


def _list_payments(query: dict[str, int], client: Any, timeout: tuple[float, float]) -> Any:
    return client.payment.all(query, timeout=timeout)


def _list_refunds(query: dict[str, int], client: Any, timeout: tuple[float, float]) -> Any:
    return client.refund.all(query, timeout=timeout)


def _list_disputes(query: dict[str, int], client: Any, timeout: tuple[float, float]) -> Any:
    return client.dispute.all(query, timeout=timeout)


def _name(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=WebhookName).event
    except msgspec.MsgspecError:
        return "unknown"


def _demand_id(given: str) -> None:
    """The SDK puts ids into addresses as they come."""
    if not GATEWAY_ID.fullmatch(given):
        raise Invalid("Not an id of Razorpay.")
