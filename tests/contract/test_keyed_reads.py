"""Reads by id: each gets what the statement gives for its own key, alone or among many, on both databases."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from adapters.sql.database import Database
from adapters.sql.keyed import KeyedReads
from adapters.sql.learning.rows import CONTENTS, MODULES
from adapters.sql.learning.study import LESSON
from adapters.sql.learning.study_queries import SIGHT
from classes import School, found_school
from core.errors import Invalid
from worlds import World

LESSONS_OF = (
    select(CONTENTS.c.id, MODULES.c.title)
    .join(MODULES, MODULES.c.id == CONTENTS.c.module_id)
    .where(CONTENTS.c.course_id == bindparam("course_id"))
    .order_by(CONTENTS.c.id.desc())
    .limit(2)
)
CROWD = [*range(6), 1, 2, 2**62]


@pytest.fixture
async def school(world: World) -> School:
    return await found_school(world)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (LESSONS_OF, ("course_id",)),
        (SIGHT, ("content_id", "user_id")),
        (LESSON, ("user_id", "content_id")),
    ],
    ids=["several rows", "sight", "lesson"],
)
async def test_many_at_once_get_what_each_gets_alone(school: School, statement: Any, names: tuple[str, ...]) -> None:
    database = school.world.house.database
    keys = [(number, number % 3)[: len(names)] for number in CROWD]
    alone = [[tuple(row) for row in await database.rows(statement, dict(zip(names, key, strict=True)))] for key in keys]
    reads = KeyedReads(database, statement, *names)
    together = await asyncio.gather(*(reads.rows(*key) for key in keys))
    assert [[tuple(row) for row in rows] for rows in together] == alone
    assert any(alone)


async def test_many_at_once_are_one_statement_on_postgresql(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    database, statements = school.world.house.database, list[Any]()
    rows = Database.rows

    async def counting(one: Database, statement: Any, values: Any = None) -> Any:
        statements.append(statement)
        return await rows(one, statement, values)

    monkeypatch.setattr(Database, "rows", counting)
    reads = KeyedReads(database, LESSONS_OF, "course_id")
    await asyncio.gather(*(reads.row(number) for number in range(20)))
    assert len(statements) == (20 if database.is_sqlite else 1)


async def test_a_number_that_no_column_holds_fails_its_asker_only(school: School) -> None:
    reads = KeyedReads(school.world.house.database, LESSONS_OF, "course_id")
    answers = await asyncio.gather(*(reads.row(n) for n in (1, 2**63, -(2**70), 1)), return_exceptions=True)
    assert [isinstance(answer, Invalid) for answer in answers] == [False, True, True, False]
    assert answers[0] == answers[3]
