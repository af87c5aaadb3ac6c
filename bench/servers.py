"""Shala as one of the shared bench's servers: migrated, filled, pinned, with its worker. Runs in the peers' venv."""

import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import bench
import load
import psycopg
from answers import COURSES, ask, first_token
from places import DATABASE, OURS, SEED, Places, ShalaProcess

PATIENT_TRIES = 1200
TOO_MANY = 429
PATIENCE_S = 15  # uvicorn finishes what is in flight for 10 s at most


class Shala(bench.Server):
    """`shala web` on core 0 over its own database, `shala worker` on core 1; gone when left, database and all."""

    worker_core = 1

    def __init__(self, places: Places) -> None:
        bench.Server.port += 1
        self.name = self.kind = "shala"
        self.db = DATABASE
        self.base = f"http://127.0.0.1:{bench.Server.port}"
        self.places = places
        self.process = ShalaProcess(places, bench.Server.port)
        self.environ = self.process.environ()
        self.tokens = places.out / "shala.tokens"
        self.log = places.out / "shala.log"
        self.ended = ""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            opening.enter_context(database(self.db))
            self._fill()
            self.p = opening.enter_context(pinned(0, self.command(), self.environ, self.log))
            worker = [self.process.program, "worker"]
            self.worker = opening.enter_context(
                pinned(self.worker_core, worker, self.environ, self.places.out / "shala-worker.log")
            )
            self._await_ready()
            opening.callback(self.tokens.unlink)
            self._mint()
            self._open = opening.pop_all()
        return self

    def __exit__(self, *failure: object) -> None:
        self._open.close()

    def command(self) -> list[str]:
        return [self.process.program, "web"]

    def http(self, scenario: str, *more: object) -> dict[str, Any]:
        """One sample of the shared load, with Shala's own tokens."""
        return next(load.run_http(self.args("http", *more), [scenario], str(self.tokens)))

    def evidence(self) -> dict[str, Any]:
        """What only a server with everything switched on leaves behind; a call in this minute leaves a counter."""
        if self.worker.poll() is not None:
            raise SystemExit(f"The worker ended; see {self.places.out / 'shala-worker.log'}")
        ask(self.base, COURSES, first_token(self.tokens.read_text()))
        request = urllib.request.Request(
            self.base + "/metrics/", headers={"X-Metrics-Token": self.process.metrics_token}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        counted = [float(x.rsplit(" ", 1)[1]) for x in lines if x.startswith("shala_http_requests_total{")]
        with self.log.open() as log:
            logged = sum('"event":"request"' in line for line in log)
        return {
            "requests_in_metrics": int(sum(counted)),
            "requests_in_log": logged,
            "logins_let_in": self.logins_let_in(),
        }

    def logins_let_in(self) -> int:
        """Wrong ones, before the next is refused for their number: the one limit that is not out of the load's reach.

        :raises SystemExit: none was.
        """
        wrong = {"email": "nobody@example.com", "password": "wrong"}
        for let_in in range(100):
            if ask(self.base, "/api/accounts/login/", None, wrong).status == TOO_MANY:
                return let_in
        raise SystemExit("Limits are not in force.")

    def _fill(self) -> None:
        (self.places.out / "shala-files").mkdir(exist_ok=True)
        self._run(self.process.program, "migrate")
        self._run(self.process.python, str(OURS / "fill.py"), self.places.dsn(SEED), self.places.dsn(DATABASE))

    def _mint(self) -> None:
        minted = self._run(self.process.python, str(OURS / "mint.py")).splitlines()
        standing = [line for line in minted if not line.startswith("ended ")]
        self.ended = next(line.split()[1] for line in minted if line.startswith("ended "))
        self.tokens.touch(mode=0o600)
        self.tokens.write_text("\n".join(standing) + "\n")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{Path(command[-1]).name} failed:\n{done.stdout[-500:]}{done.stderr[-3000:]}")
        return done.stdout

    def _await_ready(self) -> None:
        for _ in range(150):
            if self.p.poll() is not None:
                break
            with contextlib.suppress(OSError), urllib.request.urlopen(self.base + "/health/ready/", timeout=2) as said:
                if json.load(said)["status"] == "ok":
                    return
            time.sleep(0.2)
        raise SystemExit(f"shala web did not get ready:\n{self.log.read_text()[-3000:]}")


class CallsShala(Shala):
    """Shala with all that the calls read, and the tokens of those students alone whose tokens the peers have."""

    STUDENTS = 200

    def await_worker(self) -> None:
        """Until what the calls have announced is done; else the worker would take part of the next sample's core."""
        waiting = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"
        with psycopg.connect(self.places.dsn(self.db), autocommit=True) as connection:
            for _ in range(PATIENT_TRIES):
                if not (connection.execute(waiting).fetchone() or (0,))[0]:
                    return
                time.sleep(0.1)
        raise SystemExit(f"The worker does not keep up; see {self.places.out / 'shala-worker.log'}")

    def _fill(self) -> None:
        super()._fill()
        self._run(self.process.python, str(OURS / "fill_calls.py"), self.places.dsn(SEED), self.places.dsn(DATABASE))

    def _mint(self) -> None:
        super()._mint()
        standing = self.tokens.read_text().splitlines()
        self.tokens.write_text("\n".join(standing[: self.STUDENTS]) + "\n")


@contextlib.contextmanager
def database(name: str) -> Iterator[None]:
    """An empty database, dropped at the end."""
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    with psycopg.connect(bench.ADMIN, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(f"CREATE DATABASE {name}")
    try:
        yield
    finally:
        with psycopg.connect(bench.ADMIN, autocommit=True) as admin:
            admin.execute(drop)


@contextlib.contextmanager
def pinned(core: int, command: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core in a group of its own; the group is ended at the end."""
    with log.open("w") as out:
        process = subprocess.Popen(
            ["taskset", "-c", str(core), *command], env=environ, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        for name in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, name)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE_S)
