"""Classes as a calendar that phones subscribe to (RFC 5545, and RFC 7986 for its name and how often to look)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from icalendar import Calendar, Event

from modules.attendance.ports import CalendarEntry

LOOK_AGAIN = timedelta(hours=1)


class IcalendarFormat:
    """Each class is an event of its own, also of a series: whatever moves or is cancelled is so in every calendar."""

    def __init__(self, domain: str) -> None:
        self._domain = domain

    def calendar(self, title: str, entries: Sequence[CalendarEntry], now: datetime) -> bytes:
        made = Calendar()
        made.add("prodid", "-//Shala//Classes//EN")
        made.add("version", "2.0")
        made.add("method", "PUBLISH")
        made.add("name", title)
        made.add("x-wr-calname", title)
        made.add("refresh-interval", LOOK_AGAIN, parameters={"value": "DURATION"})
        for entry in entries:
            made.add_component(self._event(entry, now))
        return bytes(made.to_ical())

    def _event(self, entry: CalendarEntry, now: datetime) -> Event:
        session, event = entry.session, Event()
        event.add("uid", f"class-{session.id}@{self._domain}")
        event.add("dtstamp", now)
        event.add("sequence", session.version)
        event.add("summary", f"{session.title} · {entry.course_title}")
        event.add("dtstart", session.starts_at)
        event.add("dtend", session.ends_at)
        event.add("status", "CANCELLED" if session.cancelled_at else "CONFIRMED")
        if session.description:
            event.add("description", session.description)
        if session.meeting_url:
            event.add("location", session.meeting_url)
            event.add("url", session.meeting_url)
        return event
