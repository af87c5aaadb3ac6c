"""`shala doctor` looks at every connection, says of each what is wrong, and fails if anything is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from click.testing import CliRunner, Result

from contract.conftest import KEYS, REGION, Bucket
from databases import administer, database
from entrypoints.cli import checking, program
from entrypoints.cli.checking import CHECKS
from entrypoints.compose import House, compose
from entrypoints.seeding import seed_demo
from entrypoints.settings import load
from processes import SECRETS
from services import free_port
from worlds import SandboxClient

Environ = dict[str, str]


@pytest.fixture
def staging(
    postgres_database: str, redis: str, sandbox: SandboxClient, bucket: Bucket, s3_endpoint: str, tmp_path: Path
) -> Environ:
    """A topology of which everything answers: the sandbox plays Razorpay and the mail server, moto S3."""
    return {
        **SECRETS,
        "SHALA_ENV": "staging",
        "SHALA_DATABASE_URL": postgres_database,
        "SHALA_REDIS_URL": redis,
        "SHALA_PUBLIC_BASE_URL": "http://api.school.test",
        "SHALA_MEDIA_BASE_URL": "http://media.school.test",
        "SHALA_RAZORPAY_BASE_URL": f"{sandbox.base}/sandbox/razorpay",
        "SHALA_SMTP_HOST": "127.0.0.1",
        "SHALA_SMTP_PORT": str(sandbox.sandbox.smtp_port),
        "SHALA_SMTP_TLS": "off",
        "SHALA_SMTP_USERNAME": "school",
        "SHALA_SMTP_PASSWORD": "a-password-of-the-mail-server",
        "SHALA_STORAGE": "s3",
        "SHALA_S3_BUCKET": bucket.name,
        "SHALA_S3_REGION": REGION,
        "SHALA_S3_ENDPOINT": s3_endpoint,
        **{f"SHALA_S3_{name.upper()}": value for name, value in KEYS.items()},
        "SHALA_DATA_DIR": str(tmp_path / "data"),
        "SHALA_PASSWORD_MEMORY_KIB": "64",
    }


async def doctor(environ: Environ) -> Result:
    """In a thread: the command runs a loop of its own, while this one plays the world outside."""
    return await asyncio.to_thread(CliRunner().invoke, program, ["doctor"], env=environ)


def findings(result: Result) -> dict[str, tuple[str, str]]:
    """Of each check its mark, and what was told."""
    found = {}
    for line in result.stdout.splitlines():
        if line.startswith(("  ok", "  FAIL")):
            mark, name_and_told = line[2:8].strip(), line[8:]
            name, _, told = name_and_told.partition(": ")
            found[name] = (mark, told)
    return found


async def test_where_everything_answers_it_says_so_and_leaves_nothing(
    staging: Environ, bucket: Bucket, sandbox: SandboxClient
) -> None:
    result = await doctor(staging)

    assert result.exit_code == 0, result.output
    found = findings(result)
    assert list(found) == list(CHECKS)
    assert {mark for mark, _ in found.values()} == {"ok"}
    assert found["storage"][1] == "s3, a file was put, fetched and deleted"
    assert found["mail server"][1] == "lets us in (TLS: off, logged in)"
    assert bucket.names() == []
    assert (await sandbox.totals())["orders"] == 0
    assert (await sandbox.http.get("/sandbox/mail/")).json()["results"] == []


async def test_the_embedded_default_is_well(sqlite_url: str, tmp_path: Path) -> None:
    """Its sandbox lives in `shala serve` and is asked nothing."""
    result = await doctor({"SHALA_DATABASE_URL": sqlite_url, "SHALA_DATA_DIR": str(tmp_path / "data")})

    assert result.exit_code == 0, result.output
    assert findings(result)["storage"] == ("ok", "local, a file was put, fetched and deleted")
    assert findings(result)["razorpay"] == ("ok", checking.INSIDE)
    assert findings(result)["mail server"] == ("ok", checking.INSIDE)
    assert [path for path in (tmp_path / "data" / "media").rglob("*") if path.is_file()] == []


def at_a_closed_port(name: str, url: str = "{port}") -> Callable[[Environ], Environ]:
    return lambda _: {name: url.format(port=free_port())}


BROKEN: dict[str, tuple[str, Callable[[Environ], Environ], str]] = {
    "the database is away": (
        "database",
        at_a_closed_port("SHALA_DATABASE_URL", "postgresql+asyncpg://shala@127.0.0.1:{port}/shala"),
        "busy or a part of it is down",
    ),
    "redis is away": ("redis", at_a_closed_port("SHALA_REDIS_URL", "redis://127.0.0.1:{port}/0"), "ConnectionError"),
    "the file store is away": (
        "storage",
        at_a_closed_port("SHALA_S3_ENDPOINT", "http://127.0.0.1:{port}"),
        "The file store does not answer. (OSError: Generic S3 error",
    ),
    "there is no such bucket": ("storage", lambda _: {"SHALA_S3_BUCKET": "another"}, "NoSuchBucket"),
    "razorpay is away": (
        "razorpay",
        at_a_closed_port("SHALA_RAZORPAY_BASE_URL", "http://127.0.0.1:{port}/sandbox/razorpay"),
        "The payment service does not answer; nothing was charged. Try again. (ConnectionError: ",
    ),
    "razorpay refuses the key": (
        "razorpay",
        lambda _: {"SHALA_RAZORPAY_KEY_SECRET": "a-secret-that-was-rotated"},
        "(BadRequestError: Authentication failed)",
    ),
    "the mail server is away": (
        "mail server",
        at_a_closed_port("SHALA_SMTP_PORT"),
        "The mail server does not let us in. (SMTPConnectError: ",
    ),
    "the mail server knows no STARTTLS": (
        "mail server",
        lambda _: {"SHALA_SMTP_TLS": "starttls"},
        "(SMTPException: SMTP STARTTLS extension not supported by server",
    ),
    "the mail server does not speak TLS": ("mail server", lambda _: {"SHALA_SMTP_TLS": "tls"}, "SSL"),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_is_broken_is_told_and_the_rest_is_well(staging: Environ, case: str) -> None:
    name, change, told = BROKEN[case]

    result = await doctor(staging | change(staging))

    assert result.exit_code == 1, result.output
    found = findings(result)
    assert found[name][0] == "FAIL"
    assert told in found[name][1], found[name]
    on_the_database = {"schema", "outbox", "demo accounts"} if name == "database" else set()
    assert {other for other, (mark, _) in found.items() if mark == "FAIL"} == {name} | on_the_database


async def test_a_login_that_the_mail_server_refuses_is_told(staging: Environ) -> None:
    async with refusing_mail_server() as port:
        result = await doctor(staging | {"SHALA_SMTP_PORT": str(port)})

    assert result.exit_code == 1
    mark, told = findings(result)["mail server"]
    assert (mark, "SMTPAuthenticationError" in told, "535" in told) == ("FAIL", True, True), told


@asynccontextmanager
async def refusing_mail_server() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()

    def refusing() -> SMTP:
        refusal = AuthResult(success=False, handled=False)
        return SMTP(object(), loop=loop, auth_require_tls=False, authenticator=lambda *_: refusal)

    server = await loop.create_server(refusing, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_a_disk_that_takes_no_files_is_told(staging: Environ, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "media").write_text("a file where the folder should be")

    result = await doctor(staging | {"SHALA_STORAGE": "local"})

    assert result.exit_code == 1
    mark, told = findings(result)["storage"]
    assert (mark, "media" in told) == ("FAIL", True), told


async def test_a_schema_that_is_not_there_is_told(staging: Environ) -> None:
    name = f"empty_{free_port()}"
    await administer(f"CREATE DATABASE {name}")
    try:
        result = await doctor(staging | {"SHALA_DATABASE_URL": database(name)})
    finally:
        await administer(f"DROP DATABASE {name} WITH (FORCE)")

    assert result.exit_code == 1
    assert findings(result)["schema"] == ("FAIL", "not up to date; run `shala migrate`")


async def test_what_was_given_up_is_told(staging: Environ) -> None:
    async with house_of(staging) as house:
        await house.workflows.registration.register(
            username="asha", email="asha@school.test", password="learn-by-doing-1"
        )
        (message,) = await house.outbox.claim(1)
        await house.outbox.bury(message, "Rejected")

    result = await doctor(staging)

    assert result.exit_code == 1
    assert findings(result)["outbox"] == ("FAIL", "1 reactions were given up; see `shala outbox`")


async def test_the_demo_administrator_must_be_gone_outside_the_embedded_default(staging: Environ) -> None:
    async with house_of(staging) as house:
        await seed_demo(house)
        result = await doctor(staging)
        assert result.exit_code == 1
        mark, told = findings(result)["demo accounts"]
        assert (mark, told[:17]) == ("FAIL", "admin@example.com")

        async with house.workflows.logins.begin() as store:
            admin = await store.user_by_email("admin@example.com")
            assert admin is not None
            await store.change_user(admin.id, is_active=False)
        result = await doctor(staging)
        assert result.exit_code == 0, result.output


async def test_silence_is_a_finding(staging: Environ, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "PATIENCE_S", 1.0)
    await sandbox.faults(razorpay={"fail": "hang"})

    result = await doctor(staging)

    assert result.exit_code == 1
    assert findings(result)["razorpay"] == ("FAIL", "no answer within 1 s")


@asynccontextmanager
async def house_of(environ: Environ) -> AsyncIterator[House]:
    """Over the same database, and alone: it wakes nobody."""
    names = ("SHALA_DATABASE_URL", "SHALA_DATA_DIR", "SHALA_PASSWORD_MEMORY_KIB")
    house = compose(load({name: environ[name] for name in names}))
    try:
        yield house
    finally:
        await house.close()
