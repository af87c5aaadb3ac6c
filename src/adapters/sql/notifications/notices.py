"""Notices and the notifications that they are spread as, within a transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, String, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.community.rows import PLACE, place
from adapters.sql.learning.access import HAS_ACCESS
from adapters.sql.learning.rows import ENROLLMENTS
from adapters.sql.models.types import UtcDateTime
from adapters.sql.notifications.audience import AUDIENCES, ONE, ONE_IN_GROUP, TOLD, TOLD_ALREADY, recipient
from adapters.sql.notifications.rows import NOTICE_COLUMNS, NOTICES, NOTIFICATIONS
from adapters.sql.notifications.rows import notice as read_notice
from adapters.sql.store import SqlStore
from core.actor import Actor
from modules.notifications.domain.notices import Audience, Delivery, NewNotice, Notice, Part
from modules.notifications.ports import Expiring

POST = upsert(NOTICES).on_conflict_do_nothing(index_elements=["cause", "notification_type"]).returning(*NOTICE_COLUMNS)
BY_CAUSE = (
    select(*NOTICE_COLUMNS)
    .where(NOTICES.c.cause == bindparam("cause"), NOTICES.c.notification_type == bindparam("notification_type"))
    .with_for_update()
)
BY_ID = select(*NOTICE_COLUMNS).where(NOTICES.c.id == bindparam("id")).with_for_update()
_SPREAD = select(NOTICES.c.cause).where(NOTICES.c.is_spread)
POSTGRES_KNOWN = _SPREAD.where(NOTICES.c.cause == any_(bindparam("causes", type_=ARRAY(String))))
SQLITE_KNOWN = _SPREAD.where(NOTICES.c.cause.in_(bindparam("causes", expanding=True)))
MARK = (
    update(NOTICES)
    .where(NOTICES.c.id == bindparam("row"))
    .values(spread_to=bindparam("up_to"), is_spread=bindparam("is_all"))
    .returning(*NOTICE_COLUMNS)
)
_N = NOTIFICATIONS.c
_COLUMNS = [_N.notice_id, _N.created_at, _N.recipient_id, _N.in_app, _N.email_due_at, _N.push_due_at]
_MOMENTS = ARRAY(UtcDateTime())
_BATCH = (
    func.unnest(
        bindparam("recipients", type_=ARRAY(BigInteger)),
        bindparam("in_app", type_=ARRAY(Boolean)),
        bindparam("email_due", type_=_MOMENTS),
        bindparam("push_due", type_=_MOMENTS),
    )
    .table_valued("recipient_id", "in_app", "email_due_at", "push_due_at")
    .render_derived("batch")
)
POSTGRES_ADD = (
    upsert(NOTIFICATIONS)
    .from_select(
        _COLUMNS,
        select(bindparam("notice_id", type_=BigInteger), bindparam("now", type_=UtcDateTime()), *_BATCH.c),
    )
    .on_conflict_do_nothing(index_elements=["notice_id", "recipient_id"])
    .returning(_N.recipient_id, _N.id)
)
SQLITE_ADD = upsert(NOTIFICATIONS).on_conflict_do_nothing(index_elements=["notice_id", "recipient_id"])
LAST_ID = select(func.max(_N.id))
SQLITE_ADDED = select(_N.recipient_id, _N.id).where(_N.notice_id == bindparam("notice_id"), _N.id > bindparam("last"))
EXPIRING = (
    select(ENROLLMENTS.c.id, ENROLLMENTS.c.user_id, ENROLLMENTS.c.course_id, ENROLLMENTS.c.expiry_date)
    .where(
        ENROLLMENTS.c.expiry_date > bindparam("after"),
        ENROLLMENTS.c.expiry_date <= bindparam("until"),
        ENROLLMENTS.c.id > bindparam("since_id"),
        HAS_ACCESS,
    )
    .order_by(ENROLLMENTS.c.id)
    .limit(bindparam("limit"))
)


class SqlNoticeStore(SqlStore):
    async def may_announce(self, actor: Actor, community_id: int) -> bool | None:
        row = await self.transaction.row(PLACE, {"user_id": actor.user_id, "community_id": community_id})
        found = place(row, self.transaction.clock.now())
        return None if found is None else found.is_host

    async def post(self, new: NewNotice) -> Notice:
        now = self.transaction.clock.now()
        values = {name: getattr(new, name) for name in NewNotice.__struct_fields__}
        values |= {
            "notification_type": new.notification_type.value,
            "audience": new.audience.value,
            "spread_to": 0,
            "is_spread": False,
            "created_at": now,
        }
        row = await self.transaction.row(POST, values)
        if row is None:
            key = {"cause": new.cause, "notification_type": new.notification_type.value}
            row = (await self.transaction.execute(BY_CAUSE, key)).one()
        return read_notice(row)

    async def notice(self, notice_id: int) -> Notice | None:
        row = await self.transaction.row(BY_ID, {"id": notice_id})
        return read_notice(row) if row else None

    async def known(self, causes: Sequence[str]) -> set[str]:
        statement = SQLITE_KNOWN if self.transaction.is_sqlite else POSTGRES_KNOWN
        rows = await self.transaction.rows(statement, {"causes": list(causes)}) if causes else []
        return {str(row[0]) for row in rows}

    async def audience(self, notice: Notice, limit: int) -> Part:
        alone = ONE_IN_GROUP if notice.is_in_group else ONE
        statement = alone if notice.audience is Audience.USER else AUDIENCES[notice.audience]
        names = ("recipient_id", "actor_id", "community_id", "course_id", "post_id", "spread_to")
        values: dict[str, Any] = {name: getattr(notice, name) for name in names}
        values |= {"notification_type": notice.notification_type.value, "now": self.transaction.clock.now()}
        rows = await self.transaction.rows(statement, {**values, "limit": limit})
        up_to = int(rows[-1][0]) if rows else notice.spread_to
        found = [recipient(row) for row in rows if row[TOLD]]
        key = {"cause": notice.cause, "notice_id": notice.id, "spread_to": notice.spread_to, "last": up_to}
        told = {row[0] for row in await self.transaction.rows(TOLD_ALREADY, key)} if found else set()
        return Part([one for one in found if one.user_id not in told], up_to, is_last=len(rows) < limit)

    async def add(self, notice: Notice, deliveries: Sequence[Delivery]) -> list[tuple[int, int]]:
        if not deliveries:
            return []
        now = self.transaction.clock.now()
        if self.transaction.is_sqlite:
            return await self._add_each(notice, deliveries, now)
        values = {
            "notice_id": notice.id,
            "now": now,
            "recipients": [one.recipient_id for one in deliveries],
            "in_app": [one.in_app for one in deliveries],
            "email_due": [one.email_due_at for one in deliveries],
            "push_due": [one.push_due_at for one in deliveries],
        }
        return [(int(user_id), int(id_)) for user_id, id_ in await self.transaction.rows(POSTGRES_ADD, values)]

    async def mark_spread(self, notice: Notice, *, up_to: int, is_all: bool) -> Notice:
        values = {"row": notice.id, "up_to": up_to, "is_all": is_all}
        return read_notice((await self.transaction.execute(MARK, values)).one())

    async def expiring(self, after: datetime, until: datetime, since_id: int, limit: int) -> list[Expiring]:
        values = {"after": after, "until": until, "since_id": since_id, "limit": limit}
        rows = await self.transaction.rows(EXPIRING, {**values, "now": self.transaction.clock.now()})
        return [Expiring(*row) for row in rows]

    async def _add_each(self, notice: Notice, deliveries: Sequence[Delivery], now: datetime) -> list[tuple[int, int]]:
        """Without arrays as values: the rows one by one, then their ids."""
        last = int(await self.transaction.scalar(LAST_ID) or 0)
        rows = [
            {
                "notice_id": notice.id,
                "created_at": now,
                "recipient_id": one.recipient_id,
                "in_app": one.in_app,
                "email_due_at": one.email_due_at,
                "push_due_at": one.push_due_at,
            }
            for one in deliveries
        ]
        await self.transaction.execute(SQLITE_ADD, rows)
        added = await self.transaction.rows(SQLITE_ADDED, {"notice_id": notice.id, "last": last})
        return [(int(user_id), int(id_)) for user_id, id_ in added]
