"""What a mail server's refusals mean to us."""

import re

import aiosmtplib

from core.errors import AppError, Unavailable
from modules.notifications.mailing import AddressRejected, Rejected

POLICY = re.compile(r"5\.7\.\d")
ABOUT_US = {503, 530}
"""Bad sequence, authentication required: told at RCPT too, and nothing about the address."""


def refusal(error: Exception) -> AppError:
    """Rejected for what is refused for good, AddressRejected if that is the address; Unavailable for all else."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Unavailable("The mail server does not let us in.")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Rejected("The mail server knows no such addresses.")
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return Unavailable("The mail server does not answer.")
    if not 500 <= error.code < 600:
        return Unavailable("The mail server postpones this mail.")
    if isinstance(error, aiosmtplib.SMTPRecipientRefused) and error.code not in ABOUT_US:
        # Without an enhanced code it is the address: only a policy says that it is something else
        return Rejected() if POLICY.match(error.message) else AddressRejected()
    return Rejected()
