"""The sets of statuses that a course's classes can have."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from core.actor import Actor
from core.errors import NotFound, VersionConflict
from core.transaction import Begin
from modules.attendance.domain.sessions import NotStaff
from modules.attendance.domain.statuses import Status, StatusSet, demand_usable
from modules.attendance.ports import ScheduleStore


@dataclass(frozen=True, slots=True)
class Grading:
    begin: Begin[ScheduleStore]

    async def add_set(self, actor: Actor, course_id: int, *, title: str, statuses: Sequence[Status]) -> StatusSet:
        """:raises NotFound: :raises NotStaff: :raises Invalid: a set that leaves open what somebody absent gets."""
        demand_usable(statuses)
        async with self.begin() as store:
            if not await store.course_exists(course_id):
                raise NotFound
            if not await store.is_staff(actor, course_id):
                raise NotStaff
            return await store.add_status_set(course_id, title, statuses)

    async def change_set(
        self, actor: Actor, set_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> StatusSet:
        """Classes that have it already keep what they have.

        :raises NotFound: :raises NotStaff: :raises Invalid: :raises VersionConflict:
        """
        async with self.begin() as store:
            known = await self._own(store, actor, set_id)
            if version is not None and version != known.version:
                raise VersionConflict
            after = replace(known, **changes)
            demand_usable(after.statuses)
            return await store.save_status_set(after) if changes else known

    async def remove_set(self, actor: Actor, set_id: int) -> None:
        """:raises NotFound: :raises NotStaff:"""
        async with self.begin() as store:
            await self._own(store, actor, set_id)
            await store.remove_status_set(set_id)

    async def _own(self, store: ScheduleStore, actor: Actor, set_id: int) -> StatusSet:
        known = await store.status_set(set_id)
        if known is None:
            raise NotFound
        if not await store.is_staff(actor, known.course_id):
            raise NotStaff
        return known
