"""What concerns one user alone, on this instance: the sockets of all their devices."""

from collections import OrderedDict
from datetime import datetime

import structlog

from entrypoints.ws.connection import Connection
from entrypoints.ws.outgoing import (
    Attendance,
    Frame,
    MessageDeleted,
    MessageUpdated,
    Notification,
    NotificationRead,
    Ping,
    ReadUpTo,
    Receipts,
    Status,
    Told,
    UnreadCount,
    frame,
)
from entrypoints.ws.rendering import Rendering
from modules.community import live
from modules.community.live import Changed, Moved, Note, decode

MOST_KNOWN = 256
OF_VERSION_1 = (MessageUpdated, MessageDeleted, Status, Notification)
log = structlog.get_logger()


class PersonalFeed:
    """Direct messages and what becomes of them. Clients drop what they know by `message_id` and `version`."""

    def __init__(self, user_id: int, rendering: Rendering, opened_at: datetime) -> None:
        self.user_id = user_id
        self.opened_at = opened_at
        self.connections: dict[Connection, None] = {}
        self._rendering = rendering
        self._told: OrderedDict[tuple[int, int], None] = OrderedDict()
        self._notified: OrderedDict[int, None] = OrderedDict()

    def receive(self, data: bytes) -> None:
        """What the hub brings."""
        try:
            self._take(decode(data))
        except Exception:  # another version of the service may speak otherwise
            log.exception("note_not_told", user_id=self.user_id)

    def tell(self, changed: Changed) -> None:
        """A message between this user and another, once in each version."""
        if self.knows(changed):
            return
        key = changed.message.id, changed.message.version
        self._told[key] = None
        if len(self._told) > MOST_KNOWN:
            self._told.popitem(last=False)
        own = changed.message.sender_id == self.user_id
        self._offer(self._rendering.event(changed, own=own))

    def knows(self, changed: Changed) -> bool:
        """Whether it was told already."""
        return (changed.message.id, changed.message.version) in self._told

    def notify(self, notification: Notification) -> None:
        """Each once, on all devices."""
        if self.knows_notification(notification.notification_id):
            return
        self._notified[notification.notification_id] = None
        if len(self._notified) > MOST_KNOWN:
            self._notified.popitem(last=False)
        self._offer(notification)

    def knows_notification(self, notification_id: int) -> bool:
        """Whether it was told already."""
        return notification_id in self._notified

    def follow(self, read: NotificationRead | UnreadCount) -> None:
        self._offer(read)

    def call_roll(self, told: Attendance) -> None:
        """The next one has the counts again, so this may be dropped."""
        self._offer(told, is_passing=True)

    def ping(self) -> Frame:
        return frame(Ping())

    def _take(self, note: Note) -> None:
        if isinstance(note, Changed):
            self.tell(note)
        elif isinstance(note, live.Told) and note.sender_id == self.user_id:
            self._offer(Status(note.message_id, note.status, note.read_by), is_passing=True)
        elif isinstance(note, Moved) and note.user_id != self.user_id:
            items = [ReadUpTo(note.user_id, note.last_read_seq)]
            self._offer(Receipts(items, community_id=note.community_id), is_passing=True)

    def _offer(self, told: Told, *, is_passing: bool = False) -> None:
        """Clients of version 1 hear what they always heard."""
        made = frame(told)
        for connection in tuple(self.connections):
            if connection.version == 2 or isinstance(told, OF_VERSION_1):
                connection.offer(made, is_passing=is_passing)
