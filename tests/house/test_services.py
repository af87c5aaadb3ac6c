"""The servers that the tests run against: started for real, restarted, killed, shared, and gone afterwards."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis.asyncio

import services
from services import Postgres, Redis

TESTS = Path(services.__file__).parent
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture(scope="module")
def red() -> Iterator[Redis]:
    with Redis() as server:
        yield server


async def ask_postgres(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def ask_redis(url: str, *command: str) -> object:
    async with redis.asyncio.from_url(url, decode_responses=True) as client:
        return await client.execute_command(*command)


def family(server: Postgres | Redis) -> list[psutil.Process]:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    return [process, *process.children(recursive=True)]


async def test_the_run_has_a_postgresql_and_a_redis() -> None:
    assert await ask_postgres(services.postgres_url(), "SELECT 41 + 1") == 42
    assert await ask_redis(services.redis_url(), "ECHO", "here") == "here"


async def test_urls_of_the_environment_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHALA_TEST_DATABASE_URL", "postgresql+asyncpg://theirs")
    monkeypatch.setenv("SHALA_TEST_REDIS_URL", "redis://theirs")

    assert services.postgres_url() == "postgresql+asyncpg://theirs"
    assert services.redis_url() == "redis://theirs"


@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "on"), ("max_connections", "200")],
)
async def test_postgresql_is_set_for_tests(postgres: Postgres, setting: str, value: str) -> None:
    assert await ask_postgres(postgres.url, f"SHOW {setting}") == value


async def test_postgresql_knows_letters_beyond_ascii(postgres: Postgres) -> None:
    assert await ask_postgres(postgres.url, "SELECT lower('ÉTÉ')") == "été"


async def test_postgresql_keeps_what_was_committed_on_its_port(postgres: Postgres) -> None:
    before = postgres.url
    await ask_postgres(postgres.url, "CREATE TABLE kept AS SELECT 1 AS n")

    postgres.restart()
    assert postgres.url == before
    assert await ask_postgres(postgres.url, "INSERT INTO kept VALUES (2) RETURNING n") == 2

    postgres.kill()
    with pytest.raises(ConnectionRefusedError):
        await ask_postgres(postgres.url, "SELECT 1")
    postgres.start()
    assert await ask_postgres(postgres.url, "SELECT sum(n) FROM kept") == 3


async def test_redis_returns_empty_on_its_port(red: Redis) -> None:
    before = red.url
    await ask_redis(red.url, "SET", "there", "1")

    red.restart()
    assert red.url == before
    assert await ask_redis(red.url, "DBSIZE") == 0

    red.kill()
    with pytest.raises(redis.exceptions.ConnectionError):
        await ask_redis(red.url, "PING")
    red.start()
    assert await ask_redis(red.url, "PING")


async def test_strangers_are_refused(postgres: Postgres, red: Redis) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask_postgres(postgres.url.replace(postgres.password, "guessed"), "SELECT 1")
    with pytest.raises(redis.exceptions.AuthenticationError):
        await ask_redis(f"redis://127.0.0.1:{red.port}", "PING")


@pytest.mark.parametrize("kind", [Postgres, Redis])
@pytest.mark.parametrize("way", ["stop", "kill", "close"])
def test_nothing_is_left_running(kind: type[Postgres | Redis], way: str) -> None:
    server = kind()
    server.start()
    processes = family(server)

    getattr(server, way)()

    assert [process for process in processes if services.alive(process)] == []
    server.close()
    assert not server.directory.exists()


def test_a_server_that_cannot_start_says_why() -> None:
    server = Redis()
    taken = Redis()
    server.start()
    taken.port = server.port

    with pytest.raises(services.NotStarted, match="in use"):
        taken.start()

    server.close()
    taken.close()


@ROOT_ONLY
def test_root_finds_programs_that_nobody_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout below a home directory that is closed to others."""
    nobody_runs = services._nobody_runs
    monkeypatch.setattr(services, "_nobody_runs", lambda _: False)
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", temporary)

        copy = services.postgres_binaries.__wrapped__()

        assert copy.is_relative_to(temporary)
        assert nobody_runs(copy)
        assert services.postgres_binaries.__wrapped__() == copy


class User:
    """Another process of a run, told what to do line by line."""

    PROGRAM = """
import encodings.idna, importlib, os, sys
import services
if sys.argv[1:]:  # only now, since the interpreter itself may lie where others cannot read
    os.setgroups([])
    os.setgid(int(sys.argv[2]))
    os.setuid(int(sys.argv[1]))
    importlib.reload(services)
for line in sys.stdin:
    print(eval(line), flush=True)
"""

    def __init__(self, run: str, *account: int) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SHALA_TEST_")}
        self.process = subprocess.Popen(
            [sys.executable, "-B", "-c", self.PROGRAM, *map(str, account)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment, "SHALA_TEST_RUN": run, "PYTHONPATH": str(TESTS)},
            cwd="/",
            text=True,
        )

    def does(self, expression: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{expression}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        assert answer, "the process ended"
        return answer

    def ends(self, *, killed: bool = False) -> None:
        if killed:
            self.process.kill()
        self.process.communicate()


NOBODY = services.nobody()
ACCOUNTS = [
    pytest.param((), id="own"),
    pytest.param((NOBODY["user"], NOBODY["group"]), id="nobody", marks=ROOT_ONLY),
]
ASK = "services.{}_url()"
PIDS = "[s.process.pid for s in services._started]"


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_the_last_user_stops_what_all_share(account: tuple[int, ...], tmp_path: Path) -> None:
    first, second = User(tmp_path.name, *account), User(tmp_path.name, *account)
    urls = {user.does(ASK.format(kind)) for user in (first, second) for kind in ("postgres", "redis")}
    (postgres, red) = sorted(urls)
    started = [psutil.Process(pid) for pid in eval(first.does(PIDS))]

    first.does("services.stop_services()")
    first.ends()
    assert await ask_postgres(postgres, "SELECT 1") == 1
    assert await ask_redis(red, "PING")

    assert second.does(PIDS) == "[]"
    second.does("services.stop_services()")
    second.ends()
    assert [process for process in started if services.alive(process)] == []


def test_servers_of_a_run_that_was_killed_are_swept(tmp_path: Path) -> None:
    killed = User(f"{tmp_path.name}-killed")
    killed.does(ASK.format("redis"))
    (left,) = [psutil.Process(pid) for pid in eval(killed.does(PIDS))]
    killed.ends(killed=True)
    assert services.alive(left)

    later = User(f"{tmp_path.name}-later")
    later.does(ASK.format("redis"))
    assert not services.alive(left)
    later.does("services.stop_services()")
    later.ends()
