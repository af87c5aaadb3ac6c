from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from live.rooms import Room, found
from services import Redis
from sockets import lively
from worlds import SandboxClient


@pytest.fixture(scope="session")
def own_redis() -> Iterator[str]:
    """Of this worker alone: others' communities have the same numbers."""
    with Redis() as server:
        yield server.url


@pytest.fixture
async def room(database_url: str, sandbox: SandboxClient, tmp_path: Path, own_redis: str) -> AsyncIterator[Room]:
    """On SQLite within one process, or on PostgreSQL with Redis."""
    shared: dict[str, Any] = {} if database_url.startswith("sqlite") else {"SHALA_REDIS_URL": own_redis}
    async with lively(database_url, sandbox, tmp_path, **shared) as live:
        yield await found(live)


@pytest.fixture
async def sqlite_room(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[Room]:
    async with lively(sqlite_url, sandbox, tmp_path) as live:
        yield await found(live)
