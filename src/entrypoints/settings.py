"""Every setting, typed, read from the environment once. Production refuses what is insecure, and names it."""

import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec
from msgspec import Meta, Struct

from core.errors import Invalid
from entrypoints.keeping import SHORTEST_SECRET, NoSecret, kept_secret
from modules.commerce.domain.tax import place_of_supply

PREFIX = "SHALA_"
LOOPBACKS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - known, not listened on


class SettingsError(Exception):
    """The process must not start; the message names each variable at fault."""


class Environment(StrEnum):
    """`embedded` is one process with everything inside, `staging` production's topology against the sandbox."""

    EMBEDDED = "embedded"
    STAGING = "staging"
    PRODUCTION = "production"


def _about(text: str, **limits: Any) -> Meta:
    return Meta(description=text, **limits)


class Settings(Struct, frozen=True, kw_only=True):
    """Field names are variable names in lower case, without the prefix. Times in seconds unless said."""

    env: Annotated[Environment, _about("embedded, staging or production")] = Environment.EMBEDDED
    host: Annotated[str, _about("Address to listen on")] = "127.0.0.1"
    port: Annotated[int, _about("Port to listen on; PORT without the prefix works too", ge=0, le=65535)] = 8000
    data_dir: Annotated[str, _about("Where the embedded default and local storage keep their files")] = "var"
    secret_key: Annotated[str, _about("Signs tokens, derives codes; at least 32 characters")] = ""
    secret_key_previous: Annotated[str, _about("The former key, accepted for 30 days after a rotation")] = ""
    database_url: Annotated[str, _about("postgresql+asyncpg://… or, for one process, sqlite+aiosqlite:///…")] = ""
    database_pool: Annotated[int, _about("Connections to the database a process, at most", ge=2)] = 20
    redis_url: Annotated[
        str, _about("redis://…; wakes workers, counts limits, carries chat and presence for all instances")
    ] = ""
    public_base_url: Annotated[str, _about("Where clients reach the API; the only source of links")] = ""
    media_base_url: Annotated[str, _about("Where public pictures are served; default: the API's own /media")] = ""
    allowed_hosts: Annotated[str, _about("Host names that requests may name, separated by commas; * for any")] = "*"
    trusted_proxies: Annotated[str, _about("Addresses or networks whose X-Forwarded-For is believed, by commas")] = ""
    cors_origins: Annotated[str, _about("Origins of web apps that may call, separated by commas")] = ""
    access_token_seconds: Annotated[int, _about("Lifetime of access tokens", ge=30, le=86_400)] = 900
    razorpay_key_id: Annotated[str, _about("rzp_live_… in production, rzp_test_… elsewhere")] = ""
    razorpay_key_secret: Annotated[str, _about("The key's secret")] = ""
    razorpay_webhook_secret: Annotated[str, _about("Secret of the webhook, another than the key's")] = ""
    razorpay_webhook_secret_previous: Annotated[str, _about("The former one, accepted during a rotation")] = ""
    razorpay_base_url: Annotated[str, _about("Another address of Razorpay: the sandbox")] = ""
    school_name: Annotated[str, _about("The school as its invoices name it", min_length=1)] = "Shala"
    school_address: Annotated[str, _about("Its address, a line each by \\n")] = ""
    school_gstin: Annotated[
        str, _about("Its GSTIN; empty: not registered, and no tax is shown", pattern="^([0-9]{2}[0-9A-Z]{13})?$")
    ] = ""
    school_state: Annotated[str, _about("Its state, by two letters as MH", pattern="^[A-Z]{2}$")] = "MH"
    gst_percent: Annotated[float, _about("The rate of GST within all prices", ge=0, le=40)] = 18.0
    gst_sac: Annotated[str, _about("Service accounting code of what is taught", pattern="^[0-9]{6}$")] = "999293"
    invoice_prefix: Annotated[str, _about("What invoice numbers begin with", pattern="^[A-Z0-9]{1,3}$")] = "SH"
    credit_note_prefix: Annotated[str, _about("What credit notes' begin with", pattern="^[A-Z0-9]{1,3}$")] = "CN"
    smtp_host: Annotated[str, _about("Mail server")] = ""
    smtp_port: Annotated[int, _about("Its port", ge=1, le=65535)] = 587
    smtp_username: Annotated[str, _about("User at the mail server, if it wants one")] = ""
    smtp_password: Annotated[str, _about("Password at the mail server")] = ""
    smtp_tls: Annotated[str, _about("off, starttls or tls", pattern="^(off|starttls|tls)$")] = "starttls"
    mail_from: Annotated[str, _about("Sender of mails")] = "Shala <no-reply@example.com>"
    fcm_credentials: Annotated[
        str, _about("File with the JSON of Firebase's service account; empty: nothing is pushed")
    ] = ""
    fcm_base_url: Annotated[str, _about("Another address of Firebase: the sandbox")] = ""
    llm_base_url: Annotated[
        str,
        _about("Address of an OpenAI-compatible endpoint, with its /v1; empty: the chatbot quotes, without a model"),
    ] = ""
    llm_api_key: Annotated[str, _about("Its key, if it wants one")] = ""
    llm_model: Annotated[str, _about("The model's name")] = ""
    llm_timeout_seconds: Annotated[int, _about("An answer's longest time; then the chatbot quotes", ge=1, le=120)] = 20
    llm_answer_tokens: Annotated[int, _about("An answer's tokens, at most", ge=50, le=4000)] = 500
    llm_daily_tokens: Annotated[int, _about("Tokens of all answers in 24 hours; then the chatbot quotes", ge=0)] = (
        1_000_000
    )
    app_url: Annotated[
        str, _about("Where links in mails lead, before /post/9 and the like; default: the API's own /open")
    ] = ""
    storage: Annotated[str, _about("local (one machine) or s3", pattern="^(local|s3)$")] = "local"
    s3_bucket: Annotated[str, _about("Bucket; public pictures lie under public/")] = ""
    s3_endpoint: Annotated[str, _about("Address of an S3-compatible store; empty for AWS")] = ""
    s3_region: Annotated[str, _about("Region")] = "ap-south-1"
    s3_access_key_id: Annotated[str, _about("Key; empty to use the machine's role")] = ""
    s3_secret_access_key: Annotated[str, _about("Its secret")] = ""
    upload_limit_mib: Annotated[int, _about("Largest video or document, in MiB", ge=1)] = 512
    password_memory_kib: Annotated[int, _about("Memory of one argon2id hash, in KiB", ge=8)] = 47_104
    limit_login: Annotated[int, _about("Logins per 15 min, account and address", ge=1)] = 10
    limit_login_address: Annotated[
        int, _about("Logins, and codes asked for or tried, per 15 min and address", ge=1)
    ] = 50
    limit_register: Annotated[int, _about("Registrations per hour and address", ge=1)] = 10
    limit_codes: Annotated[int, _about("Codes asked for or tried per hour and account", ge=1)] = 20
    limit_user: Annotated[int, _about("API calls per minute and user", ge=1)] = 300
    limit_address: Annotated[int, _about("API calls per minute and address", ge=1)] = 1000
    limit_chat: Annotated[int, _about("Chat messages per 10 s and user", ge=1)] = 20
    limit_frames: Annotated[int, _about("Frames of any kind per 10 s and socket", ge=10)] = 200
    limit_class_code: Annotated[int, _about("Codes tried per 5 min, user and live class", ge=1)] = 15
    limit_questions: Annotated[int, _about("Questions to the chatbot per minute and user", ge=1)] = 20
    limit_uploads: Annotated[int, _about("Uploads per hour and user", ge=1)] = 60
    most_connections: Annotated[int, _about("Connections of a process, sockets included, at most", ge=10)] = 20_000
    mask_emails: Annotated[bool, _about("Whether classmates see a***@example.com in chat instead of the address")] = (
        False
    )
    log_level: Annotated[str, _about("debug, info, warning or error", pattern="^(debug|info|warning|error)$")] = "info"
    log_format: Annotated[str, _about("json or console", pattern="^(json|console)$")] = "json"
    metrics_token: Annotated[str, _about("What /metrics wants in the header X-Metrics-Token; empty: nothing")] = ""
    sandbox_url: Annotated[str, _about("Where `shala sandbox` runs, in staging")] = ""

    @property
    def data_path(self) -> Path:
        return Path(self.data_dir)

    @property
    def is_embedded(self) -> bool:
        return self.env is Environment.EMBEDDED

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def own_url(self) -> str:
        """Where this process reaches itself: at the address it listens on, or at the loopback if it listens on all."""
        host = LOOPBACKS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def listed(self, name: str) -> list[str]:
        """The parts of a setting that is separated by commas."""
        return [part.strip() for part in str(getattr(self, name)).split(",") if part.strip()]


Demand = Callable[[Settings], list[str]]
"""What a command needs of the settings as they are given; the faults it finds."""


class Variable(Struct, frozen=True):
    name: str
    default: str
    meaning: str


def _variables() -> list[Variable]:
    hints = get_type_hints(Settings, include_extras=True)
    defaults = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    return [
        Variable(f"{PREFIX}{name.upper()}", str(default), hints[name].__metadata__[0].description or "")
        for name, default in defaults.items()
    ]


VARIABLES = _variables()


def settings_table() -> str:
    """The table in docs/settings.md."""
    rows = [f"| `{v.name}` | {f'`{v.default}`' if v.default else ''} | {v.meaning} |" for v in VARIABLES]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def load(environ: Mapping[str, str] | None = None, demand: Demand = lambda _: []) -> Settings:
    """The settings of this process, completed for the embedded default and checked for production.

    `demand` is asked before anything is completed, so that a command which refuses leaves no files behind.

    :raises SettingsError:
    """
    environ = os.environ if environ is None else environ
    known = {field.name for field in msgspec.structs.fields(Settings)}
    given = {k.removeprefix(PREFIX).lower(): v for k, v in environ.items() if k.startswith(PREFIX)}
    given = {k: v for k, v in given.items() if not k.startswith("test_")}
    if "PORT" in environ:
        given.setdefault("port", environ["PORT"])
    if unknown := sorted(set(given) - known):
        names = ", ".join(f"{PREFIX}{name.upper()}" for name in unknown)
        raise SettingsError(f"Unknown variables: {names}. docs/settings.md lists them all.")
    settings = _convert(given)
    if faults := demand(settings):
        raise SettingsError("\n".join(faults))
    settings = _embedded(settings, set(given)) if settings.is_embedded else settings
    if not settings.media_base_url and settings.storage == "local":
        settings = msgspec.structs.replace(
            settings, media_base_url=f"{settings.public_base_url}/media" if settings.public_base_url else ""
        )
    if faults := [*_contradictions(settings), *_insecurities(settings)]:
        raise SettingsError("\n".join(faults))
    return settings


def _convert(given: dict[str, str]) -> Settings:
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise SettingsError(f"{PREFIX}{path.rstrip('`').upper()}: {message}") from None


def _embedded(settings: Settings, given: set[str]) -> Settings:
    """What one process runs on where nothing else is given. Its secrets are kept: a restart logs nobody out."""
    data = settings.data_path
    data.mkdir(parents=True, exist_ok=True)
    at_ease = {"limit_register": 1000, "log_format": "console"}  # a developer's tours all come from one address
    try:
        return msgspec.structs.replace(
            settings,
            secret_key=settings.secret_key or kept_secret(data / "secret-key"),
            database_url=settings.database_url or f"sqlite+aiosqlite:///{data / 'shala.db'}",
            public_base_url=settings.public_base_url or settings.own_url,
            razorpay_key_id=settings.razorpay_key_id or "rzp_test_sandbox000000",
            razorpay_key_secret=settings.razorpay_key_secret or kept_secret(data / "sandbox-key-secret"),
            razorpay_webhook_secret=settings.razorpay_webhook_secret or kept_secret(data / "sandbox-webhook-secret"),
            # without a host it goes to the sandbox, which is plain
            smtp_tls=settings.smtp_tls if settings.smtp_host else "off",
            **{name: value for name, value in at_ease.items() if name not in given},
        )
    except NoSecret as error:
        raise SettingsError(str(error)) from None


def _contradictions(settings: Settings) -> list[str]:
    faults = []
    if not settings.is_embedded:
        required = ["database_url", "redis_url", "public_base_url", "smtp_host", "secret_key"]
        required += ["razorpay_key_id", "razorpay_key_secret", "razorpay_webhook_secret"]
        faults += [f"{PREFIX}{name.upper()} must be set." for name in required if not getattr(settings, name)]
        if settings.is_sqlite:
            faults.append("SHALA_DATABASE_URL: SQLite serves one process only; use PostgreSQL.")
    if settings.storage == "s3":
        needed = ["s3_bucket", "media_base_url"]
        faults += [
            f"{PREFIX}{name.upper()} must be set with SHALA_STORAGE=s3."
            for name in needed
            if not getattr(settings, name)
        ]
    if settings.database_url and not settings.database_url.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
        faults.append("SHALA_DATABASE_URL must begin with postgresql+asyncpg:// or sqlite+aiosqlite://.")
    if bool(settings.llm_base_url) != bool(settings.llm_model):
        faults.append("SHALA_LLM_BASE_URL and SHALA_LLM_MODEL go together.")
    is_live = settings.razorpay_key_id.startswith("rzp_live_")
    if is_live and settings.env is not Environment.PRODUCTION:
        faults.append("SHALA_RAZORPAY_KEY_ID is a live key, which only production may use.")
    if settings.invoice_prefix == settings.credit_note_prefix:
        faults.append("SHALA_CREDIT_NOTE_PREFIX must differ from SHALA_INVOICE_PREFIX.")
    try:
        place_of_supply(settings.school_gstin or None, settings.school_state, settings.school_state)
    except Invalid:
        faults.append("SHALA_SCHOOL_GSTIN and SHALA_SCHOOL_STATE: not a GSTIN, or not of this state.")
    if bool(settings.s3_access_key_id) != bool(settings.s3_secret_access_key):
        faults.append("SHALA_S3_ACCESS_KEY_ID and SHALA_S3_SECRET_ACCESS_KEY go together.")
    return faults


def _insecurities(settings: Settings) -> list[str]:
    faults = []
    if settings.secret_key and len(settings.secret_key) < SHORTEST_SECRET:
        faults.append(f"SHALA_SECRET_KEY must have at least {SHORTEST_SECRET} characters.")
    if settings.env is not Environment.PRODUCTION:
        return faults
    checks = {
        "SHALA_SECRET_KEY looks like a placeholder.": 0 < len(set(settings.secret_key)) < 10,
        "SHALA_PUBLIC_BASE_URL must be https.": _is_plain(settings.public_base_url),
        "SHALA_MEDIA_BASE_URL must be https.": _is_plain(settings.media_base_url),
        "SHALA_ALLOWED_HOSTS must name the hosts.": "*" in settings.listed("allowed_hosts"),
        "SHALA_CORS_ORIGINS must not be *.": "*" in settings.listed("cors_origins"),
        "SHALA_RAZORPAY_KEY_ID must be a live key in production.": bool(settings.razorpay_key_id)
        and not settings.razorpay_key_id.startswith("rzp_live_"),
        "SHALA_RAZORPAY_BASE_URL must be empty in production.": bool(settings.razorpay_base_url),
        "SHALA_RAZORPAY_WEBHOOK_SECRET must differ from the key's secret.": bool(settings.razorpay_key_secret)
        and settings.razorpay_webhook_secret == settings.razorpay_key_secret,
        "SHALA_FCM_BASE_URL must be empty in production.": bool(settings.fcm_base_url),
        "SHALA_LLM_BASE_URL must be https where SHALA_LLM_API_KEY is sent.": bool(settings.llm_api_key)
        and _is_plain(settings.llm_base_url),
        "SHALA_LLM_BASE_URL must not be the sandbox in production.": "/sandbox/" in settings.llm_base_url,
        "SHALA_SMTP_TLS must not be off in production.": settings.smtp_tls == "off",
        "SHALA_SANDBOX_URL must be empty in production.": bool(settings.sandbox_url),
        "SHALA_MAIL_FROM still is the example.": "example.com" in settings.mail_from,
        "SHALA_LOG_LEVEL must not be debug in production.": settings.log_level == "debug",
        "SHALA_PASSWORD_MEMORY_KIB must be at least 47104 in production.": settings.password_memory_kib < 47_104,
        "SHALA_METRICS_TOKEN must be set in production.": not settings.metrics_token,
    }
    return faults + [message for message, is_wrong in checks.items() if is_wrong]


def _is_plain(url: str) -> bool:
    return bool(url) and not url.startswith("https://")
