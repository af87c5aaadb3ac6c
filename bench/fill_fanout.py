"""Fill Shala with all the peer's groups, those of the fan-out among them, after fill.py. Runs in the project's venv.

fill_fanout.py SOURCE_DSN TARGET_DSN
"""

import asyncio
import sys
from typing import Any

from fill import main, put, session, user
from fill_chat import community, enrollments, member

GROUPS = """SELECT g.*, count(*) AS members, max(m.user_id) AS last_id FROM community_groups g
JOIN group_members m ON m.group_id = g.id GROUP BY g.id ORDER BY g.id"""


async def fill(source: Any, target: Any) -> None:
    """Users, groups, members, the enrolments without which nobody is told, and a login for the last member of the
    fan-out's groups, who listens.
    """
    groups = await source.fetch(GROUPS)
    members = await source.fetch("SELECT * FROM group_members ORDER BY id")
    known, enrolled, logins = [
        await target.fetchval(f"SELECT max(id) FROM {table}") for table in ("users", "enrollments", "sessions")
    ]
    grown = await source.fetch("SELECT * FROM users WHERE id > $1 ORDER BY id", known)
    have = {tuple(row) for row in await target.fetch("SELECT user_id, course_id FROM enrollments")}
    listeners = [row["last_id"] for row in groups if row["last_id"] > known]
    await put(target, "users", map(user, grown))
    await put(target, "enrollments", enrollments(members, have, enrolled))
    await target.execute(
        "UPDATE courses c SET enrolled_count = (SELECT count(*) FROM enrollments e WHERE e.course_id = c.id)"
    )
    await put(target, "community_groups", (community(row, row["members"]) for row in groups))
    await put(target, "group_members", map(member, members))
    await put(target, "sessions", (session(number, one) for number, one in enumerate(listeners, logins + 1)))
    await target.execute("VACUUM (FREEZE, ANALYZE)")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], fill))
