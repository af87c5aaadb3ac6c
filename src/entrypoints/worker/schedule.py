"""Work that comes round by itself. Each slot of time is taken once over all processes, and run through the outbox."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from core.clock import Clock


@dataclass(frozen=True, slots=True)
class Job:
    """`outside`: it waits for somebody else's server, and takes one of the places for that."""

    every: timedelta
    run: Callable[[], Awaitable[object]]
    outside: bool = False


class Slots(Protocol):
    async def take_slot(self, name: str, slot: datetime) -> bool: ...


class Schedule:
    def __init__(self, slots: Slots, clock: Clock, jobs: Mapping[str, Job]) -> None:
        self._slots = slots
        self._clock = clock
        self._jobs = jobs
        self._taken: dict[str, datetime] = {}

    async def tick(self) -> None:
        """Take the slots that have begun."""
        now = self._clock.now()
        for name, job in self._jobs.items():
            slot = slot_of(now, job.every)
            if self._taken.get(name) != slot:
                await self._slots.take_slot(name, slot)
                self._taken[name] = slot


def slot_of(now: datetime, every: timedelta) -> datetime:
    """The beginning of the slot that `now` is in; slots are counted from the epoch."""
    seconds = int(every.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)
