"""What people are told of each fact: the notices that reactions post. Of those of one fact, each gets the first."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.money import rupees
from entrypoints.workflows import Workflows
from modules.attendance.domain.excuses import ExcuseStatus
from modules.attendance.events import (
    AttendanceLow,
    ClassCancelled,
    ClassMoved,
    ClassStarting,
    ExcuseAnswered,
    ExcuseAsked,
)
from modules.commerce.domain.refunds import Origin, RefundStatus
from modules.commerce.events import OrderPaid, RefundFailed, RefundProcessed, RefundRejected
from modules.community.events import DirectMessageSent, PostModerated, PostPublished, PostReported, PostWaits
from modules.learning.events import CertificateIssued
from modules.notifications.domain.kinds import NotificationType
from modules.notifications.domain.notices import Audience, NewNotice

LONGEST_TITLE = 200


def of_post(event: PostPublished) -> tuple[NewNotice, ...]:
    """Whoever is named hears that; else whoever is replied to; else, of a new thread, all members."""

    def notice(notification_type: NotificationType, audience: Audience) -> NewNotice:
        return NewNotice(
            cause=f"post-{event.post_id}",
            notification_type=notification_type,
            audience=audience,
            actor_id=event.author_id,
            community_id=event.community_id,
            post_id=event.post_id,
            link_id=event.post_id,
        )

    if event.parent_post_id is None:
        last = notice(NotificationType.NEW_POST, Audience.MEMBERS)
    else:
        last = notice(NotificationType.NEW_REPLY, Audience.REPLIED_TO)
    return (notice(NotificationType.NEW_MENTION, Audience.MENTIONED), last) if event.has_mentions else (last,)


def of_decision(event: PostModerated) -> tuple[NewNotice, ...]:
    """The author, and then the other moderators."""
    is_approved = event.status == "published"
    to_author = NewNotice(
        cause=f"moderated-{event.post_id}-{event.version}",
        notification_type=NotificationType.POST_APPROVED if is_approved else NotificationType.POST_REJECTED,
        audience=Audience.USER,
        recipient_id=event.author_id,
        actor_id=event.moderator_id,
        community_id=event.community_id,
        post_id=event.post_id,
        link_id=event.post_id,
    )
    to_moderators = _for_moderators(
        to_author.cause,
        "approved" if is_approved else "rejected",
        event.community_id,
        event.post_id,
        event.moderator_id,
    )
    return to_author, to_moderators


def of_report(event: PostReported) -> NewNotice:
    """Without saying who reported."""
    variant = "hidden" if event.is_hidden else "reported"
    return _for_moderators(f"report-{event.report_id}", variant, event.community_id, event.post_id, None)


def of_waiting(event: PostWaits) -> NewNotice:
    cause = f"waiting-{event.post_id}-{event.version}"
    return _for_moderators(cause, "waiting", event.community_id, event.post_id, event.author_id)


def of_message(event: DirectMessageSent) -> NewNotice:
    return NewNotice(
        cause=f"message-{event.message_id}",
        notification_type=NotificationType.NEW_MESSAGE,
        audience=Audience.USER,
        recipient_id=event.recipient_id,
        actor_id=event.sender_id,
        community_id=event.community_id,
        chat_message_id=event.message_id,
        link_id=event.message_id,
    )


async def of_payment(do: Workflows, event: OrderPaid) -> tuple[NewNotice, ...]:
    receipt = await do.payments.receipt(event.payment_id, None)
    if receipt is None:
        return ()
    notice = NewNotice(
        cause=f"payment-{event.payment_id}",
        notification_type=NotificationType.PAYMENT_RECEIVED,
        audience=Audience.USER,
        variant="" if receipt.amount_paise else "free",
        recipient_id=event.user_id,
        course_id=event.course_id,
        link_id=event.payment_id,
        words={"amount": f"{rupees(receipt.amount_paise)} {receipt.currency}"},
    )
    return (notice,)


async def of_refund(do: Workflows, event: RefundProcessed | RefundFailed | RefundRejected) -> tuple[NewNotice, ...]:
    """The buyer, unless what went back belonged to no order of theirs."""
    card = await do.payments.refund(event.refund_id, None)
    if card is None or event.user_id is None:
        return ()
    variants = {RefundFailed: RefundStatus.FAILED.value, RefundRejected: RefundStatus.REJECTED.value}
    notice = NewNotice(
        cause=f"refund-{event.refund_id}-{event.name}",
        notification_type=NotificationType.REFUND_PROCESSED,
        audience=Audience.USER,
        variant=variants.get(type(event), "returned" if card.refund.origin is Origin.REVIEW else ""),
        recipient_id=event.user_id,
        course_id=card.course_id,
        link_id=event.refund_id,
        words={
            "amount": f"{rupees(card.refund.amount_paise)} {card.refund.currency}",
            "notes": card.refund.admin_notes,
        },
    )
    return (notice,)


def of_certificate(event: CertificateIssued) -> NewNotice:
    return NewNotice(
        cause=f"certificate-{event.certificate_id}",
        notification_type=NotificationType.CERTIFICATE_ISSUED,
        audience=Audience.USER,
        recipient_id=event.user_id,
        course_id=event.course_id,
        link_id=event.certificate_id,
    )


async def of_class(do: Workflows, event: ClassStarting | ClassMoved | ClassCancelled) -> tuple[NewNotice, ...]:
    """Everybody whose class it is: of a group, its members."""
    session = await do.classes.plain(event.session_id)
    if session is None:
        return ()
    variant = {ClassMoved: "moved", ClassCancelled: "cancelled"}.get(type(event), "")
    if not isinstance(event, ClassStarting) and event.has_following:
        variant = f"{variant}_series"
    # who was told of ten o'clock is told again of another time
    which = f"{session.starts_at:%Y%m%d%H%M}" if isinstance(event, ClassStarting) else str(event.version)
    notice = NewNotice(
        cause=f"class-{session.id}-{variant or 'starting'}-{which}",
        notification_type=NotificationType.CLASS_STARTING,
        audience=Audience.ENROLLED if session.community_id is None else Audience.MEMBERS,
        variant=variant,
        actor_id=None if isinstance(event, ClassStarting) else event.actor_id,
        community_id=session.community_id,
        course_id=session.course_id,
        link_id=session.id,
        words={"title": session.title, "date": _moment(session.starts_at, session.timezone)},
    )
    return (notice,)


async def of_low_attendance(do: Workflows, event: AttendanceLow) -> tuple[NewNotice, ...]:
    report = await do.attendance.student(event.course_id, event.user_id)
    if report is None or report.attendance.percentage is None:
        return ()
    notice = NewNotice(
        cause=f"attendance-{event.course_id}-{event.user_id}",
        notification_type=NotificationType.ATTENDANCE_WARNING,
        audience=Audience.USER,
        recipient_id=event.user_id,
        course_id=event.course_id,
        link_id=event.course_id,
        words={"percent": f"{report.attendance.percentage:g}"},
    )
    return (notice,)


async def of_excuse(do: Workflows, event: ExcuseAnswered) -> tuple[NewNotice, ...]:
    card = await do.classes.answered_excuse(event.excuse_id)
    if card is None:
        return ()
    notice = NewNotice(
        cause=f"excuse-{event.excuse_id}-{card.excuse.status.value}",
        notification_type=NotificationType.ATTENDANCE_WARNING,
        audience=Audience.USER,
        variant="excused" if card.excuse.status is ExcuseStatus.APPROVED else "not_excused",
        recipient_id=card.excuse.user_id,
        actor_id=card.excuse.decided_by_id,
        course_id=card.excuse.course_id,
        link_id=card.excuse.session_id,
        words={
            "title": card.session_title,
            "date": _moment(card.starts_at, card.timezone),
            "notes": card.excuse.notes,
        },
    )
    return (notice,)


async def of_asked_excuse(do: Workflows, event: ExcuseAsked) -> tuple[NewNotice, ...]:
    """Those who teach the course."""
    card = await do.classes.answered_excuse(event.excuse_id)
    if card is None:
        return ()
    notice = NewNotice(
        cause=f"excuse-{event.excuse_id}-asked",
        notification_type=NotificationType.ATTENDANCE_WARNING,
        audience=Audience.TEACHERS,
        variant="excuse_asked",
        actor_id=card.excuse.user_id,
        course_id=card.excuse.course_id,
        link_id=card.excuse.session_id,
        words={"title": card.session_title, "date": _moment(card.starts_at, card.timezone)},
    )
    return (notice,)


def draft_of(question: str) -> tuple[str, str]:
    """Title and text of a post that asks the class what a student has asked the chatbot in vain."""
    line = " ".join(question.split())
    title = line if len(line) <= LONGEST_TITLE else f"{line[: LONGEST_TITLE - 1].rstrip()}…"
    return title, f"{question.strip()}\n\nThe chatbot found no sure answer to this in the lessons. What do you think?"


def _moment(at: datetime, timezone: str) -> str:
    """By the clocks of the class, and which these are."""
    return f"{at.astimezone(ZoneInfo(timezone)):%d/%m/%Y %H:%M %Z}"


def _for_moderators(cause: str, variant: str, community_id: int, post_id: int, actor_id: int | None) -> NewNotice:
    return NewNotice(
        cause=cause,
        notification_type=NotificationType.MODERATOR_ACTION,
        audience=Audience.MODERATORS,
        variant=variant,
        actor_id=actor_id,
        community_id=community_id,
        post_id=post_id,
        link_id=post_id,
    )
