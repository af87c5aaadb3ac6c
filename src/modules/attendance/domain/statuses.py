"""What a student can be in a class, and what it is worth."""

from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from core.errors import Invalid

MOST_STATUSES = 10


class Occasion(StrEnum):
    """When a status is given without an instructor's choosing: to who came in time or late, to who was not seen, to who
    has an accepted excuse.
    """

    ON_TIME = "on_time"
    LATE = "late"
    ABSENT = "absent"
    EXCUSED = "excused"


class Status(Struct, frozen=True):
    """`points` None: the class does not count for whoever has it. `given` None: instructors alone give it."""

    code: str
    title: str
    points: int | None
    given: Occasion | None = None


class StatusSet(Struct, frozen=True):
    """A course's own statuses. Classes keep those that they were made with."""

    id: int
    course_id: int
    title: str
    statuses: tuple[Status, ...]
    version: int


USUAL = (
    Status("present", "Present", 2, Occasion.ON_TIME),
    Status("late", "Late", 1, Occasion.LATE),
    Status("excused", "Excused", None, Occasion.EXCUSED),
    Status("absent", "Absent", 0, Occasion.ABSENT),
)
"""What classes have for which no set of the course's own was chosen."""


def demand_usable(statuses: Sequence[Status]) -> None:
    """A set says what somebody in time gets and what somebody absent, once each; late and excused at most once.

    :raises Invalid:
    """
    if len({status.code for status in statuses}) < len(statuses):
        raise Invalid.field("statuses", "Two of them have the same code.")
    for occasion in Occasion:
        count = sum(status.given is occasion for status in statuses)
        is_needed = occasion in {Occasion.ON_TIME, Occasion.ABSENT}
        if count > 1 or (is_needed and not count):
            raise Invalid.field("statuses", f"{'Exactly' if is_needed else 'At most'} one is given `{occasion.value}`.")
    if status_for(statuses, Occasion.ABSENT).points is None:
        raise Invalid.field("statuses", "Being absent counts: it needs points, perhaps 0.")
    best = status_for(statuses, Occasion.ON_TIME).points
    if not best or best != most_points(statuses):
        raise Invalid.field("statuses", "Nothing is worth more than being there in time, and that more than nothing.")


def most_points(statuses: Sequence[Status]) -> int:
    return max(status.points or 0 for status in statuses)


def given_on(statuses: Sequence[Status], occasion: Occasion) -> Status | None:
    """The status for this occasion. Who is late where that does not matter is there in time."""
    found = next((status for status in statuses if status.given is occasion), None)
    return given_on(statuses, Occasion.ON_TIME) if found is None and occasion is Occasion.LATE else found


def status_for(statuses: Sequence[Status], occasion: Occasion) -> Status:
    """The same where `demand_usable` has seen to it that there is one."""
    found = given_on(statuses, occasion)
    if found is None:
        raise LookupError(occasion)
    return found
