"""A notification as it is shown, and the devices that it is pushed to."""

from datetime import datetime

from msgspec import Struct

from modules.notifications.domain.kinds import Language, NotificationType


class Person(Struct, frozen=True):
    id: int
    username: str
    full_name: str
    profile_image: str | None


class Subject(Struct, frozen=True):
    """What a notification is about, as it is now; None where there is no such thing. `is_public`: members see it.
    `has_place`: the recipient still belongs to the group that it is from, if it is from one. `sees_all`: they moderate
    it, or wrote the post. `is_message_read`: they have read the message in its conversation.
    """

    community_title: str | None
    course_id: int | None
    course_title: str | None
    post_title: str | None
    post_text: str | None
    post_notes: str | None
    is_deleted: bool
    is_public: bool
    message_text: str | None
    is_message_deleted: bool
    has_place: bool
    sees_all: bool
    is_message_read: bool


class NotificationCard(Struct, frozen=True):
    """`language` is the recipient's; `words` are those of the fact itself, as an amount."""

    id: int
    recipient_id: int
    notification_type: NotificationType
    variant: str
    words: dict[str, str]
    community_id: int | None
    post_id: int | None
    chat_message_id: int | None
    link_id: int | None
    read_at: datetime | None
    email_sent_at: datetime | None
    push_sent_at: datetime | None
    created_at: datetime
    language: Language
    actor: Person | None
    subject: Subject


class Device(Struct, frozen=True):
    id: int
    platform: str
    created_at: datetime
    last_seen_at: datetime
