"""A piece of a streamed chat completion, as far as it is read."""

from typing import Any

import msgspec
from msgspec import Struct

MOST_TOKENS = 10_000_000
LONGEST_CODE = 100


class Broken(Exception):
    """An answer that HTTP calls good, and that is none. `is_ours`: it says nothing about the next question."""

    def __init__(self, about: str, *, is_ours: bool = False) -> None:
        super().__init__(about)
        self.is_ours = is_ours


class Delta(Struct, frozen=True):
    content: str | None = None


class Choice(Struct, frozen=True):
    delta: Delta | None = None
    finish_reason: str | None = None


class Chunk(Struct, frozen=True):
    """Usage comes in a last one without choices; some servers send an error in the middle of a stream."""

    choices: tuple[Choice, ...] | None = None
    usage: dict[str, Any] | None = None
    error: Any = None

    @property
    def text(self) -> str:
        return "".join(choice.delta.content or "" for choice in self.choices or () if choice.delta)

    @property
    def is_last(self) -> bool:
        return any(choice.finish_reason for choice in self.choices or ())

    @property
    def tokens(self) -> int | None:
        """None if it does not tell, or something that cannot be."""
        told = (self.usage or {}).get("total_tokens")
        return told if type(told) is int and 0 <= told <= MOST_TOKENS else None

    def demand_good(self) -> None:
        """:raises Broken:"""
        if self.error:
            raise Broken(f"error {_code(self.error)}".rstrip())
        if any(choice.finish_reason == "content_filter" for choice in self.choices or ()):
            raise Broken("content filter", is_ours=True)


def refusal(body: bytes) -> str:
    """The code and the parameter that a refused call names."""
    try:
        told = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return ""
    return _code(told.get("error"))


def _code(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    told = (error.get(name) for name in ("code", "type", "param"))
    return " ".join(str(one)[:LONGEST_CODE] for one in told if isinstance(one, str | int))
