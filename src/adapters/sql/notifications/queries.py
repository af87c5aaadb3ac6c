"""Notifications as people read them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, BindParameter, Integer, any_, bindparam, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.community.rows import MEMBERS
from adapters.sql.database import Database
from adapters.sql.failures import translated
from adapters.sql.notifications.places import LIVE_LOGIN, LOGINS
from adapters.sql.notifications.rows import (
    CARDS,
    CHOICES,
    DEVICES,
    NOTICES,
    NOTIFICATIONS,
    PREFERENCE_COLUMNS,
    PREFERENCE_WIDTH,
    PREFERENCES,
    card,
    chosen,
    preferences,
    readable,
)
from adapters.sql.pages import KeysetList, given
from adapters.sql.together import Together
from core.actor import Actor
from core.clock import Clock
from core.paging import Page, PageRequest
from modules.notifications.domain.cards import Device, NotificationCard
from modules.notifications.domain.kinds import KINDS, Channels, NotificationType
from modules.notifications.domain.preferences import GroupChoice
from modules.notifications.queries import PreferenceCentre, Recent

OVERLAP = timedelta(minutes=1)
MOST_NEWER_OF_ONE = 20
N = NOTIFICATIONS.c
SHOWN = CARDS.where(N.in_app)
NOTIFICATION_LIST = KeysetList(
    SHOWN.where(N.recipient_id == bindparam("user_id")),
    make=card,
    orders={"id": [N.id]},
    filters={
        "read": N.read_at.is_not(None),
        "unread": N.read_at.is_(None),
        "notification_type": NOTICES.c.notification_type == bindparam("notification_type"),
    },
)
OWN = SHOWN.where(N.id == bindparam("id"), N.recipient_id == bindparam("user_id"))
_IDS = bindparam("ids", type_=ARRAY(BigInteger))
_LISTED: BindParameter[Any] = bindparam("ids", expanding=True)
POSTGRES_CARDS = SHOWN.where(N.id == any_(_IDS)).order_by(N.id)
SQLITE_CARDS = SHOWN.where(N.id.in_(_LISTED)).order_by(N.id)
_COUNTS = select(N.recipient_id, func.count()).where(N.read_at.is_(None), N.in_app).group_by(N.recipient_id)
POSTGRES_UNREAD = _COUNTS.where(N.recipient_id == any_(_IDS))
SQLITE_UNREAD = _COUNTS.where(N.recipient_id.in_(_LISTED))
# of each user the newest rows alone are looked at, however many there are
_ASKED = func.unnest(_IDS).table_valued("user_id").render_derived("asked")
_NEWEST = (
    select(N.recipient_id, N.id, N.created_at, N.in_app)
    .where(N.recipient_id == _ASKED.c.user_id)
    .order_by(N.id.desc())
    .limit(MOST_NEWER_OF_ONE)
    .lateral("newest")
)
POSTGRES_NEWER = (
    select(_NEWEST.c.recipient_id, _NEWEST.c.id, _NEWEST.c.created_at)
    .select_from(_ASKED)
    .join(_NEWEST, true())
    .where(_NEWEST.c.created_at > bindparam("since"), _NEWEST.c.in_app)
)
SQLITE_NEWER = select(N.recipient_id, N.id, N.created_at).where(
    N.recipient_id.in_(_LISTED), N.created_at > bindparam("since"), N.in_app
)
MOMENT_OF = select(N.created_at).where(N.id == bindparam("id"), N.recipient_id == bindparam("user_id"))
RECENT = (
    SHOWN.where(N.recipient_id == bindparam("user_id")).order_by(N.id.desc()).limit(bindparam("limit", type_=Integer))
)
_GROUPS = (MEMBERS.c.community_id, MEMBERS.c.email_notifications, MEMBERS.c.push_notifications, MEMBERS.c.muted_until)
CENTRE = (
    select(*PREFERENCE_COLUMNS, CHOICES.c.notification_type, CHOICES.c.in_app, CHOICES.c.email, CHOICES.c.push)
    .select_from(PREFERENCES)
    .outerjoin(CHOICES, CHOICES.c.user_id == PREFERENCES.c.user_id)
    .where(PREFERENCES.c.user_id == bindparam("user_id"))
)
GROUPS_OF = select(*_GROUPS).where(MEMBERS.c.user_id == bindparam("user_id"), MEMBERS.c.is_active).order_by(_GROUPS[0])
DEVICES_OF = (
    select(DEVICES.c.id, DEVICES.c.platform, DEVICES.c.created_at, DEVICES.c.last_seen_at)
    .join(LOGINS, LOGINS.c.id == DEVICES.c.session_id)
    .where(DEVICES.c.user_id == bindparam("user_id"), LIVE_LOGIN)
    .order_by(DEVICES.c.id)
)


class SqlNotificationQueries:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._unread = Together(self._unread_of)

    async def notifications(
        self, request: PageRequest, viewer: Actor, *, is_read: bool | None, notification_type: NotificationType | None
    ) -> Page[NotificationCard]:
        wanted = given(notification_type=notification_type and notification_type.value)
        state = [] if is_read is None else ["read" if is_read else "unread"]
        return await NOTIFICATION_LIST.page(
            self._database,
            request,
            where=[*state, *wanted],
            values={**wanted, "user_id": viewer.user_id, "now": self._clock.now()},
            keys=lambda one: (one.id,),
        )

    async def notification(self, viewer: Actor, notification_id: int) -> NotificationCard | None:
        values = {"id": notification_id, "user_id": viewer.user_id, "now": self._clock.now()}
        row = await self._database.row(OWN, values)
        return card(row) if row else None

    async def unread_counts(self, user_ids: list[int]) -> dict[int, int]:
        if len(user_ids) == 1:  # as phones ask, all of them when something was posted
            with translated():
                count = await self._unread.get(user_ids[0])
            return {} if count is None else {user_ids[0]: count}
        return await self._unread_of(user_ids)

    async def _unread_of(self, user_ids: list[int]) -> dict[int, int]:
        statement = SQLITE_UNREAD if self._database.is_sqlite else POSTGRES_UNREAD
        rows = await self._database.rows(statement, {"ids": user_ids}) if user_ids else []
        return {int(user_id): int(count) for user_id, count in rows}

    async def cards(self, notification_ids: list[int]) -> list[NotificationCard]:
        statement = SQLITE_CARDS if self._database.is_sqlite else POSTGRES_CARDS
        values = {"ids": notification_ids, "now": self._clock.now()}
        rows = await self._database.rows(statement, values) if notification_ids else []
        return readable(rows, card)

    async def recent(self, user_id: int, since_id: int, limit: int) -> Recent:
        known = await self._database.row(MOMENT_OF, {"id": since_id, "user_id": user_id})
        since = known[0] - OVERLAP if known else self._clock.now()
        values = {"user_id": user_id, "limit": limit + 1, "now": self._clock.now()}
        newest = readable(await self._database.rows(RECENT, values), card)
        found = [one for one in newest if one.id > since_id or one.created_at > since]
        return Recent(list(reversed(found[:limit])), is_all=len(found) <= limit)

    async def newer(self, user_ids: list[int], since: datetime) -> list[tuple[int, int, datetime]]:
        statement = SQLITE_NEWER if self._database.is_sqlite else POSTGRES_NEWER
        rows = await self._database.rows(statement, {"ids": user_ids, "since": since}) if user_ids else []
        return [(int(user_id), int(id_), moment) for user_id, id_, moment in rows]

    async def centre(self, user_id: int) -> PreferenceCentre:
        rows = await self._database.rows(CENTRE, {"user_id": user_id})
        groups = await self._database.rows(GROUPS_OF, {"user_id": user_id})
        types: dict[NotificationType, Channels] = {name: kind.defaults for name, kind in KINDS.items()}
        for row in rows:
            if (chosen_channels := chosen(row[PREFERENCE_WIDTH + 1 :])) is not None:
                types[NotificationType(row[PREFERENCE_WIDTH])] = chosen_channels
        own = preferences(rows[0][:PREFERENCE_WIDTH]) if rows else preferences([None])
        return PreferenceCentre(own, types, [GroupChoice(row[0], bool(row[1]), bool(row[2]), row[3]) for row in groups])

    async def devices(self, user_id: int) -> list[Device]:
        rows = await self._database.rows(DEVICES_OF, {"user_id": user_id, "now": self._clock.now()})
        return [Device(*row) for row in rows]
