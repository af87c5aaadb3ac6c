"""Who is told of a notice: its audience, by user id, with what each of them wants."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    or_,
    select,
    true,
    union,
)

from adapters.sql.community.rows import GROUPS, MEMBERS
from adapters.sql.learning.rows import ENROLLMENTS, INSTRUCTORS, USERS
from adapters.sql.models import PostMention
from adapters.sql.notifications.places import LIVE_LOGIN, LOGINS, NOW, hears
from adapters.sql.notifications.rows import (
    CHOICES,
    DEVICES,
    NOTICES,
    NOTIFICATIONS,
    POSTS,
    PREFERENCE_COLUMNS,
    PREFERENCE_WIDTH,
    PREFERENCES,
    chosen,
    preferences,
)
from adapters.sql.store import table
from core.actor import Role
from modules.notifications.domain.notices import Audience, Recipient

MENTIONS = table(PostMention)
_M = MEMBERS.alias("moderating")


_HAS_DEVICE = exists().where(DEVICES.c.user_id == USERS.c.id, LOGINS.c.id == DEVICES.c.session_id, LIVE_LOGIN)
_WANTS = [*PREFERENCE_COLUMNS, CHOICES.c.in_app, CHOICES.c.email, CHOICES.c.push]
_COMMUNITY = bindparam("community_id", type_=BigInteger)
_COURSE = bindparam("course_id", type_=BigInteger)
_POST = bindparam("post_id", type_=BigInteger)
_RECIPIENT = bindparam("recipient_id", type_=BigInteger)
_ACTOR = bindparam("actor_id", type_=BigInteger)
_AFTER = bindparam("spread_to", type_=BigInteger)


def _wanting(people: Select[Any]) -> Select[Any]:
    """These people with what each wants, in order."""
    of_type = CHOICES.c.notification_type == bindparam("notification_type")
    return (
        people.outerjoin(PREFERENCES, PREFERENCES.c.user_id == USERS.c.id)
        .outerjoin(CHOICES, and_(CHOICES.c.user_id == USERS.c.id, of_type))
        .order_by(USERS.c.id)
    )


_IS_OTHER = and_(USERS.c.is_active, or_(_ACTOR.is_(None), USERS.c.id != _ACTOR))
"""Nobody is told of what they did themselves."""
TOLD = 6 + PREFERENCE_WIDTH
"""The column that says whether somebody is told."""
_PERSON = [USERS.c.id, USERS.c.email_verified_at.is_not(None), _HAS_DEVICE, *_WANTS]
_HEEDS = ("email_notifications", "push_notifications", "muted_until")
_IN_GROUP = [MEMBERS.c[name] for name in _HEEDS]
_ENROLMENT = and_(ENROLLMENTS.c.user_id == USERS.c.id, ENROLLMENTS.c.course_id == GROUPS.c.course_id)
_LIMIT = bindparam("limit", type_=Integer)


def _in_group(*where: ColumnElement[bool]) -> Select[Any]:
    """A few, who need not have joined: teachers have a place anyway."""
    people = (
        select(*_PERSON, true(), *_IN_GROUP)
        .select_from(GROUPS)
        .join(USERS, and_(*where))
        .outerjoin(MEMBERS, and_(MEMBERS.c.community_id == GROUPS.c.id, MEMBERS.c.user_id == USERS.c.id))
        .outerjoin(ENROLLMENTS, _ENROLMENT)
    )
    is_next = USERS.c.id > _AFTER
    return _wanting(people).where(GROUPS.c.id == _COMMUNITY, is_next, _IS_OTHER, hears(USERS.c.id)).limit(_LIMIT)


# the next members by index, before anything is asked of them: else a plan may look at all that are left
_NEXT = (
    select(MEMBERS)
    .where(MEMBERS.c.community_id == _COMMUNITY, MEMBERS.c.user_id > _AFTER)
    .order_by(MEMBERS.c.user_id)
    .limit(_LIMIT)
    .subquery("following")
)
_IS_TOLD = case((and_(_IS_OTHER, hears(USERS.c.id, _NEXT.c)), True), else_=False)
ALL = _wanting(
    select(*_PERSON, _IS_TOLD, *(_NEXT.c[name] for name in _HEEDS))
    .select_from(_NEXT)
    .join(GROUPS, GROUPS.c.id == _NEXT.c.community_id)
    .join(USERS, USERS.c.id == _NEXT.c.user_id)
    .outerjoin(ENROLLMENTS, _ENROLMENT)
)
_STUDENTS = (
    select(ENROLLMENTS)
    .where(ENROLLMENTS.c.course_id == _COURSE, ENROLLMENTS.c.user_id > _AFTER)
    .order_by(ENROLLMENTS.c.user_id)
    .limit(_LIMIT)
    .subquery("students")
)
_MAY_ENTER = and_(_STUDENTS.c.is_active, or_(_STUDENTS.c.expiry_date.is_(None), _STUDENTS.c.expiry_date > NOW))
STUDENTS = _wanting(
    select(*_PERSON, case((and_(_IS_OTHER, _MAY_ENTER), True), else_=False))
    .select_from(_STUDENTS)
    .join(USERS, USERS.c.id == _STUDENTS.c.user_id)
)
TEACHERS = _wanting(
    select(*_PERSON, case((_IS_OTHER, True), else_=False))
    .select_from(INSTRUCTORS)
    .join(USERS, USERS.c.id == INSTRUCTORS.c.user_id)
    .where(INSTRUCTORS.c.course_id == _COURSE, USERS.c.id > _AFTER, USERS.c.role == Role.INSTRUCTOR.value)
).limit(_LIMIT)
_MODERATING = union(
    select(_M.c.user_id).where(
        _M.c.community_id == _COMMUNITY, _M.c.is_active, or_(_M.c.role == "moderator", _M.c.role == "instructor")
    ),
    select(INSTRUCTORS.c.user_id).where(INSTRUCTORS.c.course_id == GROUPS.c.course_id),
).scalar_subquery()
_NAMED = select(MENTIONS.c.user_id).where(MENTIONS.c.post_id == _POST).scalar_subquery()
_PARENTS = POSTS.alias("parents")
_REPLIED_TO = (
    select(_PARENTS.c.author_id).join(POSTS, POSTS.c.parent_post_id == _PARENTS.c.id).where(POSTS.c.id == _POST)
).scalar_subquery()
AUDIENCES = {
    Audience.MEMBERS: ALL,
    Audience.ENROLLED: STUDENTS,
    Audience.TEACHERS: TEACHERS,
    Audience.MODERATORS: _in_group(USERS.c.id.in_(_MODERATING)),
    Audience.MENTIONED: _in_group(USERS.c.id.in_(_NAMED)),
    Audience.REPLIED_TO: _in_group(USERS.c.id == _REPLIED_TO),
}
ONE_IN_GROUP = _in_group(USERS.c.id == _RECIPIENT)
ONE = _wanting(select(*_PERSON, true()).select_from(USERS)).where(
    USERS.c.id == _RECIPIENT, USERS.c.id > _AFTER, _IS_OTHER
)
TOLD_ALREADY = (
    select(NOTIFICATIONS.c.recipient_id)
    .join(NOTICES, NOTICES.c.id == NOTIFICATIONS.c.notice_id)
    .where(
        NOTICES.c.cause == bindparam("cause"),
        NOTICES.c.id != bindparam("notice_id"),
        NOTIFICATIONS.c.recipient_id > _AFTER,
        NOTIFICATIONS.c.recipient_id <= bindparam("last"),
    )
)
"""Who has another notice of the same cause, within a range of users."""


def recipient(row: Sequence[Any]) -> Recipient:
    user_id, is_confirmed, has_device = row[:3]
    wants = row[3 : 3 + PREFERENCE_WIDTH]
    choice = row[3 + PREFERENCE_WIDTH : TOLD]
    group_mail, group_push, muted_until = row[TOLD + 1 :] or (True, True, None)
    if group_mail is None:  # a teacher who has not joined
        group_mail = group_push = True
    return Recipient(
        user_id=user_id,
        preferences=preferences(wants),
        chosen=chosen(choice),
        may_mail=bool(is_confirmed and group_mail),
        may_push=bool(has_device and group_push),
        muted_until=muted_until,
    )
