"""Who may start as what, and what is said once it serves."""

import os
import pickle
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from entrypoints.cli import program, serving
from entrypoints.compose import House, compose
from entrypoints.embedded import announcement, prepare
from entrypoints.seeding import open_demo_accounts
from entrypoints.settings import load
from entrypoints.worker import saq_worker
from processes import until
from services import free_port

SHALA = Path(sys.executable).with_name("shala")
AWAY = {
    "SHALA_DATABASE_URL": "postgresql+asyncpg://shala@127.0.0.1:9/shala",
    "SHALA_REDIS_URL": "redis://127.0.0.1:9/0",
}
PRODUCTION = {
    **AWAY,
    "SHALA_SECRET_KEY": "a-key-that-only-tests-know-0123456789",
    "SHALA_PUBLIC_BASE_URL": "https://api.school.test",
    "SHALA_SMTP_HOST": "smtp.school.test",
    "SHALA_SMTP_TLS": "starttls",
}
pytestmark = pytest.mark.xdist_group("processes")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What would have been served or worked."""
    names: list[str] = []

    async def works(*_: object) -> None:
        names.append("worker")

    monkeypatch.setattr(serving, "run", lambda *_, **__: names.append("web"))
    monkeypatch.setattr(saq_worker, "run_worker", works)
    return names


# --- SHALA_ENV --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["web", "worker"])
@pytest.mark.parametrize("given", [{}, PRODUCTION])
def test_without_shala_env_no_part_of_production_starts(
    tmp_path: Path, started: list[str], command: str, given: dict[str, str]
) -> None:
    environment = {"SHALA_DATA_DIR": str(tmp_path / "data"), **given}

    result = CliRunner().invoke(program, [command], env=environment)

    assert (result.exit_code, started) == (78, [])
    assert f"`shala {command}`" in result.stderr
    assert "set SHALA_ENV=staging or SHALA_ENV=production" in result.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [["serve"], ["seed"], ["seed", "--demo"], ["create-admin"], ["doctor"]])
@pytest.mark.parametrize("name", AWAY)
def test_one_process_refuses_a_server_by_name(
    tmp_path: Path, started: list[str], command: list[str], name: str
) -> None:
    environment = {"SHALA_DATA_DIR": str(tmp_path / "data"), name: AWAY[name]}
    answers = "a@example.com\na\nlearn-by-doing-1\nlearn-by-doing-1"

    result = CliRunner().invoke(program, command, env=environment, input=answers)

    assert (result.exit_code, started) == (78, [])
    assert f"{name} names a server" in result.stderr
    assert "set SHALA_ENV=staging or SHALA_ENV=production" in result.stderr
    assert not (tmp_path / "data").exists()


def test_one_process_takes_a_file_of_its_own(tmp_path: Path, started: list[str]) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'mine.db'}"
    environment = {"SHALA_DATA_DIR": str(tmp_path / "data"), "SHALA_DATABASE_URL": url}

    result = CliRunner().invoke(program, ["serve"], env=environment)

    assert (result.exit_code, started) == (0, ["web"]), result.output
    assert (tmp_path / "mine.db").exists()


# --- what is announced ------------------------------------------------------------------------------------------------


def test_a_port_that_is_taken_is_not_announced(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environment = environ(tmp_path, PORT=str(taken.getsockname()[1]))
        done = subprocess.run(
            [SHALA, "serve"], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    assert done.returncode != 0
    assert "address already in use" in done.stderr
    assert "Shala runs" not in done.stdout


async def test_only_accounts_that_are_open_are_announced(tmp_path: Path) -> None:
    settings = load({"SHALA_DATA_DIR": str(tmp_path), "SHALA_PASSWORD_MEMORY_KIB": "64"})
    accounts = await prepare(settings)
    assert accounts == ["admin@example.com", "teacher@example.com", "student@example.com", "newcomer@example.com"]
    assert "newcomer@example.com, password learn-by-doing-1" in announcement(settings, accounts)

    house = compose(settings)
    await ban(house, "admin@example.com")
    assert [account.email for account in await open_demo_accounts(house)] == accounts[1:]
    await house.close()
    assert (await prepare(settings)) == accounts[1:]
    assert "Accounts" not in announcement(settings, [])


async def test_a_school_without_the_demo_announces_no_accounts(tmp_path: Path, sqlite_url: str) -> None:
    environment = {
        "SHALA_DATA_DIR": str(tmp_path / "data"),
        "SHALA_DATABASE_URL": sqlite_url,
        "SHALA_PASSWORD_MEMORY_KIB": "64",
    }
    house = compose(load(environment))
    await house.workflows.registration.register(username="own", email="own@school.test", password="learn-by-doing-1")
    await house.close()

    assert await prepare(load(environment)) == []


async def ban(house: House, email: str) -> None:
    async with house.workflows.logins.begin() as store:
        user = await store.user_by_email(email)
        assert user is not None
        await store.change_user(user.id, is_active=False)


# --- a whole process --------------------------------------------------------------------------------------------------


def environ(directory: Path, **given: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SHALA_")}
    return {**kept, "SHALA_DATA_DIR": str(directory), "SHALA_PASSWORD_MEMORY_KIB": "64", **given}


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """`shala serve` on a single address that is not 127.0.0.1, beside a memory of the sandbox that was cut off."""
    directory, port = tmp_path_factory.mktemp("elsewhere"), free_port()
    (directory / "sandbox").touch()
    environment = environ(directory, PORT=str(port), SHALA_HOST="127.0.0.2")
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([SHALA, "serve"], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or "Shala runs" in log_of(directory), 40, "shala serve")
        assert process.poll() is None, log_of(directory)
        yield f"http://127.0.0.2:{port}", directory
    finally:
        process.terminate()
        process.wait(20)


def log_of(directory: Path) -> str:
    return (directory / "log").read_text()


def test_what_is_announced_answers(elsewhere: tuple[str, Path]) -> None:
    base, directory = elsewhere

    assert f"{base}/docs/" in log_of(directory)
    assert "admin@example.com" in log_of(directory)
    assert httpx.get(f"{base}/health/live/", timeout=10, trust_env=False).is_success


def test_its_sandbox_and_webhooks_are_at_its_own_address(elsewhere: tuple[str, Path]) -> None:
    base, directory = elsewhere

    result = CliRunner().invoke(program, ["tour", "--quiet", "--base", base])

    assert (result.exit_code, result.output) == (0, ""), log_of(directory)
    until(lambda: delivered(base), 15, "a webhook arrives")


def delivered(base: str) -> bool:
    answer = httpx.get(f"{base}/sandbox/razorpay/webhooks/", timeout=10, trust_env=False).json()
    return any(one["status_code"] == 200 for one in answer["results"])


def test_an_empty_memory_is_set_aside_and_it_serves(elsewhere: tuple[str, Path]) -> None:
    base, directory = elsewhere
    body = {"username": "meera", "email": "meera@school.test", "password": "learn-by-doing-2"}
    httpx.post(f"{base}/api/accounts/register/", json=body, timeout=10, trust_env=False).raise_for_status()  # a mail

    assert "sandbox_memory_set_aside" in log_of(directory)
    assert (directory / "sandbox.unreadable").read_bytes() == b""
    until(lambda: remembered(directory), 15, "a new memory is written")


def remembered(directory: Path) -> bool:
    file = directory / "sandbox"
    return file.exists() and len(pickle.loads(file.read_bytes())) == 5
