"""The calendar of each person, at an address that only they know."""

from dataclasses import dataclass
from datetime import timedelta

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.ids import Derivation
from core.transaction import Begin
from modules.attendance.ports import CalendarFormat, Calendars, FeedStore

PURPOSE = "calendar"
PAST, AHEAD = timedelta(days=90), timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Subscribing:
    begin: Begin[FeedStore]
    calendars: Calendars
    format: CalendarFormat
    derivation: Derivation
    clock: Clock

    async def secret(self, actor: Actor) -> str:
        """The part of one's calendar's address that nobody can guess."""
        async with self.begin() as store:
            version = await store.feed_version(actor.user_id)
        return self.derivation.derive(PURPOSE, actor.user_id, version)

    async def renew(self, actor: Actor) -> str:
        """Another one; the former address shows nothing from now on."""
        async with self.begin() as store:
            version = await store.next_feed_version(actor.user_id)
        return self.derivation.derive(PURPOSE, actor.user_id, version)

    async def feed(self, user_id: int, secret: str) -> bytes:
        """The classes of the last three months and the next year, cancelled ones too, in iCalendar.

        :raises NotFound: whatever is wrong with the address.
        """
        version = await self.calendars.version(user_id)
        if not version or not self.derivation.matches(secret, PURPOSE, user_id, version):
            raise NotFound
        now = self.clock.now()
        entries = await self.calendars.entries(user_id, now - PAST, now + AHEAD)
        return self.format.calendar("Shala", entries, now)
