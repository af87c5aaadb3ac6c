"""Fill Shala's communities with the peers' groups, members and messages, after fill.py. Runs in the project's venv.

fill_chat.py SOURCE_DSN TARGET_DSN
"""

import asyncio
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fill import SINCE, Row, main, put, session

from core.text import words

GROUP = 1
"""The group of the measurement; its members log in."""
MEMBERS = "SELECT DISTINCT user_id FROM group_members WHERE group_id = $1 ORDER BY user_id"
STRANGER = """SELECT min(u.id) FROM users u WHERE u.role = 'student' AND NOT EXISTS
(SELECT 1 FROM group_members m WHERE m.group_id = $1 AND m.user_id = u.id)
AND NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.user_id = u.id)"""


def community(row: Any, members: int) -> Row:
    """The peers' groups have no course; here each belongs to the course with its number."""
    return {
        "id": row["id"],
        "course_id": row["id"],
        "title": row["name"],
        "title_key": row["name"].lower(),
        "description": "",
        "visibility": "public",
        "require_post_approval": False,
        "slow_mode_seconds": 0,
        "member_count": members,
        "post_count": 0,
        "created_at": row["created_at"],
        "version": 1,
    }


def member(row: Any) -> Row:
    return {
        "id": row["id"],
        "community_id": row["group_id"],
        "user_id": row["user_id"],
        "role": "member",
        "is_active": True,
        "joined_at": row["joined_at"],
        "email_notifications": True,
        "push_notifications": True,
    }


def enrollments(members: list[Any], enrolled: set[tuple[int, int]], last: int) -> Iterator[Row]:
    """Whoever is in a group has its course; so many have it already."""
    wanted = sorted({(row["user_id"], row["group_id"]) for row in members} - enrolled)
    for number, (user_id, course_id) in enumerate(wanted, last + 1):
        yield {
            "id": number,
            "user_id": user_id,
            "course_id": course_id,
            "enrollment_date": SINCE,
            "is_active": True,
            "source": "purchase",
            "version": 1,
        }


def stream(community_id: int, messages: int) -> Row:
    return {"id": community_id, "community_id": community_id, "seq": messages, "epoch": uuid.uuid4().hex}


def messages(rows: list[Any]) -> Iterator[Row]:
    """Numbered within their communities, without a hole."""
    counted: Counter[int] = Counter()
    for row in rows:
        counted[row["group_id"]] += 1
        seq = counted[row["group_id"]]
        yield {
            "id": row["id"],
            "stream_id": row["group_id"],
            "community_id": row["group_id"],
            "sender_id": row["sender_id"],
            "seq": seq,
            "change_seq": seq,
            "message": row["message"],
            "terms": " ".join(words(row["message"])),
            "message_type": row["message_type"],
            "is_edited": False,
            "is_deleted": False,
            "created_at": row["created_at"],
            "updated_at": row["created_at"],
            "version": 1,
        }


async def fill(source: Any, target: Any) -> None:
    groups = await source.fetch("SELECT * FROM community_groups ORDER BY id")
    members = await source.fetch("SELECT * FROM group_members ORDER BY id")
    said = await source.fetch("SELECT * FROM chat_messages ORDER BY id")
    enrolled = {tuple(row) for row in await target.fetch("SELECT user_id, course_id FROM enrollments")}
    last = await target.fetchval("SELECT max(id) FROM enrollments")
    in_group, in_stream = (Counter(row["group_id"] for row in rows) for rows in (members, said))
    await put(target, "enrollments", enrollments(members, enrolled, last))
    await target.execute(
        "UPDATE courses c SET enrolled_count = (SELECT count(*) FROM enrollments e WHERE e.course_id = c.id)"
    )
    await put(target, "community_groups", (community(row, in_group[row["id"]]) for row in groups))
    await put(target, "group_members", map(member, members))
    await put(target, "chat_streams", (stream(row["id"], in_stream[row["id"]]) for row in groups))
    await put(target, "chat_messages", messages(said))
    await log_in(source, target)
    await target.execute("VACUUM (FREEZE, ANALYZE)")


async def log_in(source: Any, target: Any) -> None:
    """The group's members that have no login, and somebody who is not in it, to see that they are refused."""
    known = {row[0] for row in await target.fetch("SELECT user_id FROM sessions")}
    wanted = [row[0] for row in await source.fetch(MEMBERS, GROUP) if row[0] not in known]
    wanted.append(await source.fetchval(STRANGER, GROUP))
    last = await target.fetchval("SELECT max(id) FROM sessions")
    await put(target, "sessions", (session(number, user_id) for number, user_id in enumerate(wanted, last + 1)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], fill))
