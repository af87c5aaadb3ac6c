"""The machine itself: its clock, its randomness, and secrets derived from the installation's key."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

Item = TypeVar("Item")


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class SystemRandomness:
    def token(self, nbytes: int) -> str:
        return secrets.token_hex(nbytes)

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        found = list(items)
        secrets.SystemRandom().shuffle(found)
        return found


class HmacDerivation:
    """HMAC-SHA256 under a key of its own for each purpose. The previous key is still accepted after a rotation."""

    def __init__(self, key: str, previous: str | None = None) -> None:
        self._keys = [key.encode(), *([previous.encode()] if previous else [])]

    def derive(self, purpose: str, *parts: object) -> str:
        return _derive(self._keys[0], purpose, parts)

    def matches(self, given: str, purpose: str, *parts: object) -> bool:
        expected = [_derive(key, purpose, parts).encode() for key in self._keys]
        return any([hmac.compare_digest(given.encode(), one) for one in expected])  # noqa: C419 - compare with all


def _derive(key: bytes, purpose: str, parts: tuple[object, ...]) -> str:
    purpose_key = hmac.digest(key, purpose.encode(), hashlib.sha256)
    message = "\x1f".join(str(part) for part in parts).encode()
    return base64.urlsafe_b64encode(hmac.digest(purpose_key, message, hashlib.sha256)).rstrip(b"=").decode()
