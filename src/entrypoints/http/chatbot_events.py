"""An answer of the chatbot as server-sent events, while it is found."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import structlog
from litestar.response import Stream

from core.errors import AppError
from entrypoints.http.answers import ENCODER
from entrypoints.http.chatbot_wire import MessageInfo
from entrypoints.ongoing import Ongoing
from modules.assistant.domain.answers import Began, Progress, Tell

EVENTS = "text/event-stream"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
"""The second one keeps nginx from holding the words back."""
Ask = Callable[[Tell], Awaitable[int]]
Read = Callable[[int], Awaitable[MessageInfo]]
log = structlog.get_logger()


async def streamed(ongoing: Ongoing, ask: Ask, read: Read) -> Stream:
    """What is refused before a word is said is refused as ever. The question is answered and kept, whether or not
    somebody stays to hear it.
    """
    told = asyncio.Queue[Progress | None]()

    async def work() -> MessageInfo:
        try:
            return await read(await ask(told.put_nowait))
        finally:
            told.put_nowait(None)

    task = ongoing.start(work(), "answering")
    first = await told.get()
    if first is None:
        return _stream(_whole(await asyncio.shield(task)))
    return _stream(_live(first, told, task))


def _stream(events: AsyncIterator[bytes]) -> Stream:
    return Stream(events, media_type=EVENTS, status_code=200, headers=HEADERS)


async def _live(
    first: Progress, told: asyncio.Queue[Progress | None], task: asyncio.Task[MessageInfo]
) -> AsyncIterator[bytes]:
    step: Progress | None = first
    while step is not None:
        yield _event("start", {"mode": step.mode}) if isinstance(step, Began) else _event("delta", {"text": step.text})
        step = await told.get()
    try:
        answer = await asyncio.shield(task)
    except AppError as error:
        yield _event("error", {"code": error.code, "detail": error.message})
    except Exception:
        log.exception("answering_failed")
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
