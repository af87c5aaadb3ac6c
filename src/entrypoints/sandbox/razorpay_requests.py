"""How Razorpay reads a request: which fields it knows, which values it refuses and with which words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol

import msgspec

from entrypoints.sandbox.razorpay_entities import Json, Notes, RazorpayError

MIN_AMOUNT: Final = 100
CURRENCIES: Final = frozenset({"AED", "EUR", "GBP", "INR", "SGD", "USD"})
_MAX_RECEIPT: Final = 40
_MAX_NOTES: Final = 15
_MAX_NOTE: Final = 256
_MAX_COUNT: Final = 100


def body_of(raw: bytes) -> Json:
    """A JSON object; no body at all is an empty one, as the SDK sends both."""
    if not raw.strip():
        return {}
    try:
        return msgspec.json.decode(raw, type=dict)
    except msgspec.DecodeError as error:
        raise RazorpayError("The request body is not a JSON object.") from error


def only(body: Json, *known: str) -> None:
    """Razorpay refuses a field it does not know, which is how a misspelt one is found."""
    if unknown := sorted(set(body) - set(known)):
        raise RazorpayError(f"{', '.join(unknown)} is/are not required and should not be sent", field_name=unknown[0])


def amount_of(body: Json, minimum_message: str) -> int:
    amount = body.get("amount")
    if amount is None:
        raise RazorpayError("The amount field is required.", field_name="amount")
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise RazorpayError("The amount must be an integer.", field_name="amount")
    if amount < MIN_AMOUNT:
        raise RazorpayError(minimum_message, field_name="amount")
    return amount


def currency_of(body: Json) -> str:
    currency = body.get("currency")
    if currency not in CURRENCIES:
        raise RazorpayError(
            "The currency field is required." if currency is None else "Currency is not supported",
            field_name="currency",
        )
    return str(currency)


def receipt_of(body: Json) -> str | None:
    receipt = body.get("receipt")
    if receipt is None:
        return None
    if not isinstance(receipt, str):
        raise RazorpayError("The receipt must be a string.", field_name="receipt")
    if len(receipt) > _MAX_RECEIPT:
        raise RazorpayError(f"The receipt may not be greater than {_MAX_RECEIPT} characters.", field_name="receipt")
    return receipt


def notes_of(body: Json) -> Notes:
    notes = body.get("notes") or {}
    if not isinstance(notes, dict):
        raise RazorpayError("notes must be an array", field_name="notes")
    if len(notes) > _MAX_NOTES:
        raise RazorpayError(
            f"Number of fields in notes should be less than or equal to {_MAX_NOTES}", field_name="notes"
        )
    if any(len(str(value)) > _MAX_NOTE for value in notes.values()):
        raise RazorpayError(f"notes value should not exceed {_MAX_NOTE} characters", field_name="notes")
    return notes


def capture_is_automatic(body: Json) -> bool:
    """``payment.capture`` decides, or the older ``payment_capture`` 0/1; automatic when neither is sent."""
    if "payment_capture" in body:
        return body["payment_capture"] in (1, True, "1")
    setting = body.get("payment") or {}
    capture = setting.get("capture", "automatic") if isinstance(setting, dict) else None
    if capture not in ("automatic", "manual"):
        raise RazorpayError("The selected capture is invalid.", field_name="payment.capture")
    return bool(capture == "automatic")


class Entity(Protocol):
    created_at: int

    def as_json(self) -> Json: ...


def page_of(entities: Iterable[Entity], query: Mapping[str, str]) -> Json:
    """What ``from``, ``to`` (both inclusive), ``count`` and ``skip`` select of ``entities``, given newest first."""
    first, last = _number(query, "from", 0), _number(query, "to", 2**53)
    count, skip = _number(query, "count", 10), _number(query, "skip", 0)
    if not 1 <= count <= _MAX_COUNT:
        raise RazorpayError(f"The count must be between 1 and {_MAX_COUNT}.", field_name="count")
    found = [entity for entity in entities if first <= entity.created_at <= last]
    return collection(found[skip : skip + count])


def collection(entities: Iterable[Entity]) -> Json:
    items = [entity.as_json() for entity in entities]
    return {"entity": "collection", "count": len(items), "items": items}


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    raw = query.get(name)
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit():
        raise RazorpayError(f"The {name} must be an integer.", field_name=name)
    return int(raw)
