"""All sockets of this instance: who they are, what they are in, and how they end."""

import asyncio
import heapq
import itertools
import random
import time
import weakref
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import structlog
from prometheus_client import Gauge

from core.actor import Actor
from core.errors import AppError
from entrypoints.compose import House
from entrypoints.ws.closing import MOST_OF_ONE_USER, Code, Restarting, TooManySockets
from entrypoints.ws.connection import Connection, Send
from entrypoints.ws.notifier import Notifier
from entrypoints.ws.outgoing import AuthExpiring
from entrypoints.ws.personal import PersonalFeed
from entrypoints.ws.presence import PresenceKeeper
from entrypoints.ws.rendering import Rendering
from entrypoints.ws.rollcall import RollCaller
from entrypoints.ws.room import Room
from modules.community.live import community_channel, user_channel
from modules.identity.domain import TokenExpired

WARNING_S, GRACE_S = timedelta(seconds=30), timedelta(seconds=25)
SOON = timedelta(minutes=3)
HEARTBEAT = 25
"""Each socket is asked once in so many ticks."""
DRAIN_S = 2.0
BATCHES = 20
OPEN = Gauge("shala_sockets_open", "Sockets that are open")
log = structlog.get_logger()


class Sockets:
    """`second` is how long a second of its timers lasts; tests make it shorter."""

    def __init__(self, house: House, *, second: float = 1.0) -> None:
        self.house = house
        self.second = second
        self.rendering = Rendering(house.workflows.attachments, house.settings.mask_emails)
        self.presence = PresenceKeeper(house.workflows.presence, house.hub, second=second)
        self.rooms: dict[int, Room] = {}
        self.feeds: dict[int, PersonalFeed] = {}
        self.notifier = Notifier(house, self.feeds)
        self.roll_caller = RollCaller(house, self.feeds)
        self.is_draining = False
        self.newcomers: dict[Connection, None] = {}
        """To be reviewed once: their login may have ended while they were let in."""
        self._connections: dict[Connection, None] = {}
        self._by_user: dict[int, tuple[Connection, ...]] = {}
        self._by_bucket: list[dict[Connection, None]] = [{} for _ in range(HEARTBEAT)]
        self._deadlines: list[tuple[float, int, weakref.ref[Connection]]] = []
        self._numbers = itertools.count()

    # --- coming and going ---

    def admit(self, send: Send, actor: Actor, login_ends: datetime, *, version: int) -> Connection:
        """:raises TooManySockets: :raises Restarting:"""
        if self.is_draining:
            raise Restarting
        of_user = self.of(actor.user_id)
        if len(of_user) >= MOST_OF_ONE_USER:
            raise TooManySockets
        connection = Connection(send, actor, login_ends, version)
        connection.bucket = next(self._numbers) % HEARTBEAT
        self.newcomers[connection] = None
        self._by_user[actor.user_id] = (*of_user, connection)
        self._connections[connection] = self._by_bucket[connection.bucket][connection] = None
        self.schedule(connection)
        OPEN.inc()
        return connection

    async def run(self, connection: Connection, serving: Coroutine[Any, Any, None]) -> None:
        """Serve a socket to its end, whichever way it comes."""
        opened = time.monotonic()
        try:
            await serving
        except AppError as error:
            connection.evict(error)
        except asyncio.CancelledError:
            if not connection.is_closing:  # the server stops; else it was told in vain that it is closed
                raise
        except Exception:
            log.exception("socket_failed", user_id=connection.user_id)
            connection.close(Code.INTERNAL, "internal_error")
        finally:
            self._forget(connection)
        await connection.ended()
        log.info(
            "socket",
            user_id=connection.user_id,
            community_id=connection.community_id,
            version=connection.version,
            seconds=round(time.monotonic() - opened, 1),
            closed=connection.closed,
        )

    def _forget(self, connection: Connection) -> None:
        self._connections.pop(connection, None)
        self._by_bucket[connection.bucket].pop(connection, None)
        others = tuple(one for one in self.of(connection.user_id) if one is not connection)
        if others:
            self._by_user[connection.user_id] = others
        else:
            self._by_user.pop(connection.user_id, None)
        OPEN.dec()

    def beating(self, tick: int) -> list[Connection]:
        """The sockets of version 2 whose heart is asked at this tick."""
        bucket = tick % HEARTBEAT
        return [one for one in self._by_bucket[bucket] if one.version == 2]

    def home_of(self, connection: Connection) -> Room | PersonalFeed | None:
        """What it is in."""
        if connection.community_id is None:
            return self.feeds.get(connection.user_id)
        return self.rooms.get(connection.community_id)

    def all(self) -> list[Connection]:
        return list(self._connections)

    def of(self, user_id: int) -> tuple[Connection, ...]:
        return self._by_user.get(user_id, ())

    # --- rooms and feeds ---

    async def enter(self, community_id: int, connection: Connection) -> Room:
        """The community's room, with the socket in it; `leave` it again.

        :raises NotFound: :raises Unavailable:
        """
        room = self.rooms.get(community_id)
        if room is None:
            do = self.house.workflows
            room = self.rooms[community_id] = Room(community_id, do.streams, do.reading, self.rendering)
        room.visitors += 1
        try:
            await self._opened(room)
        except BaseException:
            self._left(room)
            raise
        room.enter(connection)
        self.presence.enter(community_id, connection.user_id)
        return room

    def leave(self, room: Room, connection: Connection) -> None:
        room.leave(connection)
        self.presence.leave(room.community_id, connection.user_id)
        self._left(room)

    async def enter_personal(self, connection: Connection) -> PersonalFeed:
        """The user's feed, with the socket in it; `leave_personal` it again."""
        user_id = connection.user_id
        feed = self.feeds.get(user_id)
        is_first = feed is None
        if feed is None:
            feed = self.feeds[user_id] = PersonalFeed(user_id, self.rendering, self.house.clock.now())
        feed.connections[connection] = None
        try:
            if is_first:
                await self.house.hub.subscribe(user_channel(user_id), feed.receive)
        except BaseException:
            self.leave_personal(feed, connection)
            raise
        return feed

    def leave_personal(self, feed: PersonalFeed, connection: Connection) -> None:
        feed.connections.pop(connection, None)
        if not feed.connections and self.feeds.get(feed.user_id) is feed:
            del self.feeds[feed.user_id]
            self.house.hub.unsubscribe(user_channel(feed.user_id), feed.receive)

    async def _opened(self, room: Room) -> None:
        """Listened to, and open; whoever comes meanwhile waits for the first."""
        if room.opening is None:
            room.opening = asyncio.get_running_loop().create_task(self._open(room))
        await asyncio.shield(room.opening)

    async def _open(self, room: Room) -> None:
        await self.house.hub.subscribe(community_channel(room.community_id), room.receive)
        await room.open()

    def _left(self, room: Room) -> None:
        room.visitors -= 1
        if room.visitors == 0:
            del self.rooms[room.community_id]
            self.house.hub.unsubscribe(community_channel(room.community_id), room.receive)
            room.close()

    # --- what ends by itself ---

    def schedule(self, connection: Connection) -> None:
        """Look at the socket again when the next of its rights ends."""
        ends = [connection.place_ends] if connection.place_ends is not None else []
        if connection.version == 2:
            ends.append(connection.login_ends + (GRACE_S if connection.is_warned else -WARNING_S))
        soon = self.house.clock.now() + SOON  # the sweep schedules what comes later: a socket may be gone by then
        if ends and min(ends) <= soon and not 0 < connection.scheduled <= min(ends).timestamp():
            connection.scheduled = min(ends).timestamp()
            heapq.heappush(self._deadlines, (connection.scheduled, next(self._numbers), weakref.ref(connection)))

    def due(self, now: datetime) -> list[Connection]:
        """Warn, or close, those whose login ends; the rest, whose place may have ended, are to be looked at."""
        to_review = []
        while self._deadlines and self._deadlines[0][0] <= now.timestamp():
            moment, _, reference = heapq.heappop(self._deadlines)
            connection = reference()
            if connection is None or connection.is_closing or connection.scheduled != moment:
                continue
            connection.scheduled = 0.0
            if connection.place_ends is not None and connection.place_ends <= now:
                connection.place_ends = None
                to_review.append(connection)
            if connection.version == 2 and connection.login_ends + GRACE_S <= now:
                connection.evict(TokenExpired())
            elif connection.version == 2 and connection.login_ends - WARNING_S <= now and not connection.is_warned:
                connection.is_warned = True
                left = (connection.login_ends - now).total_seconds()
                connection.tell(AuthExpiring(max(0, int(left))))
            self.schedule(connection)
        return to_review

    async def drain(self) -> None:
        """Close all, in batches so that their clients do not come back at one moment; none comes in any more."""
        self.is_draining = True
        connections = self.all()
        random.shuffle(connections)
        size = max(50, -(-len(connections) // BATCHES))
        for start in range(0, len(connections), size):
            for connection in connections[start : start + size]:
                connection.close(Code.RESTART, "restart")
            await asyncio.sleep(DRAIN_S / BATCHES * random.uniform(0.5, 1) if len(connections) > size else 0)  # noqa: S311
        await self.presence.close()
