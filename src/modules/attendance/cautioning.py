"""Telling students that their attendance is low, once in each course."""

from dataclasses import dataclass

from core.transaction import Begin
from modules.attendance.domain.figures import FEWEST, THRESHOLD
from modules.attendance.events import AttendanceLow
from modules.attendance.ports import WarningStore

BATCH = 200


@dataclass(frozen=True, slots=True)
class Cautioning:
    begin: Begin[WarningStore]

    async def warn(self, course_id: int) -> None:
        """Reaction: attendance was taken. A second run finds nobody who is not warned."""
        while True:
            async with self.begin() as store:
                found = await store.low(course_id, threshold=THRESHOLD, fewest=FEWEST, limit=BATCH)
                for user_id in found:
                    if await store.add_warning(course_id, user_id):
                        await store.emit(AttendanceLow(course_id=course_id, user_id=user_id))
            if len(found) < BATCH:
                return
