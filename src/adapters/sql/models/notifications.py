from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from adapters.sql.models.types import BigInt, DefaultBase, IdentityBase, Json, UtcDateTime, partial_index

UNREAD = text("read_at IS NULL AND in_app")
TO_MAIL, TO_PUSH = text("email_due_at IS NOT NULL"), text("push_due_at IS NOT NULL")


class Notice(IdentityBase):
    """What people are told because of one fact. `spread_to`: everybody of the audience up to this user id has it."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("cause", "notification_type"),
        Index("ix_notices_created_at", "created_at"),
        CheckConstraint(
            "audience IN ('user','replied_to','mentioned','members','moderators','enrolled','teachers')",
            name="audience",
        ),
    )

    cause: Mapped[str] = mapped_column(String(120))
    notification_type: Mapped[str] = mapped_column(String(24))
    variant: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(String(12))
    recipient_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    actor_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("users.id"))
    community_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("community_groups.id"))
    post_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("community_posts.id"))
    chat_message_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("chat_messages.id"))
    course_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("courses.id"))
    link_id: Mapped[int | None] = mapped_column(BigInt)
    words: Mapped[dict[str, Any]] = mapped_column(Json)
    spread_to: Mapped[int] = mapped_column(BigInt)
    is_spread: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Notification(IdentityBase):
    """A notice as one person has it. A mail or push waits as long as its `…_due_at` is set; `push_left` names the
    devices that are still to get it, if some have.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("notice_id", "recipient_id"),
        Index("ix_notifications_recipient", "recipient_id", "id"),
        partial_index("ix_notifications_unread", "recipient_id", "id", where=UNREAD),
        partial_index("ix_notifications_to_push", "push_due_at", "id", where=TO_PUSH),
        partial_index("ix_notifications_to_mail", "email_due_at", "recipient_id", where=TO_MAIL),
        partial_index("ix_notifications_mail_of", "recipient_id", where=TO_MAIL),
    )

    notice_id: Mapped[int] = mapped_column(BigInt, ForeignKey("notices.id"))
    recipient_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    in_app: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    email_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mail_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("mails.id"))
    push_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    push_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    push_left: Mapped[list[Any] | None] = mapped_column(Json)


class NotificationPreference(DefaultBase):
    """What somebody chose; who chose nothing has no row."""

    __tablename__ = "notification_preferences"
    __table_args__ = (
        CheckConstraint("email_frequency IN ('instant','daily','weekly','off')", name="email_frequency"),
        CheckConstraint("language IN ('en','hi')", name="language"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(String(2))
    email_frequency: Mapped[str] = mapped_column(String(8))
    timezone: Mapped[str] = mapped_column(String(64))
    quiet_start: Mapped[str | None] = mapped_column(String(5))
    quiet_end: Mapped[str | None] = mapped_column(String(5))
    email_paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class NotificationChoice(DefaultBase):
    """What somebody chose for one type; without a row its defaults hold."""

    __tablename__ = "notification_choices"

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"), primary_key=True, autoincrement=False)
    notification_type: Mapped[str] = mapped_column(String(24), primary_key=True)
    in_app: Mapped[bool] = mapped_column(Boolean)
    email: Mapped[bool] = mapped_column(Boolean)
    push: Mapped[bool] = mapped_column(Boolean)


class Device(IdentityBase):
    """A phone that takes pushes as long as its login lasts. FCM's token is unique: who registers it last has it."""

    __tablename__ = "devices"
    __table_args__ = (
        Index("ix_devices_user", "user_id", "id"),
        Index("ix_devices_session", "session_id"),
        CheckConstraint("platform IN ('android','ios','web')", name="platform"),
    )

    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    session_id: Mapped[int] = mapped_column(BigInt, ForeignKey("sessions.id"))
    token: Mapped[str] = mapped_column(String(512), unique=True)
    platform: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Mail(IdentityBase):
    """One e-mail to one person: the row that says whether it went out. `cause` makes it unique per fact and person."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_user", "user_id", "id"),)

    cause: Mapped[str] = mapped_column(String(120), unique=True)
    user_id: Mapped[int] = mapped_column(BigInt, ForeignKey("users.id"))
    template: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
