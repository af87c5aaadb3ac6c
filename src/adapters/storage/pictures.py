"""Public pictures, re-encoded by Pillow: what a camera hid in the file does not get out."""

import asyncio
import io
import secrets
from pathlib import Path
from typing import Protocol

import anyio
import obstore
from obstore.store import S3Store
from PIL import Image, ImageOps

from adapters.storage.s3 import answering
from core.errors import AppError, Invalid, TooLarge

MOST_BYTES = 5 * 2**20
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class Shelf(Protocol):
    """Where public files lie."""

    async def put(self, key: str, data: bytes, mime_type: str) -> None: ...

    async def remove(self, key: str) -> None: ...


class LocalShelf:
    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, data: bytes, mime_type: str) -> None:  # noqa: ARG002
        path = anyio.Path(self._root / key)
        await path.parent.mkdir(parents=True, exist_ok=True)
        await path.write_bytes(data)

    async def remove(self, key: str) -> None:
        await anyio.Path(self._root / key).unlink(missing_ok=True)


class S3Shelf:
    """Objects under `public/`, which the operator serves through SHALA_MEDIA_BASE_URL.

    Each method may raise Unavailable.
    """

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def put(self, key: str, data: bytes, mime_type: str) -> None:
        attributes = {"Content-Type": mime_type, "Cache-Control": "public, max-age=31536000, immutable"}
        with answering():
            await obstore.put_async(self._store, f"public/{key}", data, attributes=attributes)

    async def remove(self, key: str) -> None:
        with answering():
            await obstore.delete_async(self._store, f"public/{key}")


class Pictures:
    """JPEG, PNG and WebP up to 5 MiB and 40 megapixels become WebP within `size`, upright and without metadata."""

    def __init__(self, shelf: Shelf, prefix: str, size: tuple[int, int]) -> None:
        self._shelf = shelf
        self._prefix = prefix
        self._size = size
        self._turn = asyncio.Semaphore(1)

    async def keep(self, data: bytes) -> str:
        if len(data) > MOST_BYTES:
            raise TooLarge(f"A picture may have {MOST_BYTES // 2**20} MiB.")
        encoded = await self._encoded(data)
        key = f"{self._prefix}/{secrets.token_hex(16)}.webp"
        await self._shelf.put(key, encoded, "image/webp")
        return key

    async def discard(self, key: str) -> None:
        await self._shelf.remove(key)

    async def _encoded(self, data: bytes) -> bytes:
        async with self._turn:  # a small file may unfold to hundreds of megabytes
            return await asyncio.to_thread(encoded, data, self._size)


def encoded(data: bytes, size: tuple[int, int], field: str = "file") -> bytes:
    """The picture as WebP, upright, within `size` and without metadata.

    :raises Invalid: not a picture that can be read, or one that is too large; naming `field`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Invalid.field(field, f"A picture may have {MOST_PIXELS // 1_000_000} megapixels.")
            picture = ImageOps.exif_transpose(opened).convert("RGBA" if opened.mode in {"RGBA", "LA", "P"} else "RGB")
    except AppError:
        raise
    except Exception as error:  # a broken file makes Pillow stumble in more ways than its documentation lists
        raise Invalid.field(field, "Not a readable JPEG, PNG or WebP picture.") from error
    picture.thumbnail(size)
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=82)
    return out.getvalue()
