"""Says who is online: a user, not a socket, and not before a phone that came back at once would have been back."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import structlog

from core.errors import Unavailable
from core.hub import Hub
from modules.community.live import Present, community_channel, encode
from modules.community.ports import Presence

GRACE_S = 5.0
REFRESH_S = 15.0
log = structlog.get_logger()
Place = tuple[int, int]
"""A community and a user."""


class PresenceKeeper:
    """Counts this instance's sockets by community and user, and tells Presence of the first and the last."""

    def __init__(self, presence: Presence, hub: Hub, *, second: float = 1.0) -> None:
        self._presence = presence
        self._hub = hub
        self._second = second
        self._sockets: Counter[Place] = Counter()
        self._leaving: dict[Place, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def enter(self, community_id: int, user_id: int) -> None:
        place = community_id, user_id
        self._sockets[place] += 1
        waiting = self._leaving.pop(place, None)
        if waiting is not None:
            waiting.cancel()
        elif self._sockets[place] == 1:
            self._begin(self._say(community_id, [user_id]))

    def leave(self, community_id: int, user_id: int) -> None:
        place = community_id, user_id
        self._sockets[place] -= 1
        if self._sockets[place] <= 0:
            del self._sockets[place]
            loop = asyncio.get_running_loop()
            self._leaving[place] = loop.call_later(GRACE_S * self._second, self._gone, place)

    async def refresh(self) -> None:
        """Say again who is here: it holds for a while only."""
        for community_id, user_ids in self._here().items():
            await self._say(community_id, user_ids)

    async def look(self) -> None:
        """Tell of those whose time has run out: their instance was killed, and nobody has said that they left."""
        for community_id in self._here():
            await self._say(community_id, [])

    async def close(self) -> None:
        """Nobody is here any more: taken back at once, before the time runs out."""
        here = self._here()
        for timer in self._leaving.values():
            timer.cancel()
        self._sockets.clear()
        self._leaving.clear()
        for community_id, user_ids in here.items():
            await self._take_back(community_id, user_ids)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _here(self) -> dict[int, list[int]]:
        """The users by community, those within their grace too."""
        here: dict[int, list[int]] = {}
        for community_id, user_id in (*self._sockets, *self._leaving):
            here.setdefault(community_id, []).append(user_id)
        return here

    def _gone(self, place: Place) -> None:
        self._leaving.pop(place, None)
        if place not in self._sockets:
            community_id, user_id = place
            self._begin(self._take_back(community_id, [user_id]))

    async def _say(self, community_id: int, user_ids: list[int]) -> None:
        try:
            self._tell(community_id, await self._presence.enter(community_id, user_ids))
        except Unavailable:
            log.warning("presence_away")  # it is said again soon

    async def _take_back(self, community_id: int, user_ids: list[int]) -> None:
        try:
            self._tell(community_id, await self._presence.leave(community_id, user_ids))
        except Unavailable:
            log.warning("presence_away")  # it runs out by itself
        # who came back meanwhile has said so perhaps before this, and would be gone
        if back := [user_id for user_id in user_ids if (community_id, user_id) in self._sockets]:
            await self._say(community_id, back)

    def _tell(self, community_id: int, news: list[Present]) -> None:
        for note in news:
            self._hub.publish(community_channel(community_id), encode(note))

    def _begin(self, saying: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(saying)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
