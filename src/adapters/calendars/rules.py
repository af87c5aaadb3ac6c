"""When classes are held by an RRULE."""

import re
from datetime import UTC, datetime, time
from itertools import islice

from dateutil.rrule import rrulestr
from icalendar import vRecur

from core.errors import Invalid

ALLOWED = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "WKST"}
FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY"}
BY_DAY = re.compile(r"(?:[+-]?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)")
LONGEST_MONTH = 31
MOST_INTERVAL, MOST_COUNT = 52, 1000
EXAMPLE = "As FREQ=WEEKLY;BYDAY=MO,WE;COUNT=24: DAILY, WEEKLY or MONTHLY, with COUNT or UNTIL."


class DateutilRules:
    """Of RFC 5545 what classes need. Each rule ends, and none of those allowed can search in vain for long."""

    def starts(self, rule: str, first: datetime, limit: int, until: datetime) -> list[datetime]:
        place, local = first.tzinfo, first.replace(tzinfo=None, microsecond=0)  # rules know none
        try:
            parts = vRecur.from_ical(rule.strip().removeprefix("RRULE:").upper())
            wanted = _demand_allowed(parts)
            last = _local_end(parts, first)
            text = ";".join(f"{name}={value}" for name, value in wanted.items())
            found = rrulestr(text, dtstart=local)
            named = islice(iter(found), limit + 1)
            held = [start for start in named if last is None or start <= last]
        except (ValueError, TypeError, KeyError, OverflowError):
            raise Invalid.field("recurrence", EXAMPLE) from None
        if local not in held[:1]:
            raise Invalid.field("recurrence", "The first class, at `starts_at`, is not one of this rule.")
        beyond = until.astimezone(place).replace(tzinfo=None)
        if held[-1] > beyond:
            raise Invalid.field("recurrence", "Classes are made for two years at most.")
        # as RFC 5545 has it: a time that summer time leaves out is read by the offset before
        return [start.replace(tzinfo=place).astimezone(UTC) for start in held[:limit]]


def _demand_allowed(parts: vRecur) -> dict[str, str]:
    """The parts that dateutil is given; where the rule ends by a date is decided here.

    :raises ValueError:
    """
    if not set(parts) <= ALLOWED or parts.get("FREQ", [""])[0] not in FREQUENCIES:
        raise ValueError(parts)
    if ("COUNT" in parts) == ("UNTIL" in parts):
        raise ValueError(parts)
    days, dates = [str(day) for day in parts.get("BYDAY", [])], parts.get("BYMONTHDAY", [])
    if not all(BY_DAY.fullmatch(day) for day in days) or not all(1 <= abs(date) <= LONGEST_MONTH for date in dates):
        raise ValueError(parts)
    if dates and (parts["FREQ"][0] != "MONTHLY" or any(day[:-2] for day in days)):  # a day that may never come
        raise ValueError(parts)
    if parts.get("INTERVAL", [1])[0] not in range(1, MOST_INTERVAL + 1):
        raise ValueError(parts)
    if parts.get("COUNT", [1])[0] not in range(1, MOST_COUNT + 1):
        raise ValueError(parts)
    return {name: ",".join(str(one) for one in values) for name, values in parts.items() if name != "UNTIL"}


def _local_end(parts: vRecur, first: datetime) -> datetime | None:
    """Until when, by the clocks of the class; a date means its end."""
    found = parts.get("UNTIL", [None])[0]
    if found is None:
        return None
    if not isinstance(found, datetime):
        return datetime.combine(found, time.max)
    return found.astimezone(first.tzinfo).replace(tzinfo=None) if found.tzinfo else found
