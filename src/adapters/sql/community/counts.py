"""How many posts a group has: a number in its row, and the changes since that was written.

Changing the row with each post would make all who post in a group wait for each other's commits: half of those who
wrote at once did nothing else.
"""

from collections import Counter

from sqlalchemy import Integer, bindparam, delete, func, insert, select, update

from adapters.sql.community.rows import GROUPS
from adapters.sql.database import Database
from adapters.sql.models import PostCountChange
from adapters.sql.store import table

CHANGES = table(PostCountChange)
_WAITING = (
    select(func.coalesce(func.sum(CHANGES.c.change), 0)).where(CHANGES.c.community_id == GROUPS.c.id).scalar_subquery()
)
POST_COUNT = (GROUPS.c.post_count + _WAITING).label("post_count")
COUNT_POST = insert(CHANGES)
MOST_ROWS = 1_000
_SOME = (
    select(CHANGES.c.id)
    .order_by(CHANGES.c.id)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True)
)
TAKE = (
    delete(CHANGES).where(CHANGES.c.id.in_(_SOME.scalar_subquery())).returning(CHANGES.c.community_id, CHANGES.c.change)
)
ADD = (
    update(GROUPS)
    .where(GROUPS.c.id == bindparam("row"))
    .values(post_count=GROUPS.c.post_count + bindparam("added", type_=Integer))
)


class SqlPostCounts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def fold(self, most: int = MOST_ROWS) -> None:
        """Add what waits to the groups' rows, so that reading a count stays cheap; so many changes in each transaction.
        The counts stay what they are.
        """
        rows = most
        while rows == most:
            async with self._database.transaction() as transaction:
                taken = await transaction.rows(TAKE, {"most": most})
                rows, changes = len(taken), Counter[int]()
                for community_id, change in taken:
                    changes[community_id] += change
                added = [{"row": community_id, "added": change} for community_id, change in sorted(changes.items())]
                if added:
                    await transaction.execute(ADD, added)
