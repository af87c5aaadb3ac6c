"""Facts that commerce announces."""

from datetime import datetime

from core.events import Event


class OrderPaid(Event, frozen=True, kw_only=True):
    """The money of an order is ours. Access is given within the same transaction."""

    payment_id: int
    user_id: int
    course_id: int
    further_course_ids: tuple[int, ...] = ()
    purchase_id: int = 0
    """The order that opened the courses: of instalments, the first."""
    until: datetime | None = None
    """An instalment opens the course until then."""

    @property
    def course_ids(self) -> tuple[int, ...]:
        return (self.course_id, *self.further_course_ids)


class MoneyHeld(Event, frozen=True, kw_only=True):
    """Money came in that fits no order of ours, or not as it should."""

    capture_id: int
    payment_id: int | None
    reason: str


class RefundApproved(Event, frozen=True, kw_only=True):
    refund_id: int


class RefundProcessed(Event, frozen=True, kw_only=True):
    """The money is with the buyer's bank. `payment_id` is None for money that belonged to no order of ours."""

    refund_id: int
    payment_id: int | None
    user_id: int | None


class RefundFailed(Event, frozen=True, kw_only=True):
    refund_id: int
    payment_id: int | None
    user_id: int | None


class RefundRejected(Event, frozen=True, kw_only=True):
    refund_id: int
    payment_id: int
    user_id: int


class RefundsUnknown(Event, frozen=True, kw_only=True):
    """Razorpay has given back more of this payment than we know of, or less."""

    capture_id: int


class AccessWithdrawn(Event, frozen=True, kw_only=True):
    """What was paid with this order was given back, or taken back by the bank."""

    purchase_id: int
    user_id: int


class AccessOwed(Event, frozen=True, kw_only=True):
    """An order of a whole course stands, and another one may have opened the course since, or lost it."""

    purchase_id: int
    user_id: int
    course_id: int


class AccessReturned(Event, frozen=True, kw_only=True):
    """The money is ours after all."""

    purchase_id: int
    user_id: int


class DisputeMoved(Event, frozen=True, kw_only=True):
    dispute_id: int
    payment_id: int | None
    status: str


class GatewayEventStored(Event, frozen=True, kw_only=True):
    gateway_event_id: int


class OrderUnknown(Event, frozen=True, kw_only=True):
    """The gateway tells of a payment for an order that is not ours."""

    gateway_event_id: int


class EventUnreadable(Event, frozen=True, kw_only=True):
    """The gateway tells of money in a way that we do not understand."""

    gateway_event_id: int


class LookWanted(Event, frozen=True, kw_only=True):
    """Somebody waits for news of an unresolved payment."""

    payment_id: int
