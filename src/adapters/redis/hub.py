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
SUBSCRIBE_PATIENCE_S = 1.0
ASK_AFTER_S = 5.0
"""Of silence the connection is asked whether it still stands."""
BACK_OFF_S = 0.5
MOST_UNTOLD = 10_000
AT_ONCE = 200
AWAY = (RedisError, OSError, TimeoutError, RuntimeError)
log = structlog.get_logger()


class RedisHub:
    def __init__(self, url: str, namespace: str = "") -> None:
        """`namespace` keeps installations apart that share a Redis: pub/sub knows no databases."""
        self._redis: Redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=1, retry=None)
        self._prefix = f"shala:hub:{namespace}:"
        self._me = secrets.token_hex(8).encode()
        self._listeners = Listeners()
        self._gaps: list[Callable[[], None]] = []
        self._untold: deque[tuple[str, bytes]] = deque(maxlen=MOST_UNTOLD)
        self._news = asyncio.Event()
        self._asked: set[str] = set()
        """Channels that this connection was asked for."""
        self._confirmed: set[str] = set()
        self._unconfirmed: dict[str, asyncio.Event] = {}
        self._asking = asyncio.Lock()
        """One asks at a time: who comes while another leaves must not be overtaken."""
        self._pubsub: PubSub | None = None
        self._is_whole = self._was_whole = self._is_closed = False
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def is_whole(self) -> bool:
        return self._is_whole

    def publish(self, channel: str, data: bytes) -> None:
        self._listeners.tell(channel, data)
        self._untold.append((self._prefix + channel, self._me + data))
        self._news.set()
        self._begin()

    async def subscribe(self, channel: str, receive: Receive) -> None:
        self._begin()
        self._listeners.add(channel, receive)
        if channel in self._confirmed:
            return
        confirmed = self._unconfirmed.setdefault(channel, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SUBSCRIBE_PATIENCE_S):
                await self._ask(channel)
                await confirmed.wait()

    def unsubscribe(self, channel: str, receive: Receive) -> None:
        if self._listeners.remove(channel, receive):
            task = asyncio.get_running_loop().create_task(self._leave(channel))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    def on_gap(self, call: Callable[[], None]) -> None:
        self._gaps.append(call)

    async def close(self) -> None:
        self._is_closed = True
        tasks = [*self._tasks, *self._leaving]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
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

    async def _ask(self, *channels: str) -> None:
        """Ask the connection for them, once. Without a connection they are asked for when there is one."""
        async with self._asking:
            new = [channel for channel in channels if channel not in self._asked and self._listeners.has(channel)]
            if self._pubsub is None or not new:
                return
            self._asked.update(new)
            try:
                await self._pubsub.subscribe(*(self._prefix + channel for channel in new))
            except AWAY:
                return  # the listening task notices, too

    async def _leave(self, channel: str) -> None:
        async with self._asking:
            if self._listeners.has(channel):
                return  # somebody has come meanwhile
            self._unconfirmed.pop(channel, None)
            self._confirmed.discard(channel)
            if self._pubsub is None or channel not in self._asked:
                return
            self._asked.discard(channel)
            try:
                await self._pubsub.unsubscribe(self._prefix + channel)
            except AWAY:
                return

    async def _listen(self) -> None:
        while not self._is_closed:  # what it calls may swallow the cancellation
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(ALIVE)
                    self._pubsub, self._asked, self._confirmed = pubsub, set(), set()
                    self._unconfirmed = {
                        channel: self._unconfirmed.get(channel) or asyncio.Event()
                        for channel in self._listeners.channels()
                    }
                    await self._ask(*self._listeners.channels())
                    await self._hear(pubsub)
            except AWAY as error:
                log.warning("hub_away", error=type(error).__name__)
            except Exception:  # whatever it is, an instance that hears no others must not stay so
                log.exception("hub_failed")
            finally:
                self._pubsub, self._is_whole, self._confirmed = None, False, set()
            await asyncio.sleep(BACK_OFF_S)

    async def _hear(self, pubsub: PubSub) -> None:
        is_asked = False
        while not self._is_closed:
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
        channel = (message["channel"] or b"").decode().removeprefix(self._prefix)
        if message["type"] == "message":
            data: bytes = message["data"]
            if not data.startswith(self._me):
                self._listeners.tell(channel, data[len(self._me) :])
        elif message["type"] == "subscribe":
            if channel in self._asked:
                self._confirmed.add(channel)
            if confirmed := self._unconfirmed.pop(channel, None):
                confirmed.set()
            if not self._is_whole and not self._unconfirmed:
                self._becomes_whole()

    def _becomes_whole(self) -> None:
        self._is_whole = True
        if self._was_whole:
            log.info("hub_back")
            for call in self._gaps:
                call()
        self._was_whole = True

    async def _tell(self) -> None:
        while not self._is_closed:
            await self._news.wait()
            self._news.clear()
            while self._untold:
                batch = [self._untold.popleft() for _ in range(min(AT_ONCE, len(self._untold)))]
                try:
                    async with self._redis.pipeline(transaction=False) as pipe:
                        for channel, data in batch:
                            pipe.publish(channel, data)
                        await pipe.execute()
                except Exception as error:  # noqa: BLE001 - an instance must not fall silent for good
                    # what was told in vain is found in the database by its number
                    log.warning("hub_untold", count=len(batch), error=type(error).__name__)
                    await asyncio.sleep(BACK_OFF_S)
