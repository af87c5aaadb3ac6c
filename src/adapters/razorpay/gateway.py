"""The payment gateway: Razorpay's SDK in threads of its own."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import certifi
import msgspec
import razorpay
import requests
from msgspec import Struct
from razorpay.errors import BadRequestError

from adapters.razorpay.signatures import is_signed
from core.errors import Invalid
from modules.commerce.domain import GATEWAY_ID, GatewayStatus, GatewayUnavailable, Known
from modules.commerce.ports import GatewayNews, GatewayOrder

CONNECT_S, READ_S = 3.0, 10.0
THREADS = 8
WAITING = 64


class _Order(Struct):
    id: str
    amount: int
    currency: str


class _Payment(Struct):
    id: str
    amount: int
    currency: str
    status: GatewayStatus
    order_id: str | None = None


class _Entity(Struct):
    entity: _Payment


class _Payload(Struct):
    payment: _Entity | None = None


class _Event(Struct):
    event: str
    payload: _Payload = msgspec.field(default_factory=_Payload)


class _EventName(Struct):
    event: str


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
        return _order(_read(answer, _Order))

    async def order_by_receipt(self, receipt: str) -> GatewayOrder | None:
        query = {"receipt": receipt, "count": 10}
        try:
            answer = await self._call(lambda client, timeout: client.order.all(query, timeout=timeout))
        except BadRequestError as error:  # no receipt is refused, hence it is our key that is
            raise GatewayUnavailable(retry_after=2) from error
        orders = _read(answer.get("items"), list[_Order])
        return _order(orders[0]) if orders else None

    async def payment(self, payment_id: str) -> Known | None:
        _demand_id(payment_id)
        answer = await self._asked(lambda client, timeout: client.payment.fetch(payment_id, timeout=timeout))
        return None if answer is None else _known(_read(answer, _Payment))

    async def payments_of(self, order_id: str) -> list[Known]:
        _demand_id(order_id)
        answer = await self._asked(lambda client, timeout: client.order.payments(order_id, timeout=timeout))
        found = [] if answer is None else [_known(one) for one in _read(answer.get("items"), list[_Payment])]
        return [known for known in found if known is not None]

    def proves(self, *, order_id: str, payment_id: str, signature: str) -> bool:
        return is_signed(f"{order_id}|{payment_id}".encode(), signature, (self._key_secret,))

    def is_authentic(self, body: bytes, signature: str) -> bool:
        return is_signed(body, signature, self._webhook_secrets)

    def read(self, body: bytes) -> GatewayNews:
        try:
            body.decode()
            event = msgspec.json.decode(body, type=_Event)
        except UnicodeDecodeError:
            raise Invalid("The body is not UTF-8.") from None
        except msgspec.ValidationError:
            return GatewayNews(_name(body), None)  # an event that we do not know, or a payment not of ours
        except msgspec.DecodeError:
            raise Invalid("The body is not JSON.") from None
        return GatewayNews(event.event, _known(event.payload.payment.entity) if event.payload.payment else None)

    async def close(self) -> None:
        """Waits for nothing: what is under way ends by its own timeout."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, call: Callable[[Any, tuple[float, float]], Any]) -> Any:
        """The answer of a reading call; None for an id that Razorpay does not know (it says 400)."""
        try:
            return await self._call(call)
        except BadRequestError:
            return None

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


def _order(order: _Order) -> GatewayOrder:
    return GatewayOrder(order.id, order.amount, order.currency)


def _known(payment: _Payment) -> Known | None:
    if payment.order_id is None:
        return None
    return Known(payment.id, payment.order_id, payment.status, payment.amount, payment.currency)


def _name(body: bytes) -> str:
    try:
        return msgspec.json.decode(body, type=_EventName).event
    except msgspec.MsgspecError:
        return "unknown"


def _demand_id(given: str) -> None:
    """The SDK puts ids into addresses as they come."""
    if not GATEWAY_ID.fullmatch(given):
        raise Invalid("Not an id of Razorpay.")
