"""The fault knobs: one JSON document that says how the outside world misbehaves. Everything is off by default."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec

from entrypoints.sandbox.razorpay_entities import RefundStatus

Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]
Times = Annotated[int, msgspec.Meta(ge=1)] | None
Lie = Literal["invented", "unsupported", "obedient", "silent", "endless"]
Resource = Literal["orders", "payments", "refunds"]


class RazorpayFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing has happened after ``drop_before``, ``429``, ``502_html`` and ``hang``; it has after the two others.

    ``delay_s`` passes before the effect, ``delay_after_s`` between the effect and the answer. ``times`` calls are hit,
    then all of this goes off; ``None`` hits every call. A call to ``/payments/{id}/refund`` counts as ``refunds``.
    """

    delay_s: Seconds = 0
    delay_after_s: Seconds = 0
    fail: Literal["drop_before", "drop_after", "429", "502_html", "truncated_json", "hang"] | None = None
    times: Times = None
    paths: Resource | None = None
    methods: list[Literal["GET", "POST"]] | None = None


class RefundFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``status``: what a new refund is answered with."""

    status: RefundStatus = "processed"


class WebhookFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``duplicate``: deliveries of each event, all at once. ``tamper`` changes the body in transit, after signing."""

    delay_s: Seconds = 0
    duplicate: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    reorder: bool = False
    drop: bool = False
    tamper: bool = False


class SmtpFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail is stored under both delays and ``drop_after``, and not under the other failures.

    The 250 comes late by both delays together; the mail is there after the first.
    """

    delay_before_s: Seconds = 0
    delay_after_s: Seconds = 0
    fail: Literal["refuse", "4xx", "5xx", "drop_after"] | None = None
    times: Times = None


class FcmFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What sending a push meets; getting a token never fails. Only ``drop_after`` and a mere delay let it arrive.

    ``delay_s`` passes first; a call given up meanwhile never arrives. ``retry_after_s`` is told with 429 and 503.
    ``unregistered`` are tokens of devices that are gone: they stay so when ``times`` has run out.
    """

    delay_s: Seconds = 0
    fail: Literal["401", "429", "500", "503", "drop_before", "drop_after"] | None = None
    retry_after_s: Annotated[int, msgspec.Meta(ge=0)] | None = None
    times: Times = None
    unregistered: list[str] = []


class OpenAiFaults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What asking the language model meets. ``delay_s`` passes before its first word, ``between_s`` before each other.

    ``break_off`` ends the stream in the middle, ``garbage`` at its end. ``lie`` is what the model says instead:
    ``invented`` claims name passages that there are not, or none; ``unsupported`` ones name a passage that does not
    say so; ``obedient`` does what a passage orders and tells its instructions; ``silent`` says nothing; ``endless``
    never ends.
    """

    delay_s: Seconds = 0
    between_s: Seconds = 0
    fail: Literal["401", "429", "500", "drop_before", "break_off", "error_midway", "garbage"] | None = None
    retry_after_s: Annotated[int, msgspec.Meta(ge=0)] | None = None
    lie: Lie | None = None
    times: Times = None


class FaultDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    razorpay: RazorpayFaults = RazorpayFaults()
    refunds: RefundFaults = RefundFaults()
    webhooks: WebhookFaults = WebhookFaults()
    smtp: SmtpFaults = SmtpFaults()
    fcm: FcmFaults = FcmFaults()
    openai: OpenAiFaults = OpenAiFaults()


class Faults:
    """The document in force. Setting another one ends what hangs on the old one."""

    def __init__(self) -> None:
        self._document = FaultDocument()
        self._replaced = asyncio.Event()

    @property
    def document(self) -> FaultDocument:
        return self._document

    def replace(self, document: FaultDocument) -> None:
        self._document = document
        self._replaced.set()
        self._replaced = asyncio.Event()

    async def replaced(self) -> None:
        await self._replaced.wait()

    def take_razorpay(self, method: str, resource: Resource) -> RazorpayFaults | None:
        """What hits this call, counted."""
        knobs = self._document.razorpay
        if not (knobs.fail or knobs.delay_s or knobs.delay_after_s):
            return None
        if knobs.paths not in (None, resource) or (knobs.methods is not None and method not in knobs.methods):
            return None
        left = _one_less(knobs.times)
        rest = msgspec.structs.replace(knobs, times=left) if left != 0 else RazorpayFaults()
        self._document = msgspec.structs.replace(self._document, razorpay=rest)
        return knobs

    def take_smtp(self) -> SmtpFaults | None:
        """What hits this mail, or this connection when connections are refused; counted."""
        knobs = self._document.smtp
        if not (knobs.fail or knobs.delay_before_s or knobs.delay_after_s):
            return None
        left = _one_less(knobs.times)
        rest = msgspec.structs.replace(knobs, times=left) if left != 0 else SmtpFaults()
        self._document = msgspec.structs.replace(self._document, smtp=rest)
        return knobs

    def take_fcm(self) -> FcmFaults | None:
        """What hits this push, counted."""
        knobs = self._document.fcm
        if not (knobs.fail or knobs.delay_s):
            return None
        left = _one_less(knobs.times)
        kept = FcmFaults(unregistered=knobs.unregistered)
        rest = msgspec.structs.replace(knobs, times=left) if left != 0 else kept
        self._document = msgspec.structs.replace(self._document, fcm=rest)
        return knobs

    def take_openai(self) -> OpenAiFaults | None:
        """What hits this question, counted."""
        knobs = self._document.openai
        if knobs == OpenAiFaults():
            return None
        left = _one_less(knobs.times)
        rest = msgspec.structs.replace(knobs, times=left) if left != 0 else OpenAiFaults()
        self._document = msgspec.structs.replace(self._document, openai=rest)
        return knobs


def _one_less(times: int | None) -> int | None:
    return None if times is None else times - 1
