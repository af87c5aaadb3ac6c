"""Open sockets whose right to be open is to be looked at again, as a table that every instance polls.

A review is written in the transaction of the fact that asks for it. After the commit the hub tells all instances to
look at once; where that is lost, they look each second anyway.
"""

from datetime import timedelta

from msgspec import Struct
from sqlalchemy import bindparam, insert, select

from adapters.sql.database import Database, SqlTransaction
from adapters.sql.models import SocketReview
from adapters.sql.store import SqlStore, table
from core.clock import Clock
from core.hub import Hub

CHANNEL = "reviews"
REVIEWS = table(SocketReview)
# a transaction may commit some time after it has taken its number and its moment, and clocks differ
OVERLAP = timedelta(seconds=60)
RECENT = (
    select(REVIEWS.c.id, REVIEWS.c.user_id, REVIEWS.c.community_id)
    .where(REVIEWS.c.created_at > bindparam("since"))
    .order_by(REVIEWS.c.id)
)


class Review(Struct, frozen=True):
    """Of one user's sockets, or of all in a community, or of a user's in a community."""

    id: int
    user_id: int | None
    community_id: int | None


class SqlReviewStore(SqlStore):
    """Asks for reviews within a fact's transaction."""

    def __init__(self, transaction: SqlTransaction, hub: Hub) -> None:
        super().__init__(transaction)
        self._hub = hub

    async def ask(self, *, user_id: int | None = None, community_id: int | None = None) -> None:
        values = {"user_id": user_id, "community_id": community_id, "created_at": self.transaction.clock.now()}
        await self.transaction.execute(insert(REVIEWS), values)
        self.transaction.afterwards.append(lambda: self._hub.publish(CHANNEL, b"look"))


class SqlReviews:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._seen: set[int] = set()

    async def new(self) -> list[Review]:
        """Those of the last minute that this instance has not been given yet.

        :raises Unavailable: they are given next time.
        """
        rows = await self._database.rows(RECENT, {"since": self._clock.now() - OVERLAP})
        found = [Review(*row) for row in rows]
        new = [one for one in found if one.id not in self._seen]
        self._seen = {one.id for one in found}
        return new
