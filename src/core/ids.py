"""Randomness and derived secrets as dependencies."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

Item = TypeVar("Item")


class Randomness(Protocol):
    def token(self, nbytes: int) -> str:
        """Unguessable lower-case hex of `nbytes` bytes."""
        ...

    def shuffled(self, items: Sequence[Item]) -> list[Item]:
        """The items in an order that nobody can guess; each order is as likely as any other."""
        ...


class Derivation(Protocol):
    """Secrets that are computed from the installation's key and never stored."""

    def derive(self, purpose: str, *parts: object) -> str:
        """The same 43 URL-safe characters (256 bits) for the same purpose and parts, as long as the key stays."""
        ...

    def matches(self, given: str, purpose: str, *parts: object) -> bool:
        """Whether `given` is that value under the current or the previous key; takes the same time either way."""
        ...
