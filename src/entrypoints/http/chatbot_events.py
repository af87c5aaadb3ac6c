"""An answer of the chatbot as server-sent events, while it is found."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

from litestar.response import Stream

from core.errors import AppError
from entrypoints.http.answers import ENCODER
from entrypoints.http.chatbot_wire import MessageInfo
from entrypoints.ongoing import Ongoing
from modules.assistant.domain.answers import Began, Progress, Tell, silently

EVENTS = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second one keeps nginx from holding the words back."""
Ask = Callable[[Tell], Awaitable[int]]
Read = Callable[[int], Awaitable[MessageInfo]]
SILENT_S = 5.0
STILL_HERE = b": still looking\n\n"
"""A comment, which a client of events passes over: so that nothing between takes the connection for dead."""


async def streamed(ongoing: Ongoing, ask: Ask, read: Read, name: str | None) -> Stream:
    """What is refused before a word is said is refused as ever. The question is answered and kept, whether or not
    somebody stays to hear it; a repeat that comes meanwhile waits for the same answer.
    """
    if (running := ongoing.running(name)) is not None:
        return _stream(_whole(await asyncio.shield(running)))
    told = asyncio.Queue[Progress | None]()

    async def work() -> MessageInfo:
        try:
            return await read(await ask(told.put_nowait))
        finally:
            told.put_nowait(None)

    task = ongoing.start(work, name)
    first = await told.get()
    if first is None:
        return _stream(_whole(await asyncio.shield(task)))
    return _stream(_live(first, told, task))


async def whole(ongoing: Ongoing, ask: Ask, read: Read, name: str | None) -> MessageInfo:
    """The same, for who wants it at once."""

    async def work() -> MessageInfo:
        return await read(await ask(silently))

    return await asyncio.shield(ongoing.running(name) or ongoing.start(work, name))


def _stream(events: AsyncIterator[bytes]) -> Stream:
    return Stream(events, media_type=EVENTS, status_code=200, headers=HEADERS)


async def _live(
    first: Progress, told: asyncio.Queue[Progress | None], task: asyncio.Task[MessageInfo]
) -> AsyncIterator[bytes]:
    step: Progress | None = first
    while step is not None:
        yield _event("start", {"mode": step.mode}) if isinstance(step, Began) else _event("delta", {"text": step.text})
        waiting = asyncio.ensure_future(told.get())
        try:
            while not (await asyncio.wait({waiting}, timeout=SILENT_S))[0]:
                yield STILL_HERE
            step = waiting.result()
        finally:
            waiting.cancel()
    try:
        answer = await asyncio.shield(task)
    except AppError as error:
        yield _event("error", {"code": error.code, "detail": error.message})
    except Exception:  # noqa: BLE001 - it is in the log already
        yield _event("error", {"code": "internal_error", "detail": "Something went wrong on our side."})
    else:
        yield _event("sources", {"citations": answer.citations})
        yield _event("done", answer)


async def _whole(answer: MessageInfo) -> AsyncIterator[bytes]:
    """An answer that was given before: the call is a repeat."""
    yield _event("start", {"mode": answer.mode})
    yield _event("delta", {"text": answer.content})
    yield _event("sources", {"citations": answer.citations})
    yield _event("done", answer)


def _event(name: str, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), ENCODER.encode(data))
