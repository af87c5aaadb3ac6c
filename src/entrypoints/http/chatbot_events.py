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
    told = asyncio.Queue[Progress | None]()

    async def work() -> MessageInfo:
        return await read(await ask(told.put_nowait))

    running = ongoing.running(name)
    task = running or ongoing.start(work, name)
    task.add_done_callback(lambda _: told.put_nowait(None))
    if running is not None:
        return _stream(_live(told, task))
    first = await told.get()
    if first is None:
        await asyncio.shield(task)  # refused, or answered before
    return _stream(_live(told, task, first))


async def whole(ongoing: Ongoing, ask: Ask, read: Read, name: str | None) -> MessageInfo:
    """The same, for who wants it at once."""

    async def work() -> MessageInfo:
        return await read(await ask(silently))

    return await asyncio.shield(ongoing.running(name) or ongoing.start(work, name))


def _stream(events: AsyncIterator[bytes]) -> Stream:
    return Stream(events, media_type=EVENTS, status_code=200, headers=HEADERS)


async def _live(
    told: asyncio.Queue[Progress | None], task: asyncio.Task[MessageInfo], first: Progress | None = None
) -> AsyncIterator[bytes]:
    step = first
    while step is not None or not task.done():
        if step is not None:
            yield _frame(step)
        waiting = asyncio.ensure_future(told.get())
        try:
            while not (await asyncio.wait({waiting}, timeout=SILENT_S))[0]:
                yield STILL_HERE
            step = waiting.result()
        finally:
            waiting.cancel()
        if step is None:
            await asyncio.wait({task})
    async for event in _ending(task, has_told=first is not None):
        yield event


async def _ending(task: asyncio.Task[MessageInfo], *, has_told: bool) -> AsyncIterator[bytes]:
    """The whole answer, all of it for who has not heard it; or why there is none."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, AppError):
        yield _event("error", {"code": error.code, "detail": error.message})
        return
    if error is not None or task.cancelled():  # in the log already; or the process ends
        yield _event("error", {"code": "internal_error", "detail": "Something went wrong on our side."})
        return
    answer = task.result()
    if not has_told:
        yield _event("start", {"mode": answer.mode})
        yield _event("delta", {"text": answer.content})
    yield _event("sources", {"citations": answer.citations})
    yield _event("done", answer)


def _frame(step: Progress) -> bytes:
    if isinstance(step, Began):
        return _event("start", {"mode": step.mode})
    return _event("delta", {"text": step.text})


def _event(name: str, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), ENCODER.encode(data))
