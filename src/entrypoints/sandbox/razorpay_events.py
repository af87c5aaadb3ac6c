"""The envelope of a webhook: built when the fact happens, serialised once, signed over exactly those bytes."""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from entrypoints.sandbox.razorpay_entities import Json, new_id


class Event(msgspec.Struct, frozen=True):
    """One fact as it is told. ``id`` and ``body`` are the same in every delivery and every retry."""

    id: str
    name: str
    body: bytes


def event(name: str, account_id: str, at: int, entities: dict[str, Json], *, event_id: str | None = None) -> Event:
    """``entities`` by kind, e.g. ``{"payment": {...}}``; each is a snapshot of this moment."""
    return envelope(
        name, account_id, at, {kind: {"entity": entity} for kind, entity in entities.items()}, event_id=event_id
    )


def envelope(name: str, account_id: str, at: int, payload: Json, *, event_id: str | None = None) -> Event:
    body = {
        "entity": "event",
        "account_id": account_id,
        "event": name,
        "contains": list(payload),
        "payload": payload,
        "created_at": at,
    }
    return Event(id=event_id or new_id(""), name=name, body=msgspec.json.encode(body))


def signature(message: bytes, secret: str) -> str:
    """Hex HMAC-SHA256, as Razorpay signs both checkouts and webhooks."""
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
