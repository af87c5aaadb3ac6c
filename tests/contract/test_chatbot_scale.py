"""Ten thousand passages answer in less than 100 ms (p99) on PostgreSQL, while other requests go on undisturbed.

Of some rounds the best counts: the machine runs other tests, too.
"""

import asyncio
import contextlib
import random
import time
from pathlib import Path

from sqlalchemy import text as sql

from api.test_chatbot import begun
from modules.assistant.domain.passages import Passage, Sentence
from modules.assistant.ports import Source
from worlds import MadeCourse, SandboxClient, World, build_world

CONTENTS, PASSAGES, QUESTIONS, ROUNDS = 100, 100, 100, 4
P99_MS, LAG_MS = 100, 25
TICK_S = 0.005
VOCABULARY = 20_000


def passage(rng: random.Random) -> Passage:
    """250 words, as often as words are."""
    words = [f"word{min(VOCABULARY, int(rng.paretovariate(0.7)))}" for _ in range(250)]
    said = tuple(Sentence(" ".join(words[start : start + 12])) for start in range(0, len(words), 12))
    return Passage("", None, said)


async def filled(world: World, rng: random.Random) -> MadeCourse:
    course = await world.course(texts=CONTENTS)
    rows = await world.house.database.rows(
        sql("SELECT id, version FROM contents WHERE course_id = :id"), {"id": course.id}
    )
    for content_id, version in rows:
        source = Source(content_id, course.id, version, "", None, None, ())
        async with world.house.workflows.indexing.begin() as store:
            assert await store.replace(source, [passage(rng) for _ in range(PASSAGES)])
    return course


async def asked(world: World, course: MadeCourse, rng: random.Random) -> tuple[float, float]:
    """A hundred questions of one student: how long 99 of them take at most, and how long others wait."""
    student = await world.person()
    await world.enrol(student, course)
    path, took = f"/api/chatbot/conversations/{await begun(student, course)}/messages/", list[float]()
    over = asyncio.Event()
    waiting = asyncio.create_task(lag(over))
    for _ in range(QUESTIONS):
        question = " ".join(f"word{rng.randrange(2, 4000)}" for _ in range(5))
        began = time.perf_counter()
        answer = await student.post(path, {"question": question})
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 201, answer.text
    over.set()
    return sorted(took)[int(QUESTIONS * 0.99) - 1], await waiting


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
        course = await filled(world, rng)
        assert await world.count("assistant_passages") == CONTENTS * PASSAGES
        rounds = [await asked(world, course, rng) for _ in range(ROUNDS)]  # in the first the index is made
        assert min(p99 for p99, _ in rounds) < P99_MS, rounds
        assert min(waited for _, waited in rounds) < LAG_MS, rounds
    finally:
        await world.close()
