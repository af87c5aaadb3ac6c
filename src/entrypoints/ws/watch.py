"""Looks after the sockets each second: heartbeats, what has ended, and what the hub may have lost."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from core.errors import Unavailable
from entrypoints.ws.closing import Code
from entrypoints.ws.connection import Connection
from entrypoints.ws.outgoing import Frame
from entrypoints.ws.personal import PersonalFeed
from entrypoints.ws.reviewing import review
from entrypoints.ws.sockets import Sockets
from modules.community.live import Changed

ANSWER = 10
COMPARE = 5
SWEEP = 60
AWAY = 5
"""While other instances cannot be heard, each user's notifications are looked for once in so many ticks."""
DIRECT_OVERLAP = timedelta(seconds=15)
MOST_DIRECT = 1000
REVIEWS = "reviews"
log = structlog.get_logger()


class Watch:
    def __init__(self, sockets: Sockets) -> None:
        self._sockets = sockets
        self._house = sockets.house
        self._wanted = asyncio.Event()
        self._to_review: dict[Connection, None] = {}
        self._is_comparing_wanted = self._is_ending = False
        self._looked_at: datetime | None = None
        """When direct messages were last compared."""
        self._ticks = 0

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """For as long as the application runs; at its end all sockets are closed."""
        self._house.hub.on_gap(self._compare_soon)
        await self._house.hub.subscribe(REVIEWS, self._review_soon)
        task = asyncio.create_task(self._run(), name="watch")
        sockets = self._sockets
        async with sockets.presence.running(), sockets.notifier.running(), sockets.roll_caller.running():
            try:
                yield
            finally:
                self._is_ending = True  # what it calls may swallow the cancellation
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._sockets.drain()

    def _review_soon(self, _: bytes) -> None:
        self._wanted.set()

    def _compare_soon(self) -> None:
        """Other instances are heard again: once more, what they said meanwhile."""
        self._is_comparing_wanted = True
        self._sockets.presence.say_again()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_tick = loop.time()
        while not self._is_ending:
            is_due = loop.time() >= next_tick
            if is_due:
                next_tick = max(next_tick + self._sockets.second, loop.time())
                self._ticks += 1
            try:
                if is_due:  # hearts and deadlines first: they need no database
                    self._beat()
                    self._to_review |= dict.fromkeys(self._sockets.due(self._house.clock.now()))
                await self._review()
                if is_due:
                    await self._look()
            except Unavailable:
                log.warning("watch_waits")  # the database is away; what was to be reviewed still is
            except Exception:  # whatever one second brought, the next one comes
                log.exception("watch_failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.001, next_tick - loop.time())):
                    await self._wanted.wait()
            self._wanted.clear()

    async def _look(self) -> None:
        """What comes round by itself."""
        # each in its turn, so that none of the seconds has all the work
        turn = self._sockets.all()[self._ticks % SWEEP :: SWEEP]
        feeds, is_whole = self._sockets.feeds, self._house.hub.is_whole
        # taken first: what comes while this looks is looked at the next time
        is_wanted, self._is_comparing_wanted = self._is_comparing_wanted, False
        try:
            if self._ticks % COMPARE == 0 or is_wanted or not is_whole:
                await self._compare()
            if is_wanted:
                await self._sockets.notifier.compare(list(feeds))
            elif is_whole:
                await self._sockets.notifier.compare([one.user_id for one in turn if one.user_id in feeds])
            else:
                await self._sockets.notifier.compare(list(feeds)[self._ticks % AWAY :: AWAY])
        except Unavailable:
            self._is_comparing_wanted |= is_wanted
            raise
        await review(self._sockets, turn)

    async def _review(self) -> None:
        """What facts have asked for since the last time."""
        if not self._sockets.all():
            return
        self._to_review |= self._sockets.newcomers
        self._sockets.newcomers = {}
        for one in await self._house.reviews.new():
            of_user = self._sockets.all() if one.user_id is None else self._sockets.of(one.user_id)
            for connection in of_user:
                if one.community_id is None or connection.community_id == one.community_id:
                    self._to_review[connection] = None
        if self._to_review:
            await review(self._sockets, self._to_review)
            self._to_review = {}

    async def _compare(self) -> None:
        """What the hub did not bring is found by its number, or by its moment."""
        rooms = self._sockets.rooms
        for community_id, position in (await self._house.workflows.streams.positions(list(rooms))).items():
            if community_id in rooms:
                rooms[community_id].compare(position)
        now = self._house.clock.now()
        if feeds := dict(self._sockets.feeds):
            since = (self._looked_at or now) - DIRECT_OVERLAP
            found = await self._house.workflows.streams.recent_direct(list(feeds), since, MOST_DIRECT)
            if len(found) == MOST_DIRECT:
                log.warning("direct_messages_left_out", since=since.isoformat())
            for changed in found:
                for user_id in (changed.message.sender_id, changed.message.recipient_id):
                    if user_id in feeds and not feeds[user_id].knows(changed):
                        await self._tell_member(feeds[user_id], changed)
        self._looked_at = now

    async def _tell_member(self, feed: PersonalFeed, changed: Changed) -> None:
        """Who is no member any more is told nothing of what they had there."""
        community_id = changed.message.community_id
        place = (await self._house.workflows.community.places(community_id, [feed.user_id])).get(feed.user_id)
        if place is not None and place.is_member:
            feed.tell(changed)

    def _beat(self) -> None:
        """Ask one part of the sockets, and close those of another that have not answered."""
        now = asyncio.get_running_loop().time()
        pings: dict[object, Frame] = {}
        for connection in self._sockets.beating(self._ticks - ANSWER):
            if connection.heard_at < connection.pinged_at and not connection.is_busy:
                connection.close(Code.NO_ANSWER, "no_answer")
        for connection in self._sockets.beating(self._ticks):
            home = self._sockets.home_of(connection)
            if home is not None:
                if home not in pings:
                    pings[home] = home.ping()
                connection.pinged_at = now
                connection.offer(pings[home])
