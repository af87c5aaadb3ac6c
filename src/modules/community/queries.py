"""What the community shows."""

from typing import Protocol

from msgspec import Struct

from core.actor import Actor
from core.paging import Page, PageRequest
from modules.community.domain.groups import Group, Member, MemberRole, Place


class Person(Struct, frozen=True):
    id: int
    username: str
    full_name: str
    profile_image: str | None


class GroupCard(Struct, frozen=True):
    """A group as one caller sees it in a list."""

    group: Group
    course_title: str
    member: Member | None


class MemberCard(Struct, frozen=True):
    member: Member
    person: Person


class CommunityQueries(Protocol):
    async def groups(
        self, request: PageRequest, viewer: Actor, *, course_id: int | None, q: str | None
    ) -> Page[GroupCard]:
        """Groups of courses that the viewer has access to or teaches; private ones for hosts only.

        `q` is a part of the title. Not those that the viewer is banned from.
        """
        ...

    async def group(self, viewer: Actor, community_id: int) -> tuple[Place, GroupCard] | None: ...

    async def place(self, viewer: Actor, community_id: int) -> Place | None: ...

    async def members(
        self, request: PageRequest, community_id: int, *, role: MemberRole | None, q: str | None
    ) -> Page[MemberCard]:
        """Those who are in it now, oldest first; `q` is the beginning of a user name."""
        ...

    async def member(self, community_id: int, user_id: int) -> MemberCard | None: ...

    async def banned(self, request: PageRequest, community_id: int) -> Page[MemberCard]: ...
