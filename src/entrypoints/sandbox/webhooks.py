"""Posts signed events to the shop: at least once, retried with growing gaps, in background tasks.

Any answer but a 2xx within 5 s is a failure. There are 8 tries; the first gap is 0.5 s and doubles up to 30 s.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from typing import Any, Final

import httpx
import msgspec

from entrypoints.sandbox.faults import Faults
from entrypoints.sandbox.razorpay_events import Event, signature

_TIMEOUT_S: Final = 5
_TRIES: Final = 8
_FIRST_GAP_S: Final = 0.5
_LONGEST_GAP_S: Final = 30
_AT_ONCE: Final = 32
_REMEMBERED_ATTEMPTS: Final = 20_000


class Attempt(msgspec.Struct, frozen=True):
    """One try. ``status_code`` is ``None`` when no answer came; ``error`` says why. ``at`` is unix seconds."""

    event_id: str
    event: str
    attempt: int
    status_code: int | None
    error: str | None
    at: float


class WebhookSender:
    """Sends nothing while ``url`` is ``None``. Remembers the last 20,000 attempts."""

    def __init__(self, secret: str, url: str | None, faults: Faults) -> None:
        self.url = url
        self.attempts: deque[Attempt] = deque(maxlen=_REMEMBERED_ATTEMPTS)
        self._secret = secret
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)

    @property
    def pending(self) -> int:
        return len(self._tasks)

    def start(self) -> None:
        if self._client is None:
            # The shop is near: proxies of the environment must not come between.
            self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False)

    async def stop(self) -> None:
        tasks = list(self._tasks)
        self.forget()
        await asyncio.gather(*tasks, return_exceptions=True)
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    def forget(self) -> None:
        for task in self._tasks:
            task.cancel()
        self.attempts.clear()

    def send(self, events: Sequence[Event]) -> None:
        """Deliver one batch, in the background. The first tries are made one after the other, in the batch's order."""
        if not events or self.url is None:
            return
        if self._faults.document.webhooks.drop:
            for event in events:
                self._remember(event, 1, None, "dropped by the fault knob")
            return
        self._spawn(self._deliver(list(events)))

    async def _deliver(self, events: list[Event]) -> None:
        knobs = self._faults.document.webhooks
        await asyncio.sleep(knobs.delay_s)
        for event in reversed(events) if knobs.reorder else events:
            arrived = await asyncio.gather(*(self._try(event, 1) for _ in range(knobs.duplicate)))
            for _ in range(arrived.count(False)):
                self._spawn(self._retry(event))

    async def _retry(self, event: Event) -> None:
        gap = _FIRST_GAP_S
        for attempt in range(2, _TRIES + 1):
            await asyncio.sleep(gap)
            if await self._try(event, attempt):
                return
            gap = min(gap * 2, _LONGEST_GAP_S)

    async def _try(self, event: Event, attempt: int) -> bool:
        if self._client is None or self.url is None:
            self._remember(event, attempt, None, "nowhere to send it")
            return False
        headers = {
            "content-type": "application/json",
            "user-agent": "Razorpay-Webhook/v1",
            "x-razorpay-event-id": event.id,
            "X-Razorpay-Signature": signature(event.body, self._secret),
        }
        body = event.body
        if self._faults.document.webhooks.tamper:
            body = body[:-1] + b',"tampered":true}'
        async with self._slots:
            try:
                answer = await self._client.post(self.url, content=body, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                self._remember(event, attempt, None, type(error).__name__)
                return False
        self._remember(event, attempt, answer.status_code, None)
        return answer.is_success

    def _remember(self, event: Event, attempt: int, status_code: int | None, error: str | None) -> None:
        self.attempts.append(Attempt(event.id, event.name, attempt, status_code, error, time.time()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
