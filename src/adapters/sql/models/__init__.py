"""The schema's source. Private to adapters/sql: the rest of the house sees domain values and read models only."""

from adapters.sql.models.chat import (
    ChatMessage,
    ChatStream,
    Delivery,
    MessageRevision,
    ReadPointer,
    ReadReceipt,
    SocketReview,
)
from adapters.sql.models.commerce import GatewayEvent, Payment
from adapters.sql.models.community import (
    CommunityGroup,
    CommunityPost,
    GroupMember,
    PostFlag,
    PostMention,
    PostReaction,
    PostRevision,
    PostView,
)
from adapters.sql.models.identity import AuditEntry, OneTimeCode, Session, SocketTicket, User
from adapters.sql.models.learning import (
    Category,
    Content,
    Course,
    CourseInstructor,
    CourseModule,
    Enrollment,
    EnrolmentImport,
    EnrolmentImportRow,
    Progress,
)
from adapters.sql.models.notifications import (
    Device,
    Mail,
    Notice,
    Notification,
    NotificationChoice,
    NotificationPreference,
)
from adapters.sql.models.plumbing import IdempotencyKey, OutboxMessage, ScheduleSlot
from adapters.sql.models.types import metadata

__all__ = [
    "AuditEntry",
    "Category",
    "ChatMessage",
    "ChatStream",
    "CommunityGroup",
    "CommunityPost",
    "Content",
    "Course",
    "CourseInstructor",
    "CourseModule",
    "Delivery",
    "Device",
    "Enrollment",
    "EnrolmentImport",
    "EnrolmentImportRow",
    "GatewayEvent",
    "GroupMember",
    "IdempotencyKey",
    "Mail",
    "MessageRevision",
    "Notice",
    "Notification",
    "NotificationChoice",
    "NotificationPreference",
    "OneTimeCode",
    "OutboxMessage",
    "Payment",
    "PostFlag",
    "PostMention",
    "PostReaction",
    "PostRevision",
    "PostView",
    "Progress",
    "ReadPointer",
    "ReadReceipt",
    "ScheduleSlot",
    "Session",
    "SocketReview",
    "SocketTicket",
    "User",
    "metadata",
]
