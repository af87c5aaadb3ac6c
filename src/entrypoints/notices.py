"""What people are told of each fact: the notices that reactions post. Of those of one fact, each gets the first."""

from core.money import rupees
from entrypoints.workflows import Workflows
from modules.commerce.domain.refunds import Origin, RefundStatus
from modules.commerce.events import OrderPaid, RefundFailed, RefundProcessed, RefundRejected
from modules.community.events import DirectMessageSent, PostModerated, PostPublished, PostReported, PostWaits
from modules.learning.events import CertificateIssued
from modules.notifications.domain.kinds import NotificationType
from modules.notifications.domain.notices import Audience, NewNotice


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
