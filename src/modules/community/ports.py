"""What the community needs from the outside. Stores work within one transaction; `lock=True` holds a row to its end."""

from datetime import datetime
from typing import Any, Protocol

from core.actor import Actor
from core.events import Emits
from modules.community.domain.groups import Group, Member, MemberRole, Place


class GroupStore(Emits, Protocol):
    async def place(self, actor: Actor, community_id: int, *, lock: bool = False) -> Place | None:
        """The caller's place; with `lock`, the group's row is held."""
        ...

    async def place_of(self, user_id: int, community_id: int) -> Place | None:
        """Somebody's place; None also if there is no such active user."""
        ...

    async def has_course(self, course_id: int) -> bool: ...

    async def add_group(self, *, course_id: int, **values: Any) -> Group:
        """:raises CourseHasGroup:"""
        ...

    async def change_group(self, community_id: int, **changes: Any) -> Group:
        """Set columns and raise `version` by one."""
        ...

    async def join(self, community_id: int, user_id: int, role: MemberRole) -> Member:
        """Add the member or take them back, and count them if they were not counted."""
        ...

    async def leave(self, community_id: int, user_id: int) -> bool:
        """Take the member off the count; False if there was none."""
        ...

    async def ban(self, community_id: int, user_id: int, now: datetime) -> Member:
        """Also somebody who never joined."""
        ...

    async def change_member(self, community_id: int, user_id: int, **changes: Any) -> Member | None:
        """None if there is no such row."""
        ...

    async def audit(
        self, *, actor_id: int | None, action: str, target_type: str, target_id: int, **data: object
    ) -> None: ...


class Banners(Protocol):
    """Public pictures above a group."""

    async def keep(self, data: bytes) -> str:
        """Re-encoded, stripped of metadata; its storage key.

        :raises Invalid: not a picture, or one that is too large.
        """
        ...

    async def discard(self, key: str) -> None: ...
