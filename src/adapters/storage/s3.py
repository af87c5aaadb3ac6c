"""Media in an S3-compatible store, by obstore: uploads stream through, downloads go straight from the store."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import obstore
from obstore.store import S3Store

from adapters.storage.sniffing import HEAD, begins_as
from core.clock import Clock
from core.errors import TooLarge, Unavailable
from modules.learning.ports import Link, Stored, UploadLink

MOST_SECONDS = 7 * 86_400  # what signature version 4 allows
# obstore would try ten times for three minutes; whoever uploads can do so again
RETRIES, RETRY_S = 3, 10


class S3Library:
    """Private objects under presigned addresses. S3 cannot bind an address to a login: it lives as long as it says.

    Each method may raise Unavailable.
    """

    provider = "s3"

    def __init__(self, store: S3Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def keep(self, prefix: str, chunks: AsyncIterator[bytes], *, mime_type: str, limit: int) -> tuple[str, int]:
        ref, size = f"{prefix}/{secrets.token_hex(16)}", 0
        attributes = {"Content-Type": mime_type}
        try:
            with answering():
                async with obstore.open_writer_async(self._store, ref, attributes=attributes) as writer:
                    async for chunk in chunks:
                        size += len(chunk)
                        if size > limit:
                            raise TooLarge(f"At most {limit // 2**20} MiB.")
                        await writer.write(chunk)
        except TooLarge:
            await self.discard(ref)
            raise
        return ref, size

    def link(self, ref: str, *, session_id: int | None, lifetime: int, file_name: str | None) -> Link:  # noqa: ARG002
        seconds = min(lifetime, MOST_SECONDS)
        with answering():  # the machine's own credentials may have to be fetched first
            url = obstore.sign(self._store, "GET", ref, timedelta(seconds=seconds))
        return Link(url, datetime.fromtimestamp(int(self._clock.now().timestamp()) + seconds, UTC))

    def upload_link(self, prefix: str, *, mime_type: str, size_bytes: int, lifetime: int) -> tuple[str, UploadLink]:  # noqa: ARG002
        """S3 cannot be told how much to take: what came is looked at afterwards."""
        ref, seconds = f"{prefix}/{secrets.token_hex(16)}", min(lifetime, MOST_SECONDS)
        with answering():
            url = obstore.sign(self._store, "PUT", ref, timedelta(seconds=seconds))
        expires = datetime.fromtimestamp(int(self._clock.now().timestamp()) + seconds, UTC)
        return ref, UploadLink(url, {"Content-Type": mime_type}, expires)

    async def contents(self, ref: str, most: int) -> bytes | None:
        """The file, if there is one of up to so many bytes.

        :raises Unavailable:
        """
        try:
            with answering():
                found = await obstore.get_async(self._store, ref)
                return bytes(await found.bytes_async()) if found.meta["size"] <= most else None
        except Unavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    async def look(self, ref: str, mime_type: str) -> Stored | None:
        try:
            with answering():
                found = await obstore.get_async(self._store, ref, options={"range": (0, HEAD)})
                head, size = bytes(await found.bytes_async()), found.meta["size"]
        except Unavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            if isinstance(error.__cause__, obstore.exceptions.BaseError) and "Range" in str(error.__cause__):
                return Stored(0, False)  # nothing is in it to give a part of
            raise
        # players go by the type that came with it
        return Stored(size, begins_as(head, mime_type) and found.attributes.get("Content-Type") == mime_type)

    async def copy(self, ref: str, prefix: str) -> str | None:
        copied = f"{prefix}/{secrets.token_hex(16)}"
        try:
            with answering():
                await obstore.copy_async(self._store, ref, copied)
        except Unavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        return copied

    async def discard(self, ref: str) -> None:
        with answering():
            await obstore.delete_async(self._store, ref)


@contextmanager
def answering() -> Iterator[None]:
    """What obstore raises becomes Unavailable: a store that is away, and one that refuses our key or bucket."""
    try:
        yield
    except (OSError, obstore.exceptions.BaseError) as error:
        raise Unavailable("The file store does not answer.", retry_after=1) from error


def s3_store(
    *, bucket: str, region: str, endpoint: str | None, access_key_id: str | None, secret_access_key: str | None
) -> S3Store:
    """A store for a bucket; without keys the machine's own credentials are used."""
    options = {
        "region": region,
        "endpoint": endpoint,
        "access_key_id": access_key_id,
        "secret_access_key": secret_access_key,
        "virtual_hosted_style_request": endpoint is None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    return S3Store(
        bucket,
        retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY_S)},
        client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": "15s"},
        **given,  # type: ignore[arg-type]
    )
