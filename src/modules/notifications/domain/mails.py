"""Mails: what is sent to whom, and its words."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Template(StrEnum):
    VERIFY_EMAIL = "verify_email"
    CHANGE_EMAIL = "change_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    EMAIL_CHANGED = "email_changed"
    RECEIPT = "receipt"
    CREDIT_NOTE = "credit_note"
    NOTIFICATIONS = "notifications"


class Mail(Struct, frozen=True):
    """The record of one mail to one person. `message_id` is stable, so that a repeated mail can be recognised."""

    id: int
    user_id: int
    template: Template
    message_id: str
    attempts: int
    sent_at: datetime | None


class Attachment(Struct, frozen=True):
    """A PDF."""

    file_name: str
    content: bytes


class Letter(Struct, frozen=True):
    """A mail ready to be sent. `unsubscribe_url` takes a POST that ends further ones (RFC 8058)."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe_url: str | None = None
    attachment: Attachment | None = None
