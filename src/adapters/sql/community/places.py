"""A caller's place in a group, asked within a transaction by all of the community's stores."""

from sqlalchemy import bindparam, select

from adapters.sql.community.rows import GROUPS, PLACE, place
from adapters.sql.store import SqlStore
from core.actor import Actor
from modules.community.domain.groups import Place

# what refers to the group (members, posts, messages) does not wait for this lock
LOCK_GROUP = select(GROUPS.c.id).where(GROUPS.c.id == bindparam("community_id")).with_for_update(key_share=True)


class PlaceStore(SqlStore):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None:
        if lock:
            await self.hold(community_id)
        return await self.place_of(actor.user_id, community_id)

    async def hold(self, community_id: int) -> None:
        await self.transaction.row(LOCK_GROUP, {"community_id": community_id})

    async def place_of(self, user_id: int, community_id: int) -> Place | None:
        row = await self.transaction.row(PLACE, {"user_id": user_id, "community_id": community_id})
        return place(row, self.transaction.clock.now())
