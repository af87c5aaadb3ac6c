"""What waits to be mailed or pushed, within a transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, any_, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from adapters.sql.community.rows import MEMBERS
from adapters.sql.learning.rows import USERS
from adapters.sql.notifications.mails import SqlMailStore
from adapters.sql.notifications.personal import SqlPreferenceStore
from adapters.sql.notifications.places import LIVE_LOGIN, LOGINS
from adapters.sql.notifications.rows import (
    CARD_WIDTH,
    CARDS,
    CHOICES,
    DEVICES,
    NOTICES,
    NOTIFICATIONS,
    PREFERENCE_COLUMNS,
    PREFERENCE_WIDTH,
    card,
    chosen,
    preferences,
    readable,
)
from adapters.sql.store import SqlStore
from modules.notifications.ports import Target, Waiting

N = NOTIFICATIONS.c
NOW = bindparam("now", type_=N.created_at.type)
_RECIPIENT = USERS.alias("recipient")
WAITING = (
    CARDS.add_columns(
        *PREFERENCE_COLUMNS,
        CHOICES.c.in_app,
        CHOICES.c.email,
        CHOICES.c.push,
        _RECIPIENT.c.is_active,
        _RECIPIENT.c.email_verified_at.is_not(None),
        func.coalesce(MEMBERS.c.email_notifications, True),
        func.coalesce(MEMBERS.c.push_notifications, True),
        MEMBERS.c.muted_until,
        N.mail_id,
        N.in_app,
        N.push_left,
    )
    .join(_RECIPIENT, _RECIPIENT.c.id == N.recipient_id)
    .outerjoin(
        CHOICES, and_(CHOICES.c.user_id == N.recipient_id, CHOICES.c.notification_type == NOTICES.c.notification_type)
    )
    .order_by(N.id)
)
MOST_IN_MAIL = 500
NOT_UNDERSTOOD = timedelta(hours=1)
"""After so long another version may run that knows the type."""


def _among(column: ColumnElement[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether a column is among the bound `ids`, on SQLite and on PostgreSQL."""
    return column.in_(bindparam("ids", expanding=True)), column == any_(bindparam("ids", type_=ARRAY(BigInteger)))


_IDS, _USERS, _OWNERS = _among(N.id), _among(N.recipient_id), _among(DEVICES.c.user_id)
WAITING_BY_ID = tuple(WAITING.where(one) for one in _IDS)
DUE_USERS = select(N.recipient_id).where(N.email_due_at <= NOW).group_by(N.recipient_id)
DUE_USERS = DUE_USERS.order_by(func.min(N.email_due_at)).limit(bindparam("limit", type_=Integer))
OF_USER = (
    select(N.id, N.email_due_at, N.mail_id)
    .where(N.recipient_id == bindparam("user"), N.email_due_at.is_not(None))
    .order_by(N.email_due_at, N.id)
    .limit(MOST_IN_MAIL)
    .with_for_update(skip_locked=True)
)
DROP_MAIL = tuple(update(NOTIFICATIONS).where(one).values(email_due_at=None) for one in _IDS)
PUT_OFF_MAIL = tuple(update(NOTIFICATIONS).where(one).values(email_due_at=bindparam("until")) for one in _IDS)
TAKE = tuple(
    update(NOTIFICATIONS).where(one).values(email_due_at=bindparam("until"), mail_id=bindparam("mail")) for one in _IDS
)
MAILED = update(NOTIFICATIONS).where(
    N.recipient_id == bindparam("user"), N.mail_id == bindparam("mail"), N.email_due_at.is_not(None)
)
MAILED = MAILED.values(email_due_at=None, email_sent_at=bindparam("at"))
PUT_OFF_ALL = (
    update(NOTIFICATIONS)
    .where(N.recipient_id == bindparam("user"), N.email_due_at < bindparam("until"))
    .values(email_due_at=bindparam("until"))
)
DROP_ALL = update(NOTIFICATIONS).where(N.recipient_id == bindparam("user"), N.email_due_at.is_not(None))
DROP_ALL = DROP_ALL.values(email_due_at=None)
_DUE = (
    select(N.id)
    .where(N.push_due_at <= NOW)
    .order_by(N.push_due_at, N.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)
CLAIM = (
    update(NOTIFICATIONS).where(N.id.in_(_DUE.scalar_subquery())).values(push_due_at=bindparam("until")).returning(N.id)
)
TARGETS = tuple(
    select(DEVICES.c.user_id, DEVICES.c.id, DEVICES.c.token)
    .join(LOGINS, LOGINS.c.id == DEVICES.c.session_id)
    .where(LIVE_LOGIN, one)
    .order_by(DEVICES.c.id)
    for one in _OWNERS
)
UNREAD = tuple(
    select(N.recipient_id, func.count()).where(one, N.read_at.is_(None), N.in_app).group_by(N.recipient_id)
    for one in _USERS
)
PUSHED = tuple(
    update(NOTIFICATIONS).where(one).values(push_due_at=None, push_sent_at=bindparam("at"), push_left=None)
    for one in _IDS
)
DROP_PUSH = tuple(update(NOTIFICATIONS).where(one).values(push_due_at=None) for one in _IDS)
PUT_OFF_PUSH = (
    update(NOTIFICATIONS)
    .where(N.id == bindparam("row"))
    .values(push_due_at=bindparam("until"), push_left=bindparam("left", type_=N.push_left.type))
)


def waiting(row: Sequence[Any]) -> Waiting:
    rest = row[CARD_WIDTH + PREFERENCE_WIDTH :]
    is_active, is_confirmed, group_mail, group_push, muted_until, mail_id, in_app, devices_left = rest[3:]
    return Waiting(
        card=card(row),
        preferences=preferences(row[CARD_WIDTH : CARD_WIDTH + PREFERENCE_WIDTH]),
        chosen=chosen(rest[:3]),
        may_mail=bool(is_active and is_confirmed and group_mail),
        may_push=bool(is_active and group_push),
        muted_until=muted_until,
        mail_id=mail_id,
        in_app=bool(in_app),
        devices_left=devices_left,
    )


class _Waits(SqlStore):
    async def _on(self, forms: tuple[Any, ...], ids: Sequence[int], **values: Any) -> Any:
        """Run the form of this database for these ids."""
        statement = forms[0 if self.transaction.is_sqlite else 1]
        return await self.transaction.execute(statement, {"ids": list(ids), **values})

    async def _waiting(self, ids: Sequence[int]) -> list[Waiting]:
        if not ids:
            return []
        rows = await self._on(WAITING_BY_ID, ids, now=self.transaction.clock.now())
        return readable(rows.all(), waiting)


class SqlBatchStore(SqlMailStore, _Waits):
    async def due_users(self, limit: int) -> list[int]:
        rows = await self.transaction.rows(DUE_USERS, {"now": self.transaction.clock.now(), "limit": limit})
        return [int(row[0]) for row in rows]

    async def waiting(self, user_id: int) -> list[Waiting]:
        held, now = await self.transaction.rows(OF_USER, {"user": user_id}), self.transaction.clock.now()
        due = [row for row in held if row[1] <= now]
        if not due:
            return []
        broken_off = next((row[2] for row in due if row[2] is not None), None)
        # what is on its way with another mail is in somebody's hand, or comes next time
        wanted = [row[0] for row in held if row[2] == broken_off]
        found = await self._waiting(wanted)
        if strange := set(wanted) - {one.card.id for one in found}:
            await self.put_off(list(strange), now + NOT_UNDERSTOOD)
        return found

    async def drop(self, notification_ids: Sequence[int]) -> None:
        await self._on(DROP_MAIL, notification_ids)

    async def put_off(self, notification_ids: Sequence[int], until: datetime) -> None:
        await self._on(PUT_OFF_MAIL, notification_ids, until=until)

    async def put_all_off(self, user_id: int, until: datetime) -> None:
        await self.transaction.execute(PUT_OFF_ALL, {"user": user_id, "until": until})

    async def take(self, notification_ids: Sequence[int], mail_id: int, until: datetime) -> None:
        await self._on(TAKE, notification_ids, mail=mail_id, until=until)

    async def mark_mailed(self, user_id: int, mail_id: int) -> None:
        await self.mark_sent(mail_id)
        now = self.transaction.clock.now()
        await self.transaction.execute(MAILED, {"user": user_id, "mail": mail_id, "at": now})

    async def pause(self, user_id: int) -> None:
        own = SqlPreferenceStore(self.transaction)
        await own.preferences(user_id)
        await own.change(user_id, email_paused_at=self.transaction.clock.now())
        await self.transaction.execute(DROP_ALL, {"user": user_id})


class SqlPushStore(_Waits):
    async def claim(self, limit: int, until: datetime) -> list[Waiting]:
        now = self.transaction.clock.now()
        claimed = await self.transaction.rows(CLAIM, {"now": now, "limit": limit, "until": until})
        ids = [row[0] for row in claimed]
        found = await self._waiting(ids)
        for strange in set(ids) - {one.card.id for one in found}:
            await self.put_off(strange, now + NOT_UNDERSTOOD, None)
        return found

    async def targets(self, user_ids: Sequence[int]) -> dict[int, list[Target]]:
        found: dict[int, list[Target]] = {}
        rows = await self._on(TARGETS, user_ids, now=self.transaction.clock.now())
        for user_id, device_id, token in rows.all():
            found.setdefault(user_id, []).append(Target(device_id, token))
        return found

    async def unread_counts(self, user_ids: Sequence[int]) -> dict[int, int]:
        return {int(user_id): int(count) for user_id, count in (await self._on(UNREAD, user_ids)).all()}

    async def mark_pushed(self, notification_ids: Sequence[int]) -> None:
        await self._on(PUSHED, notification_ids, at=self.transaction.clock.now())

    async def drop(self, notification_ids: Sequence[int]) -> None:
        await self._on(DROP_PUSH, notification_ids)

    async def put_off(self, notification_id: int, until: datetime, devices_left: list[int] | None) -> None:
        values = {"row": notification_id, "until": until, "left": devices_left}
        await self.transaction.execute(PUT_OFF_PUSH, values)

    async def remove_devices(self, targets: Sequence[Target]) -> None:
        for one in targets:
            statement = delete(DEVICES).where(DEVICES.c.id == one.device_id, DEVICES.c.token == one.token)
            await self.transaction.execute(statement)
