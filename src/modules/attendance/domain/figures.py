"""A student's attendance in a course, in numbers."""

from msgspec import Struct

from core.percent import per_cent

THRESHOLD = 70
"""Per cent; below it somebody is warned."""
FEWEST = 5
"""Classes that must have counted before anybody is warned."""


class Attendance(Struct, frozen=True):
    """Over the classes that were taken and in which the student has a record: `taken` of them, `counted` of these have
    points. `left_points`: the most that can still come, from `left_possible_points` of classes that are not closed.
    """

    taken: int
    counted: int
    points: int
    possible_points: int
    left_points: int
    left_possible_points: int

    @property
    def percentage(self) -> float | None:
        """Points for possible points, to one decimal, half up; None as long as nothing has counted."""
        return per_cent(self.points, self.possible_points)

    @property
    def best_possible_percentage(self) -> float | None:
        """The same if the student comes in time to all that is left."""
        return per_cent(self.points + self.left_points, self.possible_points + self.left_possible_points)

    @property
    def is_low(self) -> bool:
        """Whether it is to be warned of."""
        return self.counted >= FEWEST and self.points * 100 < THRESHOLD * self.possible_points
