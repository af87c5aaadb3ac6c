"""What is of no use any more goes, in the background."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, exists, or_, select

from adapters.sql.database import Database
from adapters.sql.models import (
    AssistantConversation,
    AssistantMessage,
    AssistantUsage,
    AttendanceDevice,
    ClassSession,
    Device,
    GatewayEvent,
    IdempotencyKey,
    Notice,
    Notification,
    OneTimeCode,
    OutboxMessage,
    PostView,
    ProgressEvent,
    ScheduleSlot,
    Session,
    SocketReview,
    SocketTicket,
)
from adapters.sql.store import table
from core.clock import Clock

WORK_KEPT = timedelta(days=7)
CODES_KEPT = timedelta(days=1)  # longer than the hour in which they are counted
REVIEWS_KEPT = timedelta(hours=1)
VIEWS_KEPT = timedelta(days=1)
ANSWERS_KEPT = timedelta(days=30)
EVENTS_KEPT = timedelta(days=90)  # of Razorpay's, which name the payer; it repeats one for a day
LOGINS_KEPT = timedelta(days=90)
TOLD_KEPT = timedelta(days=180)  # a phone that tells it again then changes nothing all the same
OUTBOX, SLOTS, KEYS = table(OutboxMessage), table(ScheduleSlot), table(IdempotencyKey)
TICKETS, CODES, LOGINS = table(SocketTicket), table(OneTimeCode), table(Session)
TOLD = table(ProgressEvent)
EVENTS, VIEWS, REVIEWS = table(GatewayEvent), table(PostView), table(SocketReview)
DEVICES, NOTICES, NOTIFICATIONS = table(Device), table(Notice), table(Notification)
CHECKED_IN, CLASSES = table(AttendanceDevice), table(ClassSession)
PHONES_KEPT = timedelta(days=30)  # who shared one is flagged at once
TALKS, TALKED, USED = table(AssistantConversation), table(AssistantMessage), table(AssistantUsage)
USAGE_KEPT = timedelta(days=2)  # a day of it is counted
TALKS_KEPT = timedelta(days=180)
NOTICES_KEPT = timedelta(days=180)
MOST_ROWS = 10_000
_OLD = (
    select(NOTIFICATIONS.c.id)
    .join(NOTICES, NOTICES.c.id == NOTIFICATIONS.c.notice_id)
    .where(NOTICES.c.created_at < bindparam("before"))
    .limit(MOST_ROWS)
)
OLD_NOTIFICATIONS = delete(NOTIFICATIONS).where(NOTIFICATIONS.c.id.in_(_OLD.scalar_subquery()))
_EMPTY = (
    select(NOTICES.c.id)
    .where(
        NOTICES.c.created_at < bindparam("before"),
        NOTICES.c.is_spread,
        ~exists().where(NOTIFICATIONS.c.notice_id == NOTICES.c.id),
    )
    .limit(MOST_ROWS)
)
EMPTY_NOTICES = delete(NOTICES).where(NOTICES.c.id.in_(_EMPTY.scalar_subquery()))


class SqlPruning:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def prune(self) -> None:
        """Forget what ended longer ago than it is kept; what waits, or was given up, stays."""
        now = self._clock.now()
        over = now - LOGINS_KEPT
        for outdated in (
            delete(OUTBOX).where(OUTBOX.c.done_at < now - WORK_KEPT),
            delete(SLOTS).where(SLOTS.c.slot < now - WORK_KEPT),
            delete(KEYS).where(KEYS.c.created_at < now - ANSWERS_KEPT),
            delete(TICKETS).where(TICKETS.c.expires_at < now),
            delete(CODES).where(CODES.c.created_at < now - CODES_KEPT, CODES.c.expires_at < now),
            delete(REVIEWS).where(REVIEWS.c.created_at < now - REVIEWS_KEPT),
            delete(VIEWS).where(VIEWS.c.hour < now - VIEWS_KEPT),
            delete(TOLD).where(TOLD.c.received_at < now - TOLD_KEPT),
            delete(EVENTS).where(EVENTS.c.handled_at < now - EVENTS_KEPT),
            delete(DEVICES).where(
                DEVICES.c.session_id.in_(
                    select(LOGINS.c.id).where(or_(LOGINS.c.ended_at.is_not(None), LOGINS.c.expires_at < now))
                )
            ),
            delete(CHECKED_IN).where(
                CHECKED_IN.c.session_id.in_(select(CLASSES.c.id).where(CLASSES.c.closed_at < now - PHONES_KEPT))
            ),
            delete(TALKED).where(
                TALKED.c.conversation_id.in_(select(TALKS.c.id).where(TALKS.c.updated_at < now - TALKS_KEPT))
            ),
            delete(TALKS).where(TALKS.c.updated_at < now - TALKS_KEPT),
            delete(USED).where(USED.c.asked_at < now - USAGE_KEPT),
            delete(LOGINS).where(or_(LOGINS.c.ended_at < over, LOGINS.c.expires_at < over)),
        ):
            async with self._database.transaction() as transaction:  # each by itself: none holds up the others
                await transaction.execute(outdated)
        await self._prune_notices(now - NOTICES_KEPT)

    async def _prune_notices(self, before: datetime) -> None:
        """In parts: one notice may be that of a hundred thousand people."""
        for part in (OLD_NOTIFICATIONS, EMPTY_NOTICES):
            rows = MOST_ROWS
            while rows == MOST_ROWS:
                async with self._database.transaction() as transaction:
                    rows = (await transaction.execute(part, {"before": before})).rowcount
