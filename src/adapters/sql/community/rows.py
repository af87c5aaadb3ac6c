"""Tables and columns of the community, how rows become values, and a caller's place in a group."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, and_, any_, bindparam, exists, select
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.learning.access import is_staff
from adapters.sql.learning.rows import ENROLLMENTS, INSTRUCTORS, USERS
from adapters.sql.models import CommunityGroup, GroupMember
from adapters.sql.store import table
from core.actor import Actor, Role
from modules.community.domain.groups import Group, Member, MemberRole, Place, Standing, Visibility
from modules.community.queries import Person
from modules.learning.domain.enrolment import has_access

GROUPS, MEMBERS = table(CommunityGroup), table(GroupMember)
GROUP_COLUMNS = [GROUPS.c[name] for name in Group.__struct_fields__]
MEMBER_COLUMNS = [MEMBERS.c[name] for name in Member.__struct_fields__]
PERSON_COLUMNS = [USERS.c[name] for name in Person.__struct_fields__]
VISIBILITIES = {visibility.value: visibility for visibility in Visibility}
MEMBER_ROLES = {role.value: role for role in MemberRole}
ROLES = {role.value: role for role in Role}

_TEACHES = exists().where(INSTRUCTORS.c.course_id == GROUPS.c.course_id, INSTRUCTORS.c.user_id == USERS.c.id)
_PLACES = (
    select(
        USERS.c.role,
        _TEACHES,
        ENROLLMENTS.c.id,
        ENROLLMENTS.c.is_active,
        USERS.c.email,
        ENROLLMENTS.c.expiry_date,
        *GROUP_COLUMNS,
        *MEMBER_COLUMNS,
    )
    .select_from(GROUPS)
    .join(USERS, USERS.c.is_active)
    .outerjoin(ENROLLMENTS, and_(ENROLLMENTS.c.user_id == USERS.c.id, ENROLLMENTS.c.course_id == GROUPS.c.course_id))
    .outerjoin(MEMBERS, and_(MEMBERS.c.user_id == USERS.c.id, MEMBERS.c.community_id == GROUPS.c.id))
    .where(GROUPS.c.id == bindparam("community_id"))
)
PLACE = _PLACES.where(USERS.c.id == bindparam("user_id"))
_MANY = _PLACES.add_columns(USERS.c.id)
POSTGRES_PLACES = _MANY.where(USERS.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
SQLITE_PLACES = _MANY.where(USERS.c.id.in_(bindparam("ids", expanding=True)))
_GROUP = 6
_MEMBER = _GROUP + len(GROUP_COLUMNS)


def group(row: Sequence[Any]) -> Group:
    values = list(row)
    values[4] = VISIBILITIES[values[4]]
    return Group(*values)


def member(row: Sequence[Any]) -> Member | None:
    """None for the empty side of an outer join."""
    if row[0] is None:
        return None
    values = list(row)
    values[3] = MEMBER_ROLES[values[3]]
    return Member(*values)


def place(row: Sequence[Any] | None, now: datetime) -> Place | None:
    if row is None:
        return None
    role, is_teacher, enrollment_id, is_active, email, enrolled_until = row[:_GROUP]
    actor = Actor(user_id=0, role=ROLES[role], session_id=0)
    if is_staff(actor, teaches=bool(is_teacher)):
        standing = Standing.HOST
    elif enrollment_id is None:
        standing = Standing.STRANGER
    else:
        is_open = has_access(enrolled_until, now, is_active=is_active)
        standing = Standing.ENROLLED if is_open else Standing.EXPIRED
    known = member(row[_MEMBER : _MEMBER + len(MEMBER_COLUMNS)])
    return Place(group(row[_GROUP:_MEMBER]), standing, known, email, enrolled_until)
