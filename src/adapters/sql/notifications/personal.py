"""What one person does with their notifications, choices and devices, within a transaction."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.notifications.rows import (
    CHOICES,
    DEFAULT,
    DEVICES,
    NOTICES,
    NOTIFICATIONS,
    PREFERENCE_COLUMNS,
    PREFERENCES,
    chosen,
    preferences,
)
from adapters.sql.store import SqlStore
from modules.notifications.domain.cards import Device
from modules.notifications.domain.kinds import Channels, NotificationType
from modules.notifications.domain.preferences import Preferences
from modules.notifications.domain.pushes import Platform

N = NOTIFICATIONS.c
MOST_DEVICES = 20
"""Of one user; the oldest make room."""
_OWN = (N.id == bindparam("row"), N.recipient_id == bindparam("user"), N.in_app)
IS_UNREAD = select(N.read_at.is_(None)).where(*_OWN)
MARK_READ = update(NOTIFICATIONS).where(*_OWN, N.read_at.is_(None)).values(read_at=bindparam("now"))
MARK_ALL = (
    update(NOTIFICATIONS)
    .where(
        N.recipient_id == bindparam("user"),
        N.read_at.is_(None),
        N.in_app,
        N.id <= bindparam("up_to", type_=N.id.type),
    )
    .values(read_at=bindparam("now"))
)
NEWEST = select(func.max(N.id)).where(N.recipient_id == bindparam("user"))
UNREAD = select(func.count()).where(N.recipient_id == bindparam("user"), N.read_at.is_(None), N.in_app)
ENSURE = upsert(PREFERENCES).on_conflict_do_nothing(index_elements=["user_id"])
CHOSEN = select(*PREFERENCE_COLUMNS).where(PREFERENCES.c.user_id == bindparam("user")).with_for_update()
CHOICE = select(CHOICES.c.in_app, CHOICES.c.email, CHOICES.c.push).where(
    CHOICES.c.user_id == bindparam("user"), CHOICES.c.notification_type == bindparam("type")
)
_CHOOSE = upsert(CHOICES)
CHOOSE = _CHOOSE.on_conflict_do_update(
    index_elements=["user_id", "notification_type"],
    set_={name: _CHOOSE.excluded[name] for name in ("in_app", "email", "push")},
)
# what is already with a mail server keeps its turn
LOOK_AGAIN = (
    update(NOTIFICATIONS)
    .where(N.recipient_id == bindparam("user"), N.email_due_at > bindparam("at"), N.mail_id.is_(None))
    .values(email_due_at=bindparam("at"))
)
KNOWN_DEVICE = select(DEVICES.c.id, DEVICES.c.user_id).where(DEVICES.c.token == bindparam("token")).with_for_update()
_REGISTER = upsert(DEVICES)
REGISTER = _REGISTER.on_conflict_do_update(
    index_elements=["token"],
    set_={name: _REGISTER.excluded[name] for name in ("user_id", "session_id", "platform", "last_seen_at")},
).returning(DEVICES.c.id, DEVICES.c.platform, DEVICES.c.created_at, DEVICES.c.last_seen_at)


FORMER = delete(DEVICES).where(DEVICES.c.session_id == bindparam("session"), DEVICES.c.token != bindparam("token"))
_NEWEST = (
    select(DEVICES.c.id).where(DEVICES.c.user_id == bindparam("user")).order_by(DEVICES.c.id.desc()).limit(MOST_DEVICES)
)
TOO_MANY = delete(DEVICES).where(DEVICES.c.user_id == bindparam("user"), DEVICES.c.id.not_in(_NEWEST.scalar_subquery()))


class SqlNotificationStore(SqlStore):
    async def mark_read(self, user_id: int, notification_id: int) -> bool | None:
        values = {"row": notification_id, "user": user_id}
        marked = await self.transaction.execute(MARK_READ, {**values, "now": self.transaction.clock.now()})
        if marked.rowcount:
            return True
        return None if await self.transaction.row(IS_UNREAD, values) is None else False

    async def newest(self, user_id: int) -> int:
        return int(await self.transaction.scalar(NEWEST, {"user": user_id}) or 0)

    async def mark_all_read(self, user_id: int, up_to_id: int) -> int:
        values = {"user": user_id, "up_to": up_to_id, "now": self.transaction.clock.now()}
        return (await self.transaction.execute(MARK_ALL, values)).rowcount

    async def unread_count(self, user_id: int) -> int:
        return int(await self.transaction.scalar(UNREAD, {"user": user_id}))


class SqlPreferenceStore(SqlStore):
    async def preferences(self, user_id: int) -> Preferences:
        values = {name: getattr(DEFAULT, name) for name in Preferences.__struct_fields__}
        await self.transaction.execute(ENSURE, {**_stored(values), "user_id": user_id})
        return preferences((await self.transaction.execute(CHOSEN, {"user": user_id})).one())

    async def change(self, user_id: int, **changes: object) -> None:
        await self.transaction.execute(
            update(PREFERENCES).where(PREFERENCES.c.user_id == user_id).values(**_stored(changes))
        )

    async def choice(self, user_id: int, notification_type: NotificationType) -> Channels | None:
        row = await self.transaction.row(CHOICE, {"user": user_id, "type": notification_type.value})
        return chosen(row) if row else None

    async def choose(self, user_id: int, notification_type: NotificationType, channels: Channels) -> None:
        values = {name: getattr(channels, name) for name in Channels.__struct_fields__}
        key = {"user_id": user_id, "notification_type": notification_type.value}
        await self.transaction.execute(CHOOSE, {**key, **values})

    async def look_again(self, user_id: int, at: datetime) -> None:
        await self.transaction.execute(LOOK_AGAIN, {"user": user_id, "at": at})

    async def register_device(
        self, user_id: int, session_id: int, token: str, platform: Platform
    ) -> tuple[Device, bool]:
        known = await self.transaction.row(KNOWN_DEVICE, {"token": token})
        if known is not None and known[1] != user_id:  # another's phone is a new one for this user, with a new id
            await self.transaction.execute(delete(DEVICES).where(DEVICES.c.id == known[0]))
        # a login is one phone: Firebase has given it another token
        await self.transaction.execute(FORMER, {"session": session_id, "token": token})
        await self.transaction.execute(TOO_MANY, {"user": user_id})
        now = self.transaction.clock.now()
        values = {
            "user_id": user_id,
            "session_id": session_id,
            "token": token,
            "platform": platform.value,
            "created_at": now,
            "last_seen_at": now,
        }
        row = (await self.transaction.execute(REGISTER, values)).one()
        return Device(*row), known is None or known[1] != user_id

    async def forget_device(self, user_id: int, device_id: int) -> bool:
        statement = delete(DEVICES).where(DEVICES.c.id == device_id, DEVICES.c.user_id == user_id)
        return bool((await self.transaction.execute(statement)).rowcount)

    async def forget_user(self, user_id: int) -> None:
        for rows, owner in (
            (DEVICES, DEVICES.c.user_id),
            (CHOICES, CHOICES.c.user_id),
            (PREFERENCES, PREFERENCES.c.user_id),
            (NOTIFICATIONS, N.recipient_id),
            (NOTICES, NOTICES.c.recipient_id),
        ):
            await self.transaction.execute(delete(rows).where(owner == user_id))


def _stored(values: dict[str, object]) -> dict[str, object]:
    return {name: getattr(value, "value", value) for name, value in values.items()}
