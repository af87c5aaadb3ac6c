"""What a mail server's refusals mean to us."""

import re

import aiosmtplib

from core.errors import AppError, Unavailable
from modules.notifications.mailing import AddressRejected, Deferred, Rejected

OF_MAILBOX = re.compile(r"5\.(?:1\.\d+|2\.[01])\b")
"""Enhanced codes (RFC 3463) that say: no such mailbox, or a disabled one. A full one (5.2.2) may be emptied."""
ENHANCED = re.compile(r"[245]\.\d+\.\d+\b")
IN_PASSING = re.compile(r"5\.(?:3|4|7)\.\d+\b|5\.2\.2\b")
"""Codes about the server, the network, a policy or a quota, which may change although they are called permanent."""
CLOSING = 421
ABOUT_US = {503, 530}
"""Bad sequence, authentication required: told at RCPT too, and nothing about the address."""


def refusal(error: Exception) -> AppError:
    """AddressRejected where the server says that there is no such mailbox, Rejected for a letter that it will never
    take; Deferred where it does not take this one now, and Unavailable where it takes none from us.
    """
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Rejected("The mail server knows no such addresses.")
    if isinstance(error, aiosmtplib.SMTPRecipientRefused):
        return _of_recipient(error)
    if isinstance(error, aiosmtplib.SMTPDataError) and error.code != CLOSING:
        is_final = 500 <= error.code < 600 and not IN_PASSING.match(error.message)
        return Rejected() if is_final else Deferred("The mail server postpones this mail.")
    if isinstance(error, aiosmtplib.SMTPResponseException):  # at the greeting, the login or MAIL: whoever it is for
        return Unavailable("The mail server does not let us in.")
    return Unavailable("The mail server does not answer.")


def _of_recipient(error: aiosmtplib.SMTPRecipientRefused) -> AppError:
    if error.code in ABOUT_US:
        return Unavailable("The mail server does not let us in.")
    is_of_mailbox = OF_MAILBOX.match(error.message) or not ENHANCED.match(error.message)
    if 500 <= error.code < 600 and is_of_mailbox:
        return AddressRejected()
    return Deferred("The mail server postpones this mail.")
