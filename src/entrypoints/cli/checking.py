"""What `shala doctor` looks at: the settings, every connection, and what must not be there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from urllib.parse import urlsplit

import anyio
import httpx

from core.errors import AppError
from entrypoints.compose import House, schema
from entrypoints.http.files import ReadsTokens
from entrypoints.seeding import DEMO_ADMIN, open_demo_accounts

PATIENCE_S = 10.0
LONGEST_TOLD = 500
PROBE = b"Written and removed by shala doctor."
INSIDE = "the sandbox's, inside `shala serve`"


class Finding(NamedTuple):
    name: str
    is_well: bool
    told: str


class Wrong(Exception):
    """Something is reached and is not as it must be."""


@runtime_checkable
class Greets(Protocol):
    """A service that can be tried without sending anything."""

    async def greet(self) -> None: ...


async def examine(house: House) -> AsyncIterator[Finding]:
    """Every check in turn; whatever one raises, or its silence, is its finding."""
    for name, check in CHECKS.items():
        try:
            async with asyncio.timeout(PATIENCE_S):
                finding = Finding(name, is_well=True, told=await check(house))
        except TimeoutError:
            finding = Finding(name, is_well=False, told=f"no answer within {PATIENCE_S:.0f} s")
        except Exception as error:  # noqa: BLE001 - each failure is a finding
            finding = Finding(name, is_well=False, told=_told(error))
        yield finding


def _told(error: BaseException) -> str:
    """With the cause: ours say for callers that something is away, theirs say for operators why."""
    line = " ".join(str(error).split())[:LONGEST_TOLD]
    told = line if isinstance(error, AppError | Wrong) else f"{type(error).__name__}: {line}"
    return told if error.__cause__ is None else f"{told} ({_told(error.__cause__)})"


async def _settings(house: House) -> str:
    return f"{house.settings.env}, {house.settings.storage} storage"


async def _database(house: House) -> str:
    await house.database.ping()
    return "SQLite" if house.settings.is_sqlite else "PostgreSQL"


async def _schema(house: House) -> str:
    if not await schema.is_current(house.settings.database_url):
        raise Wrong("not up to date; run `shala migrate`")
    return "up to date"


async def _outbox(house: House) -> str:
    waiting, dead, _ = await house.outbox.backlog()
    if dead:
        raise Wrong(f"{dead} reactions were given up; see `shala outbox`")
    return f"{waiting} waiting"


async def _demo(house: House) -> str:
    if house.settings.is_embedded:
        return "wanted here"
    if DEMO_ADMIN in await open_demo_accounts(house):
        raise Wrong(f"{DEMO_ADMIN.email} may log in, and everybody knows the password: deactivate that account")
    return "no administrator with a public password"


async def _redis(house: House) -> str:
    if not house.settings.redis_url:
        return "not used"
    await house.limits.ping()
    return "answers"


async def _storage(house: House) -> str:
    """Puts a file, gets it as a player would, and deletes it."""
    ref, _ = await house.library.keep("doctor", _probe(), mime_type="text/plain", limit=len(PROBE))
    try:
        url = house.library.link(ref, session_id=None, lifetime=60, file_name=None).url
        if await _fetched(house, url) != PROBE:
            raise Wrong("a file that was put comes back as another")
    finally:
        await house.library.discard(ref)
    return f"{house.library.provider}, a file was put, fetched and deleted"


async def _probe() -> AsyncIterator[bytes]:
    yield PROBE


async def _fetched(house: House, url: str) -> bytes:
    if isinstance(house.library, ReadsTokens):  # that address is served by `shala web`, which need not run
        token = Path(urlsplit(url).path).name
        return await anyio.Path(house.library.read(token)[0]).read_bytes()
    async with httpx.AsyncClient() as http:
        answer = await http.get(url)
    if not answer.is_success:
        raise Wrong(f"a signed address is answered with {answer.status_code}")
    return answer.content


async def _razorpay(house: House) -> str:
    if house.settings.is_embedded and not house.settings.razorpay_base_url:
        return INSIDE
    await house.gateway.order_by_receipt("shala-doctor")
    return "accepts the key"


async def _mail(house: House) -> str:
    if not house.settings.smtp_host:
        return INSIDE
    if not isinstance(house.transport, Greets):
        return "cannot be tried without sending"
    await house.transport.greet()
    login = "logged in" if house.settings.smtp_username else "no login"
    return f"lets us in (TLS: {house.settings.smtp_tls}, {login})"


async def _pushes(house: House) -> str:
    if house.settings.is_embedded and not house.settings.fcm_credentials:
        return INSIDE
    if house.pushes is None:
        return "not configured: nothing is pushed"
    if not isinstance(house.pushes, Greets):
        return "cannot be tried without sending"
    await house.pushes.greet()
    return "lets us in"


async def _model(house: House) -> str:
    if house.model is None:
        return "not configured: the chatbot quotes"
    if not isinstance(house.model, Greets):
        return "cannot be tried without asking"
    await house.model.greet()
    return "lets us in"


CHECKS: dict[str, Callable[[House], Awaitable[str]]] = {
    "settings": _settings,
    "database": _database,
    "schema": _schema,
    "outbox": _outbox,
    "demo accounts": _demo,
    "redis": _redis,
    "storage": _storage,
    "razorpay": _razorpay,
    "mail server": _mail,
    "pushes": _pushes,
    "language model": _model,
}
