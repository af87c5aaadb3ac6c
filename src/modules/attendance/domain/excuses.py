"""Excuses: asked for by students, decided by instructors."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from core.errors import Conflict

TIME_TO_ASK = timedelta(days=14)
"""After the end of the class."""


class ExcuseStatus(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class ExcuseDecided(Conflict):
    code = "excuse_decided"
    detail = "This excuse was decided already."


class ExcuseTooLate(Conflict):
    code = "excuse_too_late"
    detail = "Excuses are taken until two weeks after a class; write to the instructor."


class NothingToExcuse(Conflict):
    code = "nothing_to_excuse"
    detail = "You were there in time; there is nothing to excuse."


class NoExcuses(Conflict):
    code = "no_excuses"
    detail = "The statuses of this class know no excuse."


class Excuse(Struct, frozen=True):
    id: int
    session_id: int
    course_id: int
    user_id: int
    reason: str
    status: ExcuseStatus
    notes: str
    decided_by_id: int | None
    decided_at: datetime | None
    created_at: datetime
