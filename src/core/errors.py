"""The kinds of refusal. Concrete errors subclass a kind and stand beside the rule that raises them.

Each transport turns kinds into its own answers in one table: HTTP into problem+json, sockets into error frames, the
dispatcher into retries. A concrete error carries a stable `code`, listed in docs/errors.md.
"""

from typing import ClassVar, Self

from msgspec import Struct


class FieldFault(Struct, frozen=True):
    """One fault of the input: a dotted path (`answers.0.question_id`) and what is wrong with it."""

    field: str
    message: str


class AppError(Exception):
    """A refusal that its caller can understand and act upon; `detail` is shown to people."""

    code: ClassVar[str] = "internal_error"
    detail: ClassVar[str] = "Something went wrong."

    def __init__(
        self, detail: str | None = None, *, faults: tuple[FieldFault, ...] = (), retry_after: int | None = None
    ) -> None:
        self.message = detail or self.detail
        self.faults = faults
        self.retry_after = retry_after
        super().__init__(self.message)


class NotFound(AppError):
    code = "not_found"
    detail = "There is no such thing, or it is not yours to see."


class Conflict(AppError):
    code = "conflict"
    detail = "This contradicts what is already there."


class Forbidden(AppError):
    code = "forbidden"
    detail = "You may not do this."


class Invalid(AppError):
    code = "invalid_input"
    detail = "The input is not valid."

    @classmethod
    def field(cls, field: str, message: str) -> Self:
        """The error for a single faulty field."""
        return cls(message, faults=(FieldFault(field, message),))


class Unauthenticated(AppError):
    code = "not_authenticated"
    detail = "Log in first."


class RateLimited(AppError):
    code = "rate_limited"
    detail = "Too many requests; wait a little."


class TooLarge(AppError):
    code = "payload_too_large"
    detail = "The body is larger than allowed here."


class Unsupported(AppError):
    code = "unsupported_media_type"
    detail = "This kind of content is not accepted here."


class Unavailable(AppError):
    """Something outside did not answer; the same call may succeed in `retry_after` seconds."""

    code = "unavailable"
    detail = "The service is busy or a part of it is down; try again shortly."


class VersionConflict(Conflict):
    code = "version_conflict"
    detail = "Somebody changed this meanwhile; read it again and repeat."


class InvalidCursor(Invalid):
    code = "invalid_cursor"
    detail = "This cursor was not issued here."


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another body."
