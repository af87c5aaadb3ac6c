"""What breaks meanwhile: Redis is restarted, and is away for a while; one instance is killed, and started again."""

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from processes import Topology
from services import Redis
from stress.place import passing

REDIS_AWAY_S = 2.0


@dataclass
class Trouble:
    topology: Topology
    redis: Redis
    second: subprocess.Popen[bytes]
    second_port: int

    async def run(self, seconds: float, before_kill: Callable[[], None]) -> None:
        """One round of everything."""
        await passing(seconds * 0.1)
        await asyncio.to_thread(self.redis.restart)
        await passing(seconds * 0.2)
        await asyncio.to_thread(self.redis.kill)
        await passing(REDIS_AWAY_S)
        await asyncio.to_thread(self.redis.start)
        await passing(seconds * 0.45)
        before_kill()
        await asyncio.to_thread(self.topology.kill, self.second)
        await passing(seconds * 0.1)
        self.second = await asyncio.to_thread(self.topology.start_web, self.second_port)
