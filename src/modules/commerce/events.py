"""Facts that commerce announces."""

from core.events import Event


class OrderPaid(Event, frozen=True, kw_only=True):
    """The money of an order is ours. Access is given within the same transaction."""

    payment_id: int
    user_id: int
    course_id: int


class PaymentNeedsReview(Event, frozen=True, kw_only=True):
    payment_id: int
    reason: str


class GatewayEventStored(Event, frozen=True, kw_only=True):
    gateway_event_id: int


class OrderUnknown(Event, frozen=True, kw_only=True):
    """The gateway tells of a payment for an order that is not ours."""

    gateway_event_id: int


class LookWanted(Event, frozen=True, kw_only=True):
    """Somebody waits for news of an unresolved payment."""

    payment_id: int
