"""Telling people by mail. Every method is a reaction outside: it may run twice and sends once."""

from dataclasses import dataclass

from core.errors import Invalid, Unavailable
from core.transaction import Begin
from modules.notifications.domain.mails import Attachment, Letter, Template
from modules.notifications.letters import compose
from modules.notifications.ports import MailFacts, MailStore, MailTransport, Papers


class Rejected(Invalid):
    """The mail server refuses this address or letter for good."""

    code = "mail_rejected"


class Deferred(Unavailable):
    """The mail server does not take this letter now; those to others may go."""


class AddressRejected(Rejected):
    """The mail server says that there is no such mailbox."""

    code = "mail_address_rejected"


@dataclass(frozen=True, slots=True)
class Mailing:
    begin: Begin[MailStore]
    facts: MailFacts
    papers: Papers
    transport: MailTransport
    domain: str
    """The right side of Message-IDs."""

    async def code(self, *, user_id: int, code_id: int, purpose: str) -> None:
        """Send a one-time code, unless it has been used or replaced meanwhile."""
        waiting = await self.facts.code(code_id)
        if waiting is not None:
            to, digits = waiting
            await self._send(Template(purpose), f"code-{code_id}", user_id, to, {"code": digits})

    async def password_changed(self, *, user_id: int, cause: str) -> None:
        if known := await self.facts.address(user_id):
            await self._send(Template.PASSWORD_CHANGED, f"password-{cause}", user_id, known[0], {"name": known[1]})

    async def email_changed(self, *, user_id: int, code_id: int) -> None:
        """Tell the former address."""
        if former := await self.facts.former_address(code_id):
            await self._send(Template.EMAIL_CHANGED, f"address-{code_id}", user_id, former, {})

    async def receipt(self, *, user_id: int, payment_id: int) -> None:
        known, words = await self.facts.address(user_id), await self.facts.receipt(payment_id)
        if known and words:
            words = {**words, "name": known[1]}
            paper = await self.papers.of_payment(payment_id)
            await self._send(Template.RECEIPT, f"receipt-{payment_id}", user_id, known[0], words, paper)

    async def credit_note(self, *, user_id: int | None, refund_id: int) -> None:
        """Tell that money went back. What nobody is known for is told to nobody."""
        words = await self.facts.refund(refund_id)
        known = None if user_id is None else await self.facts.address(user_id)
        if user_id is not None and known and words:
            words, paper = {**words, "name": known[1]}, await self.papers.of_refund(refund_id)
            await self._send(Template.CREDIT_NOTE, f"refund-{refund_id}", user_id, known[0], words, paper)

    async def _send(
        self,
        template: Template,
        cause: str,
        user_id: int,
        to: str,
        words: dict[str, str],
        paper: tuple[str, bytes] | None = None,
    ) -> None:
        """The record is there before the mail and marked after it: killed in between, the mail goes out again with
        the same Message-ID. That window cannot be closed.
        """
        message_id = f"<{cause}.{user_id}@{self.domain}>"
        async with self.begin() as store:
            mail = await store.mail(cause=cause, user_id=user_id, template=template, message_id=message_id)
            if mail.sent_at is not None:
                return
            await store.count_attempt(mail.id)
        subject, text, html = compose(template, words)
        attachment = None if paper is None else Attachment(*paper)
        await self.transport.send(Letter(to, subject, text, html, mail.message_id, attachment=attachment))
        async with self.begin() as store:
            await store.mark_sent(mail.id)
