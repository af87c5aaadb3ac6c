"""The hub over Redis pub/sub.

One connection listens to all channels of this instance, another one publishes. What an instance publishes its own
listeners get at once; when it comes back through Redis it is dropped. When Redis is away, only other instances are not
heard; they are told of a gap when it is back.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from core.hub import Listeners, Receive

ALIVE = "shala:hub"
"""A channel that every instance listens to, so that the connection is never without one."""
PREFIX = "shala:hub:"
SUBSCRIBE_PATIENCE_S = 1.0
ASK_AFTER_S = 5.0
"""Of silence the connection is asked whether it still stands."""
BACK_OFF_S = 0.5
MOST_UNTOLD = 10_000
AT_ONCE = 200
AWAY = (RedisError, OSError, TimeoutError, RuntimeError)
log = structlog.get_logger()


class RedisHub:
    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1, retry=None)
        self._me = secrets.token_hex(8).encode()
        self._listeners = Listeners()
        self._gaps: list[Callable[[], None]] = []
        self._untold: deque[tuple[str, bytes]] = deque(maxlen=MOST_UNTOLD)
        self._news = asyncio.Event()
        self._confirmed: dict[str, asyncio.Event] = {}
        self._pubsub: PubSub | None = None
        self._is_whole = False
        self._was_whole = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_whole(self) -> bool:
        return self._is_whole

    def publish(self, channel: str, data: bytes) -> None:
        self._listeners.tell(channel, data)
        self._untold.append((PREFIX + channel, self._me + data))
        self._news.set()
        self._begin()

    async def subscribe(self, channel: str, receive: Receive) -> None:
        self._begin()
        if self._listeners.add(channel, receive):
            self._confirmed[channel] = asyncio.Event()
            await self._ask(channel, is_wanted=True)
        confirmed = self._confirmed.get(channel)
        if confirmed is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(confirmed.wait(), SUBSCRIBE_PATIENCE_S)

    def unsubscribe(self, channel: str, receive: Receive) -> None:
        if self._listeners.remove(channel, receive):
            self._confirmed.pop(channel, None)
            self._tasks = [task for task in self._tasks if not task.done()]
            self._tasks.append(asyncio.get_running_loop().create_task(self._ask(channel, is_wanted=False)))

    def on_gap(self, call: Callable[[], None]) -> None:
        self._gaps.append(call)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(*AWAY):
            await self._redis.aclose()

    def _begin(self) -> None:
        """In the loop that uses it, and not before anybody does."""
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [
                loop.create_task(self._listen(), name="hub-listens"),
                loop.create_task(self._tell(), name="hub-tells"),
            ]

    async def _ask(self, channel: str, *, is_wanted: bool) -> None:
        pubsub = self._pubsub
        if pubsub is None:
            return  # the connection asks for all channels when it stands
        if not is_wanted and channel in self._listeners.channels():
            return  # somebody has come meanwhile
        try:
            await (pubsub.subscribe if is_wanted else pubsub.unsubscribe)(PREFIX + channel)
        except AWAY:
            return  # the listening task notices, too

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(ALIVE, *(PREFIX + channel for channel in self._listeners.channels()))
                    self._pubsub = pubsub
                    for channel in self._listeners.channels():  # those that came while it was being asked
                        if not self._is_confirmed(channel):
                            await pubsub.subscribe(PREFIX + channel)
                    await self._hear(pubsub)
            except AWAY as error:
                log.warning("hub_away", error=type(error).__name__)
            except Exception:  # whatever it is, an instance that hears no others must not stay so
                log.exception("hub_failed")
            finally:
                self._pubsub, self._is_whole = None, False
                for confirmed in self._confirmed.values():
                    confirmed.clear()
            await asyncio.sleep(BACK_OFF_S)

    def _is_confirmed(self, channel: str) -> bool:
        return channel in self._confirmed and self._confirmed[channel].is_set()

    async def _hear(self, pubsub: PubSub) -> None:
        is_asked = False
        while True:
            message = await pubsub.get_message(timeout=ASK_AFTER_S)
            if message is not None:
                is_asked = False
                self._take(message)
            elif is_asked:
                raise TimeoutError  # a connection that is half open says nothing for ever
            else:
                is_asked = True
                await pubsub.ping()

    def _take(self, message: dict[str, Any]) -> None:
        channel = (message["channel"] or b"").decode().removeprefix(PREFIX)
        if message["type"] == "message":
            data: bytes = message["data"]
            if not data.startswith(self._me):
                self._listeners.tell(channel, data[len(self._me) :])
        elif message["type"] == "subscribe":
            if confirmed := self._confirmed.get(channel):
                confirmed.set()
            if not self._is_whole and all(one.is_set() for one in self._confirmed.values()):
                self._becomes_whole()

    def _becomes_whole(self) -> None:
        self._is_whole = True
        if self._was_whole:
            log.info("hub_back")
            for call in self._gaps:
                call()
        self._was_whole = True

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._untold:
                batch = [self._untold.popleft() for _ in range(min(AT_ONCE, len(self._untold)))]
                try:
                    async with self._redis.pipeline(transaction=False) as pipe:
                        for channel, data in batch:
                            pipe.publish(channel, data)
                        await pipe.execute()
                except Exception as error:  # noqa: BLE001 - see above
                    # what was told in vain is found in the database by its number
                    log.warning("hub_untold", count=len(batch), error=type(error).__name__)
                    await asyncio.sleep(BACK_OFF_S)
