"""Says who is online: a user, not a socket, and not before a phone that came back at once would have been back.

One task compares who is here with what was said, community by community: a thousand who come at once are one saying,
and what crossed on the way is settled by the next round. It waits for nobody but Redis, and nobody waits for it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog

from core.errors import Unavailable
from core.hub import Hub
from modules.community.live import Present, community_channel, encode
from modules.community.ports import Presence

GRACE_S = 5.0
REFRESH_S = 15.0
LOOK_S = 5.0
GATHERED_S = 0.05
log = structlog.get_logger()


class PresenceKeeper:
    """Counts this instance's sockets by community and user, and tells Presence of the first and the last."""

    def __init__(self, presence: Presence, hub: Hub, *, second: float = 1.0) -> None:
        self._presence = presence
        self._hub = hub
        self._second = second
        self._sockets: dict[int, Counter[int]] = {}
        self._leaving: dict[tuple[int, int], asyncio.TimerHandle] = {}
        self._said: dict[int, set[int]] = {}
        """Whom Presence was told of, by community."""
        self._changed: set[int] = set()
        self._news = asyncio.Event()
        self._is_ending = False

    def enter(self, community_id: int, user_id: int) -> None:
        self._sockets.setdefault(community_id, Counter())[user_id] += 1
        waiting = self._leaving.pop((community_id, user_id), None)
        if waiting is not None:
            waiting.cancel()
        self._change(community_id)

    def leave(self, community_id: int, user_id: int) -> None:
        here = self._sockets.get(community_id)
        if here is None or here[user_id] == 0:
            return  # all were taken back already: the instance stops
        here[user_id] -= 1
        if here[user_id] == 0:
            grace = asyncio.get_running_loop().call_later(GRACE_S * self._second, self._gone, community_id, user_id)
            self._leaving[community_id, user_id] = grace

    def say_again(self) -> None:
        """Redis may have been restarted, and know of nobody."""
        self._said = {}
        self._changed |= self._sockets.keys()
        self._news.set()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """For as long as there may be sockets."""
        task = asyncio.create_task(self._run(), name="presence")
        try:
            yield
        finally:
            self._is_ending = True  # what it calls may swallow the cancellation
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def close(self) -> None:
        """Nobody is here any more: taken back at once, before the time runs out."""
        for timer in self._leaving.values():
            timer.cancel()
        self._sockets, self._leaving = {}, {}
        with contextlib.suppress(Unavailable):  # what cannot be taken back runs out by itself
            for community_id in list(self._said):
                await self._settle(community_id)

    def _gone(self, community_id: int, user_id: int) -> None:
        del self._leaving[community_id, user_id]
        here = self._sockets[community_id]
        if here[user_id] == 0:
            del here[user_id]
        if not here:
            del self._sockets[community_id]
        self._change(community_id)

    def _change(self, community_id: int) -> None:
        self._changed.add(community_id)
        self._news.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        refreshed = looked = loop.time()
        while not self._is_ending:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S * self._second):
                    await self._news.wait()
            self._news.clear()
            await asyncio.sleep(GATHERED_S)
            try:
                if is_due := loop.time() - refreshed >= REFRESH_S * self._second:
                    self._changed |= self._sockets.keys()
                    refreshed = looked = loop.time()
                elif loop.time() - looked >= LOOK_S * self._second:
                    looked = loop.time()
                    for community_id in list(self._sockets):
                        self._tell(community_id, await self._presence.enter(community_id, []))
                while self._changed and not self._is_ending:
                    await self._settle(self._changed.pop(), says_all=is_due)
            except Unavailable:
                log.warning("presence_away")
                await asyncio.sleep(self._second)
                self.say_again()
            except Exception:
                log.exception("presence_failed")

    async def _settle(self, community_id: int, *, says_all: bool = False) -> None:
        """Have Presence know who is here, and tell the class what is new."""
        here, said = set(self._sockets.get(community_id, ())), self._said.get(community_id, set())
        self._said[community_id] = here
        try:
            if gone := said - here:
                self._tell(community_id, await self._presence.leave(community_id, sorted(gone)))
            if come := here if says_all else here - said:
                self._tell(community_id, await self._presence.enter(community_id, sorted(come)))
        except BaseException:
            self._said[community_id] = said | here
            raise
        if not here:
            self._said.pop(community_id, None)

    def _tell(self, community_id: int, news: list[Present]) -> None:
        for note in news:
            self._hub.publish(community_channel(community_id), encode(note))
