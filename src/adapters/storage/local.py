"""Media on the local disk, handed out under signed tokens."""

import base64
import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
from msgspec import Struct

from core.clock import Clock
from core.errors import NotFound, TooLarge
from core.ids import Derivation
from modules.learning.ports import Link

PURPOSE = "media"
OFFICE = "application/vnd.openxmlformats-officedocument"
SUFFIXES = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "image/webp": ".webp",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    f"{OFFICE}.presentationml.presentation": ".pptx",
    f"{OFFICE}.spreadsheetml.sheet": ".xlsx",
    f"{OFFICE}.wordprocessingml.document": ".docx",
}
TYPES = {suffix: mime_type for mime_type, suffix in SUFFIXES.items()}


class Ticket(Struct, frozen=True, array_like=True):
    """What a token says: which file, for which login (None: anybody, for previews), and until when."""

    ref: str
    session_id: int | None
    expires_at: int
    file_name: str | None


class LocalLibrary:
    """Private files under `root`. Their addresses carry a token; the HTTP entrypoint gives it back to `read`."""

    provider = "local"

    def __init__(self, root: Path, base_url: str, derivation: Derivation, clock: Clock) -> None:
        self._root = root
        self._base_url = base_url.rstrip("/")
        self._derivation = derivation
        self._clock = clock

    async def keep(self, prefix: str, chunks: AsyncIterator[bytes], *, mime_type: str, limit: int) -> tuple[str, int]:
        ref = f"{prefix}/{secrets.token_hex(16)}{SUFFIXES.get(mime_type, '')}"
        path, size = anyio.Path(self._root / ref), 0
        await path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")  # a crash never leaves half a file under a name that is used
        try:
            async with await partial.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > limit:
                        raise TooLarge(f"At most {limit // 2**20} MiB.")
                    await file.write(chunk)
            await partial.rename(path)
        finally:
            await partial.unlink(missing_ok=True)
        return ref, size

    def link(self, ref: str, *, session_id: int | None, lifetime: int, file_name: str | None) -> Link:
        expires = int(self._clock.now().timestamp()) + lifetime
        body = msgspec.json.encode(Ticket(ref, session_id, expires, file_name))
        payload = base64.urlsafe_b64encode(body).rstrip(b"=").decode()
        token = f"{payload}.{self._derivation.derive(PURPOSE, payload)}"
        return Link(f"{self._base_url}/api/courses/files/{token}/", datetime.fromtimestamp(expires, UTC))

    def read(self, token: str) -> tuple[Path, str, Ticket]:
        """The file, its type, and what its token says.

        :raises NotFound: forged, expired, or the file is gone.
        """
        payload, _, proof = token.partition(".")
        if not self._derivation.matches(proof, PURPOSE, payload):
            raise NotFound
        ticket = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Ticket)
        path = self._root / ticket.ref
        if ticket.expires_at <= self._clock.now().timestamp() or not path.is_file():
            raise NotFound
        return path, TYPES.get(path.suffix, "application/octet-stream"), ticket

    async def copy(self, ref: str, prefix: str) -> str | None:
        source = anyio.Path(self._root / ref)
        if not await source.is_file():
            return None
        copied = f"{prefix}/{secrets.token_hex(16)}{source.suffix}"
        path = anyio.Path(self._root / copied)
        await path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        await anyio.to_thread.run_sync(shutil.copyfile, source, partial)
        await partial.rename(path)
        return copied

    async def discard(self, ref: str) -> None:
        await anyio.Path(self._root / ref).unlink(missing_ok=True)
