"""Paying in parts: several orders, one after the other, and access while they are paid."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from core.errors import Invalid
from modules.commerce.domain.payments import SMALLEST_PAISE, Instalment, Payment

GRACE = timedelta(days=7)
"""Access lasts so long after an instalment is due; paying later opens the course again."""


class Plan(Struct, frozen=True):
    """How a course may be paid: these amounts, so many days apart."""

    id: int
    course_id: int
    title: str
    amounts: tuple[int, ...]
    interval_days: int
    is_active: bool
    created_at: datetime


class Agreement(Struct, frozen=True):
    """A student who pays by a plan, as it was when they began. It has ended when all is paid, or was given back."""

    id: int
    plan_id: int
    user_id: int
    course_id: int
    amounts: tuple[int, ...]
    interval_days: int
    paid_count: int
    first_payment_id: int
    started_at: datetime
    next_due_at: datetime | None
    ended_at: datetime | None


def demand_payable(amounts: Sequence[int]) -> None:
    """:raises Invalid:"""
    for number, amount in enumerate(amounts):
        if amount < SMALLEST_PAISE:
            raise Invalid.field(f"amounts.{number}", "At least one rupee.")


def following(plan: Plan, agreement: Agreement | None) -> tuple[Instalment, int]:
    """The instalment that is to be paid next, and its amount."""
    if agreement is None:
        return Instalment(plan.id, 1, plan.amounts, plan.interval_days), plan.amounts[0]
    number = agreement.paid_count + 1
    instalment = Instalment(plan.id, number, agreement.amounts, agreement.interval_days, agreement.first_payment_id)
    return instalment, agreement.amounts[agreement.paid_count]


def begun(payment: Payment, instalment: Instalment, now: datetime) -> Agreement:
    """With the first instalment."""
    agreement = Agreement(
        id=0,
        plan_id=instalment.plan_id,
        user_id=payment.user_id,
        course_id=payment.course_id,
        amounts=instalment.amounts,
        interval_days=instalment.interval_days,
        paid_count=0,
        first_payment_id=payment.id,
        started_at=now,
        next_due_at=now,
        ended_at=None,
    )
    return advanced(agreement, now)


def advanced(agreement: Agreement, now: datetime) -> Agreement:
    """With one more instalment. Who pays early or late keeps the same days."""
    paid = agreement.paid_count + 1
    if paid >= len(agreement.amounts):
        return replace(agreement, paid_count=paid, next_due_at=None, ended_at=now)
    due = (agreement.next_due_at or now) + timedelta(days=agreement.interval_days)
    return replace(agreement, paid_count=paid, next_due_at=due)


def access_until(agreement: Agreement) -> datetime | None:
    """None: all is paid, and access lasts as long as the course says."""
    return None if agreement.next_due_at is None else agreement.next_due_at + GRACE
