from collections.abc import Iterator
from pathlib import Path

import pytest

from processes import Topology
from services import Redis


@pytest.fixture
def own_redis() -> Iterator[Redis]:
    """A Redis that the test may stop and flush."""
    with Redis() as server:
        yield server


@pytest.fixture
def topology(postgres_database: str, own_redis: Redis, tmp_path: Path) -> Iterator[Topology]:
    built = Topology(postgres_database, own_redis.url, tmp_path)
    try:
        built.start_sandbox()
        yield built
    finally:
        built.stop()
