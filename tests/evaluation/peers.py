"""What a database's own full-text search makes of the same questions: the passages in one table, no word of ours.

A peer cites the best passage if its score is above a floor. The floor is found as ours was: on the tuned half, the one
that answers the most while citations and refusals are as wanted; if there is none, the one with the best precision.
"""

import sqlite3
from collections.abc import Sequence

import asyncpg
from msgspec import Struct

from evaluation.measuring import COURSES, Figures, Question, Tried, counted, in_turn, lessons, texts_of
from modules.assistant.ports import IndexedPassage

WANTED_PRECISION, WANTED_REFUSAL = 0.95, 0.90
FEWEST_ANSWERS = 0.05
"""Of the answerable ones: a floor that lets one lucky answer through is none."""
QUOTE = '"'
MOST = 8
SQLITE = "SELECT content_id, -bm25(passages, 0, 3, 1) FROM passages WHERE passages MATCH ? ORDER BY 2 DESC LIMIT ?"
POSTGRES_ANY = """
    SELECT content_id, ts_rank_cd(said, query) FROM passages,
    CAST(replace(CAST(plainto_tsquery('english', $1) AS text), '&', '|') AS tsquery) AS query
    WHERE said @@ query ORDER BY 2 DESC LIMIT $2
"""
POSTGRES_ALL = POSTGRES_ANY.replace("'&', '|'", "'&', '&'")


class Ranked(Struct, frozen=True):
    half: str
    question: Question
    lessons: list[str]
    score: float


def sqlite() -> list[Ranked]:
    """FTS5 with its default tokeniser and BM25; any word may match, the title counts threefold."""
    found = list[Ranked]()
    for course in sorted(COURSES.iterdir()):
        names, database = list(lessons(course)), sqlite3.connect(":memory:")
        database.execute("CREATE VIRTUAL TABLE passages USING fts5(content_id UNINDEXED, title, said)")
        database.executemany("INSERT INTO passages VALUES (?, ?, ?)", [_row(each) for each in texts_of(course)])
        for half, question in in_turn(course):
            any_word = " OR ".join(f'"{word.replace(QUOTE, "")}"' for word in question.question.split())
            found.append(_ranked(half, question, names, database.execute(SQLITE, (any_word, MOST)).fetchall()))
        database.close()
    return found


async def postgres(url: str, statement: str) -> list[Ranked]:
    """`tsvector` with the title at weight A, ranked by `ts_rank_cd`."""
    found = list[Ranked]()
    connection = await asyncpg.connect(url)
    try:
        for course in sorted(COURSES.iterdir()):
            names = list(lessons(course))
            await connection.execute("CREATE TEMPORARY TABLE passages (content_id int, said tsvector)")
            await connection.executemany(
                "INSERT INTO passages VALUES ($1, setweight(to_tsvector('english', $2), 'A')"
                " || to_tsvector('english', $3))",
                [_row(each) for each in texts_of(course)],
            )
            for half, question in in_turn(course):
                rows = await connection.fetch(statement, question.question, MOST)
                found.append(_ranked(half, question, names, [tuple(row) for row in rows]))
            await connection.execute("DROP TABLE passages")
    finally:
        await connection.close()
    return found


def at_best(found: Sequence[Ranked]) -> dict[str, Figures]:
    """Its figures at the floor that is best for the tuned half."""
    floors = sorted({one.score for one in found if one.lessons})
    return max((_above(found, floor) for floor in floors), key=lambda figures: _merit(figures["tuned"]))


def _merit(tuned: Figures) -> tuple[bool, float]:
    good = tuned.citation_precision >= WANTED_PRECISION and tuned.refusal >= WANTED_REFUSAL
    enough = tuned.answer_rate >= FEWEST_ANSWERS
    return good and enough, tuned.answer_rate if good else tuned.citation_precision * enough


def _above(found: Sequence[Ranked], floor: float) -> dict[str, Figures]:
    return counted(
        Tried(one.half, one.question, one.lessons, one.lessons[:1] if one.score >= floor else []) for one in found
    )


def _row(each: IndexedPassage) -> tuple[int, str, str]:
    return each.content_id, f"{each.title} {each.passage.heading}", " ".join(one.text for one in each.passage.sentences)


def _ranked(half: str, question: Question, names: Sequence[str], rows: Sequence[tuple[int, float]]) -> Ranked:
    return Ranked(half, question, [names[int(content)] for content, _ in rows], rows[0][1] if rows else 0.0)
