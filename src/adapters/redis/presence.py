"""Who is online over all instances, in Redis.

For each community: a sorted set of "user:instance" by the moment until which that holds, a hash of how many instances
say so, by user, and a version. Every change first removes what has run out, and takes a later version.
"""

import secrets
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from core.errors import Unavailable
from modules.community.live import Present
from modules.community.ports import Online

HOLDS_MS = 45_000
MOST_SHOWN = 100
KEPT_S = 3_600
AWAY = (RedisError, OSError, TimeoutError)
# Times are Redis's own, so that the clocks of instances need not agree. KEYS: places, counts, version.
HEAD = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local news = {}
local function tell(user, is_online)
  local version = math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, now)
  redis.call('SET', KEYS[3], string.format('%.0f', version))
  news[#news + 1] = user
  news[#news + 1] = is_online
  news[#news + 1] = string.format('%.0f', version)
  news[#news + 1] = redis.call('HLEN', KEYS[2])
end
local function remove(place)
  if redis.call('ZREM', KEYS[1], place) == 1 then
    local user = string.match(place, '^(%d+):')
    if redis.call('HINCRBY', KEYS[2], user, -1) <= 0 then
      redis.call('HDEL', KEYS[2], user)
      tell(user, 0)
    end
  end
end
local function add(user, instance, holds)
  if redis.call('ZADD', KEYS[1], now + holds, user .. ':' .. instance) == 1 then
    if redis.call('HINCRBY', KEYS[2], user, 1) == 1 then
      tell(user, 1)
    end
  end
end
for _, place in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  remove(place)
end
"""
TAIL = """
for _, key in ipairs(KEYS) do
  redis.call('EXPIRE', key, 3600)
end
return news
"""
# ARGV: the instance, how long it holds, users
ENTER = HEAD + "for i = 3, #ARGV do add(ARGV[i], ARGV[1], tonumber(ARGV[2])) end" + TAIL
LEAVE = HEAD + "for i = 3, #ARGV do remove(ARGV[i] .. ':' .. ARGV[1]) end" + TAIL
# ARGV: how many are shown
ONLINE = """
local users, cursor = {}, '0'
repeat
  local found = redis.call('HSCAN', KEYS[2], cursor, 'COUNT', ARGV[1])
  cursor = found[1]
  for i = 1, #found[2], 2 do users[#users + 1] = found[2][i] end
until cursor == '0' or #users >= tonumber(ARGV[1])
return {redis.call('GET', KEYS[3]) or '0', redis.call('HLEN', KEYS[2]), users}
"""


class RedisPresence:
    def __init__(self, url: str, *, holds_ms: int = HOLDS_MS) -> None:
        # once more: after a restart of Redis the connections that were kept are dead, and saying it twice is harmless
        retry = Retry(NoBackoff(), 1)
        self._redis: Redis = Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=retry)
        self._me = secrets.token_hex(6)
        self._holds_ms = holds_ms
        self._enter, self._leave, self._online = (self._redis.register_script(lua) for lua in (ENTER, LEAVE, ONLINE))

    async def enter(self, community_id: int, user_ids: list[int]) -> list[Present]:
        return await self._say(self._enter, community_id, user_ids)

    async def leave(self, community_id: int, user_ids: list[int]) -> list[Present]:
        return await self._say(self._leave, community_id, user_ids)

    async def online(self, community_id: int) -> Online:
        async with _answering():
            version, count, users = await cast(
                "Awaitable[Any]", self._online(keys=_keys(community_id), args=[MOST_SHOWN])
            )
        return Online(int(version), int(count), sorted(int(user) for user in users)[:MOST_SHOWN])

    async def close(self) -> None:
        try:
            await self._redis.aclose()
        except AWAY:
            return

    async def _say(self, script: Any, community_id: int, user_ids: list[int]) -> list[Present]:
        async with _answering():
            said = await script(keys=_keys(community_id), args=[self._me, self._holds_ms, *user_ids])
        rows = [[int(value) for value in said[n : n + 4]] for n in range(0, len(said), 4)]
        return [Present(user, bool(is_online), version, count) for user, is_online, version, count in rows]


def _keys(community_id: int) -> list[str]:
    # braces: of one slot, should Redis be a cluster
    return [f"shala:presence:{{{community_id}}}:{part}" for part in ("places", "counts", "version")]


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except AWAY as error:
        raise Unavailable("Redis does not answer.") from error
