"""An OpenAI-compatible endpoint: ``/sandbox/openai/v1``, which streams its answers as server-sent events.

https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Stream

from entrypoints.sandbox.fault_gate import KNOBS_KEY, OpenAiGate
from entrypoints.sandbox.faults import Faults, OpenAiFaults
from entrypoints.sandbox.openai_model import ENDLESS, completion

_CALLS_KEPT: Final = 50
_BYTES_OF_A_TOKEN: Final = 4
_MODEL: Final = "sandbox"
Json = dict[str, Any]


class Call(msgspec.Struct, frozen=True):
    """What a completion was asked for with."""

    model: str
    messages: list[Json]
    max_tokens: int = 500
    stream: bool = False
    stream_options: Json = {}


class LanguageModel:
    """``calls`` are the last fifty, the newest first."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.calls = deque[Call](maxlen=_CALLS_KEPT)

    def forget(self) -> None:
        self.calls.clear()


def openai_api(model: LanguageModel) -> Router:
    completions = Router(
        path="/chat/completions",
        route_handlers=[complete],
        # A function, because Litestar copies a router deeply and would give the gate fault knobs of its own.
        middleware=[lambda app: OpenAiGate(app, model.faults)],
    )
    return Router(
        path="/sandbox/openai",
        route_handlers=[Router(path="/v1", route_handlers=[models, completions]), calls],
        dependencies={"language_model": Provide(lambda: model, sync_to_thread=False)},
    )


@get("/models")
async def models() -> Json:
    return {"object": "list", "data": [{"id": _MODEL, "object": "model", "owned_by": "shala"}]}


@get("/calls")
async def calls(language_model: NamedDependency[LanguageModel]) -> list[Call]:
    return list(language_model.calls)


@post("/", status_code=200)
async def complete(request: Request[Any, Any, Any], language_model: NamedDependency[LanguageModel]) -> Response[Any]:
    try:
        call = msgspec.json.decode(await request.body(), type=Call)
    except msgspec.DecodeError as error:
        return Response({"error": {"message": str(error), "type": "invalid_request_error"}}, status_code=400)
    language_model.calls.appendleft(call)
    knobs: OpenAiFaults = request.scope["state"].get(KNOBS_KEY) or OpenAiFaults()
    text = completion(call.messages, knobs.lie)
    if not call.stream:
        usage = _usage(call, text)
        return Response({"choices": [{"message": {"role": "assistant", "content": text}}], "usage": usage})
    return Stream(_streamed(call, text, knobs), media_type="text/event-stream")


async def _streamed(call: Call, text: str, knobs: OpenAiFaults) -> AsyncIterator[bytes]:
    words = [f"{word} " for word in text.split()][: call.max_tokens]
    for place, word in enumerate(words):
        if knobs.fail == "break_off" and place >= len(words) // 2:
            return
        if knobs.fail == "error_midway" and place >= len(words) // 2:
            yield b'data: {"error":{"message":"The server had an error","type":"server_error","code":500}}\n\n'
            return
        yield _data(choices=[_choice(word)])
        await asyncio.sleep(knobs.between_s)
    while knobs.lie == "endless":
        yield _data(choices=[_choice(ENDLESS)])
        await asyncio.sleep(0)
    if knobs.fail == "garbage":
        yield b"data: <html>502 Bad Gateway</html>\n\n"
        return
    yield _data(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
    if call.stream_options.get("include_usage"):
        yield _data(choices=[], usage=_usage(call, text))
    yield b"data: [DONE]\n\n"


def _choice(text: str) -> Json:
    return {"index": 0, "delta": {"content": text}, "finish_reason": None}


def _data(**chunk: Any) -> bytes:
    whole = {"object": "chat.completion.chunk", "model": _MODEL, **chunk}
    return b"data: %s\n\n" % msgspec.json.encode(whole)


def _usage(call: Call, text: str) -> Json:
    asked = sum(len(str(message.get("content", "")).encode()) for message in call.messages) // _BYTES_OF_A_TOKEN
    said = len(text.encode()) // _BYTES_OF_A_TOKEN
    return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
