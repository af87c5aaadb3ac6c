"""An endpoint that sends more than any answer is long is not listened to."""

from collections.abc import AsyncIterable, AsyncIterator

import httpx

from adapters.openai.chunks import Broken

MOST_BYTES = 2_000_000
"""Of an answer with all its wrapping, some hundred bytes a word."""


class Limited(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not isinstance(self._stream, AsyncIterable):
            raise TypeError(type(self._stream))
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > MOST_BYTES:
                raise Broken("does not end")
            yield part

    async def aclose(self) -> None:
        if isinstance(self._stream, httpx.AsyncByteStream):
            await self._stream.aclose()
