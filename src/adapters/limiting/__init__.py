"""Rate limits by the library limits: counted in Redis for all instances, or in memory for one process.

Most callers are far below their limit. Up to a tenth of it an instance counts by itself and Redis hears nothing; from
there on it is told of all of them, and each call is counted there before it is let in. So a limit may be passed by a
tenth for each instance that is asked at the same time, and by another one where a new window of the instance begins
within one of Redis's. When Redis is away, every instance counts for itself, and whoever had come above a tenth begins
anew.
"""

import time
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

ALONE = 10
"""The part of a limit (a tenth) up to which an instance counts by itself."""
RETRY_REDIS_AFTER_S = 5.0
SWEEP_EVERY_S = 60.0
AWAY = (RedisError, OSError, TimeoutError)
log = structlog.get_logger()


class RateLimits:
    def __init__(self, redis_url: str | None = None) -> None:
        self._home = _HomeCounts()
        self._redis: RedisStorage | None = None
        self._shared: FixedWindowRateLimiter | None = None
        self._away_until = 0.0
        self._items: dict[tuple[int, int], RateLimitItem] = {}
        if redis_url:
            self._redis = RedisStorage(
                f"async+{redis_url}", implementation="redispy", socket_timeout=0.5, socket_connect_timeout=0.5
            )
            self._shared = FixedWindowRateLimiter(self._redis)

    async def hit(self, name: str, who: str, *, most: int, seconds: int) -> int:
        """Count one call; 0 if it is within `most` per `seconds`, else the seconds until the next is allowed."""
        item = self._items.get((most, seconds))
        if item is None:
            item = self._items[most, seconds] = RateLimitItemPerSecond(most, seconds)
        mine, left = self._home.count(name, who, seconds)
        if self._shared is None or time.monotonic() < self._away_until:
            return 0 if mine <= most else left
        alone = most // ALONE
        if mine <= alone:
            return 0
        try:
            # the first that is told of brings those before it
            return await self._count(self._shared, item, name, who, cost=mine if mine == alone + 1 else 1)
        except AWAY as error:
            self._is_away(error)
            return 0 if mine <= most else left

    async def ping(self) -> None:
        """:raises ConnectionError: Redis does not answer."""
        if self._redis is not None and not await self._redis.check():
            raise ConnectionError("Redis does not answer.")

    async def close(self) -> None:
        if self._redis is not None:
            client: Any = self._redis.bridge  # limits has no word for closing
            await client.storage.aclose()

    @staticmethod
    async def _count(limiter: FixedWindowRateLimiter, item: RateLimitItem, name: str, who: str, *, cost: int) -> int:
        if await limiter.hit(item, name, who, cost=cost):
            return 0
        stats = await limiter.get_window_stats(item, name, who)
        return max(1, round(stats.reset_time - time.time()))

    def _is_away(self, error: BaseException) -> None:
        self._away_until = time.monotonic() + RETRY_REDIS_AFTER_S
        log.warning("limits_count_locally", error=type(error).__name__)


class _HomeCounts:
    """Calls to this process, in a window for each caller; the library's own memory starts threads to forget them."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str, int], tuple[int, float]] = {}
        self._sweep_at = 0.0

    def count(self, name: str, who: str, seconds: int) -> tuple[int, int]:
        """The calls so far, this one with them, and the seconds until the window ends."""
        now = time.monotonic()
        if now >= self._sweep_at:
            self._windows = {key: window for key, window in self._windows.items() if window[1] > now}
            self._sweep_at = now + SWEEP_EVERY_S
        key = name, who, seconds
        calls, ends = self._windows.get(key, (0, 0.0))
        if ends <= now:
            calls, ends = 0, now + seconds
        self._windows[key] = calls + 1, ends
        return calls + 1, max(1, round(ends - now))
