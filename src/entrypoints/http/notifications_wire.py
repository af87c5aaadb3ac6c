"""Notifications and preferences as the app reads them."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from entrypoints.http.calls import Call, Moment
from entrypoints.http.wire import PersonRef, media, person
from modules.notifications.domain.cards import Device, NotificationCard
from modules.notifications.domain.kinds import Language, LinkType, NotificationType
from modules.notifications.domain.preferences import Frequency, QuietHours
from modules.notifications.domain.pushes import Platform
from modules.notifications.domain.texts import link_of, name_of, told
from modules.notifications.preferring import GroupChange, TypeChange
from modules.notifications.queries import PreferenceCentre

Title = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f]*[^\s\x00-\x1f][^\x00-\x1f]*$")]
Text = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"\S")]
HourMinute = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Token = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[!-~]+$")]


class Link(Struct, frozen=True):
    """What opens when it is tapped."""

    type: LinkType
    id: int


class NotificationInfo(Struct, frozen=True):
    """`title` and `message` are in the reader's language, and speak of what it is about as that is now."""

    id: int
    recipient_id: int
    notification_type: NotificationType
    title: str
    message: str
    actor: str | None
    actor_id: int | None
    actor_info: PersonRef | None
    community_id: int | None
    post_id: int | None
    chat_message_id: int | None
    course_id: int | None
    link: Link | None
    is_read: bool
    read_at: datetime | None
    email_sent: bool
    push_sent: bool
    created_at: datetime


class UnreadCount(Struct, frozen=True):
    unread_count: int


class UpTo(Struct, frozen=True, forbid_unknown_fields=True):
    """Without `up_to_id`, everything."""

    up_to_id: int | None = None


class Marked(Struct, frozen=True):
    updated: int
    unread_count: int


class NewAnnouncement(Struct, frozen=True, forbid_unknown_fields=True):
    community_id: int
    title: Title
    message: Text


class Accepted(Struct, frozen=True):
    """The members are told in the background."""

    announcement_id: int


class NewDevice(Struct, frozen=True, forbid_unknown_fields=True):
    """`token` is the one that Firebase gave the app."""

    token: Token
    platform: Platform


class DeviceInfo(Struct, frozen=True):
    id: int
    platform: str
    created_at: datetime
    last_seen_at: datetime


class DeviceList(Struct, frozen=True):
    results: list[DeviceInfo]


class TypeInfo(Struct, frozen=True):
    notification_type: NotificationType
    in_app: bool
    email: bool
    push: bool


class GroupInfo(Struct, frozen=True):
    community_id: int
    email_notifications: bool
    push_notifications: bool
    muted_until: datetime | None


class PreferencesInfo(Struct, frozen=True):
    """`email_paused_at`: the address refused mails and gets none, until it is changed or a frequency is chosen."""

    language: Language
    email_frequency: Frequency
    email_paused_at: datetime | None
    quiet_hours: QuietHours | None
    types: list[TypeInfo]
    groups: list[GroupInfo]


class TypeBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    notification_type: NotificationType
    in_app: bool | None = None
    email: bool | None = None
    push: bool | None = None


class GroupBody(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays; `muted_until` null ends the mute."""

    community_id: int
    email_notifications: bool | None = None
    push_notifications: bool | None = None
    muted_until: Moment | UnsetType | None = UNSET


class QuietHoursBody(Struct, frozen=True, forbid_unknown_fields=True):
    """From `start` to `end`, HH:MM in the timezone; over midnight if `end` is the earlier."""

    start: HourMinute
    end: HourMinute
    timezone: Annotated[str, Meta(max_length=64)] = "Asia/Kolkata"


class PreferenceChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays: also types and groups that are not named. `quiet_hours` null ends them. The rest of the
    preferences may be sent back and is ignored.
    """

    language: Language | UnsetType = UNSET
    email_frequency: Frequency | UnsetType = UNSET
    quiet_hours: QuietHoursBody | UnsetType | None = UNSET
    types: Annotated[list[TypeBody], Meta(max_length=50)] = []
    groups: Annotated[list[GroupBody], Meta(max_length=200)] = []
    email_paused_at: datetime | UnsetType | None = UNSET

    def quiet(self) -> QuietHours | None:
        given = self.quiet_hours
        return QuietHours(given.start, given.end, given.timezone) if isinstance(given, QuietHoursBody) else None

    def type_changes(self) -> tuple[TypeChange, ...]:
        return tuple(TypeChange(one.notification_type, one.in_app, one.email, one.push) for one in self.types)

    def group_changes(self) -> tuple[GroupChange, ...]:
        return tuple(
            GroupChange(
                one.community_id,
                one.email_notifications,
                one.push_notifications,
                one.muted_until if isinstance(one.muted_until, datetime) else None,
                ends_mute=one.muted_until is None,
            )
            for one in self.groups
        )


def notification_info(request: Call, card: NotificationCard) -> NotificationInfo:
    title, message = told(card)
    link = link_of(card)
    return NotificationInfo(
        id=card.id,
        recipient_id=card.recipient_id,
        notification_type=card.notification_type,
        title=title,
        message=message,
        actor=name_of(card) if card.actor else None,
        actor_id=card.actor.id if card.actor else None,
        actor_info=person(media(request), card.actor) if card.actor else None,
        community_id=card.community_id,
        post_id=card.post_id,
        chat_message_id=card.chat_message_id,
        course_id=card.subject.course_id,
        link=Link(*link) if link else None,
        is_read=card.read_at is not None,
        read_at=card.read_at,
        email_sent=card.email_sent_at is not None,
        push_sent=card.push_sent_at is not None,
        created_at=card.created_at,
    )


def device_info(device: Device) -> DeviceInfo:
    return DeviceInfo(device.id, device.platform, device.created_at, device.last_seen_at)


def preferences_info(centre: PreferenceCentre) -> PreferencesInfo:
    own = centre.preferences
    return PreferencesInfo(
        language=own.language,
        email_frequency=own.email_frequency,
        email_paused_at=own.email_paused_at,
        quiet_hours=own.quiet_hours,
        types=[TypeInfo(name, one.in_app, one.email, one.push) for name, one in centre.types.items()],
        groups=[
            GroupInfo(one.community_id, one.email_notifications, one.push_notifications, one.muted_until)
            for one in centre.groups
        ],
    )
