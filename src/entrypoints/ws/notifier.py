"""Tells the open sockets of this instance what their users are notified of, and what they have read elsewhere.

Hints name users and rows; what is told is read from the database after them. So whatever is told last is the latest,
in whichever order hints come.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from core.errors import Unavailable
from entrypoints.compose import House
from entrypoints.ws.connection import Connection
from entrypoints.ws.outgoing import Link, Notification, NotificationRead, Resync, UnreadCount
from entrypoints.ws.personal import PersonalFeed
from modules.notifications.domain.cards import NotificationCard
from modules.notifications.domain.texts import link_of, name_of, told
from modules.notifications.live import CHANNEL, Arrived, WasRead, decode

MOST_RESUMED = 100
AT_ONCE = 500
LOOKED_BACK = timedelta(minutes=2)
CLOCKS_DIFFER = timedelta(seconds=2)
BACK_OFF_S = 1.0
log = structlog.get_logger()


class Notifier:
    def __init__(self, house: House, feeds: Mapping[int, PersonalFeed]) -> None:
        self._house = house
        self._feeds = feeds
        self._arrived: dict[int, None] = {}
        self._read: list[WasRead] = []
        self._to_count: dict[int, None] = {}
        self._wanted = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """For as long as the application runs."""
        await self._house.hub.subscribe(CHANNEL, self.receive)
        task = asyncio.create_task(self._run(), name="notifier")
        try:
            yield
        finally:
            self._house.hub.unsubscribe(CHANNEL, self.receive)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def receive(self, data: bytes) -> None:
        """What the hub brings."""
        try:
            hint = decode(data)
        except Exception:  # another version of the service may speak otherwise
            log.exception("hint_not_understood")
            return
        if isinstance(hint, Arrived):
            self._expect([(user_id, id_) for user_id, id_ in hint.rows if user_id in self._feeds])
        elif hint.user_id in self._feeds:
            self._read.append(hint)
            self._to_count[hint.user_id] = None
            self._wanted.set()

    async def compare(self, user_ids: list[int]) -> None:
        """Find what hints have not brought to these users in the last two minutes.

        :raises Unavailable:
        """
        since = self._house.clock.now() - LOOKED_BACK
        for start in range(0, len(user_ids), AT_ONCE):
            newer = await self._house.workflows.notifications.newer(user_ids[start : start + AT_ONCE], since)
            self._expect([(user_id, id_) for user_id, id_, moment in newer if self._is_news(user_id, id_, moment)])

    async def resume(self, connection: Connection, since_id: int | None) -> None:
        """What one socket's user got after a notification, where one is named, and how many are unread.

        :raises Unavailable:
        """
        queries, user_id = self._house.workflows.notifications, connection.user_id
        if since_id is not None:
            recent = await queries.recent(user_id, since_id, MOST_RESUMED)
            for card in recent.cards:
                connection.tell(rendered(card))
            if not recent.is_all:
                connection.tell(Resync("too_far"))
        self._to_count[user_id] = None  # told by the one task that tells counts, so that the last is the true one
        self._wanted.set()

    def _expect(self, rows: list[tuple[int, int]]) -> None:
        if rows:
            self._arrived |= {id_: None for _, id_ in rows}
            self._to_count |= {user_id: None for user_id, _ in rows}
            self._wanted.set()

    def _is_news(self, user_id: int, notification_id: int, moment: datetime) -> bool:
        """What came before the first device was here, its app has from the list."""
        feed = self._feeds.get(user_id)
        return (
            feed is not None
            and moment > feed.opened_at - CLOCKS_DIFFER
            and not feed.knows_notification(notification_id)
        )

    async def _run(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._tell()
            except Unavailable:
                log.warning("notifier_waits")
                await asyncio.sleep(BACK_OFF_S)
                self._wanted.set()
            except Exception:  # whatever these brought, the next ones come
                log.exception("notifier_failed")

    async def _tell(self) -> None:
        """What is wanted is forgotten when it has been read, whatever comes of telling it."""
        ids, users = list(self._arrived)[:AT_ONCE], list(self._to_count)[:AT_ONCE]
        read, queries = list(self._read), self._house.workflows.notifications
        cards = await queries.cards(ids)
        for id_ in ids:
            del self._arrived[id_]
        del self._read[: len(read)]
        for card in cards:
            if card.recipient_id in self._feeds:
                self._feeds[card.recipient_id].notify(rendered(card))
        for one in read:
            if one.user_id in self._feeds:
                self._feeds[one.user_id].follow(_read(one))
        for user_id in users:  # before the look: what is read or comes after it is counted again
            self._to_count.pop(user_id, None)
        try:
            counts = await queries.unread_counts(users)
        except Unavailable:
            self._to_count |= dict.fromkeys(users)
            raise
        for user_id in users:
            if user_id in self._feeds:
                self._feeds[user_id].follow(UnreadCount(counts.get(user_id, 0)))
        if self._arrived or self._to_count:
            self._wanted.set()


def rendered(card: NotificationCard) -> Notification:
    title, message = told(card)
    link = link_of(card)
    return Notification(
        notification_id=card.id,
        notification_type=card.notification_type,
        title=title,
        message=message,
        actor=name_of(card) if card.actor else None,
        timestamp=card.created_at,
        actor_id=card.actor.id if card.actor else None,
        community_id=card.community_id,
        post_id=card.post_id,
        chat_message_id=card.chat_message_id,
        course_id=card.subject.course_id,
        link=Link(*link) if link else None,
        is_read=card.read_at is not None,
    )


def _read(one: WasRead) -> NotificationRead:
    if one.notification_id is not None:
        return NotificationRead(notification_id=one.notification_id)
    return NotificationRead(up_to_id=one.up_to_id or 0)
