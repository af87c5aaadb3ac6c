"""What notifications needs from the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.events import Emits
from core.idempotency import Once
from modules.notifications.domain.cards import Device, NotificationCard
from modules.notifications.domain.kinds import Channels, NotificationType
from modules.notifications.domain.mails import Letter, Mail, Template
from modules.notifications.domain.notices import Delivery, NewNotice, Notice, Part
from modules.notifications.domain.preferences import Preferences
from modules.notifications.domain.pushes import Platform, Push, PushResult


class MailStore(Emits, Protocol):
    async def mail(self, *, cause: str, user_id: int, template: Template, message_id: str) -> Mail:
        """The record of the mail that this cause sends to this person, made if there is none; locked."""
        ...

    async def count_attempt(self, mail_id: int) -> None: ...

    async def mark_sent(self, mail_id: int) -> None: ...


class MailFacts(Protocol):
    """Questions to other modules: what the words of a mail need, read when it is sent."""

    async def address(self, user_id: int) -> tuple[str, str] | None:
        """E-mail address and name; None if the person is gone or banned."""
        ...

    async def code(self, code_id: int) -> tuple[str, str] | None:
        """Where a one-time code goes, and its digits; None if it is used, void or expired."""
        ...

    async def former_address(self, code_id: int) -> str | None: ...

    async def receipt(self, payment_id: int) -> dict[str, str] | None:
        """`number`, `course`, `amount` (with the currency), `paid_at`, `payment`."""
        ...

    async def refund(self, refund_id: int) -> dict[str, str] | None:
        """`number`, `course`, `amount` (with the currency); None if it belongs to no order."""
        ...


class Papers(Protocol):
    """Asked of commerce: tax documents as PDF, by the name of the file; None where there is none."""

    async def of_payment(self, payment_id: int) -> tuple[str, bytes] | None: ...

    async def of_refund(self, refund_id: int) -> tuple[str, bytes] | None: ...


class MailTransport(Protocol):
    async def close(self) -> None: ...

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the mail server.

        :raises Unavailable: it did not take it now; whether it was sent may be unknown.
        :raises Rejected: it will never take it.
        """
        ...


class PushService(Protocol):
    async def close(self) -> None: ...

    async def send(self, pushes: Sequence[Push]) -> list[PushResult]:
        """What became of each, in their order.

        :raises Unavailable: the service does not let us in at all.
        """
        ...


class Expiring(Struct, frozen=True):
    enrollment_id: int
    user_id: int
    course_id: int
    expiry_date: datetime


class NoticeStore(Emits, Protocol):
    async def answered(self, once: Once | None, kind: type[int]) -> int | None: ...

    async def answer(self, once: Once | None, value: int) -> None: ...

    async def may_announce(self, actor: Actor, community_id: int) -> bool | None:
        """Whether the caller is a host of the group; None if they see no such group."""
        ...

    async def post(self, new: NewNotice) -> Notice:
        """The notice, made if this cause has none of this type yet; locked."""
        ...

    async def notice(self, notice_id: int) -> Notice | None:
        """Locked."""
        ...

    async def known(self, causes: Sequence[str]) -> set[str]:
        """Those of these causes that have a notice, all of whose people have it."""
        ...

    async def audience(self, notice: Notice, limit: int) -> Part:
        """Who comes next: without the one who caused it, and without those who have another notice of its cause."""
        ...

    async def add(self, notice: Notice, deliveries: Sequence[Delivery]) -> list[tuple[int, int]]:
        """Recipient and id of those that are new; who has the notice keeps what they have."""
        ...

    async def mark_spread(self, notice: Notice, *, up_to: int, is_all: bool) -> Notice: ...

    async def expiring(self, after: datetime, until: datetime, since_id: int, limit: int) -> list[Expiring]:
        """Enrolments that end in this time and give access now, by id."""
        ...


class NotificationStore(Emits, Protocol):
    async def mark_read(self, user_id: int, notification_id: int) -> bool | None:
        """Whether it was unread; None if there is none."""
        ...

    async def newest(self, user_id: int) -> int:
        """The id of the last one; 0 for none."""
        ...

    async def mark_all_read(self, user_id: int, up_to_id: int) -> int:
        """How many were unread."""
        ...

    async def unread_count(self, user_id: int) -> int: ...


class PreferenceStore(Emits, Protocol):
    async def preferences(self, user_id: int) -> Preferences:
        """Locked until the end, so that changes take turns."""
        ...

    async def change(self, user_id: int, **changes: object) -> None: ...

    async def choice(self, user_id: int, notification_type: NotificationType) -> Channels | None: ...

    async def choose(self, user_id: int, notification_type: NotificationType, channels: Channels) -> None: ...

    async def look_again(self, user_id: int, at: datetime) -> None:
        """Mails that wait are looked at anew at this moment, if not before."""
        ...

    async def register_device(
        self, user_id: int, session_id: int, token: str, platform: Platform
    ) -> tuple[Device, bool]:
        """The device, and whether it is new for this user. A token that was another's is theirs no longer."""
        ...

    async def forget_device(self, user_id: int, device_id: int) -> bool: ...

    async def forget_user(self, user_id: int) -> None:
        """Devices, choices and notifications go, and the notices that were for this person alone."""
        ...


class Waiting(Struct, frozen=True):
    """A notification that is to be mailed or pushed, with all that matters for whether it still is."""

    card: NotificationCard
    preferences: Preferences
    chosen: Channels | None
    may_mail: bool
    may_push: bool
    muted_until: datetime | None
    mail_id: int | None
    """The mail that it was to go out with before something failed."""
    in_app: bool
    devices_left: list[int] | None
    """The devices that have not got it, if others have."""


class BatchStore(MailStore, Protocol):
    async def due_users(self, limit: int) -> list[int]:
        """Whose mails are due, those first who wait the longest."""
        ...

    async def waiting(self, user_id: int) -> list[Waiting]:
        """What waits to be mailed to somebody, if any of it is due; the oldest first, locked. What another process has
        in hand is left out.
        """
        ...

    async def mail_of(self, mail_id: int) -> Mail: ...

    async def drop(self, notification_ids: Sequence[int]) -> None:
        """They are not to be mailed any more."""
        ...

    async def put_off(self, notification_ids: Sequence[int], until: datetime) -> None: ...

    async def put_all_off(self, user_id: int, until: datetime) -> None:
        """Nothing of this person is due before then."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...

    async def take(self, notification_ids: Sequence[int], mail_id: int, until: datetime) -> None:
        """They go out with this mail; if nothing more is heard of it until then, they are due again."""
        ...

    async def mark_mailed(self, user_id: int, mail_id: int) -> None: ...

    async def pause(self, user_id: int) -> None:
        """The address refuses mails: what waits for it is dropped, and nothing more is sent there."""
        ...


class Target(Struct, frozen=True):
    device_id: int
    token: str


class PushStore(Emits, Protocol):
    async def claim(self, limit: int, until: datetime) -> list[Waiting]:
        """What is due to be pushed; due again at `until`. What others claim meanwhile is left out."""
        ...

    async def targets(self, user_ids: Sequence[int]) -> dict[int, list[Target]]:
        """Devices whose login lasts."""
        ...

    async def unread_counts(self, user_ids: Sequence[int]) -> dict[int, int]: ...

    async def mark_pushed(self, notification_ids: Sequence[int]) -> None: ...

    async def drop(self, notification_ids: Sequence[int]) -> None: ...

    async def put_off(self, notification_id: int, until: datetime, devices_left: list[int] | None) -> None: ...

    async def remove_devices(self, targets: Sequence[Target]) -> None:
        """Unless a token was registered anew meanwhile, by another row."""
        ...
