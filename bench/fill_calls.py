"""Fill Shala with what the calls read besides courses, after fill.py: the peers' groups, messages, posts and
notifications. Runs in the project's venv.

fill_calls.py SOURCE_DSN TARGET_DSN
"""

import asyncio
import html
import sys
from collections.abc import Iterator
from typing import Any

import fill_chat
from fill import NOW, SINCE, Row, main, put

from core.text import words


def post(row: Any) -> Row:
    return {
        "id": row["id"],
        "community_id": row["group_id"],
        "author_id": row["author_id"],
        "title": row["title"],
        "content": row["content"],
        "content_html": f"<p>{html.escape(row['content'])}</p>",
        "terms": " ".join(words(f"{row['title']} {row['content']}")),
        "status": "published",
        "depth": 0,
        "is_pinned": False,
        "is_deleted": False,
        "view_count": 0,
        "reply_count": 0,
        "flag_count": 0,
        "flagged_review": False,
        "moderation_notes": "",
        "reactions": "{}",
        "created_at": row["created_at"],
        "updated_at": row["created_at"],
        "published_at": row["created_at"],
        "version": 1,
    }


def notice(number: int) -> Row:
    """The peers write a text into each row; here each belongs to a notice."""
    return {
        "id": number,
        "cause": f"bench-{number}",
        "notification_type": "announcement",
        "variant": "",
        "audience": "members",
        "community_id": fill_chat.GROUP,
        "words": '{"title":"Tomorrow","text":"We meet an hour later."}',
        "spread_to": 0,
        "is_spread": True,
        "created_at": SINCE,
    }


def notifications(rows: list[Any]) -> Iterator[Row]:
    """As many of each person as the peers have, as many of them unread."""
    counted: dict[int, int] = {}
    for row in rows:
        number = counted[row["user_id"]] = counted.get(row["user_id"], 0) + 1
        yield {
            "id": row["id"],
            "notice_id": number,
            "recipient_id": row["user_id"],
            "in_app": True,
            "created_at": SINCE,
            "read_at": NOW if row["is_read"] else None,
        }


async def fill(source: Any, target: Any) -> None:
    await fill_chat.fill(source, target)
    told = await source.fetch("SELECT * FROM notifications ORDER BY id")
    most = await source.fetchval("SELECT count(*) FROM notifications GROUP BY user_id ORDER BY 1 DESC LIMIT 1")
    await put(target, "community_posts", map(post, await source.fetch("SELECT * FROM discussion_posts ORDER BY id")))
    await put(target, "notices", map(notice, range(1, most + 1)))
    await put(target, "notifications", notifications(told))
    await target.execute("VACUUM (FREEZE, ANALYZE)")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], fill))
