"""Files on chat messages: what they are is told by their content, and pictures are made anew."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

import puremagic

from adapters.storage.pictures import encoded
from core.clock import Clock
from modules.community.domain.attachments import FILE_TYPES, IMAGE_TYPES, LONGEST_NAME, MOST_BYTES, OFFICE, kind_of
from modules.community.domain.chat import Message, MessageType
from modules.community.ports import KeptFile
from modules.learning.ports import MediaLibrary

DAY_S = 86_400
LARGEST_PICTURE = (2560, 2560)
HEAD = 8192
# what puremagic calls them, where it is not what the rest of the world does
USUAL = {"audio/mp3": "audio/mpeg", "audio/x-m4a": "audio/mp4", "application/ogg": "audio/ogg"}
OFFICE_FOLDERS = {
    "word": f"{OFFICE}.wordprocessingml.document",
    "xl": f"{OFFICE}.spreadsheetml.sheet",
    "ppt": f"{OFFICE}.presentationml.presentation",
}
TEXT_CONTROLS = {0x07, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x1B}


class LibraryAttachments:
    """Attachments in the private media library."""

    def __init__(self, library: MediaLibrary, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._turn = asyncio.Semaphore(1)  # a small picture may unfold to hundreds of megabytes

    async def keep(self, data: bytes, name: str) -> KeptFile:
        async with self._turn:  # a file may be made so that looking at it takes long
            mime_type = await asyncio.to_thread(sniffed, data)
        kind = kind_of(mime_type)
        if kind is MessageType.IMAGE and mime_type in IMAGE_TYPES:
            async with self._turn:
                data, mime_type = await asyncio.to_thread(encoded, data, LARGEST_PICTURE, "attachment"), "image/webp"
            name = f"{(name.rpartition('.')[0] or name)[-LONGEST_NAME + 5 :]}.webp"
        key, _ = await self._library.keep("attachments", _whole(data), mime_type=str(mime_type), limit=MOST_BYTES)
        return KeptFile(key, str(mime_type), name, kind)

    def link(self, message: Message) -> str | None:
        if message.attachment_key is None:
            return None
        # of local files the same address for all who ask on one day, so that every cache can keep the file
        lifetime = 2 * DAY_S - int(self._clock.now().timestamp()) % DAY_S
        name = message.attachment_name if message.message_type is MessageType.FILE else None
        return self._library.link(message.attachment_key, session_id=None, lifetime=lifetime, file_name=name).url

    async def discard(self, key: str) -> None:
        await self._library.discard(key)


def sniffed(data: bytes) -> str | None:
    """The type that the content has; None if it is nothing known."""
    if data.startswith(b"PK"):
        return _inside_zip(data)
    try:
        found: list[Any] = puremagic.magic_string(data[: 4 * HEAD])
    except puremagic.PureError:
        return "text/plain" if _is_text(data) else None
    typed = [one for one in found if one.mime_type]
    surest = max((one.confidence for one in typed), default=0)
    types = [USUAL.get(one.mime_type, one.mime_type) for one in typed if one.confidence == surest]
    known = [mime_type for mime_type in types if mime_type in IMAGE_TYPES | FILE_TYPES]
    return known[0] if known else types[0] if types else None


def _inside_zip(data: bytes) -> str | None:
    """Office's files are zip files, too: what they are is told by the names of what is in them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folders = {name.partition("/")[0] for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    office = [mime_type for folder, mime_type in OFFICE_FOLDERS.items() if folder in folders]
    return office[0] if office and "[Content_Types].xml" in folders else "application/zip"


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return all(byte >= 0x20 or byte in TEXT_CONTROLS for byte in data[:HEAD])


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
