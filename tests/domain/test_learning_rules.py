"""The rules of learning, without any I/O."""

import random
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from modules.learning.domain.catalogue import (
    Content,
    ContentType,
    Course,
    Level,
    Media,
    Provider,
    content_gaps,
    course_gaps,
    same_members,
)
from modules.learning.domain.enrolment import (
    ContentLocked,
    Enrollment,
    EnrolmentExpired,
    NotEnrolled,
    Source,
    Suspended,
    available_at,
    demand_access,
    demand_unlocked,
    expiry,
)
from modules.learning.domain.media import embed_url, hosted_video
from modules.learning.domain.progress import (
    Progress,
    Report,
    Rule,
    Tally,
    advance,
    required_seconds,
    rule_for,
    seconds,
    union,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
DURATION = 120
FRESH = Progress(1, 8, 5, False, None, 0, 0)
interval = st.tuples(st.integers(0, DURATION), st.integers(0, DURATION)).map(lambda pair: tuple(sorted(pair)))
intervals = st.lists(interval, max_size=8).map(tuple)
reports = st.builds(
    Report,
    last_position=st.integers(0, 500),
    time_spent=st.integers(0, 500),
    is_completed=st.booleans(),
    watched=st.lists(interval, min_size=1, max_size=5).map(tuple),
)


def told(before: Progress, *given: Report, kind: ContentType = ContentType.VIDEO, now: datetime = NOW) -> Progress:
    for report in given:
        before = advance(before, report, content_type=kind, duration=DURATION, enrolled_since=LONG_AGO, now=now)
    return before


def covered(groups: tuple[tuple[int, int], ...]) -> set[int]:
    return {second for start, end in groups for second in range(start, end)}


# --- what was watched ------------------------------------------------------------------------------------------------


@given(st.lists(intervals, max_size=4))
def test_a_union_covers_the_same_seconds_sorted_and_apart(groups: list[tuple[tuple[int, int], ...]]) -> None:
    merged = union(*groups)
    assert covered(merged) == set().union(*(covered(group) for group in groups))
    assert seconds(merged) == len(covered(merged))
    assert all(a[1] < b[0] for a, b in pairwise(merged))
    assert union(merged) == merged


@given(st.lists(reports, max_size=6), st.randoms(use_true_random=False))
def test_reports_with_intervals_add_up_in_any_order(given_: list[Report], chance: random.Random) -> None:
    shuffled = list(given_)
    chance.shuffle(shuffled)
    one, other = told(FRESH, *given_), told(FRESH, *shuffled)
    same = ("watched", "time_spent", "is_completed", "completion_date")
    assert [getattr(one, name) for name in same] == [getattr(other, name) for name in same]


@given(st.lists(reports, max_size=4), reports, st.sampled_from(ContentType))
def test_a_repeated_report_changes_nothing(earlier: list[Report], last: Report, kind: ContentType) -> None:
    once = told(FRESH, *earlier, last, kind=kind)
    assert told(once, last, kind=kind, now=NOW + timedelta(hours=1)) == once


@given(st.lists(st.builds(Report, last_position=st.integers(0, 200), time_spent=st.integers(0, 300)), max_size=6))
def test_a_repeat_without_intervals_changes_nothing_either(given_: list[Report]) -> None:
    for count in range(1, len(given_) + 1):
        once = told(FRESH, *given_[:count])
        assert told(once, given_[count - 1]) == once


@given(st.lists(reports, max_size=4), reports, st.sampled_from(ContentType))
def test_what_was_reached_is_never_lost(earlier: list[Report], last: Report, kind: ContentType) -> None:
    before = told(FRESH, *earlier, kind=kind)
    after = told(before, last, kind=kind, now=NOW + timedelta(hours=1))
    assert after.time_spent >= before.time_spent
    assert covered(after.watched) >= covered(before.watched)
    assert after.is_completed >= before.is_completed
    if before.is_completed:
        assert after.completion_date == before.completion_date
    assert after.is_completed == (after.completion_date is not None)
    assert 0 <= after.last_position <= DURATION


@pytest.mark.parametrize(("watched", "is_done"), [(107, False), (108, True), (120, True)])
def test_a_video_is_done_at_ninety_percent(watched: int, is_done: bool) -> None:
    assert told(FRESH, Report(0, 0, watched=((0, watched),))).is_completed is is_done


@pytest.mark.parametrize(("ago", "is_done"), [(43, False), (44, True)])
def test_a_video_takes_its_time(ago: int, is_done: bool) -> None:
    """108 seconds at two and a half times the speed take 43.2."""
    since = NOW - timedelta(seconds=ago)
    after = advance(
        FRESH,
        Report(120, 120, watched=((0, 120),)),
        content_type=ContentType.VIDEO,
        duration=DURATION,
        enrolled_since=since,
        now=NOW,
    )
    assert after.is_completed is is_done


@pytest.mark.parametrize(
    ("report", "watched"),
    [
        (Report(60, 60), ((0, 60),)),
        (Report(60, 10), ((50, 60),)),
        (Report(60, 90), ((0, 60),)),
        (Report(999, 10), ((110, 120),)),
        (Report(120, 0), ()),
        (Report(0, 50), ()),
        (Report(0, 0, watched=((100, 999),)), ((100, 120),)),
        (Report(0, 0, watched=((130, 999), (5, 5))), ()),
    ],
)
def test_what_one_report_counts_as_watched(report: Report, watched: tuple[tuple[int, int], ...]) -> None:
    assert told(FRESH, report).watched == watched


def test_only_videos_are_watched_and_quizzes_are_not_said_to_be_done() -> None:
    done = Report(120, 120, is_completed=True, watched=((0, 120),))
    assert told(FRESH, done, kind=ContentType.TEXT).watched == ()
    assert told(FRESH, done, kind=ContentType.DOCUMENT).is_completed
    assert not told(FRESH, done, kind=ContentType.QUIZ).is_completed
    assert not told(FRESH, Report(0, 0, is_completed=True)).is_completed


def test_a_video_without_a_duration_cannot_be_completed() -> None:
    after = advance(
        FRESH,
        Report(50, 50, is_completed=True),
        content_type=ContentType.VIDEO,
        duration=None,
        enrolled_since=LONG_AGO,
        now=NOW,
    )
    assert (after.is_completed, after.last_position) == (False, 50)


@given(st.integers(1, 86_400))
def test_the_seconds_wanted_are_the_fewest_that_make_ninety_percent(duration: int) -> None:
    wanted = required_seconds(duration)
    assert Fraction(wanted, duration) >= Fraction(9, 10)
    assert Fraction(wanted - 1, duration) < Fraction(9, 10)


def test_the_rules_by_kind() -> None:
    assert {kind: rule_for(kind) for kind in ContentType} == {
        ContentType.VIDEO: Rule.WATCH_90,
        ContentType.QUIZ: Rule.PASS_QUIZ,
        ContentType.DOCUMENT: Rule.MARK_DONE,
        ContentType.TEXT: Rule.MARK_DONE,
    }
    assert (required_seconds(630), required_seconds(None)) == (567, 0)


# --- percentages -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("completed", "total", "percentage"),
    [(0, 0, 0.0), (0, 9, 0.0), (15, 33, 45.5), (1, 3, 33.3), (2, 3, 66.7), (1, 16, 6.3), (3, 16, 18.8), (9, 9, 100.0)],
)
def test_percentages_have_one_decimal_half_up(completed: int, total: int, percentage: float) -> None:
    assert Tally(completed, total).percentage == percentage


@given(st.integers(1, 3000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_percentages_are_those_of_exact_numbers(pair: tuple[int, int]) -> None:
    tally = Tally(*pair)
    exact = int(Fraction(tally.completed * 1000, tally.total) + Fraction(1, 2))
    assert tally.percentage == exact / 10
    assert tally.is_complete == (tally.completed == tally.total)


def test_a_course_without_contents_is_never_complete() -> None:
    assert not Tally(0, 0).is_complete


# --- access ----------------------------------------------------------------------------------------------------------

ENROLLED = Enrollment(8, 5, 1, LONG_AGO, True, None, None, Source.FREE, 1)


@pytest.mark.parametrize(
    ("is_active", "ends", "has_access"),
    [
        (True, None, True),
        (True, NOW + timedelta(seconds=1), True),
        (True, NOW, False),
        (True, NOW - timedelta(days=1), False),
        (False, None, False),
        (False, NOW + timedelta(days=1), False),
    ],
)
def test_the_one_rule_of_access(is_active: bool, ends: datetime | None, has_access: bool) -> None:
    enrollment = msgspec.structs.replace(ENROLLED, is_active=is_active, expiry_date=ends)
    assert enrollment.has_access(NOW) is has_access
    if has_access:
        assert demand_access(enrollment, NOW) is enrollment
    else:
        with pytest.raises(EnrolmentExpired):
            demand_access(enrollment, NOW)


def test_nobody_gets_in_without_an_enrolment() -> None:
    with pytest.raises(NotEnrolled):
        demand_access(None, NOW)
    assert Suspended.code == "enrolment_expired"


def test_drip_counts_from_the_enrolment() -> None:
    assert available_at(ENROLLED, 30) == NOW
    demand_unlocked(ENROLLED, 30, NOW)
    with pytest.raises(ContentLocked, match="31 March 2026"):
        demand_unlocked(ENROLLED, 60, NOW)
    assert (expiry(NOW, None), expiry(NOW, 30)) == (None, NOW + timedelta(days=30))


# --- the catalogue ---------------------------------------------------------------------------------------------------

COURSE = Course(
    1, "a", "A", "About.", 0, "INR", None, 3, Level.BEGINNER, "en", False, False, None, False, True, None, None, 1
)
FILM = Media(Provider.YOUTUBE, "dQw4w9WgXcQ")


@pytest.mark.parametrize(
    ("kind", "media", "duration", "text", "gaps"),
    [
        (ContentType.TEXT, None, None, "Hi", []),
        (ContentType.TEXT, None, None, " \n", ["text_content"]),
        (ContentType.DOCUMENT, None, None, "Hi", ["document"]),
        (ContentType.DOCUMENT, FILM, None, "", []),
        (ContentType.VIDEO, FILM, 60, "", []),
        (ContentType.VIDEO, FILM, None, "", ["video_duration"]),
        (ContentType.VIDEO, None, None, "", ["video_url", "video_duration"]),
    ],
)
def test_what_a_content_lacks(
    kind: ContentType, media: Media | None, duration: int | None, text: str, gaps: list[str]
) -> None:
    content = Content(1, 1, 1, "T", kind, media, duration, text, "", False, False, 0, 1, NOW, 1)
    assert [fault.field for fault in content_gaps(content)] == gaps


def test_what_a_course_lacks() -> None:
    assert course_gaps(COURSE, 1) == []
    bare = msgspec.structs.replace(COURSE, description=" ", category_id=None)
    assert [fault.field for fault in course_gaps(bare, 0)] == ["description", "category", "contents"]


@given(st.lists(st.integers(1, 9), unique=True), st.lists(st.integers(1, 9)))
def test_an_order_names_each_once(existing: list[int], given_: list[int]) -> None:
    if sorted(given_) == sorted(existing):
        same_members(given_, existing, "ids")
    else:
        with pytest.raises(Invalid):
            same_members(given_, existing, "ids")


@given(st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True), st.from_regex(r"[0-9]{6,12}", fullmatch=True))
def test_a_player_s_address_names_the_same_video(youtube: str, vimeo: str) -> None:
    for provider, ref in ((Provider.YOUTUBE, youtube), (Provider.VIMEO, vimeo)):
        assert hosted_video(embed_url(Media(provider, ref))) == Media(provider, ref)


@given(st.one_of(st.text(), st.text().map(lambda rest: f"https://youtu.be{rest}"), st.text().map("https://{}".format)))
def test_whatever_is_typed_gives_a_clean_video_or_a_refusal(url: str) -> None:
    try:
        media = hosted_video(url)
    except Invalid as refused:
        assert [fault.field for fault in refused.faults] == ["video_url"]  # noqa: PT017
    else:
        assert media.ref.replace("-", "").replace("_", "").isalnum()
        assert media.ref.isascii()
