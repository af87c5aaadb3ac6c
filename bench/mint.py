"""Print `user_id token` for each login in the database that stands, then `ended token` for those that do not.

Runs in the project's venv with Shala's own settings: the tokens are those that a login would have given.
"""

import asyncio

import asyncpg

from entrypoints.compose import compose
from entrypoints.settings import load

LOGINS = """SELECT s.id, s.user_id, s.ended_at, u.token_version FROM sessions s JOIN users u ON u.id = s.user_id
ORDER BY s.ended_at IS NOT NULL, s.user_id"""


async def main() -> None:
    house = compose(load())
    tokens = house.workflows.logins.tokens
    connection = await asyncpg.connect(house.settings.database_url.replace("+asyncpg", ""))
    try:
        for row in await connection.fetch(LOGINS):
            token = tokens.issue(user_id=row["user_id"], session_id=row["id"], token_version=row["token_version"])
            print(row["user_id"] if row["ended_at"] is None else "ended", token)
    finally:
        await connection.close()
        await house.close()


if __name__ == "__main__":
    asyncio.run(main())
