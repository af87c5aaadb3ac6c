"""Who is online in one process: whoever is said to be, until they are said to have left."""

import time

from modules.community.live import Present
from modules.community.ports import Online

MOST_SHOWN = 100


class MemoryPresence:
    """There is no other process that could die and leave ghosts, so nothing runs out."""

    def __init__(self) -> None:
        self._online: dict[int, dict[int, None]] = {}
        self._versions: dict[int, int] = {}

    async def enter(self, community_id: int, user_ids: list[int]) -> list[Present]:
        online, news = self._online.setdefault(community_id, {}), []
        for user_id in user_ids:
            if user_id not in online:
                online[user_id] = None
                news.append(self._news(community_id, user_id, is_online=True))
        return news

    async def leave(self, community_id: int, user_ids: list[int]) -> list[Present]:
        online, news = self._online.get(community_id, {}), []
        for user_id in user_ids:
            if user_id in online:
                del online[user_id]
                news.append(self._news(community_id, user_id, is_online=False))
        if not online:
            self._online.pop(community_id, None)
        return news

    async def online(self, community_id: int) -> Online:
        online = self._online.get(community_id, {})
        return Online(self._versions.get(community_id, 0), len(online), sorted(online)[:MOST_SHOWN])

    async def close(self) -> None:
        """Nothing is open."""

    def _news(self, community_id: int, user_id: int, *, is_online: bool) -> Present:
        # later than any before, also those of a process that ran before this one
        version = max(self._versions.get(community_id, 0) + 1, time.time_ns() // 1_000_000)
        self._versions[community_id] = version
        return Present(user_id, is_online, version, len(self._online.get(community_id, {})))
