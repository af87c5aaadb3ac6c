"""Views of posts, counted in batches: reading a post writes nothing."""

import asyncio
import contextlib
from collections import Counter
from datetime import datetime

import structlog
from sqlalchemy import bindparam, update
from sqlalchemy.dialects.postgresql import insert

from adapters.sql.community.threads import POSTS
from adapters.sql.database import Database
from adapters.sql.models import PostView
from adapters.sql.store import table
from core.clock import Clock

VIEWS = table(PostView)
WRITE_EVERY_S = 5.0
BATCH = 500
MOST = 20_000  # beyond it views are not worth the memory
SEEN = (
    update(POSTS)
    .where(POSTS.c.id == bindparam("row"))
    .values(view_count=POSTS.c.view_count + bindparam("by", type_=POSTS.c.view_count.type))
)
log = structlog.get_logger()


class SqlPostViews:
    """Counts at most one view of a post for each user and hour, over all instances, some seconds late.

    What is noted and not yet written is lost when the process is killed.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: set[tuple[int, int, datetime]] = set()
        self._writing: asyncio.Task[None] | None = None

    def note(self, post_id: int, user_id: int) -> None:
        if len(self._noted) < MOST:
            hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
            self._noted.add((post_id, user_id, hour))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write_later(), name="views")

    async def write(self) -> None:
        """Write all that was noted, now. What cannot be written is kept for the next time."""
        noted, self._noted = sorted(self._noted), set()
        while noted:
            batch = noted[:BATCH]
            try:
                await self._count(batch)
            except asyncio.CancelledError:
                self._noted.update(noted)  # counted twice they count once
                raise
            except Exception as error:  # noqa: BLE001 - nobody waits for this; it is tried again
                self._noted.update(noted)
                log.warning("views_not_written", error=type(error).__name__)
                return
            noted = noted[BATCH:]

    async def close(self) -> None:
        if self._writing is not None:
            self._writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writing
        await self.write()

    async def _write_later(self) -> None:
        while self._noted:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.write()

    async def _count(self, batch: list[tuple[int, int, datetime]]) -> None:
        rows = [{"post_id": post_id, "user_id": user_id, "hour": hour} for post_id, user_id, hour in batch]
        new = insert(VIEWS).values(rows).on_conflict_do_nothing().returning(VIEWS.c.post_id)
        async with self._database.transaction() as transaction:
            seen = Counter(int(row[0]) for row in await transaction.rows(new))
            # in one order, as other instances do; replies before the posts above them, as an approval locks them
            for post_id in sorted(seen, reverse=True):
                await transaction.execute(SEEN, {"row": post_id, "by": seen[post_id]})
