"""Joining, leaving, and what a member wants to hear."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import NotFound
from core.transaction import Begin
from modules.community.domain.groups import Member, MemberRole, NotMember, demand_member, demand_sight
from modules.community.events import PlaceLost
from modules.community.ports import GroupStore


@dataclass(frozen=True, slots=True)
class Joining:
    begin: Begin[GroupStore]

    async def join(self, actor: Actor, community_id: int) -> tuple[Member, bool]:
        """The membership, and whether it is new. A repeat changes nothing.

        :raises NotFound: :raises NotEnrolled: :raises EnrolmentExpired: :raises Banned:
        """
        async with self.begin() as store:
            place = demand_sight(await store.place(actor, community_id, lock=True))
            if place.member is not None and place.member.is_active:
                return place.member, False
            role = MemberRole.INSTRUCTOR if place.is_host else MemberRole.MEMBER
            return await store.join(community_id, actor.user_id, role), True

    async def leave(self, actor: Actor, community_id: int) -> None:
        """A repeat changes nothing. Also who lost access may leave; a ban stays.

        :raises NotFound:
        """
        async with self.begin() as store:
            if await store.place(actor, community_id, lock=True) is None:
                raise NotFound
            if await store.leave(community_id, actor.user_id):
                await store.emit(PlaceLost(community_id=community_id, user_id=actor.user_id, reason="membership_lost"))

    async def forget(self, store: GroupStore, user_id: int) -> None:
        """Reaction within the erasure of an account: who is no longer there is no member."""
        for community_id in await store.groups_of(user_id):
            await store.hold(community_id)
            if await store.leave(community_id, user_id):
                await store.emit(PlaceLost(community_id=community_id, user_id=user_id, reason="membership_lost"))

    async def prefer(self, actor: Actor, community_id: int, changes: dict[str, Any]) -> Member:
        """What the member wants to hear of: `email_notifications`, `push_notifications`, `muted_until`.

        :raises NotMember: also for a host who has not joined; and what seeing the group raises.
        """
        async with self.begin() as store:
            demand_member(await store.place(actor, community_id))
            return await _changed(store, actor.user_id, community_id, changes)

    async def choose(self, store: GroupStore, user_id: int, community_id: int, changes: dict[str, Any]) -> None:
        """The same as a reaction, for what was chosen among one's other notifications.

        :raises NotMember:
        """
        await _changed(store, user_id, community_id, changes)


async def _changed(store: GroupStore, user_id: int, community_id: int, changes: dict[str, Any]) -> Member:
    changed = await store.change_member(community_id, user_id, **changes)
    if changed is None or not changed.is_active:
        raise NotMember
    return changed
