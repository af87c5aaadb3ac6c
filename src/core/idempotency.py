"""Calls that a client may repeat with an `Idempotency-Key` and get the same answer."""

import hashlib
from typing import Protocol, TypeVar

from msgspec import Struct

Answer = TypeVar("Answer")


def owner_digest(owner: object) -> str:
    """How a key's scope names whose it is, so that all of somebody's can be found and forgotten."""
    return hashlib.sha256(str(owner).encode()).hexdigest()[:24]


class Once(Struct, frozen=True):
    """A key as the client sent it, scoped by route and caller, and a digest of the address and body it
    came with.
    """

    scope: str
    key: str
    fingerprint: str


class Remembers(Protocol):
    """The part of a store that keeps answers for 30 days, in the transaction of their effect."""

    async def answered(self, once: Once | None, kind: type[Answer]) -> Answer | None:
        """The stored answer of an earlier call with this key, or None when this is the first.

        :raises KeyReused: the key came with another body before.
        """
        ...

    async def answer(self, once: Once | None, value: object) -> None:
        """Keep `value` for repeats; a call without a key keeps nothing."""
        ...
