"""What notifications needs from the outside."""

from typing import Protocol

from core.events import Emits
from modules.notifications.domain import Letter, Mail, Template


class MailStore(Emits, Protocol):
    async def mail(self, *, cause: str, user_id: int, template: Template, message_id: str) -> Mail:
        """The record of the mail that this cause sends to this person, made if there is none; locked."""
        ...

    async def count_attempt(self, mail_id: int) -> None: ...

    async def mark_sent(self, mail_id: int) -> None: ...


class MailFacts(Protocol):
    """Questions to other modules: what the words of a mail need, read when it is sent."""

    async def address(self, user_id: int) -> tuple[str, str] | None:
        """E-mail address and name; None if the person is gone or banned."""
        ...

    async def code(self, code_id: int) -> tuple[str, str] | None:
        """Where a one-time code goes, and its digits; None if it is used, void or expired."""
        ...

    async def former_address(self, code_id: int) -> str | None: ...

    async def receipt(self, payment_id: int) -> dict[str, str] | None:
        """`number`, `course`, `amount` (with the currency), `paid_at`, `payment`."""
        ...


class MailTransport(Protocol):
    async def send(self, letter: Letter) -> None:
        """Hand the letter to the mail server.

        :raises Unavailable: it did not take it now; whether it was sent may be unknown.
        :raises Rejected: it will never take it.
        """
        ...
