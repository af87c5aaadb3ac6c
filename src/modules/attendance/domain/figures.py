"""A student's attendance in a course, in numbers."""

from msgspec import Struct

THRESHOLD = 70
"""Per cent; below it somebody is warned."""
FEWEST = 5
"""Classes that must have counted before anybody is warned."""


class Attendance(Struct, frozen=True):
    """Over the classes that were taken and in which the student has a record: `taken` of them, `counted` of these have
    points. `left_points`: the most that the classes yet to come can bring.
    """

    taken: int
    counted: int
    points: int
    possible_points: int
    left_points: int

    @property
    def percentage(self) -> float | None:
        """Points for possible points, to one decimal, half up; None as long as nothing has counted."""
        return per_cent(self.points, self.possible_points)

    @property
    def best_possible_percentage(self) -> float | None:
        """The same if the student comes in time to all that is left."""
        return per_cent(self.points + self.left_points, self.possible_points + self.left_points)

    @property
    def is_low(self) -> bool:
        """Whether it is to be warned of."""
        return self.counted >= FEWEST and self.points * 100 < THRESHOLD * self.possible_points


def per_cent(part: int, whole: int) -> float | None:
    return (2000 * part + whole) // (2 * whole) / 10 if whole else None
