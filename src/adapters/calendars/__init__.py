"""iCalendar: rules by dateutil, files by icalendar."""

from adapters.calendars.feeds import IcalendarFormat
from adapters.calendars.rules import DateutilRules

__all__ = ["DateutilRules", "IcalendarFormat"]
