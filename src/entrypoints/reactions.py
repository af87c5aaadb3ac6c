"""Who reacts to what: the whole choreography on one page.

*Within* a fact's own transaction, for what must be true together with it. *After* it, through the outbox, at least
once: either in one transaction with the outbox row, or *outside* of any, where the world is called and running twice is
borne. The names of reactions after a fact are stored in the outbox: rename one only when none of its rows wait.
"""

from collections.abc import Callable
from typing import Any

from core.events import Reaction, Reactions
from entrypoints import notices
from entrypoints.worker.alerts import alert
from entrypoints.workflows import Workflows
from modules.assistant.events import DraftWanted
from modules.attendance.events import (
    AttendanceLow,
    AttendanceTaken,
    ClassCancelled,
    ClassMoved,
    ClassStarting,
    ExcuseAnswered,
    ExcuseAsked,
)
from modules.commerce.events import (
    AccessOwed,
    AccessReturned,
    AccessWithdrawn,
    DisputeMoved,
    EventUnreadable,
    GatewayEventStored,
    LookWanted,
    MoneyHeld,
    OrderPaid,
    OrderUnknown,
    RefundApproved,
    RefundFailed,
    RefundProcessed,
    RefundRejected,
    RefundsUnknown,
)
from modules.community.events import (
    AttachmentDropped,
    DirectMessageSent,
    GroupClosed,
    PlaceLost,
    PostModerated,
    PostPublished,
    PostReported,
    PostWaits,
)
from modules.identity.events import (
    AccessEnded,
    AccountErased,
    CodeRequested,
    EmailChanged,
    EmailForgotten,
    PasswordChanged,
    RoleChanged,
)
from modules.learning.events import (
    CertificateIssued,
    CertificateRulesChanged,
    ContentPublished,
    ContentWithdrawn,
    CourseCompleted,
    EnrolmentChanged,
    ImportStarted,
    InstructorRemoved,
    ScoreReached,
)
from modules.notifications.events import GroupChosen, NoticePosted, PushesWaiting

Stores = dict[str, Callable[[Any], Any]]
"""How to see an open transaction as a module's store."""


def choreography(do: Workflows, see: Stores) -> Reactions:
    return Reactions.of(within=_within(do, see), after=_after(do, see))


def _of_money(do: Workflows, see: Stores) -> tuple[Reaction, ...]:
    """What is true together with money: access, invoices (last of all: their serial is waited for), shares."""
    learning, commerce = see["learning"], see["commerce"]
    return (
        Reaction(
            "enrol_buyer",
            OrderPaid,
            lambda tx, e: do.enrolling.grant_purchased(
                learning(tx), user_id=e.user_id, course_ids=e.course_ids, purchase_id=e.purchase_id, until=e.until
            ),
        ),
        Reaction(
            "end_bought_access",
            AccessWithdrawn,
            lambda tx, e: do.enrolling.withdraw_purchased(learning(tx), purchase_id=e.purchase_id),
        ),
        Reaction(
            "open_for_another_order",
            AccessOwed,
            lambda tx, e: do.enrolling.take_over(
                learning(tx), user_id=e.user_id, course_id=e.course_id, purchase_id=e.purchase_id
            ),
        ),
        Reaction(
            "return_bought_access",
            AccessReturned,
            lambda tx, e: do.enrolling.return_purchased(learning(tx), purchase_id=e.purchase_id),
        ),
        Reaction("give_back_held", MoneyHeld, lambda tx, e: do.repaying.promise_held(commerce(tx), e.capture_id)),
        Reaction("issue_invoice", OrderPaid, lambda tx, e: do.invoicing.issue(commerce(tx), e.payment_id)),
        Reaction("issue_credit_note", RefundProcessed, lambda tx, e: do.invoicing.credit(commerce(tx), e.refund_id)),
        Reaction("cancel_credit_note", RefundFailed, lambda tx, e: do.invoicing.cancel(commerce(tx), e.refund_id)),
        Reaction("end_share", InstructorRemoved, lambda tx, e: do.sharing.end(commerce(tx), e.course_id, e.user_id)),
        Reaction("forget_buyer", AccountErased, lambda tx, e: do.invoicing.forget(commerce(tx), e.user_id)),
    )


def _within(do: Workflows, see: Stores) -> tuple[Reaction, ...]:
    learning, community, sockets = see["learning"], see["community"], see["sockets"]
    preferences, notes, certificates = see["preferences"], see["notes"], see["certificates"]
    return (
        *_of_money(do, see),
        Reaction("leave_groups", AccountErased, lambda tx, e: do.joining.forget(community(tx), e.user_id)),
        Reaction(
            "certify_completion",
            CourseCompleted,
            lambda tx, e: do.certifying.consider(certificates(tx), e.enrollment_id),
        ),
        Reaction(
            "certify_score", ScoreReached, lambda tx, e: do.certifying.consider(certificates(tx), e.enrollment_id)
        ),
        Reaction(
            "forget_attendance", AccountErased, lambda tx, e: do.attending.forget(see["attendance"](tx), e.user_id)
        ),
        Reaction(
            "withdraw_passages",
            ContentWithdrawn,
            lambda tx, e: do.indexing.withdraw(see["passages"](tx), e.content_id),
        ),
        Reaction(
            "forget_conversations",
            AccountErased,
            lambda tx, e: do.conversing.forget(see["conversations"](tx), e.user_id),
        ),
        Reaction("forget_certificates", AccountErased, lambda tx, e: do.certifying.forget(certificates(tx), e.user_id)),
        Reaction("forget_notes", AccountErased, lambda tx, e: do.noting.forget(notes(tx), e.user_id)),
        Reaction("forget_imported", EmailForgotten, lambda tx, e: do.importing.forget(learning(tx), e.email)),
        *(  # whose right to have a socket open may have ended with this fact
            Reaction("review_users_sockets", fact, lambda tx, e: sockets(tx).ask(user_id=e.user_id))
            for fact in (AccessEnded, RoleChanged, EnrolmentChanged, InstructorRemoved)
        ),
        Reaction(
            "review_members_sockets",
            PlaceLost,
            lambda tx, e: sockets(tx).ask(user_id=e.user_id, community_id=e.community_id),
        ),
        Reaction(
            "choose_for_group",
            GroupChosen,
            lambda tx, e: do.joining.choose(community(tx), e.user_id, e.community_id, e.changes()),
        ),
        Reaction(
            "forget_notifications", AccountErased, lambda tx, e: do.preferring.forget_user(preferences(tx), e.user_id)
        ),
        Reaction("mail_new_address", EmailChanged, lambda tx, e: do.preferring.end_pause(preferences(tx), e.user_id)),
        Reaction("review_groups_sockets", GroupClosed, lambda tx, e: sockets(tx).ask(community_id=e.community_id)),
    )


def _telling(do: Workflows) -> tuple[Reaction, ...]:
    """Which facts people hear of; what they hear stands in entrypoints/notices.py."""

    async def tell_of_payment(event: OrderPaid) -> None:
        await do.telling.tell(*await notices.of_payment(do, event))

    async def tell_of_refund(event: RefundProcessed | RefundFailed | RefundRejected) -> None:
        await do.telling.tell(*await notices.of_refund(do, event))

    return (
        Reaction("tell_of_post", PostPublished, lambda e: do.telling.tell(*notices.of_post(e)), outside=True),
        Reaction("tell_of_decision", PostModerated, lambda e: do.telling.tell(*notices.of_decision(e)), outside=True),
        Reaction("tell_of_report", PostReported, lambda e: do.telling.tell(notices.of_report(e)), outside=True),
        Reaction("tell_of_waiting", PostWaits, lambda e: do.telling.tell(notices.of_waiting(e)), outside=True),
        Reaction("tell_of_message", DirectMessageSent, lambda e: do.telling.tell(notices.of_message(e)), outside=True),
        Reaction(
            "tell_of_certificate", CertificateIssued, lambda e: do.telling.tell(notices.of_certificate(e)), outside=True
        ),
        Reaction("tell_of_payment", OrderPaid, tell_of_payment, outside=True),
        Reaction("tell_of_refund", RefundProcessed, tell_of_refund, outside=True),
        Reaction("tell_of_failed_refund", RefundFailed, tell_of_refund, outside=True),
        Reaction("tell_of_rejected_refund", RefundRejected, tell_of_refund, outside=True),
        Reaction("spread_notice", NoticePosted, lambda e: do.telling.spread(e.notice_id), outside=True),
        Reaction("push", PushesWaiting, lambda e: do.pushing.send_some(e.notice_id), outside=True),
    )


def _teaching(do: Workflows) -> tuple[Reaction, ...]:
    """What follows from live classes."""

    async def tell_of_class(event: ClassStarting | ClassMoved | ClassCancelled) -> None:
        await do.telling.tell(*await notices.of_class(do, event))

    async def tell_of_low_attendance(event: AttendanceLow) -> None:
        await do.telling.tell(*await notices.of_low_attendance(do, event))

    async def tell_of_excuse(event: ExcuseAnswered) -> None:
        await do.telling.tell(*await notices.of_excuse(do, event))

    async def tell_of_asked_excuse(event: ExcuseAsked) -> None:
        await do.telling.tell(*await notices.of_asked_excuse(do, event))

    return (
        Reaction("tell_of_class", ClassStarting, tell_of_class, outside=True),
        Reaction("tell_of_moved_class", ClassMoved, tell_of_class, outside=True),
        Reaction("tell_of_cancelled_class", ClassCancelled, tell_of_class, outside=True),
        Reaction("warn_of_attendance", AttendanceTaken, lambda e: do.cautioning.warn(e.course_id), outside=True),
        Reaction(
            "certify_attendance",
            AttendanceTaken,
            lambda e: do.certifying.consider_course(e.course_id, by_attendance=True),
            outside=True,
        ),
        Reaction("tell_of_low_attendance", AttendanceLow, tell_of_low_attendance, outside=True),
        Reaction("tell_of_excuse", ExcuseAnswered, tell_of_excuse, outside=True),
        Reaction("tell_of_asked_excuse", ExcuseAsked, tell_of_asked_excuse, outside=True),
        Reaction(
            "certify_by_new_rules",
            CertificateRulesChanged,
            lambda e: do.certifying.consider_course(e.course_id, by_attendance=False),
            outside=True,
        ),
    )


def _paying(do: Workflows, see: Stores) -> tuple[Reaction, ...]:
    """What Razorpay is told and asked, and what it has told."""
    commerce = see["commerce"]
    return (
        Reaction(
            "apply_gateway_event",
            GatewayEventStored,
            lambda tx, e: do.webhooks.handle(commerce(tx), e.gateway_event_id),
        ),
        Reaction("send_refund", RefundApproved, lambda e: do.repaying.send(e.refund_id), outside=True),
        Reaction(
            "look_at_refunds", RefundsUnknown, lambda e: do.repaying.look_at_refunds_of(e.capture_id), outside=True
        ),
        Reaction("look_at_payment", LookWanted, lambda e: do.reconciling.look(e.payment_id), outside=True),
    )


def _alerting() -> tuple[Reaction, ...]:
    """What an operator hears of."""
    return (
        Reaction(
            "alert_held_money",
            MoneyHeld,
            lambda e: alert("payment_review", capture_id=e.capture_id, payment_id=e.payment_id, reason=e.reason),
            outside=True,
        ),
        Reaction(
            "alert_dispute",
            DisputeMoved,
            lambda e: alert("dispute", dispute_id=e.dispute_id, payment_id=e.payment_id, status=e.status),
            outside=True,
        ),
        Reaction(
            "alert_failed_refund",
            RefundFailed,
            lambda e: alert("refund_failed", refund_id=e.refund_id, payment_id=e.payment_id),
            outside=True,
        ),
        Reaction(
            "alert_unreadable_event",
            EventUnreadable,
            lambda e: alert("unreadable_event", gateway_event_id=e.gateway_event_id),
            outside=True,
        ),
        Reaction(
            "alert_unknown_order",
            OrderUnknown,
            lambda e: alert("unknown_order", gateway_event_id=e.gateway_event_id),
            outside=True,
        ),
    )


def _after(do: Workflows, see: Stores) -> tuple[Reaction, ...]:
    async def draft_question(do: Workflows, posts: Any, event: DraftWanted) -> None:
        question = await do.oversight.question(event.message_id)
        if question is not None:  # else its owner has removed the conversation
            title, content = notices.draft_of(question)
            await do.posting.draft(posts, event.actor_id, event.community_id, title=title, content=content)

    return (
        *_telling(do),
        *_teaching(do),
        *_paying(do, see),
        *_alerting(),
        Reaction(
            "mail_receipt",
            OrderPaid,
            lambda e: do.mailing.receipt(user_id=e.user_id, payment_id=e.payment_id),
            outside=True,
        ),
        Reaction(
            "mail_credit_note",
            RefundProcessed,
            lambda e: do.mailing.credit_note(user_id=e.user_id, refund_id=e.refund_id),
            outside=True,
        ),
        Reaction(
            "mail_code",
            CodeRequested,
            lambda e: do.mailing.code(user_id=e.user_id, code_id=e.code_id, purpose=e.purpose),
            outside=True,
        ),
        Reaction(
            "mail_password_changed",
            PasswordChanged,
            lambda e: do.mailing.password_changed(user_id=e.user_id, cause=f"{e.user_id}-{e.version}"),
            outside=True,
        ),
        Reaction(
            "mail_email_changed",
            EmailChanged,
            lambda e: do.mailing.email_changed(user_id=e.user_id, code_id=e.code_id),
            outside=True,
        ),
        Reaction("discard_picture", AccountErased, lambda e: do.profiles.discard_image(e.picture), outside=True),
        Reaction(
            "discard_attachment",
            AttachmentDropped,
            lambda e: do.chatting.discard_attachment(e.key),
            outside=True,
        ),
        Reaction("draft_question", DraftWanted, lambda tx, e: draft_question(do, see["posts"](tx), e)),
        Reaction("index_content", ContentPublished, lambda e: do.indexing.index(e.content_id), outside=True),
        Reaction("run_import", ImportStarted, lambda e: do.importing.run(e.import_id), outside=True),
    )
