"""The language model's adapter before an endpoint that sends whatever it likes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from adapters.openai import AT_ONCE, OpenAiEngine
from adapters.openai.limiting import MOST_BYTES
from adapters.openai.resting import PATIENCE, REST_S, Resting
from conftest import serving
from core.errors import Unavailable
from modules.assistant.domain.prompting import Prompt
from modules.assistant.ports import Spent

ASKED = Prompt("Answer.", "Why?")
GOOD = b'data: {"choices":[{"delta":{"content":"Be"}}]}\n\ndata: {"choices":[{"delta":{"content":"cause"}}]}\n\n'
STOP = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n'
DONE = b"data: [DONE]\n\n"
EVENTS = b"text/event-stream"


class Endpoint:
    """Answers each call with these bytes, and hangs after them if it is told to."""

    def __init__(self) -> None:
        self.parts: list[bytes] = [GOOD, STOP, DONE]
        self.status, self.content_type, self.headers = 200, EVENTS, list[tuple[bytes, bytes]]()
        self.hangs = False
        self.calls, self.called = 0, asyncio.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.calls += 1
        self.called.release()
        while (await receive()).get("more_body"):
            pass
        headers = [(b"content-type", self.content_type), *self.headers]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        for part in self.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        while self.hangs and (await receive())["type"] != "http.disconnect":
            pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


Made = tuple[Endpoint, Callable[..., OpenAiEngine]]


@pytest.fixture
async def made() -> AsyncIterator[Made]:
    endpoint, engines = Endpoint(), list[OpenAiEngine]()
    async with serving(endpoint) as base:

        def engine(timeout_s: float = 10) -> OpenAiEngine:
            made = OpenAiEngine(base_url=f"{base}/v1", api_key=None, model="m", timeout_s=timeout_s, answer_tokens=50)
            engines.append(made)
            return made

        yield endpoint, engine
        for one in engines:
            await one.close()


async def heard(engine: OpenAiEngine) -> tuple[str, list[int]]:
    parts = [part async for part in engine.answer(ASKED)]
    return (
        "".join(part for part in parts if isinstance(part, str)),
        [part.tokens for part in parts if isinstance(part, Spent)],
    )


@pytest.mark.parametrize(
    ("parts", "tokens"),
    [
        ([GOOD, STOP, DONE], []),
        ([GOOD, STOP], []),  # closed after its last word
        ([GOOD, DONE], []),  # without a reason
        ([GOOD, b'data: {"choices":[{"delta":null}]}\n\n', b'data: {"choices":null}\n\n', STOP, DONE], []),
        ([GOOD, b"event: ping\ndata:\n\n", b": a comment\n\n", STOP, b"data:  [DONE] \n\n"], []),
        ([GOOD, STOP, b'data: {"choices":[],"usage":{"total_tokens":7}}\n\n', DONE], [7]),
        ([GOOD, STOP, b'data: {"usage":{}}\n\n', b'data: {"usage":{"total_tokens":-5}}\n\n', DONE], []),
        ([GOOD, STOP, b'data: {"usage":{"total_tokens":1000000000000}}\n\n', DONE], []),
        ([GOOD.replace(b"\n", b"\r\n"), STOP.replace(b"\n", b"\r"), DONE], []),
    ],
)
async def test_an_answer_is_heard_however_it_is_wrapped(made: Made, parts: list[bytes], tokens: list[int]) -> None:
    endpoint, engine = made
    endpoint.parts = parts
    assert await heard(engine()) == ("Because", tokens)


@pytest.mark.parametrize("charset", [b"; charset=hex", b"; charset=rot13", b"; charset=latin-1", b"; charset=\xff"])
async def test_events_are_utf_8_whatever_is_said(made: Made, charset: bytes) -> None:
    endpoint, engine = made
    endpoint.content_type = EVENTS + charset
    endpoint.parts = ['data: {"choices":[{"delta":{"content":"समय"}}]}\n\n'.encode(), STOP]
    assert (await heard(engine()))[0] == "समय"


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [GOOD],
        [b"data: <html>\n\n"],
        [b'data: {"x":' + b"[" * 100_000],
        [b'data: {"x":' + b"[" * 100_000 + b"\n\n"],
        [b'data: "text"\n\n'],
        [b'data: {"choices":"many"}\n\n'],
        [b'data: {"error":"gone"}\n\n'],
        [b'data: {"error":{"code":500}}\n\n'],
        [b"data: \xff\xfe\n\n"],
        [b"data: " + b"x" * MOST_BYTES + b"x"],
        [b'data: {"choices":[{"delta":{"content":"' + b"x" * 60_000 + b'"}}]}\n\n', STOP],
    ],
    ids=range(12),
)
async def test_what_is_no_answer_is_none(made: Made, parts: list[bytes]) -> None:
    endpoint, engine = made
    endpoint.parts = parts
    with pytest.raises(Unavailable):
        await heard(engine())


async def test_it_listens_for_so_long_and_no_longer(made: Made) -> None:
    endpoint, engine = made
    endpoint.hangs = True
    endpoint.parts = [GOOD]
    with pytest.raises(Unavailable):
        await heard(engine(0.3))
    endpoint.parts = [GOOD, STOP]  # whole, though the endpoint does not say so
    assert await heard(engine(0.3)) == ("Because", [])


@pytest.mark.parametrize("told", [b"\xb2", b"soon", b"-1", b"1e9"])
async def test_a_time_that_cannot_be_read_is_none(made: Made, told: bytes) -> None:
    endpoint, engine = made
    endpoint.status, endpoint.headers = 429, [(b"retry-after", told)]
    model = engine()
    for _ in range(PATIENCE + 1):
        with pytest.raises(Unavailable):
            await heard(model)
    assert endpoint.calls == PATIENCE


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_question_that_is_too_much_says_nothing_of_the_next(made: Made, status: int) -> None:
    endpoint, engine = made
    endpoint.status, endpoint.parts = status, [b'{"error":{"code":"context_length_exceeded","param":"messages"}}']
    model = engine()
    for _ in range(2 * PATIENCE):
        with pytest.raises(Unavailable):
            await heard(model)
    with pytest.raises(Unavailable, match=f"status {status} context_length_exceeded messages"):
        await model.greet()
    endpoint.status, endpoint.parts = 200, [GOOD, STOP]
    assert (await heard(model))[0] == "Because"
    await model.greet()


async def test_more_than_it_takes_are_refused_at_once_and_are_no_failure(made: Made) -> None:
    endpoint, engine = made
    endpoint.hangs, endpoint.parts = True, []
    model = engine()
    waiting = [asyncio.create_task(heard(model)) for _ in range(AT_ONCE)]
    for _ in range(AT_ONCE):
        await endpoint.called.acquire()
    with pytest.raises(Unavailable, match="enough to do"):
        await heard(model)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    endpoint.hangs, endpoint.parts = False, [GOOD, STOP]
    assert (await heard(model))[0] == "Because"


async def test_who_stops_listening_leaves_no_connection_behind(made: Made) -> None:
    endpoint, engine = made
    endpoint.hangs = True
    model = engine()
    for _ in range(2 * AT_ONCE):
        parts = model.answer(ASKED)
        assert await anext(parts) == "Be"
        await parts.aclose()
    assert endpoint.calls == 2 * AT_ONCE


def test_a_rest_is_never_made_shorter(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("adapters.openai.resting.time.monotonic", lambda: now[0])
    resting = Resting()
    resting.failed(300)
    for _ in range(PATIENCE):
        resting.failed(None)
    now[0] += 299
    assert resting.is_resting()
    now[0] += 2
    assert not resting.is_resting()
    resting.failed(0)  # one more after a rest makes another
    now[0] += REST_S - 1
    assert resting.is_resting()
    now[0] += 2
    resting.succeeded()
    resting.failed(0)
    assert not resting.is_resting()
