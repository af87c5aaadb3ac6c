"""Who may hear of a group, and which devices are logged in, at this moment."""

from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_

from adapters.sql.community.rows import GROUPS, MEMBERS
from adapters.sql.learning.access import HAS_ACCESS
from adapters.sql.learning.rows import ENROLLMENTS, INSTRUCTORS, USERS
from adapters.sql.models import Session
from adapters.sql.store import table
from core.actor import Role
from modules.community.domain.groups import Visibility

LOGINS = table(Session)
Columns: TypeAlias = Any
"""Those of the table of members, or of a part of it."""
NOW = bindparam("now", type_=ENROLLMENTS.c.expiry_date.type)
LIVE_LOGIN = and_(LOGINS.c.ended_at.is_(None), LOGINS.c.expires_at > NOW)
_U, _T = USERS.alias("admins"), USERS.alias("teachers")


_SEES_IT = and_(HAS_ACCESS, GROUPS.c.visibility != Visibility.PRIVATE.value)


def _is_member(member: Columns) -> ColumnElement[bool]:
    return and_(member.is_active, member.banned_at.is_(None))


def _is_host(user_id: ColumnElement[Any], member: Columns) -> ColumnElement[bool]:
    """As `is_staff`: whoever is an instructor no longer teaches nothing."""
    teaches = exists().where(
        INSTRUCTORS.c.course_id == GROUPS.c.course_id,
        INSTRUCTORS.c.user_id == user_id,
        _T.c.id == user_id,
        _T.c.role == Role.INSTRUCTOR.value,
    )
    is_admin = exists().where(_U.c.id == user_id, _U.c.role == Role.ADMIN.value)
    return or_(teaches, and_(_is_member(member), is_admin))


def hears(user_id: ColumnElement[Any], member: Columns = MEMBERS.c) -> ColumnElement[bool]:
    """Whether somebody has a place in the group at this moment: a member with access to the course, or its teacher."""
    return or_(_is_host(user_id, member), and_(_is_member(member), _SEES_IT))


def moderates(user_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether it is one who sees what members do not."""
    is_moderator = and_(_is_member(MEMBERS.c), _SEES_IT, MEMBERS.c.role == "moderator")
    return or_(_is_host(user_id, MEMBERS.c), is_moderator)
