"""Groups and members as people read them."""

from typing import Any

from sqlalchemy import String, and_, bindparam, exists, or_, select

from adapters.sql.community.counts import POST_COUNT
from adapters.sql.community.rows import (
    GROUP_COLUMNS,
    GROUPS,
    MEMBER_COLUMNS,
    MEMBERS,
    PERSON_COLUMNS,
    PLACE,
    POSTGRES_PLACES,
    SQLITE_PLACES,
    group,
    member,
    place,
)
from adapters.sql.database import AnyRow, Database
from adapters.sql.keyed import KeyedReads
from adapters.sql.learning.access import HAS_ACCESS, teaches
from adapters.sql.learning.rows import COURSES, ENROLLMENTS, USERS
from adapters.sql.pages import KeysetList, beginning, containing, given
from core.actor import Actor, Role
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.community.domain.groups import MemberRole, Place, Visibility
from modules.community.queries import GroupCard, MemberCard, Person

_GROUP = len(GROUP_COLUMNS)
_MEMBER = len(MEMBER_COLUMNS)
CARDS = (
    select(*GROUP_COLUMNS, COURSES.c.title, POST_COUNT, *MEMBER_COLUMNS)
    .select_from(GROUPS)
    .join(COURSES, COURSES.c.id == GROUPS.c.course_id)
    .outerjoin(MEMBERS, and_(MEMBERS.c.community_id == GROUPS.c.id, MEMBERS.c.user_id == bindparam("user_id")))
)
PLACE_AND_CARD = PLACE.add_columns(COURSES.c.title, POST_COUNT).join(COURSES, COURSES.c.id == GROUPS.c.course_id)
_ENROLLED = exists().where(
    ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == GROUPS.c.course_id, HAS_ACCESS
)
_OPEN = and_(_ENROLLED, GROUPS.c.visibility != Visibility.PRIVATE.value, MEMBERS.c.banned_at.is_(None))
MEMBER_CARDS = select(*MEMBER_COLUMNS, *PERSON_COLUMNS).join(USERS, USERS.c.id == MEMBERS.c.user_id)
MEMBER_BY_USER = MEMBER_CARDS.where(
    MEMBERS.c.community_id == bindparam("community_id"), MEMBERS.c.user_id == bindparam("user_id")
)
_SEARCH = bindparam("search", type_=String)


def _card(row: AnyRow) -> GroupCard:
    return GroupCard(group(row[:_GROUP]), row[_GROUP], row[_GROUP + 1], member(row[_GROUP + 2 :]))


def _member_card(row: AnyRow) -> MemberCard:
    found = member(row[:_MEMBER])
    if found is None:
        raise LookupError("a member without a row")
    return MemberCard(found, Person(*row[_MEMBER:]))


GROUP_LIST = KeysetList(
    CARDS,
    make=_card,
    orders={"id": [GROUPS.c.id]},
    filters={
        "course_id": GROUPS.c.course_id == bindparam("course_id"),
        "search": GROUPS.c.title_key.like(_SEARCH, escape="/"),
        "open": _OPEN,
        "open_or_taught": or_(teaches(GROUPS.c.course_id), _OPEN),
    },
)
MEMBER_LIST = KeysetList(
    MEMBER_CARDS.where(MEMBERS.c.community_id == bindparam("community_id")),
    make=_member_card,
    orders={"id": [MEMBERS.c.id]},
    filters={
        "active": MEMBERS.c.is_active,
        "banned": MEMBERS.c.banned_at.is_not(None),
        "role": MEMBERS.c.role == bindparam("role"),
        "search": or_(USERS.c.username_key.like(_SEARCH, escape="/"), USERS.c.name_key.like(_SEARCH, escape="/")),
    },
)


class SqlCommunityQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._places = KeyedReads(database, PLACE, "community_id", "user_id")

    async def groups(
        self, request: PageRequest, viewer: Actor, *, course_id: int | None, q: str | None
    ) -> Page[GroupCard]:
        wanted = given(course_id=course_id, search=containing(q) if q else None)
        where = sorted(wanted)
        values: dict[str, Any] = {**wanted, "user_id": viewer.user_id}
        if not viewer.is_admin:
            where.append("open_or_taught" if viewer.role is Role.INSTRUCTOR else "open")
            values["now"] = self._clock.now()
        return await GROUP_LIST.page(
            self._database, request, where=where, values=values, keys=lambda card: (card.group.id,)
        )

    async def group(self, viewer: Actor, community_id: int) -> tuple[Place, GroupCard] | None:
        values = {"user_id": viewer.user_id, "community_id": community_id}
        row = await self._database.row(PLACE_AND_CARD, values)
        seen = place(row[:-2] if row else None, self._clock.now())
        if seen is None or row is None:
            return None
        return seen, GroupCard(seen.group, row[-2], row[-1], seen.member)

    async def place(self, viewer: Actor, community_id: int) -> Place | None:
        return place(await self._places.row(community_id, viewer.user_id), self._clock.now())

    async def places(self, community_id: int, user_ids: list[int]) -> dict[int, Place]:
        statement = SQLITE_PLACES if self._database.is_sqlite else POSTGRES_PLACES
        values = {"community_id": community_id, "ids": user_ids}
        rows, now = await self._database.rows(statement, values) if user_ids else [], self._clock.now()
        return {int(row[-1]): found for row in rows if (found := place(row[:-1], now)) is not None}

    async def members(
        self, request: PageRequest, community_id: int, *, role: MemberRole | None, q: str | None
    ) -> Page[MemberCard]:
        wanted = given(role=role and role.value, search=beginning(q) if q else None)
        return await self._members(request, community_id, ["active", *sorted(wanted)], wanted)

    async def banned(self, request: PageRequest, community_id: int) -> Page[MemberCard]:
        return await self._members(request, community_id, ["banned"], {})

    async def member(self, community_id: int, user_id: int) -> MemberCard | None:
        row = await self._database.row(MEMBER_BY_USER, {"community_id": community_id, "user_id": user_id})
        return _member_card(row) if row else None

    async def _members(
        self, request: PageRequest, community_id: int, where: list[str], values: dict[str, Any]
    ) -> Page[MemberCard]:
        return await MEMBER_LIST.page(
            self._database,
            request,
            where=where,
            values={**values, "community_id": community_id},
            descending=False,
            keys=lambda card: (card.member.id,),
        )
