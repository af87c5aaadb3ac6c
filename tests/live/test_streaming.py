"""An answer of the chatbot comes while it is found, and is kept when nobody waits for it any longer."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.test_chatbot import CONVERSATIONS, begun, school
from entrypoints.http import chatbot_events
from sockets import Live, lively
from worlds import Person, SandboxClient, World

QUESTION = "When do I use since and for?"
HEADERS = {"Accept": "text/event-stream"}
BETWEEN_S = 0.05


@pytest.fixture
async def live(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> AsyncIterator[Live]:
    model: dict[str, Any] = {"SHALA_LLM_BASE_URL": f"{sandbox.base}/sandbox/openai/v1", "SHALA_LLM_MODEL": "sandbox"}
    async with lively(sqlite_url, sandbox, tmp_path, **model) as served:
        yield served


async def asking(world: World) -> tuple[Person, str]:
    course, student = await school(world)
    await world.sandbox.faults(openai={"between_s": BETWEEN_S})
    return student, f"{CONVERSATIONS}{await begun(student, course)}/messages/"


async def sent(student: Person, path: str) -> httpx.Response:
    """The answer's beginning; its words are still to be read."""
    http, headers = student.world.http, {**HEADERS, **student.headers}
    return await http.send(http.build_request("POST", path, json={"question": QUESTION}, headers=headers), stream=True)


async def left(student: Person, path: str) -> None:
    """Ask, and go away after the first words."""
    told = await sent(student, path)
    await anext(told.aiter_lines())
    await told.aclose()


async def test_words_come_before_the_answer_is_whole(live: Live) -> None:
    student, path = await asking(live.world)
    seen = list[str]()
    told = await sent(student, path)
    async for line in told.aiter_lines():
        if line.startswith("event: "):
            seen.append(line.removeprefix("event: "))
        if seen == ["start"] and line.startswith("data: "):
            stored = await live.world.count("assistant_messages")
            assert (json.loads(line.removeprefix("data: ")), stored) == ({"mode": "model"}, 0)
    assert (seen[0], seen[-1]) == ("start", "done")


async def test_who_leaves_in_the_middle_finds_the_answer_later(live: Live) -> None:
    student, path = await asking(live.world)
    await left(student, path)
    assert (await student.get(path)).json()["results"] == []
    await live.world.house.ongoing.close()  # as a process does that ends
    answer, question = (await student.get(path)).json()["results"]
    assert (question["content"], answer["kind"], answer["mode"]) == (QUESTION, "answer", "model")


async def test_a_silent_model_is_no_silent_connection(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatbot_events, "SILENT_S", 0.02)
    student, path = await asking(live.world)
    await live.world.sandbox.faults(openai={"delay_s": 0.2})
    told = await sent(student, path)
    lines = [line async for line in told.aiter_lines()]
    assert lines.count(": still looking") > 1
    assert lines.index(": still looking") > lines.index("event: start")
    assert "event: done" in lines
