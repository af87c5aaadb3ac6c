"""A language model behind any endpoint that speaks OpenAI's chat completions: vLLM, Ollama, llama.cpp, OpenAI itself.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from functools import cache
from http import HTTPStatus

import httpx
import msgspec
import structlog
from httpx_sse import EventSource, ServerSentEvent, aconnect_sse

from adapters.openai.chunks import Broken, Chunk, refusal
from adapters.openai.limiting import Limited
from adapters.openai.resting import Resting
from core.errors import Unavailable
from modules.assistant.domain.prompting import Prompt
from modules.assistant.ports import Spent

AT_ONCE = 50
CONNECT_S = 5.0
LONGEST_ANSWER = 50_000
"""Characters: an endpoint that does not stop is broken."""
DONE = "[DONE]"
FEW_S = 2.0
"""After its last word an answer is waited for so long: it may still tell its tokens."""
OURS = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
"""What says that this question was too much, and nothing about the next one."""
GREETING = Prompt("Answer with OK.", "OK?")
log = structlog.get_logger()
_trusted = cache(httpx.create_ssl_context)
"""Reading all certificate authorities takes 30 ms: once for a process."""


class OpenAiEngine:
    """`base_url` ends with the version, as https://api.openai.com/v1. An answer takes `timeout_s` at most, from the
    call to its last word, and `answer_tokens`; 50 are asked for at once. It is asked once, without repeats; after three
    failures in a row it is left alone for half a minute, or as long as it says (5 minutes at most).
    """

    def __init__(self, *, base_url: str, api_key: str | None, model: str, timeout_s: float, answer_tokens: int) -> None:
        self._model = model
        self._timeout_s = timeout_s
        self._answer_tokens = answer_tokens
        self._resting = Resting()
        self._under_way = 0
        self._http = httpx.AsyncClient(
            base_url=base_url.rstrip("/"),
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            limits=httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE),
            verify=_trusted(),
        )

    async def answer(self, prompt: Prompt) -> AsyncGenerator[str | Spent, None]:
        if self._resting.is_resting():
            raise Unavailable("The language model has failed lately.")
        if self._under_way >= AT_ONCE:
            raise Unavailable("The language model has enough to do.")
        self._under_way += 1
        try:
            async with aclosing(self._parts(prompt)) as parts:
                async for part in parts:
                    yield part
        except Exception as error:
            # whatever it sends, and whatever a library makes of that, must not be the student's trouble
            if not _is_ours(error):
                self._resting.failed(_retry_after(error))
            log.warning("language_model_failed", error=type(error).__name__, about=_about(error))
            raise Unavailable("The language model does not answer.") from error
        finally:
            self._under_way -= 1
        self._resting.succeeded()

    async def greet(self) -> None:
        """Whether the endpoint lets us in, and this model answers as it will be asked.

        :raises Unavailable:
        """
        try:
            async with aclosing(self._parts(GREETING)) as parts:
                async for _ in parts:
                    pass
        except Exception as error:
            raise Unavailable(f"The language model: {type(error).__name__} {_about(error)}".rstrip()) from error

    async def close(self) -> None:
        await self._http.aclose()

    async def _parts(self, prompt: Prompt) -> AsyncGenerator[str | Spent, None]:
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        length, is_whole = 0, False
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                source = await stack.enter_async_context(
                    aconnect_sse(self._http, "POST", "/chat/completions", json=self._body(prompt))
                )
                await _demand_success(source)
            events = source.aiter_sse()
            stack.push_async_callback(events.aclose)
            while (event := await _next(events, deadline, is_whole=is_whole)) is not None:
                if not (data := event.data.strip()):
                    continue
                if data == DONE:
                    return
                chunk = msgspec.json.decode(data, type=Chunk)
                chunk.demand_good()
                is_whole |= chunk.is_last
                if text := chunk.text:
                    length += len(text)
                    yield text
                if (tokens := chunk.tokens) is not None:
                    yield Spent(tokens)
                if length > LONGEST_ANSWER:
                    raise Broken("does not end")
            if not is_whole:
                raise Broken("broke off")

    def _body(self, prompt: Prompt) -> dict[str, object]:
        return {
            "model": self._model,
            "messages": [
                {"role": "system", "content": prompt.instructions},
                {"role": "user", "content": prompt.question},
            ],
            "max_tokens": self._answer_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }


async def _demand_success(source: EventSource) -> None:
    """:raises httpx.HTTPStatusError: :raises Broken: the endpoint says what it did not like."""
    response = source.response
    response.stream = Limited(response.stream)
    response.encoding = "utf-8"  # as events always are, whatever is said
    if response.is_client_error:
        await response.aread()
    response.raise_for_status()


async def _next(
    events: AsyncGenerator[ServerSentEvent, None], deadline: float, *, is_whole: bool
) -> ServerSentEvent | None:
    """None at the end; a whole answer may end in whatever way."""
    try:
        async with asyncio.timeout_at(deadline), asyncio.timeout(FEW_S if is_whole else None):
            return await anext(events, None)
    except (TimeoutError, httpx.HTTPError):
        if is_whole:
            return None
        raise


def _is_ours(error: Exception) -> bool:
    if isinstance(error, Broken):
        return error.is_ours
    return isinstance(error, httpx.HTTPStatusError) and error.response.status_code in OURS


def _retry_after(error: Exception) -> float | None:
    if not isinstance(error, httpx.HTTPStatusError):
        return None
    if error.response.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    told = error.response.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else None


def _about(error: Exception) -> str:
    """What the operator should know; never a word of the conversation."""
    if isinstance(error, httpx.HTTPStatusError):
        status = error.response.status_code
        return f"status {status} {refusal(error.response.content)}".rstrip() if status in OURS else f"status {status}"
    return str(error) if isinstance(error, Broken | httpx.TransportError) else ""
