"""What somebody wants to be told, on which way and when."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from core.errors import Invalid
from modules.notifications.domain.kinds import Channels, Language, NotificationType

TIMEZONE = "Asia/Kolkata"
MAIL_WAIT = timedelta(minutes=2)
"""What comes within it goes into the same mail, and what is read within it into none."""
DIGEST_HOUR = 8
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


class Frequency(StrEnum):
    """How often mails come: a digest is sent at 8 in the user's morning, a weekly one on Mondays."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKLY = "weekly"
    OFF = "off"


class QuietHours(Struct, frozen=True):
    """From `start` to `end` (HH:MM, in the timezone) no push comes; it comes afterwards. Over midnight if `end` is
    the earlier.
    """

    start: str
    end: str
    timezone: str = TIMEZONE


class Preferences(Struct, frozen=True):
    """`choices` holds the types that were chosen otherwise than the default. `email_paused_at`: the address refused
    mails, and gets none before it is changed or the pause is ended.
    """

    language: Language = Language.ENGLISH
    email_frequency: Frequency = Frequency.DAILY
    timezone: str = TIMEZONE
    quiet_start: str | None = None
    quiet_end: str | None = None
    email_paused_at: datetime | None = None

    @property
    def quiet_hours(self) -> QuietHours | None:
        if self.quiet_start is None or self.quiet_end is None:
            return None
        return QuietHours(self.quiet_start, self.quiet_end, self.timezone)


class Choice(Struct, frozen=True):
    """What was chosen for one type."""

    notification_type: NotificationType
    channels: Channels


class GroupChoice(Struct, frozen=True):
    """What was chosen for one group, by its member."""

    community_id: int
    email_notifications: bool
    push_notifications: bool
    muted_until: datetime | None


def demand_timezone(name: str) -> str:
    """:raises Invalid: it is no timezone of the IANA database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid.field("quiet_hours.timezone", "No such timezone; Asia/Kolkata is one.") from None
    return name


def demand_quiet_hours(quiet: QuietHours) -> None:
    """:raises Invalid:"""
    for field in ("start", "end"):
        if not CLOCK.fullmatch(getattr(quiet, field)):
            raise Invalid.field(f"quiet_hours.{field}", "A time as HH:MM.")
    if quiet.start == quiet.end:
        raise Invalid.field("quiet_hours.end", "Another time than the start; null ends quiet hours.")
    demand_timezone(quiet.timezone)


def zone(name: str) -> ZoneInfo:
    """The timezone; where this machine's database is older than the one it was chosen from, the school's."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(TIMEZONE)


def quiet_until(preferences: Preferences, now: datetime) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside of them."""
    quiet = preferences.quiet_hours
    if quiet is None:
        return None
    local = now.astimezone(zone(quiet.timezone))
    at = f"{local:%H:%M}"
    is_over_midnight = quiet.end < quiet.start
    is_quiet = (at >= quiet.start or at < quiet.end) if is_over_midnight else quiet.start <= at < quiet.end
    if not is_quiet:
        return None
    hour, minute = int(quiet.end[:2]), int(quiet.end[3:])
    end = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (end if end > local else end + timedelta(days=1)).astimezone(now.tzinfo)


def mail_due(preferences: Preferences, since: datetime) -> datetime | None:
    """When a mail tells of what happened at `since`; None for never."""
    if preferences.email_frequency is Frequency.OFF or preferences.email_paused_at is not None:
        return None
    if preferences.email_frequency is Frequency.INSTANT:
        return since + MAIL_WAIT
    local = since.astimezone(zone(preferences.timezone))
    morning = local.replace(hour=DIGEST_HOUR, minute=0, second=0, microsecond=0)
    days = int(morning <= local)
    if preferences.email_frequency is Frequency.WEEKLY:
        days = (7 - local.weekday()) % 7 or (7 if morning <= local else 0)
    return (morning + timedelta(days=days)).astimezone(since.tzinfo)
