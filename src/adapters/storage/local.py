"""Media on the local disk, handed out under signed tokens."""

import base64
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import anyio
import msgspec
from msgspec import Struct

from adapters.storage.sniffing import HEAD, begins_as
from core.clock import Clock
from core.errors import Invalid, NotFound, TooLarge
from core.ids import Derivation
from modules.learning.ports import Link, Stored, UploadLink

PURPOSE, UPLOAD = "media", "upload"
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
    "text/vtt": ".vtt",
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


class Slot(Struct, frozen=True, array_like=True):
    """What the token of an upload says: for which key, how many bytes, and until when."""

    ref: str
    size_bytes: int
    expires_at: int


Said = TypeVar("Said", Ticket, Slot)


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
        token = self._token(PURPOSE, Ticket(ref, session_id, expires, file_name))
        return Link(f"{self._base_url}/api/courses/files/{token}/", datetime.fromtimestamp(expires, UTC))

    def read(self, token: str) -> tuple[Path, str, Ticket]:
        """The file, its type, and what its token says.

        :raises NotFound: forged, expired, or the file is gone.
        """
        ticket = self._opened(PURPOSE, token, Ticket)
        path = self._root / ticket.ref
        if not path.is_file():
            raise NotFound
        return path, TYPES.get(path.suffix, "application/octet-stream"), ticket

    def upload_link(self, prefix: str, *, mime_type: str, size_bytes: int, lifetime: int) -> tuple[str, UploadLink]:
        ref = f"{prefix}/{secrets.token_hex(16)}{SUFFIXES.get(mime_type, '')}"
        expires = int(self._clock.now().timestamp()) + lifetime
        url = f"{self._base_url}/api/courses/upload-slots/{self._token(UPLOAD, Slot(ref, size_bytes, expires))}/"
        return ref, UploadLink(url, {"Content-Type": mime_type}, datetime.fromtimestamp(expires, UTC))

    async def receive(self, token: str, chunks: AsyncIterator[bytes]) -> None:
        """Take the file for which `upload_link` gave the address; a repeat takes the place of the first.

        :raises NotFound: forged or expired. :raises TooLarge: more came than was said. :raises Invalid: less came.
        """
        slot = self._opened(UPLOAD, token, Slot)
        path, size = anyio.Path(self._root / slot.ref), 0
        await path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{secrets.token_hex(4)}.part")
        try:
            async with await partial.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > slot.size_bytes:
                        raise TooLarge(f"It was said to have {slot.size_bytes} bytes.")
                    await file.write(chunk)
            if size < slot.size_bytes:
                raise Invalid.field("body", f"{size} bytes came of {slot.size_bytes}.")
            await partial.rename(path)
        finally:
            await partial.unlink(missing_ok=True)

    async def contents(self, ref: str, most: int) -> bytes | None:
        """The file, if there is one of up to so many bytes."""
        path = anyio.Path(self._root / ref)
        try:
            return await path.read_bytes() if (await path.stat()).st_size <= most else None
        except FileNotFoundError:
            return None

    async def look(self, ref: str, mime_type: str) -> Stored | None:
        path = anyio.Path(self._root / ref)
        try:
            async with await path.open("rb") as file:
                head = await file.read(HEAD)
            return Stored((await path.stat()).st_size, begins_as(head, mime_type))
        except FileNotFoundError:
            return None

    async def copy(self, ref: str, prefix: str) -> str | None:
        source = anyio.Path(self._root / ref)
        copied = f"{prefix}/{secrets.token_hex(16)}{source.suffix}"
        path = anyio.Path(self._root / copied)
        await path.parent.mkdir(parents=True, exist_ok=True)
        try:
            await path.hardlink_to(source)  # no file of ours is ever changed, so two names may lead to one
        except FileNotFoundError:
            return None
        return copied

    def _token(self, purpose: str, said: Ticket | Slot) -> str:
        payload = base64.urlsafe_b64encode(msgspec.json.encode(said)).rstrip(b"=").decode()
        return f"{payload}.{self._derivation.derive(purpose, payload)}"

    def _opened(self, purpose: str, token: str, kind: type[Said]) -> Said:
        """:raises NotFound: forged or expired."""
        payload, _, proof = token.partition(".")
        if not self._derivation.matches(proof, purpose, payload):
            raise NotFound
        said = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=kind)
        if said.expires_at <= self._clock.now().timestamp():
            raise NotFound
        return said

    async def discard(self, ref: str) -> None:
        await anyio.Path(self._root / ref).unlink(missing_ok=True)
