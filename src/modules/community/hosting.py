"""Roles, silence and bans."""

from dataclasses import dataclass
from datetime import timedelta

from core.actor import Actor
from core.clock import Clock
from core.errors import NotFound
from core.transaction import Begin
from modules.community.domain.groups import (
    Member,
    MemberRole,
    NotMember,
    Place,
    Untouchable,
    demand_host,
    demand_moderator,
)
from modules.community.events import PlaceLost
from modules.community.ports import GroupStore


@dataclass(frozen=True, slots=True)
class Hosting:
    begin: Begin[GroupStore]
    clock: Clock

    async def set_role(self, actor: Actor, community_id: int, user_id: int, role: MemberRole) -> Member:
        """Make a member a moderator, or a moderator a member again.

        :raises NotHost: :raises NotMember: the user is not in the group. :raises Untouchable: :raises NotFound:
        """
        async with self.begin() as store:
            demand_host(await store.place(actor, community_id, lock=True))
            await _other(store, community_id, user_id)
            return await self._changed(store, actor, community_id, user_id, "role", role=role)

    async def silence(self, actor: Actor, community_id: int, user_id: int, time: timedelta | None) -> Member:
        """Let a member write nothing for this long; None lifts it. Moderators may.

        :raises NotModerator: :raises NotMember: :raises Untouchable: moderators are silenced by hosts only.
        """
        async with self.begin() as store:
            place = demand_moderator(await store.place(actor, community_id, lock=True))
            other = await _other(store, community_id, user_id)
            if other.is_moderator and not place.is_host:
                raise Untouchable("Only hosts silence a moderator.")
            until = None if time is None else self.clock.now() + time
            return await self._changed(store, actor, community_id, user_id, "silenced", silenced_until=until)

    async def ban(self, actor: Actor, community_id: int, user_id: int, reason: str) -> Member:
        """Out, and not in again before `unban`; also somebody who never joined. A repeat changes nothing.

        :raises NotHost: :raises NotFound: no such user. :raises Untouchable:
        """
        async with self.begin() as store:
            demand_host(await store.place(actor, community_id, lock=True))
            other = await _other(store, community_id, user_id)
            if other.member is not None and other.member.banned_at is not None:
                return other.member
            banned = await store.ban(community_id, user_id, self.clock.now())
            await store.emit(PlaceLost(community_id=community_id, user_id=user_id, reason="banned"))
            await _audit(store, actor, community_id, "banned", user_id, reason=reason)
            return banned

    async def unban(self, actor: Actor, community_id: int, user_id: int) -> None:
        """The user may join again, as a member. A repeat changes nothing.

        :raises NotHost: :raises NotFound: no such user.
        """
        async with self.begin() as store:
            demand_host(await store.place(actor, community_id, lock=True))
            other = await store.place_of(user_id, community_id)
            if other is None:
                raise NotFound
            if other.member is None or other.member.banned_at is None:
                return
            await store.change_member(community_id, user_id, banned_at=None, role=MemberRole.MEMBER)
            await _audit(store, actor, community_id, "unbanned", user_id)

    async def _changed(
        self, store: GroupStore, actor: Actor, community_id: int, user_id: int, what: str, **changes: object
    ) -> Member:
        changed = await store.change_member(community_id, user_id, **changes)
        if changed is None or not changed.is_active:
            raise NotMember("This user is not in the community.")
        await _audit(store, actor, community_id, what, user_id, **{key: str(value) for key, value in changes.items()})
        return changed


async def _other(store: GroupStore, community_id: int, user_id: int) -> Place:
    """The place of somebody whom something is done to."""
    other = await store.place_of(user_id, community_id)
    if other is None:
        raise NotFound
    if other.is_host:
        raise Untouchable
    return other


async def _audit(store: GroupStore, actor: Actor, community_id: int, what: str, user_id: int, **data: object) -> None:
    await store.audit(
        actor_id=actor.user_id,
        action=f"community.member_{what}",
        target_type="community",
        target_id=community_id,
        user_id=user_id,
        **data,
    )
