"""Groups and members, within a transaction."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.places import PlaceStore
from adapters.sql.community.rows import GROUP_COLUMNS, GROUPS, MEMBER_COLUMNS, MEMBERS, group, member
from adapters.sql.failures import Duplicate, violated
from adapters.sql.learning.rows import COURSES
from adapters.sql.models import ChatStream
from adapters.sql.store import table
from modules.community.domain.groups import CourseHasGroup, Group, Member, MemberRole

STREAMS = table(ChatStream)
GROUPS_OF = (
    select(MEMBERS.c.community_id)
    .where(MEMBERS.c.user_id == bindparam("user_id"), MEMBERS.c.is_active)
    .order_by(MEMBERS.c.community_id)
)
MEMBER = select(*MEMBER_COLUMNS).where(
    MEMBERS.c.community_id == bindparam("community_id"), MEMBERS.c.user_id == bindparam("user_id")
)
_NEW = upsert(MEMBERS)
JOIN = _NEW.on_conflict_do_update(
    index_elements=["community_id", "user_id"],
    set_={"is_active": True, "role": _NEW.excluded.role, "joined_at": _NEW.excluded.joined_at},
).returning(*MEMBER_COLUMNS)
BAN = _NEW.on_conflict_do_update(
    index_elements=["community_id", "user_id"],
    set_={"is_active": False, "role": _NEW.excluded.role, "banned_at": _NEW.excluded.banned_at},
).returning(*MEMBER_COLUMNS)
COUNT = (
    update(GROUPS)
    .where(GROUPS.c.id == bindparam("row"))
    .values(member_count=GROUPS.c.member_count + bindparam("by", type_=GROUPS.c.member_count.type))
)
LEAVE = (
    update(MEMBERS)
    .where(
        MEMBERS.c.community_id == bindparam("in_group"),
        MEMBERS.c.user_id == bindparam("who"),
        MEMBERS.c.is_active,
    )
    .values(is_active=False)
)


class SqlGroupStore(PlaceStore):
    async def groups_of(self, user_id: int) -> list[int]:
        return [int(row[0]) for row in await self.transaction.rows(GROUPS_OF, {"user_id": user_id})]

    async def has_course(self, course_id: int) -> bool:
        return bool(await self.transaction.scalar(select(exists().where(COURSES.c.id == course_id))))

    async def add_group(self, *, course_id: int, **values: Any) -> Group:
        fixed = {"banner_image": None, "member_count": 0, "post_count": 0, "version": 1}
        statement = insert(GROUPS).values(
            course_id=course_id, created_at=self.transaction.clock.now(), **fixed, **_columns(values)
        )
        try:
            made = group((await self.transaction.execute(statement.returning(*GROUP_COLUMNS))).one())
        except Duplicate as error:
            if violated(error, "community_groups.course_id"):
                raise CourseHasGroup from error
            raise
        stream = {"community_id": made.id, "seq": 0, "epoch": uuid.uuid4().hex}
        await self.transaction.execute(insert(STREAMS), stream)
        return made

    async def change_group(self, community_id: int, **changes: Any) -> Group:
        statement = update(GROUPS).where(GROUPS.c.id == community_id)
        changed = statement.values(version=GROUPS.c.version + 1, **_columns(changes)).returning(*GROUP_COLUMNS)
        return group((await self.transaction.execute(changed)).one())

    async def join(self, community_id: int, user_id: int, role: MemberRole) -> Member:
        before = await self._member(community_id, user_id)
        row = await self.transaction.execute(JOIN, self._new(community_id, user_id, role=role.value))
        if before is None or not before.is_active:
            await self.transaction.execute(COUNT, {"row": community_id, "by": 1})
        return _present(member(row.one()))

    async def leave(self, community_id: int, user_id: int) -> bool:
        left = await self.transaction.execute(LEAVE, {"in_group": community_id, "who": user_id})
        if left.rowcount:
            await self.transaction.execute(COUNT, {"row": community_id, "by": -1})
        return bool(left.rowcount)

    async def ban(self, community_id: int, user_id: int, now: datetime) -> Member:
        await self.leave(community_id, user_id)
        values = self._new(community_id, user_id, is_active=False, banned_at=now)
        return _present(member((await self.transaction.execute(BAN, values)).one()))

    async def change_member(self, community_id: int, user_id: int, **changes: Any) -> Member | None:
        statement = update(MEMBERS).where(MEMBERS.c.community_id == community_id, MEMBERS.c.user_id == user_id)
        if not changes:
            return await self._member(community_id, user_id)
        row = await self.transaction.row(statement.values(**_columns(changes)).returning(*MEMBER_COLUMNS))
        return member(row) if row else None

    async def _member(self, community_id: int, user_id: int) -> Member | None:
        row = await self.transaction.row(MEMBER, {"community_id": community_id, "user_id": user_id})
        return member(row) if row else None

    def _new(self, community_id: int, user_id: int, **values: Any) -> dict[str, Any]:
        return {
            "community_id": community_id,
            "user_id": user_id,
            "role": MemberRole.MEMBER.value,
            "is_active": True,
            "joined_at": self.transaction.clock.now(),
            "email_notifications": True,
            "push_notifications": True,
            "muted_until": None,
            "silenced_until": None,
            "banned_at": None,
            **values,
        }


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Values as their columns hold them; what search reads follows the title."""
    columns = {name: getattr(value, "value", value) for name, value in values.items()}
    if "title" in columns:
        columns["title_key"] = columns["title"].lower()
    return columns


def _present(found: Member | None) -> Member:
    if found is None:
        raise LookupError("a statement that returns its row returned none")
    return found
