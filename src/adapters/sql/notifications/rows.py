"""Tables of notifications, and how their rows become values."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import structlog
from sqlalchemy import and_, case, func, select

from adapters.sql.community.messages import MESSAGES, POINTERS
from adapters.sql.community.rows import GROUPS, MEMBERS
from adapters.sql.learning.rows import COURSES, ENROLLMENTS, USERS
from adapters.sql.models import (
    CommunityPost,
    Notification,
    NotificationChoice,
    NotificationPreference,
)
from adapters.sql.models import Device as DeviceModel
from adapters.sql.models import Notice as NoticeModel
from adapters.sql.notifications.places import hears, moderates
from adapters.sql.store import table
from modules.notifications.domain.cards import NotificationCard, Person, Subject
from modules.notifications.domain.kinds import Channels, Language, NotificationType
from modules.notifications.domain.notices import Audience, Notice
from modules.notifications.domain.preferences import Frequency, Preferences

Item = TypeVar("Item")
log = structlog.get_logger()
NOTICES, NOTIFICATIONS = table(NoticeModel), table(Notification)
PREFERENCES, CHOICES, DEVICES = table(NotificationPreference), table(NotificationChoice), table(DeviceModel)
POSTS = table(CommunityPost)
N, K = NOTIFICATIONS.c, NOTICES.c
NOTICE_COLUMNS = [K[name] for name in Notice.__struct_fields__]
PREFERENCE_COLUMNS = [PREFERENCES.c[name] for name in Preferences.__struct_fields__]
PREFERENCE_WIDTH = len(PREFERENCE_COLUMNS)
ACTOR = USERS.alias("actor")
_IS_PUBLIC = and_(POSTS.c.status == "published", ~POSTS.c.is_deleted, ~POSTS.c.flagged_review)
_COURSE = func.coalesce(K.course_id, GROUPS.c.course_id)
_OWN = [
    N.id, N.recipient_id, K.notification_type, K.variant, K.words, K.community_id, K.post_id, K.chat_message_id,
    K.link_id, N.read_at, N.email_sent_at, N.push_sent_at, N.created_at, PREFERENCES.c.language,
]  # fmt: skip
_PERSON = [ACTOR.c[name] for name in Person.__struct_fields__]
_SUBJECT = [
    GROUPS.c.title,
    _COURSE,
    COURSES.c.title,
    POSTS.c.title,
    func.substr(POSTS.c.content, 1, 400),
    POSTS.c.moderation_notes,
    func.coalesce(POSTS.c.is_deleted, False),
    case((_IS_PUBLIC, True), else_=False),
    func.substr(MESSAGES.c.message, 1, 400),
    func.coalesce(MESSAGES.c.is_deleted, False),
    case((K.community_id.is_(None), True), (hears(N.recipient_id), True), else_=False),
    case((moderates(N.recipient_id), True), (POSTS.c.author_id == N.recipient_id, True), else_=False),
    case((POINTERS.c.last_read_seq >= MESSAGES.c.seq, True), else_=False),
]
_IN_GROUP = and_(MEMBERS.c.community_id == K.community_id, MEMBERS.c.user_id == N.recipient_id)
_ENROLMENT = and_(ENROLLMENTS.c.user_id == N.recipient_id, ENROLLMENTS.c.course_id == GROUPS.c.course_id)
CARDS = (
    select(*_OWN, *_PERSON, *_SUBJECT)
    .select_from(NOTIFICATIONS)
    .join(NOTICES, K.id == N.notice_id)
    .outerjoin(PREFERENCES, PREFERENCES.c.user_id == N.recipient_id)
    .outerjoin(ACTOR, ACTOR.c.id == K.actor_id)
    .outerjoin(GROUPS, GROUPS.c.id == K.community_id)
    .outerjoin(MEMBERS, _IN_GROUP)
    .outerjoin(ENROLLMENTS, _ENROLMENT)
    .outerjoin(COURSES, COURSES.c.id == _COURSE)
    .outerjoin(POSTS, POSTS.c.id == K.post_id)
    .outerjoin(MESSAGES, MESSAGES.c.id == K.chat_message_id)
    .outerjoin(POINTERS, and_(POINTERS.c.stream_id == MESSAGES.c.stream_id, POINTERS.c.user_id == N.recipient_id))
)
CARD_WIDTH = len(_OWN) + len(_PERSON) + len(_SUBJECT)


def card(row: Sequence[Any]) -> NotificationCard:
    own, person = list(row[: len(_OWN)]), row[len(_OWN) : len(_OWN) + len(_PERSON)]
    own[2] = NotificationType(own[2])
    own[-1] = Language(own[-1] or Language.ENGLISH)
    subject = list(row[len(_OWN) + len(_PERSON) : CARD_WIDTH])
    for at in (6, 7, 9, 10, 11, 12):
        subject[at] = bool(subject[at])
    actor = None if person[0] is None else Person(*person)
    return NotificationCard(*[*own, actor, Subject(*subject)])


def notice(row: Sequence[Any]) -> Notice:
    values = list(row)
    values[2], values[3] = NotificationType(values[2]), Audience(values[3])
    return Notice(*values)


def preferences(row: Sequence[Any]) -> Preferences:
    """The defaults for the empty side of an outer join."""
    if row[0] is None:
        return DEFAULT
    values = list(row)
    values[0], values[1] = Language(values[0]), Frequency(values[1])
    return Preferences(*values)


DEFAULT = Preferences()


def chosen(row: Sequence[Any]) -> Channels | None:
    return None if row[0] is None else Channels(*(bool(one) for one in row))


def readable(rows: Sequence[Sequence[Any]], make: Callable[[Sequence[Any]], Item]) -> list[Item]:
    """Those that this version of the service understands: after a rollback there may be others, which wait."""
    found = []
    for row in rows:
        try:
            found.append(make(row))
        except ValueError:
            log.warning("notification_not_understood", notification_id=row[0])
    return found
