"""What the server says. A frame is made once and goes to every socket as the same object."""

from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Struct, UnsetType

from modules.attendance.domain.records import Source
from modules.community.domain.chat import MessageStatus, MessageType
from modules.notifications.domain.kinds import LinkType, NotificationType


class Frame(NamedTuple):
    """A frame as the server takes it, and how much of a queue it fills."""

    event: dict[str, Any]
    size: int


class Told(Struct, frozen=True, tag_field="type"):
    """A frame of the server."""


class Limits(Struct, frozen=True):
    """Of a message's characters, a frame's bytes, and of messages, edits and deletions within a window, in seconds."""

    message_length: int
    frame_bytes: int
    messages: int
    window_s: int


class Welcome(Told, frozen=True, tag="welcome"):
    """Version 2 is spoken; what comes next has the number `seq` + 1. `token_ttl_s`: until the login is refreshed."""

    connection_id: str
    heartbeat_ms: int
    token_ttl_s: int
    limits: Limits
    epoch: str | UnsetType = UNSET
    seq: int | UnsetType = UNSET


class ChatMessage(Told, frozen=True, tag="chat_message"):
    """A message of the class. `client_id` is in it for its author alone."""

    message_id: int
    message: str
    message_type: MessageType
    sender_id: int
    sender_email: str
    created_at: datetime
    community_id: int
    seq: int
    version: int
    client_id: str | UnsetType = UNSET
    reply_to: int | UnsetType = UNSET
    attachment: str | UnsetType = UNSET
    attachment_type: str | UnsetType = UNSET
    attachment_name: str | UnsetType = UNSET


class DirectMessage(ChatMessage, frozen=True, tag="direct_message", kw_only=True):
    """A message between two; `seq` is numbered for these two alone."""

    recipient_id: int


class MessageUpdated(ChatMessage, frozen=True, tag="message_updated", kw_only=True):
    """The message as it is now. `seq` is the number of this change, `at` its moment."""

    at: datetime
    recipient_id: int | UnsetType = UNSET


class MessageDeleted(Told, frozen=True, tag="message_deleted"):
    """A tombstone. `seq` is the number of this change."""

    message_id: int
    community_id: int
    seq: int
    version: int
    at: datetime
    sender_id: int
    recipient_id: int | UnsetType = UNSET


class Ack(Told, frozen=True, tag="ack"):
    """What was sent, changed or deleted is committed. `duplicate`: it had been before."""

    client_id: str | None
    message_id: int
    seq: int
    created_at: datetime
    duplicate: bool


class Resume(Told, frozen=True, tag="resume"):
    """What changed after `since`, each message once in its latest state. Whoever has come to `since` stands at `seq`
    from here on; to others it is no answer to their `hello`, which comes yet.
    """

    events: list[ChatMessage | MessageUpdated | MessageDeleted]
    since: int
    seq: int
    epoch: str


class Resync(Told, frozen=True, tag="resync"):
    """Too much has changed, or numbers mean something else: load pages; from here on the position is `seq`. Of
    notifications, which have no position, the newest have come before it.
    """

    reason: Literal["too_far", "epoch"]
    seq: int | UnsetType = UNSET
    epoch: str | UnsetType = UNSET


class PresenceState(Told, frozen=True, tag="presence_state"):
    """Who is online: the first hundred. `users` is null where there are more than these and single changes are not
    told; then this comes at most once a second.
    """

    version: int
    count: int
    users: list[int] | None


class Presence(Told, frozen=True, tag="presence"):
    """Only later than the `presence_state` of a lower `version`."""

    event: Literal["joined", "left"]
    user: int
    version: int


class UserJoined(Told, frozen=True, tag="user_joined"):
    """To clients of version 1."""

    user_id: int
    community_id: int


class UserLeft(Told, frozen=True, tag="user_left"):
    """To clients of version 1."""

    user_id: int
    community_id: int


class Typing(Told, frozen=True, tag="typing"):
    """Somebody types, or no longer; over by itself if nothing comes in `expires_in_ms`."""

    user_id: int
    is_typing: bool
    expires_in_ms: int
    community_id: int


class ReadUpTo(Struct, frozen=True):
    user_id: int
    last_read_seq: int


class Receipts(Told, frozen=True, tag="receipts"):
    """How far members have read, since the last time; not in groups above 200 members."""

    items: list[ReadUpTo]
    community_id: int


class Status(Told, frozen=True, tag="status"):
    """To a message's sender."""

    message_id: int
    status: MessageStatus
    read_by: int


class Link(Struct, frozen=True):
    """What opens when it is tapped."""

    type: LinkType
    id: int


class Notification(Told, frozen=True, tag="notification"):
    """As in the list of notifications; after `hello` also such as were told before, or are read."""

    notification_id: int
    notification_type: NotificationType
    title: str
    message: str
    actor: str | None
    timestamp: datetime
    actor_id: int | None
    community_id: int | None
    post_id: int | None
    chat_message_id: int | None
    course_id: int | None
    link: Link | None
    is_read: bool


class NotificationRead(Told, frozen=True, tag="notification_read"):
    """Read on another device: one, or all up to `up_to_id`."""

    notification_id: int | UnsetType = UNSET
    up_to_id: int | UnsetType = UNSET


class UnreadCount(Told, frozen=True, tag="unread_count"):
    """How many notifications are unread at this moment."""

    unread_count: int


class Attendee(Struct, frozen=True):
    """One student's record in a class, as it is now; of two, the one of the higher `version` is the later."""

    user_id: int
    username: str
    full_name: str
    status: str
    source: Source | None
    recorded_at: datetime
    is_flagged: bool
    version: int


class Attendance(Told, frozen=True, tag="attendance"):
    """To the instructors of a live class: what has just changed in it, and how many have which status by now."""

    session_id: int
    records: list[Attendee]
    counts: dict[str, int]


class AuthExpiring(Told, frozen=True, tag="auth_expiring"):
    """Send `auth_refresh` with a new access token in so many seconds, or soon after."""

    in_s: int


class AuthRefreshed(Told, frozen=True, tag="auth_refreshed"):
    """The new token was good; it lasts so long."""

    token_ttl_s: int


class Ping(Told, frozen=True, tag="ping"):
    """Any frame within 10 s answers it. `seq` is the last number: whoever has not come so far says `hello`."""

    seq: int | UnsetType = UNSET


class Error(Told, frozen=True, tag="error"):
    """`code` is one of docs/errors.md. `temporary`: the same may succeed later, after `retry_after_ms`."""

    code: str
    message: str
    temporary: bool
    client_id: str | UnsetType = UNSET
    retry_after_ms: int | UnsetType = UNSET
    errors: list[Any] | UnsetType = UNSET


_encoder = msgspec.json.Encoder()


def frame(told: Told) -> Frame:
    encoded = _encoder.encode(told)
    return Frame({"type": "websocket.send", "text": encoded.decode()}, len(encoded))


def close_event(code: int, reason: str) -> dict[str, Any]:
    return {"type": "websocket.close", "code": code, "reason": reason}
