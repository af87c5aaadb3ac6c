"""Letters as what goes over the wire."""

import re
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, parseaddr
from typing import Any

from aiosmtplib.email import parse_address
from msgspec import Struct

from modules.notifications.domain.mails import Letter
from modules.notifications.mailing import Rejected

UNFOLDED = {"list-unsubscribe", "message-id"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class Envelope(Struct, frozen=True):
    """What is said to the server before a letter, and its bytes. `is_international`: it needs SMTPUTF8."""

    sender: str
    to: str
    content: bytes
    is_international: bool


class _Policy(EmailPolicy):
    """Seven bits a byte and lines of 78, so that no server has to be asked what it can bear."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        # email takes a long address for long words and encodes it, after which it is one no more
        if name.lower() in UNFOLDED:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


SEVEN_BITS = _Policy(linesep="\r\n", cte_type="7bit")
INTERNATIONAL = SEVEN_BITS.clone(utf8=True)


def write(letter: Letter, sender: str) -> Envelope:
    """The letter in its envelope, from `sender` (an address, with a name or without).

    :raises Rejected: there is no way to write to such an address, or a header has a line break.
    """
    if CONTROL.search(letter.to):
        raise Rejected
    to, origin = letter.to, parseaddr(sender)[1]
    is_international = not (to.isascii() and origin.isascii())
    try:
        if parse_address(to) != to:
            raise Rejected
        content = _message(letter, sender, INTERNATIONAL if is_international else SEVEN_BITS).as_bytes()
    except (ValueError, LookupError, AttributeError) as error:  # email stumbles over odd addresses in odd ways
        raise Rejected from error
    return Envelope(sender=origin, to=to, content=content, is_international=is_international)


def _message(letter: Letter, sender: str, policy: EmailPolicy) -> EmailMessage:
    message = EmailMessage(policy=policy)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe_url is not None:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    if letter.attachment is not None:
        content, name = letter.attachment.content, letter.attachment.file_name
        message.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return message
