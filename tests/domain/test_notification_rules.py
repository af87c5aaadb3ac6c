"""Kinds, quiet hours, digests and texts, without any database."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.notifications.domain.kinds import KINDS, Channels, Language, NotificationType, words
from modules.notifications.domain.notices import Recipient, deliver
from modules.notifications.domain.preferences import Frequency, Preferences, mail_due, quiet_until
from modules.notifications.domain.texts import excerpt

KNOWN = {"actor", "community", "course", "post", "excerpt", "notes", "title", "message", "amount", "date", "percent"}
MOMENTS = st.datetimes(min_value=datetime(2025, 1, 1), max_value=datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
ZONES = st.sampled_from(["Asia/Kolkata", "UTC", "America/New_York", "Pacific/Auckland"])
CLOCKS = st.times().map(lambda time: f"{time:%H:%M}")


@pytest.mark.parametrize("kind", list(NotificationType))
def test_every_type_has_its_texts_in_both_languages(kind: NotificationType) -> None:
    for variant in KINDS[kind].words:
        names = []
        for language in Language:
            found = words(kind, variant, language)
            assert found.title
            assert found.message
            names.append({name for _, name, _, _ in string.Formatter().parse(found.title + found.message) if name})
        assert names[0] == names[1] <= KNOWN


def test_a_variant_that_is_gone_reads_as_the_first() -> None:
    assert words(NotificationType.NEW_POST, "of old", Language.ENGLISH).title == "New post in {community}"


@settings(deadline=None)  # timezones are read from files, once
@given(MOMENTS, CLOCKS, CLOCKS, ZONES)
def test_after_quiet_hours_it_is_not_quiet(now: datetime, start: str, end: str, zone: str) -> None:
    preferences = Preferences(quiet_start=start, quiet_end=end, timezone=zone)
    until = quiet_until(preferences, now)
    if until is not None and start != end:
        assert now < until <= now + timedelta(hours=26)  # a clock may be put back
        assert quiet_until(preferences, until) is None


def test_quiet_hours_over_midnight() -> None:
    preferences = Preferences(quiet_start="22:00", quiet_end="07:00", timezone="Asia/Kolkata")
    evening, night = datetime(2026, 1, 1, 16, 30, tzinfo=UTC), datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
    morning = datetime(2026, 1, 2, 1, 30, tzinfo=UTC)
    assert quiet_until(preferences, evening) == quiet_until(preferences, night) == morning
    assert quiet_until(preferences, morning) is None
    assert quiet_until(preferences, evening - timedelta(minutes=1)) is None


@settings(deadline=None)
@given(MOMENTS, ZONES)
def test_digests(since: datetime, zone: str) -> None:
    daily = mail_due(Preferences(email_frequency=Frequency.DAILY, timezone=zone), since)
    weekly = mail_due(Preferences(email_frequency=Frequency.WEEKLY, timezone=zone), since)
    assert daily is not None
    assert weekly is not None
    assert since < daily <= since + timedelta(hours=25)
    assert daily <= weekly <= since + timedelta(days=7, hours=1)
    assert mail_due(Preferences(email_frequency=Frequency.INSTANT), since) == since + timedelta(minutes=2)
    assert mail_due(Preferences(email_frequency=Frequency.OFF), since) is None
    assert mail_due(Preferences(email_frequency=Frequency.INSTANT, email_paused_at=since), since) is None


def test_who_wants_nothing_gets_nothing() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    nothing = Channels(in_app=False, email=False, push=False)
    recipient = Recipient(1, Preferences(), nothing, may_mail=True, may_push=True, muted_until=None)
    assert deliver(NotificationType.NEW_POST, recipient, now) is None
    unreachable = Recipient(1, Preferences(), None, may_mail=False, may_push=False, muted_until=None)
    told = deliver(NotificationType.NEW_REPLY, unreachable, now)
    assert told is not None
    assert (told.in_app, told.email_due_at, told.push_due_at) == (True, None, None)


@given(st.text())
def test_an_excerpt_is_one_short_line(text: str) -> None:
    assert len(excerpt(text)) <= 140
    assert "\n" not in excerpt(text)
