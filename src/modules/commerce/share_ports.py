"""What shares need of the store, and how they and the revenue are read."""

from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from core.paging import Page, PageRequest
from modules.commerce.domain.shares import Share
from modules.commerce.ports import CommerceStore


class Payout(Struct, frozen=True):
    id: int
    user_id: int
    amount_paise: int
    notes: str
    created_by_id: int
    created_at: datetime


class ShareStore(CommerceStore, Protocol):
    async def lock_course(self, course_id: int) -> bool:
        """Asked of learning: whether there is one. Other changes of its shares wait."""
        ...

    async def teaches(self, course_id: int, user_id: int) -> bool:
        """Asked of learning: whether this is one of its instructors."""
        ...

    async def save_share(self, share: Share) -> None:
        """One of nothing is taken away."""
        ...

    async def owed(self, user_id: int) -> int: ...

    async def add_payout(self, user_id: int, amount_paise: int, *, notes: str, created_by_id: int) -> Payout: ...


class By(StrEnum):
    DAY = "day"
    MONTH = "month"
    COURSE = "course"


class Revenue(Struct, frozen=True):
    """All in paise, of one day or month in India, or of one course (None: money of no course of ours)."""

    starts_on: date | None
    course_id: int | None
    course_title: str | None
    gross: int
    discounts: int
    refunds: int
    disputes: int
    fees: int
    fees_gst: int

    @property
    def net(self) -> int:
        return self.gross - self.discounts - self.refunds - self.disputes - self.fees - self.fees_gst


class ShareSums(Struct, frozen=True):
    """Of one instructor and one course: the share now, and what came of it so far, less what went back."""

    user_id: int
    user_name: str
    course_id: int
    course_title: str
    share_bp: int
    earned_paise: int


class Owed(Struct, frozen=True):
    user_id: int
    user_name: str
    earned_paise: int
    paid_paise: int


class RevenueQueries(Protocol):
    async def revenue(self, by: By, first: date, last: date) -> list[Revenue]:
        """From the ledger, in order; days and courses in which nothing happened are left out."""
        ...

    async def shares(self, *, user_id: int | None, course_id: int | None) -> list[ShareSums]: ...

    async def owed(self, *, user_id: int | None) -> list[Owed]: ...

    async def payouts(self, request: PageRequest, *, user_id: int | None) -> Page[Payout]:
        """Newest first."""
        ...
