"""Fill Shala's tables with what the peers' hold: the same amounts, ids, titles, prices. Runs in the project's venv.

fill.py SOURCE_DSN TARGET_DSN
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import asyncpg

from adapters.rendering import SafeMarkdown
from core.text import slugify, words

ENROLLED_STUDENTS = 200
NOW = datetime.now(UTC)
SINCE = NOW - timedelta(days=30)  # long enough for the rule that nobody watches faster than the clock
TYPES = {"video": "video", "document": "text", "quiz": "text"}
SAME = ("users", "courses", "modules", "contents", "enrollments", "progress")
Row = dict[str, Any]


def user(row: Any) -> Row:
    return {
        "id": row["id"],
        "email": row["email"],
        "username": f"user{row['id']}",
        "username_key": f"user{row['id']}",
        "password_hash": "nobody logs in here",
        "role": row["role"],
        "full_name": row["full_name"],
        "name_key": row["full_name"].lower(),
        "is_active": True,
        "email_verified_at": SINCE,
        "created_at": row["created_at"],
        "token_version": 1,
        "version": 1,
    }


def course(row: Any, categories: dict[str, int], enrolled: dict[int, int]) -> Row:
    return {
        "id": row["id"],
        "slug": f"{slugify(row['title'])}-{row['id']}",
        "title": row["title"],
        "description": row["description"],
        "title_terms": " ".join(words(row["title"])),
        "description_terms": " ".join(words(row["description"])),
        "price_paise": int(row["price"] * 100),
        "currency": "INR",
        "thumbnail": row["thumbnail"].removeprefix("https://cdn.example.com/"),
        "category_id": categories[row["category"]],
        "level": row["level"],
        "language": "en",
        "is_published": row["is_published"],
        "is_trending": row["is_trending"],
        "rating": row["rating"],
        "rating_count": 40,
        "enrolled_count": enrolled.get(row["id"], 0),
        "created_by_id": row["instructor_id"],
        "created_at": row["created_at"],
        "version": 1,
    }


def module(row: Any) -> Row:
    known = {name: row[name] for name in ("id", "course_id", "title", "position")}
    return {**known, "description": "", "version": 1}


def content(row: Any, markdown: SafeMarkdown) -> Row:
    """A peer's video is an address; ours is a hosted one, whose address is made of its id."""
    is_video = row["content_type"] == "video"
    return {
        **{name: row[name] for name in ("id", "course_id", "module_id", "title", "position", "is_preview")},
        "content_type": TYPES[row["content_type"]],
        "media_provider": "youtube" if is_video else None,
        "media_ref": f"bench{row['id']:06}" if is_video else None,
        "video_duration": row["duration_s"] if is_video else None,
        "text_content": row["body"],
        "text_html": markdown.render(row["body"]),
        "is_published": True,
        "available_after_days": 0,
        "created_at": SINCE,
        "version": 1,
    }


def enrollment(row: Any) -> Row:
    known = {name: row[name] for name in ("id", "user_id", "course_id")}
    return {**known, "enrollment_date": SINCE, "is_active": True, "source": "purchase", "version": 1}


def progress(row: Any) -> Row:
    position = row["last_position"]
    return {
        **{name: row[name] for name in ("id", "enrollment_id", "content_id", "last_position", "time_spent")},
        "is_completed": row["completed"],
        "completion_date": row["updated_at"] if row["completed"] else None,
        "watched": json.dumps([[0, position]] if row["content_type"] == "video" and position else []),
        "updated_at": row["updated_at"],
    }


def session(id_: int, user_id: int, ended_at: datetime | None = None) -> Row:
    return {
        "id": id_,
        "user_id": user_id,
        "nonce": f"{id_:032x}",
        "generation": 0,
        "device": "bench",
        "created_at": SINCE,
        "rotated_at": NOW,
        "expires_at": NOW + timedelta(days=30),
        "ended_at": ended_at,
        "end_reason": "logout" if ended_at else None,
    }


def sessions(students: list[int]) -> list[Row]:
    """One login for each, and one that has ended, to see that it is refused."""
    standing = [session(number, student) for number, student in enumerate(students, 1)]
    return [*standing, session(len(students) + 1, students[0], NOW)]


async def rows_of(source: Any) -> dict[str, list[Row]]:
    """All rows by table, in an order that satisfies the foreign keys."""
    read = {table: await source.fetch(f"SELECT * FROM {table} ORDER BY id") for table in SAME[:-1]}
    done = await source.fetch(
        "SELECT p.*, e.id AS enrollment_id, c.content_type FROM progress p JOIN contents c ON c.id = p.content_id "
        "JOIN enrollments e ON e.user_id = p.user_id AND e.course_id = p.course_id ORDER BY p.id"
    )
    slugs = sorted({row["category"] for row in read["courses"]})
    categories = {slug: number for number, slug in enumerate(slugs, 1)}
    counted = await source.fetch("SELECT course_id, count(*) FROM enrollments GROUP BY 1")
    students = sorted({row["user_id"] for row in read["enrollments"]})[:ENROLLED_STUDENTS]
    markdown = SafeMarkdown()
    return {
        "users": [user(row) for row in read["users"]],
        "categories": [{"id": id_, "slug": slug, "title": slug.title()} for slug, id_ in categories.items()],
        "courses": [course(row, categories, dict(counted)) for row in read["courses"]],
        "course_instructors": [
            {"course_id": row["id"], "user_id": row["instructor_id"], "added_at": SINCE} for row in read["courses"]
        ],
        "modules": [module(row) for row in read["modules"]],
        "contents": [content(row, markdown) for row in read["contents"]],
        "enrollments": [enrollment(row) for row in read["enrollments"]],
        "progress": [progress(row) for row in done],
        "sessions": sessions(students),
    }


async def put(target: Any, table: str, rows: Iterable[Row]) -> None:
    """Add rows, all with the same columns; ids that the table gives itself go on from theirs."""
    rows = iter(rows)
    first = next(rows)
    records = (tuple(row.values()) for row in chain([first], rows))
    await target.copy_records_to_table(table, records=records, columns=list(first))
    if "id" in first:
        await target.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


async def fill(source: Any, target: Any) -> None:
    for table, rows in (await rows_of(source)).items():
        await put(target, table, rows)
    await target.execute("VACUUM (FREEZE, ANALYZE)")
    for table in SAME:
        count = f"SELECT count(*) FROM {table}"
        theirs, ours = await source.fetchval(count), await target.fetchval(count)
        if theirs != ours or not ours:
            raise SystemExit(f"{table}: the peers have {theirs} rows, Shala {ours}")


async def main(source_dsn: str, target_dsn: str, work: Callable[[Any, Any], Awaitable[None]]) -> None:
    source, target = await asyncpg.connect(source_dsn), await asyncpg.connect(target_dsn)
    try:
        await work(source, target)
    finally:
        await source.close()
        await target.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], fill))
