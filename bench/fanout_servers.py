"""Shala and Django as servers that tell a group of a post, and what a post costs them. Runs in the peers' venv."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import bench
import load
import psycopg
from answers import ask, demand
from common import FIRST_STUDENT
from places import DATABASE, OURS, Places
from servers import Shala
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 600
POST = {"title": "Tomorrow's class", "content": "We begin at nine. " * 10}
NOW_LOOK = 0.01
"""How often is looked whether all have it, as a share of the time that it takes."""
GRACE_S = 0.5
"""What a server does after the last row, its own notes of it among that, is counted as its CPU."""


@dataclass(frozen=True)
class Group:
    """`size` members without the author; the last of them is told last."""

    id: int
    size: int
    last_member: int


class Fanout(Protocol):
    """One way of telling a group of a post."""

    name: str
    db: str
    dsn: str

    def meter(self) -> "Meter":
        """Begin to count what it spends."""

    def post(self, group: int) -> int:
        """Write one; its id."""

    def await_spread(self, rows: psycopg.Connection[Any], post_id: int) -> None:
        """Until its last row is committed."""

    def listening(self, user_id: int) -> contextlib.AbstractContextManager["Listener | None"]:
        """A socket of this member, where the server tells open sockets of notifications."""


class DjangoFanout:
    """The peer: all rows are written in the request, in one transaction."""

    def __init__(self, server: bench.Server, how: str, token: str, places: Places) -> None:
        self.name = how
        self.db, self.dsn = server.db, places.dsn(server.db)
        self._server, self._token, self._places = server, token, places

    def meter(self) -> "Meter":
        return Meter([self._server.p.pid], postmaster(self._places))

    def post(self, group: int) -> int:
        path = f"/api/community/groups/{group}/posts/?fanout={self.name}"
        return written(self.name, self._server.base, path, self._token, POST)

    def await_spread(self, rows: psycopg.Connection[Any], post_id: int) -> None:
        """The answer said so."""

    def listening(self, user_id: int) -> contextlib.AbstractContextManager[None]:  # noqa: ARG002
        return contextlib.nullcontext()


class FanoutShala(Shala):
    """Shala with the groups of `source`; its worker is on the servers' core, as here it does the servers' work."""

    worker_core = 0

    def __init__(self, places: Places, source: str) -> None:
        super().__init__(places)
        self.source = source
        self.dsn = places.dsn(DATABASE)

    def meter(self) -> "Meter":
        return Meter([self.p.pid, self.worker.pid], postmaster(self.places))

    def login(self, user_id: int) -> str:
        return dict(line.split() for line in self.tokens.read_text().splitlines())[str(user_id)]

    def post(self, group: int) -> int:
        body = {**POST, "community_id": group}
        return written(self.name, self.base, "/api/community/posts/", self.login(FIRST_STUDENT), body)

    def await_spread(self, rows: psycopg.Connection[Any], post_id: int) -> None:
        began, cause = time.perf_counter(), f"post-{post_id}"
        look = "SELECT is_spread FROM notices WHERE cause = %s AND notification_type = 'new_post'"
        while (took := time.perf_counter() - began) < PATIENCE_S:
            if rows.execute(look, [cause]).fetchone() == (True,):
                return
            time.sleep(max(0.002, took * NOW_LOOK))
        raise SystemExit(f"Shala's notice was not spread; see {self.places.out / 'shala-worker.log'}")

    @contextlib.contextmanager
    def listening(self, user_id: int) -> Iterator["Listener"]:
        address = self.base.replace("http", "ws", 1) + f"/ws/notifications/?v=2&token={self.login(user_id)}"
        with connect(address, compression=None) as socket:
            yield Listener(socket)

    def _fill(self) -> None:
        super()._fill()
        self._run(self.process.python, str(OURS / "fill_fanout.py"), self.places.dsn(self.source), self.dsn)


class Listener:
    """One member's socket, which notes when it is told of each post."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._heard: dict[int, float] = {}
        self._news = threading.Condition()
        socket.send('{"type":"hello"}')
        threading.Thread(target=self._listen, daemon=True).start()

    def heard_at(self, post_id: int) -> float:
        """:raises SystemExit: it was never told."""
        with self._news:
            if not self._news.wait_for(lambda: post_id in self._heard, timeout=10):
                raise SystemExit(f"The last member's socket was not told of post {post_id}")
            return self._heard[post_id]

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for raw in self._socket:
                now, told = time.perf_counter(), json.loads(raw)
                if told["type"] == "ping":
                    self._socket.send('{"type":"pong"}')
                elif told["type"] == "notification":
                    with self._news:
                        self._heard[told["post_id"]] = now
                        self._news.notify()


class Meter:
    """CPU since it was made: of the server's processes, of PostgreSQL, and of others on the servers' core."""

    def __init__(self, pids: list[int], postmaster: int) -> None:
        self._pids, self._postmaster = pids, postmaster
        self._began, self._before = time.perf_counter(), self._spent()

    def read(self) -> dict[str, float]:
        took = time.perf_counter() - self._began
        ours, database, core = (now - then for now, then in zip(self._spent(), self._before, strict=True))
        foreign = max(0.0, core - ours) / took
        return {"cpu_s": round(ours, 2), "pg_cpu_s": round(database, 2), "foreign_core0": round(foreign, 2)}

    def _spent(self) -> tuple[float, float, float]:
        return sum(map(load.cpu, self._pids)), load.cpu(self._postmaster), load.busy(0)


def postmaster(places: Places) -> int:
    return int((places.data / "pgdata" / "postmaster.pid").read_text().split()[0])


def written(name: str, base: str, path: str, token: str, body: dict[str, Any]) -> int:
    answer = ask(base, path, token, body, patience_s=PATIENCE_S)
    demand(name, "a post", answer.status, 201)
    return int(answer.body["id"])


def grow(dsn: str, sizes: tuple[int, ...]) -> list[Group]:
    """Groups of new users and the author in the peer's database; its notifications are emptied."""
    groups = []
    with psycopg.connect(dsn, autocommit=True) as peer:
        known = first(peer, "SELECT max(id) FROM users")
        peer.execute(
            "INSERT INTO users (email, full_name, role, password) SELECT 'member' || n || '@example.com', "
            "'Member ' || n, 'student', 'nobody logs in here' FROM generate_series(1, %s) n",
            [max(sizes)],
        )
        for size in sizes:
            add = "INSERT INTO community_groups (name) VALUES (%s) RETURNING id"
            group = Group(first(peer, add, f"Fan-out to {size}"), size, known + size)
            peer.execute(
                "INSERT INTO group_members (group_id, user_id) SELECT %s, id FROM users "
                "WHERE id = %s OR (id > %s AND id <= %s) ORDER BY id",
                [group.id, FIRST_STUDENT, known, group.last_member],
            )
            groups.append(group)
        peer.execute("TRUNCATE notifications")
        peer.execute("VACUUM (FREEZE, ANALYZE)")
    return groups


def first(connection: psycopg.Connection[Any], statement: Any, *values: object) -> int:
    """The one number that it answers."""
    row = connection.execute(statement, values).fetchone()
    return int(row[0]) if row else 0
