"""Ten thousand passages answer in less than 100 ms (p99) on PostgreSQL, while other requests go on undisturbed."""

import asyncio
import contextlib
import random
import time
from pathlib import Path

from sqlalchemy import text as sql

from api.test_chatbot import begun
from modules.assistant.domain.passages import Passage, Sentence
from modules.assistant.ports import Source
from worlds import Person, SandboxClient, World, build_world

CONTENTS, PASSAGES, QUESTIONS = 100, 100, 200
P99_MS, LAG_MS = 100, 25
TICK_S = 0.005
VOCABULARY = 20_000


def passage(rng: random.Random) -> Passage:
    """250 words, as often as words are."""
    words = [f"word{min(VOCABULARY, int(rng.paretovariate(0.7)))}" for _ in range(250)]
    said = tuple(Sentence(" ".join(words[start : start + 12])) for start in range(0, len(words), 12))
    return Passage("", None, said)


async def filled(world: World, rng: random.Random) -> tuple[int, Person]:
    course, student = await world.course(texts=CONTENTS), await world.person()
    await world.enrol(student, course)
    rows = await world.house.database.rows(
        sql("SELECT id, version FROM contents WHERE course_id = :id"), {"id": course.id}
    )
    for content_id, version in rows:
        source = Source(content_id, course.id, version, "", None, None, ())
        async with world.house.workflows.indexing.begin() as store:
            assert await store.replace(source, [passage(rng) for _ in range(PASSAGES)])
    return await begun(student, course), student


async def lag(until: asyncio.Event) -> float:
    """How long anything else had to wait for its turn, in milliseconds: nineteen times of twenty less than that. (The
    rest is for the machine, which other tests have, too.)
    """
    waited = []
    while not until.is_set():
        began = time.perf_counter()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(until.wait(), TICK_S)
        waited.append((time.perf_counter() - began - TICK_S) * 1000)
    return sorted(waited)[int(len(waited) * 0.95)]


async def test_ten_thousand_passages(postgres_database: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    world, rng = build_world(postgres_database, sandbox, tmp_path, SHALA_LIMIT_QUESTIONS="1000000"), random.Random(9)
    try:
        conversation, student = await filled(world, rng)
        path = f"/api/chatbot/conversations/{conversation}/messages/"
        await student.post(path, {"question": "word77 word78"})  # the index is made
        over = asyncio.Event()
        waiting = asyncio.create_task(lag(over))
        took = []
        for _ in range(QUESTIONS - 1):
            question = " ".join(f"word{rng.randrange(2, 4000)}" for _ in range(5))
            began = time.perf_counter()
            answer = await student.post(path, {"question": question})
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 201, answer.text
        over.set()
        assert await world.count("assistant_passages") == CONTENTS * PASSAGES
        p99 = sorted(took)[int(len(took) * 0.99)]
        assert p99 < P99_MS, p99
        assert await waiting < LAG_MS
    finally:
        await world.close()
