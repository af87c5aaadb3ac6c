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
P99_MS, LONG_MS, LAG_MS = 100, 500, 25
TICK_S = 0.005
VOCABULARY = 20_000


def word(number: int) -> str:
    """Of letters, so that it has a stem and a sound, and can be mistyped."""
    syllables = [f"{'bdfgklmnprst'[number // 5**place % 12]}{'aeiou'[number // 7**place % 5]}" for place in range(4)]
    return "".join(syllables) + "aeiou"[number % 5]


WORDS = [*("the", "of", "is", "do", "you"), *dict.fromkeys(word(number) for number in range(VOCABULARY))]


def passage(rng: random.Random) -> Passage:
    """250 words, as often as words are."""
    words = [WORDS[min(len(WORDS) - 1, int(rng.paretovariate(0.7)) - 1)] for _ in range(250)]
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


async def asked(world: World, course: MadeCourse, rng: random.Random, long: str | None = None) -> tuple[float, float]:
    """A hundred questions of one student, or one that is long and has none of the course's words: how long 99 of a
    hundred take at most, and how long others wait.
    """
    student = await world.person()
    await world.enrol(student, course)
    path, took = f"/api/chatbot/conversations/{await begun(student, course)}/messages/", list[float]()
    over = asyncio.Event()
    waiting = asyncio.create_task(lag(over))
    for _ in range(1 if long else QUESTIONS):
        question = f"what is {' '.join(rng.sample(WORDS[5:4000], 4))} of {rng.choice(WORDS)[::-1]}"  # one is no word
        began = time.perf_counter()
        answer = await student.post(path, {"question": long or question})
        took.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 201, answer.text
    over.set()
    return sorted(took)[max(0, int(len(took) * 0.99) - 1)], await waiting


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
        longest = await asked(world, course, rng, " ".join(one[::-1] for one in WORDS)[:2000])
        assert longest[0] < LONG_MS, longest
        assert longest[1] < LAG_MS, longest
    finally:
        await world.close()
