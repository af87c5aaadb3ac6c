"""Mails that arrived, parsed. The newest 20,000 are kept."""

from __future__ import annotations

import email
import email.policy
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Final

import msgspec

_REMEMBERED_MAILS: Final = 20_000


class MailAttachment(msgspec.Struct, frozen=True):
    file_name: str
    mime_type: str
    content: bytes


class Mail(msgspec.Struct, frozen=True, rename={"sender": "from"}):
    """``to`` and ``from`` are the envelope's addresses, not the headers'. ``raw`` is the message as it came."""

    id: int
    to: list[str]
    sender: str
    subject: str
    message_id: str | None
    text: str | None
    html: str | None
    received_at: datetime
    attachments: list[MailAttachment]
    headers: list[tuple[str, str]]
    raw: bytes


class Mailbox:
    def __init__(self) -> None:
        self._mails: deque[Mail] = deque(maxlen=_REMEMBERED_MAILS)
        self._last_id = 0

    def add(self, sender: str, to: Sequence[str], raw: bytes) -> Mail:
        self._last_id += 1
        mail = _parse(self._last_id, sender, to, raw)
        self._mails.append(mail)
        return mail

    def newest_first(self, to: str | None = None) -> list[Mail]:
        """All mails, or those to the address ``to`` in whatever case."""
        wanted = None if to is None else to.casefold()
        return [
            mail
            for mail in reversed(self._mails)
            if wanted is None or any(address.casefold() == wanted for address in mail.to)
        ]

    def get(self, mail_id: int) -> Mail | None:
        return next((mail for mail in self._mails if mail.id == mail_id), None)

    def forget(self) -> None:
        self._mails.clear()


def _parse(mail_id: int, sender: str, to: Sequence[str], raw: bytes) -> Mail:
    message: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
    headers = _headers(message)
    found = {name.lower(): value for name, value in reversed(headers)}
    return Mail(
        id=mail_id,
        to=[_readable(address) for address in to],
        sender=_readable(sender),
        subject=found.get("subject", ""),
        message_id=found.get("message-id"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
        received_at=datetime.now(UTC),
        attachments=_attachments(message),
        headers=headers,
        raw=raw,
    )


def _headers(message: EmailMessage) -> list[tuple[str, str]]:
    try:
        return [(name, _readable(str(value))) for name, value in message.items()]
    except (
        ValueError,
        LookupError,
        AttributeError,
        TypeError,
        IndexError,
    ):  # the parser's ways to choke on a bad header
        return [(name, _readable(str(value))) for name, value in message.raw_items()]


def _body(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    try:
        return _readable(str(part.get_content()))
    except (LookupError, ValueError):  # an unknown charset or broken encoding
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else None


def _attachments(message: EmailMessage) -> list[MailAttachment]:
    found = []
    for part in message.iter_attachments() if message.is_multipart() else ():
        content = part.get_payload(decode=True)
        name = _readable(part.get_filename() or "attachment")
        found.append(MailAttachment(name, part.get_content_type(), content if isinstance(content, bytes) else b""))
    return found


def _readable(text: str) -> str:
    """With plain line ends, and with a replacement character for each byte that was no UTF-8."""
    return text.replace("\r\n", "\n").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
