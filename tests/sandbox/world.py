"""The sandbox behind a real uvicorn, the real SDK before it, and the shop it sends webhooks to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx
import razorpay
import uvicorn

from entrypoints.sandbox import Sandbox, SandboxConfig

KEY_ID, KEY_SECRET, WEBHOOK_SECRET = "rzp_test_abcdefghijklmn", "key-secret", "webhook-secret"
T = TypeVar("T")


def eventually(probe: Callable[[], T], within_s: float = 10) -> T:
    """The first truthy answer of ``probe``; fails when none comes in time."""
    deadline = time.monotonic() + within_s
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"nothing within {within_s} s"
        time.sleep(0.01)  # poll
    return answer


@contextmanager
def serving(sandbox: Sandbox, http: str = "auto") -> Iterator[str]:
    """The sandbox under uvicorn in a thread of its own; its base address."""
    server = uvicorn.Server(
        uvicorn.Config(sandbox.app, port=0, http=http, log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class World:
    """One sandbox as a client sees it."""

    sandbox: Sandbox
    url: str
    http: httpx.Client
    sdk: Any

    def order(self, amount: int = 49900, **more: Any) -> dict[str, Any]:
        return self.sdk.order.create({"amount": amount, "currency": "INR", **more}, timeout=10)

    def pay(self, order_id: str, outcome: str = "captured", **more: Any) -> dict[str, Any]:
        return self.control("pay", razorpay_order_id=order_id, outcome=outcome, **more)

    def paid(self, amount: int = 49900) -> str:
        """The id of a new captured payment."""
        return self.pay(self.order(amount)["id"])["razorpay_payment_id"]

    def control(self, path: str, **body: Any) -> Any:
        answer = self.http.post(f"/sandbox/razorpay/{path}/", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def faults(self, **sections: Any) -> None:
        self.http.put("/sandbox/faults/", json=sections).raise_for_status()

    def deliveries(self) -> dict[str, Any]:
        return self.http.get("/sandbox/razorpay/webhooks/").json()

    def close(self) -> None:
        self.http.close()
        self.sdk.session.close()


@contextmanager
def world_of(http: str = "auto") -> Iterator[World]:
    sandbox = Sandbox(SandboxConfig(key_id=KEY_ID, key_secret=KEY_SECRET, webhook_secret=WEBHOOK_SECRET))
    with serving(sandbox, http) as url:
        sdk = razorpay.Client(auth=(KEY_ID, KEY_SECRET), base_url=f"{url}/sandbox/razorpay")
        world = World(sandbox, url, httpx.Client(base_url=url, trust_env=False, timeout=10, verify=False), sdk)
        yield world
        world.close()


@dataclass
class Delivery:
    body: bytes
    headers: dict[str, str]

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def event_id(self) -> str:
        return self.headers["x-razorpay-event-id"]

    @property
    def signature(self) -> str:
        return self.headers["x-razorpay-signature"]


@dataclass
class Shop:
    """Takes webhooks and answers each with the next of ``answers``, then with 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)

    def names(self) -> list[str]:
        return [delivery.event["event"] for delivery in self.deliveries]
