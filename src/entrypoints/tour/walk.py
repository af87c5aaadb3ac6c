"""Calls as the app makes them, checked as they come back."""

import ipaddress
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from entrypoints.tour.expecting import PATIENCE_S, Body, Unexpected, patiently
from entrypoints.tour.socket import Socket

TIMEOUT_S = 30
SHOWN = 2_000


@dataclass
class Walk:
    """What the visitor knows so far. `token` is sent once there is one."""

    api: httpx.Client
    sandbox: httpx.Client
    email: str
    password: str
    token: str | None = None
    refresh_token: str = ""
    course: Body = field(default_factory=dict)
    taster: Body = field(default_factory=dict)
    order: Body = field(default_factory=dict)
    proof: Body = field(default_factory=dict)
    price: str = ""
    payment_id: int = 0
    refund_id: int = 0
    lesson: Body = field(default_factory=dict)
    code: str = ""
    leader: "Walk | None" = None
    community: Body = field(default_factory=dict)
    epoch: str = ""
    position: int = 0
    said: int = 0
    companion: "Walk | None" = None
    opened: Socket | None = None
    last: str = ""
    """The last answer, for when it has another shape than expected."""

    @classmethod
    @contextmanager
    def between(cls, base: str, sandbox: str, second: str | None = None) -> Iterator["Walk"]:
        """A fresh visitor between the API and the outside world, with a classmate who is served by `second`."""
        with _client(base) as api, _client(second or base) as other, _client(sandbox) as world:
            walk = cls._fresh(api, world)
            walk.companion = cls._fresh(other, world)
            yield walk

    @classmethod
    def _fresh(cls, api: httpx.Client, world: httpx.Client) -> "Walk":
        email = f"tour-{secrets.token_hex(5)}@example.com"
        return cls(api, world, email=email, password=secrets.token_urlsafe(18))

    @property
    def classmate(self) -> "Walk":
        if self.companion is None:
            raise Unexpected("There is no classmate.")
        return self.companion

    @property
    def teacher(self) -> "Walk":
        if self.leader is None:
            raise Unexpected("There is no teacher.")
        return self.leader

    @property
    def socket(self) -> Socket:
        if self.opened is None:
            raise Unexpected("There is no open socket.")
        return self.opened

    @socket.setter
    def socket(self, opened: Socket) -> None:
        self.opened = opened

    @property
    def username(self) -> str:
        return self.email.partition("@")[0].replace("-", ".")

    def get(self, path: str, status: int = 200, **options: Any) -> Body:
        return self.call("GET", path, status, **options)

    def post(self, path: str, body: Body | None = None, status: int = 200, **options: Any) -> Body:
        return self.call("POST", path, status, json=body, **options)

    def call(self, method: str, path: str, status: int, *, code: str | None = None, **options: Any) -> Body:
        """The answer's body.

        :raises Unexpected: no answer, another status, or a problem with another code.
        """
        headers = {**options.pop("headers", {})}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        answer = _request(self.api, method, path, headers=headers, **options)
        self.last = _told(answer)
        body = _expected(answer, status)
        if code is not None and body.get("code") != code:
            raise Unexpected(f"{self.last}\nThe problem's code should have been {code}.")
        return body

    def mail(self, subject: str) -> Body:
        """The newest mail to the visitor whose subject contains `subject`; waits for it.

        :raises Unexpected: it has not come in 15 s.
        """
        return self._arrived(
            f"mail “{subject}”", "/sandbox/mail/", {"to": self.email}, lambda mail: subject in mail["subject"]
        )

    def push(self, notification_id: str) -> Body:
        """The push of a notification on the visitor's phone; waits for it.

        :raises Unexpected: it has not come in 15 s.
        """
        return self._arrived(
            "push", "/sandbox/push/", {}, lambda push: push["data"].get("notification_id") == notification_id
        )

    def _arrived(self, what: str, path: str, query: dict[str, str], is_it: Callable[[Body], bool]) -> Body:
        there: list[Body] = []

        def look() -> Body | None:
            there[:] = _expected(_request(self.sandbox, "GET", path, params=query), 200)["results"]
            return next((one for one in there if is_it(one)), None)

        def complaint() -> str:
            others = ", ".join(str(one.get("subject") or one.get("title")) for one in there) or "none"
            return f"No {what} came in {PATIENCE_S:.0f} s; there: {others}."

        return patiently(look, complaint)

    def pay(self, order_id: str) -> Body:
        """What a person does at Razorpay's checkout."""
        body = {"razorpay_order_id": order_id}
        return _expected(_request(self.sandbox, "POST", "/sandbox/razorpay/pay/", json=body), 200)

    def read(self, url: str) -> bytes:
        """A file that is for this visitor only."""
        answer = _request(self.api, "GET", url, headers={"Authorization": f"Bearer {self.token}"})
        if not answer.is_success:
            raise Unexpected(_told(answer))
        return answer.content

    def download(self, url: str) -> bytes:
        """A file at the address that the API gave; the address is all that it needs."""
        answer = _request(self.api, "GET", url)
        if not answer.is_success:
            raise Unexpected(_told(answer))
        return answer.content


def _client(base: str) -> httpx.Client:
    # a proxy for the world outside knows no way back to this machine
    headers = {"User-Agent": "Shala tour"}
    return httpx.Client(base_url=base, headers=headers, timeout=TIMEOUT_S, trust_env=not _is_here(base))


def _is_here(base: str) -> bool:
    host = urlsplit(base).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _request(client: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    try:
        return client.request(method, path, **options)
    except httpx.HTTPError as error:
        raise Unexpected(f"{method} {client.base_url.join(path)}: {type(error).__name__}: {error}") from error


def _expected(answer: httpx.Response, status: int) -> Body:
    if answer.status_code != status:
        raise Unexpected(f"{_told(answer)}\nThe status should have been {status}.")
    if not answer.content:
        return {}
    try:
        body: Body = answer.json()
    except json.JSONDecodeError:
        raise Unexpected(f"{_told(answer)}\nThis is not JSON.") from None
    return body


def _told(answer: httpx.Response) -> str:
    request = answer.request
    return f"{request.method} {request.url} → {answer.status_code} {answer.reason_phrase}\n{answer.text[:SHOWN]}"
