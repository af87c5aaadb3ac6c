"""The only file that constructs adapters."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from adapters.fcm import FcmPushService
from adapters.limiting import RateLimits
from adapters.memory import EventWakeUp
from adapters.memory.hub import MemoryHub
from adapters.memory.presence import MemoryPresence
from adapters.passwords import Argon2Passwords, CommonPasswordList
from adapters.printing import Press
from adapters.razorpay.gateway import RazorpayGateway
from adapters.redis.hub import RedisHub
from adapters.redis.presence import RedisPresence
from adapters.redis.wakeup import SaqWakeUp
from adapters.rendering import SafeMarkdown
from adapters.smtp import SmtpTransport
from adapters.sql import migrating as schema
from adapters.sql.assistant.conversations import SqlConversationStore
from adapters.sql.assistant.passages import SqlIndexStore
from adapters.sql.attendance.store import SqlAttendanceStore
from adapters.sql.bulk import SqlBulk
from adapters.sql.commerce.queries import SqlCommerceQueries
from adapters.sql.commerce.store import SqlCommerceStore
from adapters.sql.community.chat import SqlChatStore
from adapters.sql.community.chat_queries import SqlChatQueries
from adapters.sql.community.counts import SqlPostCounts
from adapters.sql.community.groups import SqlGroupStore
from adapters.sql.community.positions import SqlPositions
from adapters.sql.community.posts import SqlPostStore
from adapters.sql.community.queries import SqlCommunityQueries
from adapters.sql.community.reading import SqlReadingStore
from adapters.sql.community.threads import SqlPostQueries
from adapters.sql.community.views import SqlPostViews
from adapters.sql.database import Database
from adapters.sql.identity import SqlIdentityStore
from adapters.sql.identity_queries import SqlIdentityQueries
from adapters.sql.learning.certificates import SqlCertificateStore
from adapters.sql.learning.enrolment import SqlEnrolmentStore
from adapters.sql.learning.notes import SqlNoteStore
from adapters.sql.notifications.mails import SqlMailFacts, SqlMailStore
from adapters.sql.notifications.notices import SqlNoticeStore
from adapters.sql.notifications.personal import SqlNotificationStore, SqlPreferenceStore
from adapters.sql.notifications.queries import SqlNotificationQueries
from adapters.sql.notifications.sending import SqlBatchStore, SqlPushStore
from adapters.sql.outbox import SqlOutbox
from adapters.sql.pruning import SqlPruning
from adapters.sql.reviews import SqlReviews, SqlReviewStore
from adapters.storage.attachments import LibraryAttachments
from adapters.storage.local import LocalLibrary
from adapters.storage.pictures import LocalShelf, Pictures, S3Shelf
from adapters.storage.s3 import S3Library, s3_store
from adapters.system import HmacDerivation, SystemClock, SystemRandomness
from adapters.tokens import JwtAccessTokens, SigningKey
from core.clock import Clock
from core.hub import Hub
from entrypoints.compose.assistant import assistant, engine
from entrypoints.compose.attendance import attendance
from entrypoints.compose.commerce import commerce
from entrypoints.compose.learning import learning
from entrypoints.compose.tools import Tools
from entrypoints.ongoing import Ongoing
from entrypoints.reactions import choreography
from entrypoints.settings import Settings
from entrypoints.workflows import Workflows
from modules.assistant.ports import Engine
from modules.commerce.ports import PaymentGateway
from modules.community.chatting import Chatting
from modules.community.founding import Founding
from modules.community.hosting import Hosting
from modules.community.joining import Joining
from modules.community.moderating import Moderating
from modules.community.posting import Posting
from modules.community.reading import Reading
from modules.identity.addresses import Addresses
from modules.identity.administration import Administration
from modules.identity.authentication import Authentication
from modules.identity.codes import Codes
from modules.identity.logins import Logins
from modules.identity.passwords import Passwords
from modules.identity.profiles import Profiles
from modules.identity.registration import Registration
from modules.learning.ports import MediaLibrary
from modules.notifications.batching import Batching
from modules.notifications.inbox import Inbox
from modules.notifications.mailing import Mailing
from modules.notifications.ports import MailTransport, Papers, PushService
from modules.notifications.preferring import Preferring
from modules.notifications.pushing import Pushing
from modules.notifications.telling import Telling

__all__ = ["House", "compose", "schema"]


@runtime_checkable
class Closes(Protocol):
    async def close(self) -> None: ...


@dataclass(slots=True)
class House:
    """Everything that is running, and how to stop it."""

    settings: Settings
    workflows: Workflows
    database: Database
    bulk: SqlBulk
    outbox: SqlOutbox
    reviews: SqlReviews
    post_counts: SqlPostCounts
    pruning: SqlPruning
    limits: RateLimits
    wake_up: EventWakeUp | SaqWakeUp
    hub: Hub
    clock: Clock
    library: MediaLibrary
    gateway: PaymentGateway
    transport: MailTransport
    pushes: PushService | None
    model: Engine | None
    ongoing: Ongoing = field(default_factory=Ongoing)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def close(self) -> None:
        for close in reversed(self.closers):
            await close()


def compose(
    settings: Settings,
    *,
    clock: Clock | None = None,
    gateway: PaymentGateway | None = None,
    transport: MailTransport | None = None,
) -> House:
    """Build the house. Nothing connects before it is used; what is passed in takes the place of the usual adapter."""
    clock, randomness = clock or SystemClock(), SystemRandomness()
    derivation = HmacDerivation(settings.secret_key, settings.secret_key_previous or None)
    wake_up = SaqWakeUp(settings.redis_url) if settings.redis_url else EventWakeUp()
    database = Database(settings.database_url, clock=clock, wakes=wake_up, pool_size=settings.database_pool)
    hub = RedisHub(settings.redis_url, derivation.derive("hub")[:12]) if settings.redis_url else MemoryHub()
    presence = RedisPresence(settings.redis_url) if settings.redis_url else MemoryPresence()
    tools = Tools(clock, randomness, derivation, database, hub, Press())
    limits = RateLimits(settings.redis_url or None)
    library, shelf = _storage(settings, tools)
    gateway = gateway or _gateway(settings)
    transport, pushes, model = transport or _transport(settings), _pushes(settings), engine(settings)
    money = commerce(settings, tools, gateway)
    lessons = learning(settings, tools, library, shelf)
    workflows = Workflows(
        **_identity(settings, tools, shelf),
        **lessons,
        **money,
        **attendance(settings, tools),
        **assistant(settings, tools, library, lessons["catalogue"], lessons["viewing"], model),
        **_community(tools, shelf, library),
        **_notifications(settings, tools, transport, pushes, money["invoicing"]),
        presence=presence,
    )
    database.reactions = choreography(workflows, _stores(hub))
    house = House(
        settings=settings,
        workflows=workflows,
        database=database,
        bulk=SqlBulk(database),
        outbox=SqlOutbox(database, clock, randomness),
        reviews=SqlReviews(database, clock),
        post_counts=SqlPostCounts(database),
        pruning=SqlPruning(database, clock),
        limits=limits,
        wake_up=wake_up,
        hub=hub,
        clock=clock,
        library=library,
        gateway=gateway,
        transport=transport,
        pushes=pushes,
        model=model,
        closers=[database.close, limits.close, presence.close, hub.close, transport.close],
    )
    may_close = (pushes, model, wake_up, workflows.views, gateway)
    house.closers += [one.close for one in may_close if isinstance(one, Closes)]
    house.closers.append(house.ongoing.close)  # last, so that it is closed first
    return house


def _stores(hub: Hub) -> dict[str, Callable[[Any], Any]]:
    """How reactions within see an open transaction."""
    return {
        "learning": SqlEnrolmentStore,
        "commerce": SqlCommerceStore,
        "community": SqlGroupStore,
        "preferences": SqlPreferenceStore,
        "notes": SqlNoteStore,
        "certificates": SqlCertificateStore,
        "attendance": SqlAttendanceStore,
        "passages": SqlIndexStore,
        "conversations": SqlConversationStore,
        "posts": SqlPostStore,
        "sockets": lambda transaction: SqlReviewStore(transaction, hub),
    }


def _storage(settings: Settings, tools: Tools) -> tuple[LocalLibrary | S3Library, LocalShelf | S3Shelf]:
    if settings.storage == "s3":
        store = s3_store(
            bucket=settings.s3_bucket,
            region=settings.s3_region,
            endpoint=settings.s3_endpoint or None,
            access_key_id=settings.s3_access_key_id or None,
            secret_access_key=settings.s3_secret_access_key or None,
        )
        return S3Library(store, tools.clock), S3Shelf(store)
    private, public = settings.data_path / "media" / "private", settings.data_path / "media" / "public"
    library = LocalLibrary(private, settings.public_base_url, tools.derivation, tools.clock)
    return library, LocalShelf(public)


def _gateway(settings: Settings) -> RazorpayGateway:
    secrets = (settings.razorpay_webhook_secret, settings.razorpay_webhook_secret_previous)
    return RazorpayGateway(
        key_id=settings.razorpay_key_id,
        key_secret=settings.razorpay_key_secret,
        webhook_secrets=tuple(secret for secret in secrets if secret),
        base_url=settings.razorpay_base_url or None,
    )


def _transport(settings: Settings) -> SmtpTransport:
    return SmtpTransport(
        host=settings.smtp_host or "127.0.0.1",
        port=settings.smtp_port,
        sender=settings.mail_from,
        username=settings.smtp_username or None,
        password=settings.smtp_password or None,
        tls=settings.smtp_tls,
    )


def _pushes(settings: Settings) -> FcmPushService | None:
    if not settings.fcm_credentials:
        return None
    return FcmPushService(Path(settings.fcm_credentials), base_url=settings.fcm_base_url or None)


def _notifications(
    settings: Settings, tools: Tools, transport: MailTransport, pushes: PushService | None, papers: Papers
) -> dict[str, Any]:
    database, clock = tools.database, tools.clock
    facts = SqlMailFacts(database, SqlCommerceQueries(database), tools.derivation, clock)
    domain = settings.mail_from.rpartition("@")[2].rstrip(">") or "localhost"
    preferring = Preferring(database.begin(SqlPreferenceStore), tools.derivation, clock)
    return {
        "mailing": Mailing(database.begin(SqlMailStore), facts, papers, transport, domain),
        "telling": Telling(database.begin(SqlNoticeStore), tools.hub, tools.randomness, clock),
        "inbox": Inbox(database.begin(SqlNotificationStore), tools.hub),
        "preferring": preferring,
        "batching": Batching(
            database.begin(SqlBatchStore),
            facts,
            transport,
            preferring,
            clock,
            domain,
            app_url=settings.app_url or f"{settings.public_base_url}/open",
            api_url=settings.public_base_url,
        ),
        "pushing": Pushing(database.begin(SqlPushStore), pushes, clock),
        "notifications": SqlNotificationQueries(database, clock),
    }


def _identity(settings: Settings, tools: Tools, shelf: LocalShelf | S3Shelf) -> dict[str, Any]:
    begin = tools.database.begin(SqlIdentityStore)
    hasher, common = Argon2Passwords(memory_kib=settings.password_memory_kib), CommonPasswordList()
    codes = Codes(tools.derivation, tools.randomness, tools.clock)
    tokens = JwtAccessTokens(
        _signing_key(settings.secret_key),
        tools.clock,
        lifetime=settings.access_token_seconds,
        previous=_signing_key(settings.secret_key_previous) if settings.secret_key_previous else None,
    )
    people = SqlIdentityQueries(tools.database, tools.clock)
    return {
        "registration": Registration(begin, hasher, common, codes),
        "logins": Logins(begin, hasher, tokens, tools.derivation, tools.randomness, tools.clock),
        "authentication": Authentication(begin, people, tokens, tools.randomness, tools.clock),
        "passwords": Passwords(begin, hasher, common, codes),
        "addresses": Addresses(begin, hasher, codes, tools.clock),
        "profiles": Profiles(begin, Pictures(shelf, "profiles", (512, 512)), hasher, tools.randomness),
        "administration": Administration(begin),
        "people": people,
    }


def _signing_key(secret: str) -> SigningKey:
    derivation = HmacDerivation(secret)
    return SigningKey(kid=derivation.derive("access-token-id")[:8], secret=derivation.derive("access-token"))


def _community(tools: Tools, shelf: LocalShelf | S3Shelf, library: MediaLibrary) -> dict[str, Any]:
    attachments = LibraryAttachments(library, tools.clock)
    begin, begin_posts = tools.database.begin(SqlGroupStore), tools.database.begin(SqlPostStore)
    return {
        "founding": Founding(begin, Pictures(shelf, "banners", (1600, 400))),
        "joining": Joining(begin),
        "hosting": Hosting(begin, tools.clock),
        "posting": Posting(begin_posts, SafeMarkdown(), tools.clock),
        "moderating": Moderating(begin_posts, tools.clock),
        "chatting": Chatting(tools.database.begin(SqlChatStore), attachments, tools.hub, tools.clock),
        "reading": Reading(tools.database.begin(SqlReadingStore), tools.hub),
        "attachments": attachments,
        "chat": SqlChatQueries(tools.database),
        "streams": SqlPositions(tools.database),
        "community": SqlCommunityQueries(tools.database, tools.clock),
        "discussion": SqlPostQueries(tools.database, tools.clock),
        "views": SqlPostViews(tools.database, tools.clock),
    }
