"""A notice is what people are told because of one fact; a notification is a notice as one person has it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from modules.notifications.domain.kinds import KINDS, Channels, NotificationType
from modules.notifications.domain.preferences import Preferences, mail_due, quiet_until

BATCH = 1000
"""Notifications that one transaction writes."""
PUSH_KEPT = timedelta(days=1)
"""A push that could not be sent for so long is old news."""
MAIL_KEPT = timedelta(days=14)
"""The same for what waits for a mail; a weekly digest is younger."""


class Audience(StrEnum):
    """Whom a notice is for, apart from the one who caused it."""

    USER = "user"
    REPLIED_TO = "replied_to"
    """The author of the post that the notice's post replies to."""
    MENTIONED = "mentioned"
    """The members whom the post names."""
    MEMBERS = "members"
    MODERATORS = "moderators"
    ENROLLED = "enrolled"
    """The students of the notice's course."""
    TEACHERS = "teachers"
    """Its instructors."""


class NewNotice(Struct, frozen=True, kw_only=True):
    """`cause` names the fact. Of all notices with one cause, each person gets the first that is for them."""

    cause: str
    notification_type: NotificationType
    audience: Audience
    variant: str = ""
    recipient_id: int | None = None
    actor_id: int | None = None
    community_id: int | None = None
    post_id: int | None = None
    chat_message_id: int | None = None
    course_id: int | None = None
    link_id: int | None = None
    words: dict[str, str] = {}


class Notice(Struct, frozen=True):
    """`spread_to`: everybody up to this user id has it."""

    id: int
    cause: str
    notification_type: NotificationType
    audience: Audience
    recipient_id: int | None
    actor_id: int | None
    community_id: int | None
    course_id: int | None
    post_id: int | None
    spread_to: int
    is_spread: bool

    @property
    def is_in_group(self) -> bool:
        """Whether it is for members of a group, with what they chose for it."""
        return self.community_id is not None


class Recipient(Struct, frozen=True):
    """One of an audience, and what matters for how they are told. `chosen` None means the type's defaults."""

    user_id: int
    preferences: Preferences
    chosen: Channels | None
    may_mail: bool
    """The address is confirmed, and the group's mails are wanted."""
    may_push: bool
    """There is a device, and the group's pushes are wanted."""
    muted_until: datetime | None


class Part(Struct, frozen=True):
    """Some of an audience, by user id: all of it up to `up_to` are among them, or need not be told. `is_last`: nobody
    comes after these.
    """

    recipients: list[Recipient]
    up_to: int
    is_last: bool


class Delivery(Struct, frozen=True):
    """One person's notification as it is written. Where a moment is None, that channel is not used."""

    recipient_id: int
    in_app: bool
    email_due_at: datetime | None
    push_due_at: datetime | None


def channels(notification_type: NotificationType, chosen: Channels | None) -> Channels:
    return chosen or KINDS[notification_type].defaults


def deliver(notification_type: NotificationType, recipient: Recipient, now: datetime) -> Delivery | None:
    """How somebody is told; None if they want to hear nothing of it. A muted group keeps its row in the app."""
    wanted = channels(notification_type, recipient.chosen)
    is_muted = recipient.muted_until is not None and recipient.muted_until > now
    email_due_at = push_due_at = None
    if wanted.email and recipient.may_mail and not is_muted:
        email_due_at = mail_due(recipient.preferences, now)
    if wanted.push and recipient.may_push and not is_muted:
        push_due_at = quiet_until(recipient.preferences, now) or now
    if not (wanted.in_app or email_due_at or push_due_at):
        return None
    return Delivery(recipient.user_id, wanted.in_app, email_due_at, push_due_at)
