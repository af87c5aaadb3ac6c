"""The rules of attendance, without anything around them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import Invalid
from modules.attendance.domain.codes import MARGIN, STEP, is_shown, step_at
from modules.attendance.domain.figures import Attendance
from modules.attendance.domain.records import Record, Source, judged, seen, with_verdict
from modules.attendance.domain.sessions import (
    CheckInClosed,
    ClassSession,
    Plan,
    SessionStatus,
    changed,
    demand_check_in,
    moved_like,
    times,
)
from modules.attendance.domain.statuses import USUAL, Occasion, Status, demand_usable, given_on

START = datetime(2030, 1, 7, 13, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MOMENT = timedelta(microseconds=1)


def planned(**values: object) -> ClassSession:
    plan = Plan(1, None, "Class 7", "", START, 60, "Asia/Kolkata", None)
    plan = replace(plan, **{name: value for name, value in values.items() if name in Plan.__struct_fields__})
    kept = {name: getattr(plan, name) for name in Plan.__struct_fields__}
    rest = {
        "id": 12,
        "series_id": None,
        "occurs_at": None,
        "statuses": USUAL,
        "most_points": 2,
        "secret": "ab" * 20,
        "closed_at": None,
        "cancelled_at": None,
        "announced_at": None,
        "created_by_id": 1,
        "created_at": START,
        "version": 1,
    }
    return ClassSession(**{**kept, **times(plan), **rest, **values})


NOBODY = Record(1, 12, 1, 5, None, None, None, START, "", False, None, None, None, None, None, 0, 1)


# --- windows -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "is_open"),
    [
        (timedelta(minutes=-10) - MOMENT, False),
        (timedelta(minutes=-10), True),
        (timedelta(0), True),
        (timedelta(minutes=60) - MOMENT, True),
        (timedelta(minutes=60), False),
    ],
)
def test_check_in_is_open_from_the_first_moment_to_the_last(after: timedelta, is_open: bool) -> None:
    if is_open:
        demand_check_in(planned(), START + after)
    else:
        with pytest.raises(CheckInClosed):
            demand_check_in(planned(), START + after)


def test_a_check_in_that_is_shorter_than_its_class_ends_before_it() -> None:
    short = planned(check_in_minutes=15)
    demand_check_in(short, START + timedelta(minutes=15) - MOMENT)
    with pytest.raises(CheckInClosed):
        demand_check_in(short, START + timedelta(minutes=15))


def test_whoever_comes_too_early_is_told_when_to_come_back() -> None:
    with pytest.raises(CheckInClosed) as refused:
        demand_check_in(planned(), START - timedelta(minutes=10, milliseconds=1500))
    assert refused.value.retry_after == 2


@pytest.mark.parametrize(
    ("values", "after", "status"),
    [
        ({}, timedelta(minutes=-11), SessionStatus.SCHEDULED),
        ({}, timedelta(minutes=-10), SessionStatus.OPEN),
        ({}, timedelta(hours=5), SessionStatus.OPEN),
        ({"closed_at": START}, timedelta(hours=5), SessionStatus.CLOSED),
        ({"closed_at": START, "cancelled_at": START}, timedelta(0), SessionStatus.CANCELLED),
    ],
)
def test_a_class_opens_by_itself_and_is_closed_by_somebody(
    values: dict[str, datetime], after: timedelta, status: SessionStatus
) -> None:
    assert planned(**values).status_at(START + after) is status


def test_a_class_that_is_open_stays_so_when_it_is_put_off_by_a_while() -> None:
    early, soon = START - timedelta(hours=1), START - timedelta(minutes=50)
    opened = replace(planned(), check_in_opens_at=early)
    for changes in ({"title": "New"}, {"duration_minutes": 30}, {"starts_at": START + timedelta(minutes=30)}):
        assert changed(opened, changes, soon).check_in_opens_at == early
    tomorrow = {"starts_at": START + timedelta(days=1)}
    assert changed(opened, tomorrow, soon).check_in_opens_at == START + timedelta(days=1, minutes=-10)
    before = {"starts_at": START + timedelta(minutes=30)}
    assert changed(planned(), before, START - timedelta(hours=2)).check_in_opens_at == START + timedelta(minutes=20)


def test_others_of_a_series_move_by_the_clocks_of_their_zone() -> None:
    """In Berlin summer time ends on 27 October 2030: six in the evening stays six, an hour later in UTC."""
    summer = planned(timezone="Europe/Berlin", starts_at=datetime(2030, 10, 25, 16, 0, tzinfo=UTC))
    winter = planned(timezone="Europe/Berlin", starts_at=datetime(2030, 11, 1, 17, 0, tzinfo=UTC))
    moved = moved_like(winter, summer, datetime(2030, 10, 25, 17, 30, tzinfo=UTC))
    assert moved == datetime(2030, 11, 1, 18, 30, tzinfo=UTC)


# --- codes ---------------------------------------------------------------------------------------------------------


def code_at(moment: datetime) -> str:
    return f"{int(moment.timestamp()) // 15 % 1_000_000:06}"


@pytest.mark.parametrize(
    ("shown", "is_good"),
    [
        (timedelta(0), True),
        (-STEP, True),
        (-2 * STEP, False),
        (STEP, False),
    ],
)
def test_the_present_code_and_the_one_before_are_good(shown: timedelta, is_good: bool) -> None:
    middle = step_at(START)[0] + STEP / 2
    assert is_shown(code_at(middle + shown), middle, code_at) is is_good


def test_a_code_is_good_for_two_steps_and_two_seconds_of_clocks_that_differ() -> None:
    since, until = step_at(START)
    assert until - since == STEP
    code = code_at(since)
    assert is_shown(code, since - MARGIN, code_at)
    assert not is_shown(code, since - MARGIN - SECOND, code_at)
    assert is_shown(code, until + STEP - MOMENT, code_at)
    assert not is_shown(code, until + STEP, code_at)


@pytest.mark.parametrize(
    "typed", ["{} ", "{0[0]}{0[1]}{0[2]} {0[3]}{0[4]}{0[5]}", "{0[0]}{0[1]}{0[2]}-{0[3]}{0[4]}{0[5]}"]
)
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert is_shown(typed.format(code_at(START)), START, code_at)


@pytest.mark.parametrize("typed", ["", "  ", "१२३४५६", "12345", "0" * 20])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert not is_shown(typed, START, code_at)


# --- heartbeats ----------------------------------------------------------------------------------------------------


def after_beats(*seconds: float, session: ClassSession | None = None) -> Record:
    record, held = NOBODY, session or planned()
    for second in seconds:
        record = seen(record, held, START + timedelta(seconds=second))
    return record


def test_heartbeats_cover_the_time_between_them() -> None:
    assert after_beats(0, 30, 60, 90).seen_ms == 90_000


def test_two_lost_heartbeats_are_forgiven_and_a_longer_silence_does_not_count() -> None:
    assert after_beats(0, 90).seen_ms == 90_000
    assert after_beats(0, 100).seen_ms == 100_000
    assert after_beats(0, 101).seen_ms == 0
    assert after_beats(0, 30, 600, 630).seen_ms == 60_000


def test_replayed_heartbeats_and_those_of_a_second_device_count_once() -> None:
    assert after_beats(0, 0, 0, 30, 30, 30).seen_ms == 30_000
    assert after_beats(0, 1, 30, 31, 60, 61).seen_ms == 61_000
    assert after_beats(0, 60, 30).seen_ms == 60_000  # another instance's clock is behind


def test_only_time_within_the_class_counts() -> None:
    early = after_beats(-90, -60, -30, 0, 30)
    assert (early.seen_ms, early.first_seen_at) == (30_000, START - timedelta(seconds=90))
    assert after_beats(3570, 3600, 3630, 3660).seen_ms == 30_000


@given(st.lists(st.floats(min_value=-600, max_value=4500), max_size=60))
def test_no_heartbeats_make_more_time_than_there_was(seconds: list[float]) -> None:
    record = after_beats(*seconds)
    within = [min(max(second, 0), 3600) for second in seconds]
    assert 0 <= record.seen_ms <= (max(within, default=0) - min(within, default=0)) * 1000 + 1


def test_present_at_sixty_per_cent_and_late_if_first_seen_ten_minutes_in() -> None:
    def came(first: float, covered_s: float) -> tuple[str, str] | None:
        record = replace(
            NOBODY, first_seen_at=START + timedelta(seconds=first), last_seen_at=START, seen_ms=int(covered_s * 1000)
        )
        verdict = judged(record, planned(), is_over=False)
        return None if verdict is None else (verdict[0].code, verdict[1].value)

    assert came(0, 2159.999) is None
    assert came(0, 2160) == ("present", "presence")
    assert came(599.999, 2160) == ("present", "presence")
    assert came(600, 2160) == ("late", "presence")


def test_of_a_class_that_was_closed_early_the_time_that_was_held_counts() -> None:
    early = planned(closed_at=START + timedelta(minutes=30))
    record = replace(NOBODY, first_seen_at=START, seen_ms=18 * 60_000)
    assert judged(record, planned(), is_over=False) is None
    assert judged(record, early, is_over=True) == (USUAL[0], Source.PRESENCE)


# --- which proof wins ------------------------------------------------------------------------------------------------

ON_TIME, LATE = START, START + timedelta(minutes=10)
LONG = {"first_seen_at": START, "seen_ms": 3_600_000}


@pytest.mark.parametrize(
    ("proofs", "is_over", "expected"),
    [
        ({}, False, None),
        ({}, True, ("absent", "system")),
        ({"checked_in_at": ON_TIME}, False, ("present", "code")),
        ({"checked_in_at": LATE - MOMENT}, False, ("present", "code")),
        ({"checked_in_at": LATE}, False, ("late", "code")),
        ({"checked_in_at": LATE, **LONG}, False, ("present", "presence")),
        ({"checked_in_at": ON_TIME, **LONG}, True, ("present", "code")),
        ({"mark": "absent", "checked_in_at": ON_TIME, **LONG}, True, ("absent", "instructor")),
        ({"mark": "excused"}, True, ("excused", "instructor")),
    ],
)
def test_the_instructors_mark_wins_then_the_better_proof(
    proofs: dict[str, object], is_over: bool, expected: tuple[str, str] | None
) -> None:
    verdict = judged(replace(NOBODY, **proofs), planned(), is_over=is_over)
    assert (None if verdict is None else (verdict[0].code, verdict[1].value)) == expected


def test_the_moment_of_a_record_is_that_of_its_last_change() -> None:
    here = with_verdict(replace(NOBODY, checked_in_at=ON_TIME), planned(), LATE, is_over=False)
    assert (here.status, here.points, here.recorded_at) == ("present", 2, LATE)
    assert with_verdict(here, planned(), LATE + SECOND, is_over=False) is here


# --- figures -------------------------------------------------------------------------------------------------------


def test_the_percentages_of_the_specification() -> None:
    """Three present, two late, one excused, and four classes to come."""
    found = Attendance(taken=6, counted=5, points=8, possible_points=10, left_points=8, left_possible_points=8)
    assert (found.percentage, found.best_possible_percentage, found.is_low) == (80.0, 88.9, False)


@pytest.mark.parametrize(
    ("counted", "points", "is_low"),
    [(4, 0, False), (5, 6, True), (5, 7, False), (10, 13, True), (10, 14, False)],
)
def test_a_warning_comes_below_seventy_per_cent_after_five_classes(counted: int, points: int, is_low: bool) -> None:
    assert Attendance(counted, counted, points, 2 * counted, 0, 0).is_low is (is_low and points * 100 < 140 * counted)


def test_nothing_counted_is_no_percentage() -> None:
    assert Attendance(2, 0, 0, 0, 0, 0).percentage is None
    assert Attendance(0, 0, 0, 0, 0, 0).best_possible_percentage is None
    assert Attendance(0, 0, 0, 0, 8, 8).best_possible_percentage == 100.0


# --- statuses ------------------------------------------------------------------------------------------------------

OWN = Status("here", "Here", 10, Occasion.ON_TIME)
GONE = Status("gone", "Gone", 0, Occasion.ABSENT)


@pytest.mark.parametrize(
    "statuses",
    [
        (OWN,),
        (GONE, Status("late", "Late", 1, Occasion.LATE)),
        (OWN, GONE, GONE),
        (OWN, OWN, GONE),
        (OWN, replace(GONE, points=None)),
        (replace(OWN, points=0), GONE),
        (replace(OWN, points=None), GONE),
        (OWN, GONE, Status("star", "Star", 11)),
    ],
)
def test_a_set_that_leaves_something_open_is_refused(statuses: tuple[Status, ...]) -> None:
    with pytest.raises(Invalid):
        demand_usable(statuses)


def test_a_set_without_late_takes_everybody_for_punctual() -> None:
    demand_usable((OWN, GONE))
    demand_usable(USUAL)
    assert given_on((OWN, GONE), Occasion.LATE) is OWN
    assert given_on((OWN, GONE), Occasion.EXCUSED) is None
