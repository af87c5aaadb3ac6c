"""Mail through a real SMTP server, by aiosmtplib."""

from email.message import EmailMessage
from email.utils import formatdate

import aiosmtplib

from core.errors import Unavailable
from modules.notifications.domain import Letter
from modules.notifications.mailing import Rejected


class SmtpTransport:
    """One connection a letter, `tls` being off, starttls or tls. Everything is bounded by `timeout` seconds."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        username: str | None = None,
        password: str | None = None,
        tls: str = "off",
        timeout: float = 15,
    ) -> None:
        self._sender = sender
        self._host = host
        self.port = port
        self._options = {
            "username": username,
            "password": password,
            "use_tls": tls == "tls",
            "start_tls": tls == "starttls",
            "timeout": timeout,
        }

    async def greet(self) -> None:
        """Connect, encrypt and log in as for a letter, then say goodbye.

        :raises Unavailable: whose cause says how far it came.
        """
        try:
            async with aiosmtplib.SMTP(hostname=self._host, port=self.port, **self._options):  # type: ignore[arg-type]
                pass
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unavailable("The mail server does not let us in.") from error

    async def send(self, letter: Letter) -> None:
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = letter.message_id
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        try:
            await aiosmtplib.send(message, recipients=[letter.to], hostname=self._host, port=self.port, **self._options)  # type: ignore[arg-type]
        except aiosmtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
            if refused and all(500 <= one.code < 600 for one in refused):
                raise Rejected from error
            raise Unavailable("The mail server postpones this mail.") from error
        except aiosmtplib.SMTPResponseException as error:
            if 500 <= error.code < 600 and not isinstance(error, aiosmtplib.SMTPAuthenticationError):
                raise Rejected from error
            raise Unavailable("The mail server refuses at the moment.") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unavailable("The mail server does not answer.") from error
