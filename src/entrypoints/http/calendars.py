"""/api/attendance/calendar/: one's classes in the calendar of one's phone."""

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import Struct

from entrypoints.http.calls import Call, caller, do, house
from entrypoints.http.policy import Policy


class CalendarInfo(Struct, frozen=True):
    """Whoever knows the address sees the classes: it is nobody else's business."""

    url: str


@get("/calendar/", policy=Policy.USER)
async def calendar(request: Call) -> CalendarInfo:
    """The address of one's calendar (iCalendar), to subscribe to."""
    return _info(request, await do(request).subscribing.secret(caller(request)))


@post("/calendar/reset/", policy=Policy.USER, status_code=200)
async def reset_calendar(request: Call) -> CalendarInfo:
    """Another address, when somebody knows the former one; that shows nothing any more."""
    return _info(request, await do(request).subscribing.renew(caller(request)))


@get("/calendar/{user_id:int}/{secret:str}/", policy=Policy.SIGNED, media_type="text/calendar")
async def calendar_feed(request: Call, user_id: FromPath[int], secret: FromPath[str]) -> Response[bytes]:
    """The classes of the last three months and the next year; those of a series one by one, cancelled ones too."""
    body = await do(request).subscribing.feed(user_id, secret.removesuffix(".ics"))
    return Response(body, media_type="text/calendar", headers={"Cache-Control": "private, max-age=300"})


def _info(request: Call, secret: str) -> CalendarInfo:
    base = house(request).settings.public_base_url
    return CalendarInfo(f"{base}/api/attendance/calendar/{caller(request).user_id}/{secret}.ics")


HANDLERS = [calendar, reset_calendar, calendar_feed]
