"""A file store that is away is told to callers as any other outage, soon, and by every method."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from obstore.store import S3Store

from adapters.storage.pictures import S3Shelf
from adapters.storage.s3 import S3Library, s3_store
from core.errors import Unavailable
from services import free_port
from worlds import TestClock


@pytest.fixture
def store() -> S3Store:
    endpoint = f"http://127.0.0.1:{free_port()}"
    return s3_store(bucket="b", region="ap-south-1", endpoint=endpoint, access_key_id="key", secret_access_key="secret")


@pytest.fixture
def away(store: S3Store) -> S3Library:
    return S3Library(store, TestClock())


async def file() -> AsyncIterator[bytes]:
    yield b"a lesson"


CALLS: dict[str, Callable[[S3Library], Coroutine[Any, Any, Any]]] = {
    "keep": lambda library: library.keep("contents/5", file(), mime_type="text/plain", limit=100),
    "keep too much": lambda library: library.keep("contents/5", file(), mime_type="text/plain", limit=3),
    "discard": lambda library: library.discard("contents/5/abc"),
}


@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_is_away_is_unavailable(away: S3Library, call: str) -> None:
    with pytest.raises(Unavailable) as caught:
        await CALLS[call](away)

    assert caught.value.retry_after == 1


async def test_so_is_the_shelf_of_public_pictures(store: S3Store) -> None:
    shelf = S3Shelf(store)
    for call in (shelf.put("banners/a.webp", b"x", "image/webp"), shelf.remove("banners/a.webp")):
        with pytest.raises(Unavailable):
            await call
