"""Groups and their settings."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import Invalid, VersionConflict
from core.transaction import Begin
from modules.community.domain.groups import Group, Place, Visibility, demand_host
from modules.community.events import GroupClosed
from modules.community.ports import Banners, GroupStore


@dataclass(frozen=True, slots=True)
class Founding:
    begin: Begin[GroupStore]
    banners: Banners

    async def found(self, actor: Actor, *, course_id: int, **values: Any) -> Group:
        """Give a course its community.

        :raises Invalid: no such course. :raises CourseHasGroup:
        """
        async with self.begin() as store:
            if not await store.has_course(course_id):
                raise Invalid.field("course_id", "There is no such course.")
            group = await store.add_group(course_id=course_id, **values)
            await _audit(store, actor, group.id, "founded")
            return group

    async def change(
        self, actor: Actor, community_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Group:
        """Title, description, visibility, approval of posts, slow mode.

        :raises NotFound: :raises NotHost: :raises VersionConflict:
        """
        async with self.begin() as store:
            group = (await _hosted(store, actor, community_id)).group
            if version is not None and version != group.version:
                raise VersionConflict
            if not changes:
                return group
            changed = await store.change_group(community_id, **changes)
            if changed.visibility is Visibility.PRIVATE and group.visibility is not Visibility.PRIVATE:
                await store.emit(GroupClosed(community_id=community_id))
            await _audit(store, actor, community_id, "changed", **{key: str(value) for key, value in changes.items()})
            return changed

    async def set_banner(self, actor: Actor, community_id: int, data: bytes | None) -> Group:
        """Replace the picture above the group, or take it away with None.

        :raises NotFound: :raises NotHost: :raises Invalid: not a picture, or one that is too large.
        """
        async with self.begin() as store:
            await _hosted(store, actor, community_id)
        key = await self.banners.keep(data) if data is not None else None
        try:
            async with self.begin() as store:
                former = (await _hosted(store, actor, community_id)).group.banner_image
                group = await store.change_group(community_id, banner_image=key)
        except BaseException:
            if key:
                await self.banners.discard(key)
            raise
        if former:
            await self.banners.discard(former)
        return group


async def _hosted(store: GroupStore, actor: Actor, community_id: int) -> Place:
    return demand_host(await store.place(actor, community_id, lock=True))


async def _audit(store: GroupStore, actor: Actor, community_id: int, what: str, **data: object) -> None:
    await store.audit(
        actor_id=actor.user_id, action=f"community.{what}", target_type="community", target_id=community_id, **data
    )
