"""What the house can do: every workflow and every read, by name. Made by compose, used by all ways in."""

from dataclasses import dataclass

from modules.assistant.asking import Asking
from modules.assistant.conversing import Conversing
from modules.assistant.handing_over import HandingOver
from modules.assistant.indexing import Indexing
from modules.assistant.queries import AssistantQueries, Oversight
from modules.attendance.attending import Attending
from modules.attendance.cautioning import Cautioning
from modules.attendance.conducting import Conducting
from modules.attendance.excusing import Excusing
from modules.attendance.grading import Grading
from modules.attendance.marking import Marking
from modules.attendance.queries import AttendanceReports, ClassQueries
from modules.attendance.scheduling import Scheduling
from modules.attendance.subscribing import Subscribing
from modules.commerce.bookkeeping import Bookkeeping
from modules.commerce.checkout import Checkout
from modules.commerce.coupon_ports import CouponQueries
from modules.commerce.couponing import Couponing
from modules.commerce.invoice_ports import Invoices
from modules.commerce.invoicing import Invoicing
from modules.commerce.offer_ports import OfferQueries
from modules.commerce.offering import Offering
from modules.commerce.queries import CommerceQueries
from modules.commerce.reconciling import Reconciling
from modules.commerce.refunding import Refunding
from modules.commerce.repaying import Repaying
from modules.commerce.resolving import Resolving
from modules.commerce.share_ports import RevenueQueries
from modules.commerce.sharing import Sharing
from modules.commerce.webhooks import Webhooks
from modules.community.chatting import Chatting
from modules.community.founding import Founding
from modules.community.hosting import Hosting
from modules.community.joining import Joining
from modules.community.moderating import Moderating
from modules.community.ports import Attachments, PostViews, Presence
from modules.community.posting import Posting
from modules.community.queries import ChatQueries, CommunityQueries, PostQueries, StreamQueries
from modules.community.reading import Reading
from modules.identity.addresses import Addresses
from modules.identity.administration import Administration
from modules.identity.authentication import Authentication
from modules.identity.logins import Logins
from modules.identity.passwords import Passwords
from modules.identity.profiles import Profiles
from modules.identity.queries import IdentityQueries
from modules.identity.registration import Registration
from modules.learning.analytics import AnalyticsQueries
from modules.learning.archiving import Archiving
from modules.learning.attempting import Attempting
from modules.learning.authoring import Authoring
from modules.learning.certificate_ports import CertificateQueries
from modules.learning.certifying import Certifying
from modules.learning.enrolling import Enrolling
from modules.learning.importing import Importing
from modules.learning.note_ports import NoteQueries
from modules.learning.noting import Noting
from modules.learning.outlining import Outlining
from modules.learning.queries import CatalogueQueries, StudyQueries
from modules.learning.quiz_ports import QuizQueries
from modules.learning.quizzing import Quizzing
from modules.learning.review_ports import ReviewQueries
from modules.learning.reviewing import Reviewing
from modules.learning.studying import Studying
from modules.learning.syncing import Syncing
from modules.learning.uploading import Uploading
from modules.learning.viewing import Viewing
from modules.notifications.batching import Batching
from modules.notifications.inbox import Inbox
from modules.notifications.mailing import Mailing
from modules.notifications.preferring import Preferring
from modules.notifications.pushing import Pushing
from modules.notifications.queries import NotificationQueries
from modules.notifications.telling import Telling


@dataclass(frozen=True, slots=True)
class Workflows:
    # identity
    registration: Registration
    logins: Logins
    authentication: Authentication
    passwords: Passwords
    addresses: Addresses
    profiles: Profiles
    administration: Administration
    people: IdentityQueries
    # learning
    authoring: Authoring
    outlining: Outlining
    archiving: Archiving
    uploading: Uploading
    enrolling: Enrolling
    importing: Importing
    viewing: Viewing
    studying: Studying
    syncing: Syncing
    quizzing: Quizzing
    attempting: Attempting
    noting: Noting
    reviewing: Reviewing
    certifying: Certifying
    catalogue: CatalogueQueries
    study: StudyQueries
    quizzes: QuizQueries
    notes: NoteQueries
    reviews: ReviewQueries
    certificates: CertificateQueries
    analytics: AnalyticsQueries
    # assistant
    indexing: Indexing
    conversing: Conversing
    asking: Asking
    handing_over: HandingOver
    conversations: AssistantQueries
    oversight: Oversight
    # attendance
    grading: Grading
    scheduling: Scheduling
    conducting: Conducting
    attending: Attending
    marking: Marking
    excusing: Excusing
    cautioning: Cautioning
    subscribing: Subscribing
    classes: ClassQueries
    attendance: AttendanceReports
    # commerce
    checkout: Checkout
    webhooks: Webhooks
    reconciling: Reconciling
    couponing: Couponing
    invoicing: Invoicing
    bookkeeping: Bookkeeping
    offering: Offering
    refunding: Refunding
    sharing: Sharing
    repaying: Repaying
    resolving: Resolving
    payments: CommerceQueries
    coupons: CouponQueries
    offers: OfferQueries
    invoices: Invoices
    revenue: RevenueQueries
    # community
    founding: Founding
    joining: Joining
    hosting: Hosting
    posting: Posting
    moderating: Moderating
    chatting: Chatting
    reading: Reading
    community: CommunityQueries
    discussion: PostQueries
    views: PostViews
    chat: ChatQueries
    streams: StreamQueries
    attachments: Attachments
    presence: Presence
    # notifications
    mailing: Mailing
    telling: Telling
    inbox: Inbox
    preferring: Preferring
    batching: Batching
    pushing: Pushing
    notifications: NotificationQueries
