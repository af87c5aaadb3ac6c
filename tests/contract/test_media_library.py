"""What every library of private media must do: the local disk's, and S3's against a real server over HTTP.

moto checks neither the signature nor the age of a presigned address, so what makes S3 refuse one is looked at here.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from adapters.storage.s3 import S3Library
from core.errors import TooLarge, Unavailable
from modules.learning.ports import MediaLibrary
from worlds import TestClock, World

MIB = 2**20
FILM = bytes(range(256)) * 400
PART = 11 * MIB  # what an upload to S3 gathers before it sends a first part is less


@dataclass
class Kept:
    """A library, how a player fetches from it, and what lies in it."""

    library: MediaLibrary
    get: Callable[..., Awaitable[httpx.Response]]
    present: Callable[[], list[str]]
    clock: TestClock


@pytest.fixture(params=["local", "s3"])
def kept(request: pytest.FixtureRequest) -> Kept:
    return request.getfixturevalue(request.param)


@pytest.fixture
def local(sqlite_world: World) -> Kept:
    root = sqlite_world.house.settings.data_path / "media" / "private"

    def present() -> list[str]:
        return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]

    return Kept(sqlite_world.house.library, sqlite_world.http.get, present, sqlite_world.clock)


@pytest.fixture
async def s3(bucket: Any) -> AsyncIterator[Kept]:
    clock = TestClock()

    def present() -> list[str]:
        return bucket.names() + bucket.unfinished()

    async with httpx.AsyncClient() as http:
        yield Kept(S3Library(bucket.store, clock), http.get, present, clock)


async def chunks(data: bytes, size: int = MIB) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def keep(kept: Kept, data: bytes = FILM, kind: str = "video/mp4", limit: int = 64 * MIB) -> str:
    ref, size = await kept.library.keep("contents/5", chunks(data), mime_type=kind, limit=limit)
    assert size == len(data)
    return ref


def link(kept: Kept, ref: str, lifetime: int = 4230, **more: Any) -> str:
    return kept.library.link(ref, **{"session_id": None, "lifetime": lifetime, "file_name": None, **more}).url


@pytest.mark.parametrize("size", [0, 1, len(FILM), PART])
async def test_what_is_kept_comes_back_by_a_plain_request(kept: Kept, size: int) -> None:
    data = (FILM * (size // len(FILM) + 1))[:size]
    ref = await keep(kept, data)
    assert ref.startswith("contents/5/")
    answer = await kept.get(link(kept, ref))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, data, "video/mp4")


@pytest.mark.parametrize("kind", ["application/pdf", "video/webm", "application/zip"])
async def test_a_file_keeps_its_type(kept: Kept, kind: str) -> None:
    answer = await kept.get(link(kept, await keep(kept, kind=kind)))
    assert answer.headers["content-type"] == kind


async def test_players_can_seek(kept: Kept) -> None:
    url = link(kept, await keep(kept))
    for wanted, part in (("bytes=0-99", FILM[:100]), ("bytes=102300-", FILM[102300:]), ("bytes=-50", FILM[-50:])):
        answer = await kept.get(url, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{len(FILM)}")
    assert (await kept.get(url, headers={"Range": f"bytes={len(FILM)}-"})).status_code == 416


async def test_two_files_never_share_a_name(kept: Kept) -> None:
    refs = await asyncio.gather(*(keep(kept, f"file {n}".encode()) for n in range(10)))
    assert len(set(refs)) == 10
    assert sorted(kept.present()) == sorted(refs)


@pytest.mark.parametrize("limit", [MIB, PART])
async def test_too_large_a_file_leaves_nothing(kept: Kept, limit: int) -> None:
    with pytest.raises(TooLarge):
        await kept.library.keep("contents/5", chunks(b"x" * (limit + 1)), mime_type="video/mp4", limit=limit)
    assert kept.present() == []
    await keep(kept, b"x" * limit, limit=limit)


@pytest.mark.parametrize("size", [2 * MIB, PART])
async def test_an_upload_that_breaks_off_leaves_nothing(kept: Kept, size: int) -> None:
    class Away(Exception):
        pass

    async def broken() -> AsyncIterator[bytes]:
        async for chunk in chunks(b"x" * size):
            yield chunk
        raise Away

    with pytest.raises(Away):
        await kept.library.keep("contents/5", broken(), mime_type="video/mp4", limit=64 * MIB)
    assert kept.present() == []


async def test_an_upload_that_is_cancelled_leaves_nothing(kept: Kept) -> None:
    waiting = asyncio.Event()

    async def stuck() -> AsyncIterator[bytes]:
        async for chunk in chunks(b"x" * PART):
            yield chunk
        waiting.set()
        await asyncio.Event().wait()

    upload = asyncio.create_task(kept.library.keep("contents/5", stuck(), mime_type="video/mp4", limit=64 * MIB))
    await waiting.wait()
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload
    assert kept.present() == []


async def test_what_is_discarded_is_gone_and_stays_so(kept: Kept) -> None:
    ref, other = await keep(kept), await keep(kept)
    url = link(kept, ref)
    await kept.library.discard(ref)
    assert (await kept.get(url)).status_code == 404
    await kept.library.discard(ref)
    assert kept.present() == [other]


async def test_an_address_says_how_long_it_lives(kept: Kept) -> None:
    ref = await keep(kept)
    given = kept.library.link(ref, session_id=None, lifetime=4230, file_name=None)
    assert given.expires_at is not None
    left = given.expires_at - kept.clock.now()
    assert timedelta(seconds=4228) < left <= timedelta(seconds=4230)


async def test_an_address_of_the_disk_ends_with_its_time(local: Kept) -> None:
    url = link(local, await keep(local), lifetime=60)
    local.clock.advance(seconds=58)
    assert (await local.get(url)).status_code == 200
    local.clock.advance(seconds=3)
    assert (await local.get(url)).status_code == 404


@pytest.mark.parametrize(("lifetime", "seconds"), [(4230, 4230), (30 * 86_400, 7 * 86_400)])
async def test_an_address_of_s3_is_presigned_by_version_4(s3: Kept, bucket: Any, lifetime: int, seconds: int) -> None:
    """A week is the most that signature version 4 allows."""
    given = s3.library.link(await keep(s3), session_id=7, lifetime=lifetime, file_name="a.mp4")
    query = {name: values[0] for name, values in parse_qs(urlsplit(given.url).query).items()}
    assert query["X-Amz-Algorithm"] == "AWS4-HMAC-SHA256"
    assert query["X-Amz-Expires"] == str(seconds)
    assert query["X-Amz-Credential"].startswith("contract-key/")
    assert query["X-Amz-Credential"].endswith("/ap-south-1/s3/aws4_request")
    assert "host" in query["X-Amz-SignedHeaders"]
    assert len(query["X-Amz-Signature"]) == 64
    assert "contract-secret" not in given.url
    assert given.expires_at is not None
    assert abs(given.expires_at - s3.clock.now() - timedelta(seconds=seconds)) < timedelta(seconds=2)
    assert urlsplit(given.url).path.startswith(f"/{bucket.name}/contents/5/")


async def test_a_store_that_is_away_is_unavailable(unused_tcp_port: int) -> None:
    from adapters.storage.s3 import s3_store

    endpoint = f"http://127.0.0.1:{unused_tcp_port}"
    keys = {"access_key_id": "k", "secret_access_key": "s"}
    library = S3Library(s3_store(bucket="b", region="ap-south-1", endpoint=endpoint, **keys), TestClock())
    with pytest.raises(Unavailable):
        await library.keep("contents/5", chunks(FILM), mime_type="video/mp4", limit=MIB)
