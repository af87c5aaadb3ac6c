"""Time as a dependency. Every `datetime` in the house is aware and in UTC."""

from datetime import datetime, timedelta, timezone
from typing import Protocol

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")
"""Where a date without a time is meant; India has one zone and no daylight saving time."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...
