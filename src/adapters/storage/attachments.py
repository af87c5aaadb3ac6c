"""Files on chat messages: what they are is told by their content, and pictures are made anew."""

import asyncio
from collections.abc import AsyncIterator

from adapters.storage.pictures import encoded
from adapters.storage.sniffing import sniffed
from core.clock import Clock
from modules.community.domain.attachments import IMAGE_TYPES, LONGEST_NAME, MOST_BYTES, kind_of
from modules.community.domain.chat import Message, MessageType
from modules.community.ports import KeptFile
from modules.learning.ports import MediaLibrary

DAY_S = 86_400
LARGEST_PICTURE = (2560, 2560)


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


async def _whole(data: bytes) -> AsyncIterator[bytes]:
    yield data
