"""A piece of a streamed chat completion, as far as it is read."""

from msgspec import Struct


class Delta(Struct, frozen=True):
    content: str | None = None


class Choice(Struct, frozen=True):
    delta: Delta = Delta()
    finish_reason: str | None = None


class Usage(Struct, frozen=True):
    total_tokens: int


class Fault(Struct, frozen=True):
    code: str | int | None = None
    type: str | None = None


class Chunk(Struct, frozen=True):
    """Usage comes in a last one without choices; some servers send an error in the middle of a stream."""

    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    error: Fault | None = None

    @property
    def text(self) -> str:
        return "".join(choice.delta.content or "" for choice in self.choices)

    @property
    def is_last(self) -> bool:
        return any(choice.finish_reason for choice in self.choices)

    @property
    def is_refused(self) -> bool:
        return self.error is not None or any(choice.finish_reason == "content_filter" for choice in self.choices)

    @property
    def fault(self) -> str:
        return "content filter" if self.error is None else f"error {self.error.code or self.error.type or ''}".strip()
