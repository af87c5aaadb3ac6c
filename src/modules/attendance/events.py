"""Facts that attendance announces."""

from core.events import Event


class ClassStarting(Event, frozen=True, kw_only=True):
    """A class begins within a quarter of an hour."""

    session_id: int


class ClassMoved(Event, frozen=True, kw_only=True):
    """A class is held at another time, which is yet to come; with `has_following` those of its series after it, too."""

    session_id: int
    version: int
    actor_id: int
    has_following: bool


class ClassCancelled(Event, frozen=True, kw_only=True):
    """A class that is yet to come is not held; with `has_following` those of its series after it neither."""

    session_id: int
    version: int
    actor_id: int
    has_following: bool


class AttendanceTaken(Event, frozen=True, kw_only=True):
    """What counts for the percentages of a course has changed: a class was closed, or records of a closed one were."""

    session_id: int
    course_id: int


class AttendanceLow(Event, frozen=True, kw_only=True):
    """For the first time in this course."""

    course_id: int
    user_id: int


class ExcuseAsked(Event, frozen=True, kw_only=True):
    excuse_id: int


class ExcuseAnswered(Event, frozen=True, kw_only=True):
    excuse_id: int
