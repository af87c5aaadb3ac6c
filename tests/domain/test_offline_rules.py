"""What phones tell later ends in the same state in whatever order, however often and in however many parts."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.progress import Happened, Progress, Report, credited_seconds, merge, seconds

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
ENROLLED = NOW - timedelta(days=2)
FRESH = Progress(0, 8, 5, False, None, 0, 0)
INTERVALS = st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700)).map(lambda p: (min(p), max(p))), max_size=4)
HAPPENED = st.builds(
    Happened,
    st.builds(
        Report,
        last_position=st.integers(0, 700),
        time_spent=st.integers(0, 5_000),
        is_completed=st.booleans(),
        watched=INTERVALS.map(tuple),
    ),
    st.integers(-800_000, 800_000).map(lambda s: NOW + timedelta(seconds=s)),  # nine days wrong, either way
)


def told(before: Progress, events: list[Happened], kind: ContentType, now: datetime = NOW) -> Progress:
    duration = 600 if kind is ContentType.VIDEO else None
    return merge(before, events, content_type=kind, duration=duration, enrolled_since=ENROLLED, now=now)


@given(st.lists(HAPPENED, max_size=12), st.data(), st.sampled_from(ContentType))
def test_any_order_and_any_repeats_end_in_the_same_state(
    events: list[Happened], data: st.DataObject, kind: ContentType
) -> None:
    once = told(FRESH, events, kind)
    repeats = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    assert told(FRESH, data.draw(st.permutations([*events, *repeats])), kind) == once
    assert told(once, repeats, kind) == once
    one_by_one = FRESH
    for one in events:
        one_by_one = told(one_by_one, [one], kind)
    assert one_by_one == once


@given(st.lists(HAPPENED, min_size=1, max_size=8), st.data())
def test_parts_that_arrive_later_end_in_the_same_place(events: list[Happened], data: st.DataObject) -> None:
    """Hours lie between the parts; a phone whose clock is ahead is still compared with itself."""
    skewed = [Happened(one.report, one.occurred_at + timedelta(days=20)) for one in events]
    at_once = told(FRESH, skewed, ContentType.VIDEO, NOW)
    cut = data.draw(st.integers(0, len(events)))
    order = data.draw(st.permutations(skewed))
    later = told(
        told(FRESH, order[:cut], ContentType.VIDEO, NOW), order[cut:], ContentType.VIDEO, NOW + timedelta(hours=3)
    )
    for name in ("last_position", "time_spent", "watched", "is_completed", "position_said_at"):
        assert getattr(later, name) == getattr(at_once, name), name


@given(st.lists(HAPPENED, max_size=12), st.integers(0, 400))
def test_what_was_reached_stays_and_the_wall_clock_bounds_it(events: list[Happened], ago: int) -> None:
    since, before = NOW - timedelta(seconds=ago), FRESH
    for one in events:
        after = merge(before, [one], content_type=ContentType.VIDEO, duration=600, enrolled_since=since, now=NOW)
        assert seconds(after.watched) >= seconds(before.watched)
        assert after.is_completed >= before.is_completed
        assert after.time_spent >= before.time_spent
        assert credited_seconds(after.watched, since, NOW) <= ago * 2.5
        assert all(0 <= start < end <= 600 for start, end in after.watched)
        assert after.position_at is not None
        assert after.position_at <= NOW
        before = after
    assert not before.is_completed or ago * 2.5 >= 540
