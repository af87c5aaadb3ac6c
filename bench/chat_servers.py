"""Shala as one of the chat's servers, and how a server's CPU is read. Runs in the peers' venv."""

import argparse
import re
import subprocess
import time
import urllib.request
from collections.abc import Callable
from typing import Any, cast

import bench
import load
import psycopg
import uvloop
from places import DATABASE, OURS, SEED
from servers import Shala

GRACE_S = 6
"""Shala's members have gone 5 s after their sockets; what it does then belongs to no other server's sample."""
STATE = """SELECT s.seq, s.seq - (SELECT count(*) FROM chat_messages m WHERE m.stream_id = s.id)
FROM chat_streams s WHERE s.community_id = 1 AND s.first_user_id IS NULL"""


class Meter(load.Meter):
    """Tells the server's CPU in seconds, too: the shared one rounds their share to a hundredth."""

    def read(self) -> dict[str, Any]:
        spent = load.cpu(self.pid) - self.c
        return {**super().read(), "cpu_s": round(spent, 2)}


class ChatShala(Shala):
    """Shala with the communities' data and a login for each member of the first."""

    def ws(self, *more: object) -> dict[str, Any]:
        return self._sampled(load.run_ws, self.args("ws", *more))

    def idle(self, *more: object) -> dict[str, Any]:
        return self._sampled(load.run_idle, self.args("idle", "--sockets", 1000, *more))

    def settle(self) -> None:
        time.sleep(GRACE_S)
        super().settle()

    def logins(self) -> list[tuple[str, str]]:
        """The members' ids and tokens, and the stranger's at the end."""
        return [cast("tuple[str, str]", tuple(line.split())) for line in self.tokens.read_text().splitlines()]

    def traces(self) -> dict[str, int]:
        """What only a chat with everything switched on shows while a member is there."""
        return {"presence": len(self._keys("shala:presence:*")), "limits": self.logins_let_in()}

    def evidence(self) -> dict[str, Any]:
        """How it stands after the samples."""
        if self.worker.poll() is not None:
            raise SystemExit(f"The worker ended; see {self.places.out / 'shala-worker.log'}")
        metrics = urllib.request.Request(
            self.base + "/metrics/", headers={"X-Metrics-Token": self.process.metrics_token}
        )
        with urllib.request.urlopen(metrics, timeout=10) as answer:
            open_now = re.search(r"^shala_sockets_open (\S+)", answer.read().decode(), re.MULTILINE)
        with psycopg.connect(self.places.dsn(DATABASE)) as connection:
            seq, holes = connection.execute(STATE).fetchone() or (0, 0)
        return {
            "sockets_left": int(float(open_now[1])) if open_now else -1,
            "last_seq": seq,
            "holes": holes,
        }

    def _sampled(self, load_of: Callable[..., Any], asked: argparse.Namespace) -> dict[str, Any]:
        try:
            return cast("dict[str, Any]", uvloop.run(load_of(asked, self.logins())))
        finally:
            self.settle()

    def _keys(self, pattern: str) -> list[str]:
        cli = ["redis-cli", "-p", str(self.places.redis_port), "-n", "1", "--scan", "--pattern", pattern]
        return subprocess.run(cli, capture_output=True, text=True, check=True).stdout.split()

    def _fill(self) -> None:
        super()._fill()
        self._run(self.process.python, str(OURS / "fill_chat.py"), self.places.dsn(SEED), self.places.dsn(DATABASE))


def stored(server: bench.Server, places: Any) -> int:
    """Messages in its database."""
    with psycopg.connect(places.dsn(server.db)) as connection:
        row = connection.execute("SELECT count(*) FROM chat_messages").fetchone()
    return int(row[0]) if row else 0
