"""Time as a dependency. Every `datetime` in the house is aware and in UTC."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...
