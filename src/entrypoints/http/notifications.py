"""/api/community/notifications/: what one was told."""

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.decoding import demand_storable
from entrypoints.http.calls import Call, Cursor, Limit, Listing, caller, do, listing, once, page_request
from entrypoints.http.notifications_wire import (
    Accepted,
    Marked,
    NewAnnouncement,
    NotificationInfo,
    UnreadCount,
    UpTo,
    notification_info,
)
from entrypoints.http.policy import Policy
from modules.notifications.domain.kinds import NotificationType


@get("/notifications/", policy=Policy.USER)
async def notifications(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    is_read: FromQuery[bool | None] = None,
    notification_type: FromQuery[NotificationType | None] = None,
) -> Listing[NotificationInfo]:
    """One's own, the newest first."""
    found = await do(request).notifications.notifications(
        page_request(limit, cursor, count=False), caller(request), is_read=is_read, notification_type=notification_type
    )
    return listing(request, found, lambda card: notification_info(request, card))


@post("/notifications/", policy=Policy.STAFF, status_code=202, once=True)
async def announce(request: Call, data: JSONBody[NewAnnouncement]) -> Accepted:
    """Tell all members of a group something. It is accepted at once; everybody is told within moments."""
    demand_storable(data.title + data.message, "message")
    posted = await do(request).telling.announce(
        caller(request),
        data.community_id,
        title=data.title.strip(),
        message=data.message.strip(),
        once=await once(request, "announce"),
    )
    return Accepted(posted)


@get("/notifications/{notification_id:int}/", policy=Policy.OWNER)
async def notification(request: Call, notification_id: FromPath[int]) -> NotificationInfo:
    return await _own(request, notification_id)


@post("/notifications/{notification_id:int}/mark-as-read/", policy=Policy.OWNER, status_code=200)
async def mark_as_read(request: Call, notification_id: FromPath[int]) -> NotificationInfo:
    """A repeat changes nothing. It is neither mailed nor pushed any more, and one's other devices follow."""
    await do(request).inbox.mark_read(caller(request), notification_id)
    return await _own(request, notification_id)


@post("/notifications/mark-all-as-read/", policy=Policy.USER, status_code=200)
async def mark_all_as_read(request: Call, data: JSONBody[UpTo | None] = None) -> Marked:
    """Everything, or all up to the newest that the screen shows, so that what comes meanwhile stays unread."""
    updated, unread = await do(request).inbox.mark_all_read(caller(request), data.up_to_id if data else None)
    return Marked(updated, unread)


@get("/notifications/unread-count/", policy=Policy.USER)
async def unread_count(request: Call) -> UnreadCount:
    """Exact, however many there are."""
    user_id = caller(request).user_id
    counts = await do(request).notifications.unread_counts([user_id])
    return UnreadCount(counts.get(user_id, 0))


async def _own(request: Call, notification_id: int) -> NotificationInfo:
    card = await do(request).notifications.notification(caller(request), notification_id)
    if card is None:
        raise NotFound
    return notification_info(request, card)


HANDLERS = [notifications, announce, notification, mark_as_read, mark_all_as_read, unread_count]
