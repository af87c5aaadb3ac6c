"""Rate limits by the library limits: counted in Redis for all instances, or in memory for one process.

When Redis is away every instance counts for itself, so that a limit becomes looser by the number of instances, never
nothing.
"""

import time

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

RETRY_REDIS_AFTER_S = 5.0
log = structlog.get_logger()


class RateLimits:
    def __init__(self, redis_url: str | None = None) -> None:
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared: FixedWindowRateLimiter | None = None
        self._away_until = 0.0
        self._items: dict[tuple[int, int], RateLimitItem] = {}
        if redis_url:
            storage = RedisStorage(
                f"async+{redis_url}", implementation="redispy", socket_timeout=0.5, socket_connect_timeout=0.5
            )
            self._shared = FixedWindowRateLimiter(storage)

    async def hit(self, name: str, who: str, *, most: int, seconds: int) -> int:
        """Count one call; 0 if it is within `most` per `seconds`, else the seconds until the next is allowed."""
        item = self._items.get((most, seconds))
        if item is None:
            item = self._items[most, seconds] = RateLimitItemPerSecond(most, seconds)
        limiter = self._local
        if self._shared is not None and time.monotonic() >= self._away_until:
            limiter = self._shared
        try:
            return await self._count(limiter, item, name, who)
        except (RedisError, OSError, TimeoutError) as error:
            self._away_until = time.monotonic() + RETRY_REDIS_AFTER_S
            log.warning("limits_count_locally", error=type(error).__name__)
            return await self._count(self._local, item, name, who)

    async def ping(self) -> None:
        """:raises Exception: Redis does not answer."""
        if self._shared is not None and not await self._shared.storage.check():
            raise ConnectionError("Redis does not answer.")

    async def _count(self, limiter: FixedWindowRateLimiter, item: RateLimitItem, name: str, who: str) -> int:
        if await limiter.hit(item, name, who):
            return 0
        stats = await limiter.get_window_stats(item, name, who)
        return max(1, round(stats.reset_time - time.time()))
