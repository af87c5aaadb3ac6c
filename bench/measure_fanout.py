"""Take the fan-out's samples: a post that a whole group is told of, by Shala and by Django. Runs in the peers' venv."""

import json
import statistics
import time
from contextlib import ExitStack
from typing import Any

import bench
import psycopg
from fanout_figures import FILE, LOOP_MOST, POSTS, SMALL, sizes, title
from fanout_servers import GRACE_S, DjangoFanout, Fanout, FanoutShala, Group, grow
from fanout_time import logging_statements
from measure import begin, peers_tokens, recorded
from places import DATABASE, Places

SEEN = """SELECT count(*) FILTER (WHERE in_app), count(*) FILTER (WHERE email_due_at IS NOT NULL),
count(*) FILTER (WHERE push_due_at IS NOT NULL),
(SELECT count(*) FROM outbox WHERE done_at IS NULL AND reaction = 'tell_of_post') FROM notifications"""


def told(server: Fanout, rows: psycopg.Connection[Any], group: Group, posts: int) -> dict[str, Any]:
    """Posts one after the other, each when all have the one before: how long they took and what they cost."""
    waits, spreads, heard = [], [], []
    before = count(rows)
    with server.listening(group.last_member) as listener:
        time.sleep(GRACE_S)  # the socket has been welcomed
        meter = server.meter()
        for _ in range(posts):
            began = time.perf_counter()
            post_id = server.post(group.id)
            waits.append(time.perf_counter() - began)
            server.await_spread(rows, post_id)
            spreads.append(time.perf_counter() - began)
            if listener is not None:
                heard.append(listener.heard_at(post_id) - began)
        time.sleep(GRACE_S)
        spent = meter.read()
    return {
        "posts": posts,
        "rows": count(rows) - before,
        "wait_ms": round(1000 * statistics.median(waits), 2),
        "spread_s": round(sum(spreads), 4),
        "live_ms": round(1000 * statistics.median(heard), 1) if heard else None,
        **spent,
    }


def sample(server: Fanout, group: Group, rnd: int) -> int:
    """One sample, appended to the file by the shared bench; how many rows it wrote.

    :raises SystemExit: it failed, or not everybody has a row of each post.
    """
    posts = POSTS.get(group.size, 1)
    with psycopg.connect(server.dsn, autocommit=True) as rows:
        what = title(group.size)
        bench.sample(FILE, server.name, lambda: told(server, rows, group, posts), what=what, round=rnd)
        rows.execute("VACUUM (ANALYZE) notifications")  # now, and not by itself in somebody's sample
    row = recorded(FILE)
    if row.get("failed") or row["rows"] != posts * group.size:
        raise SystemExit(f"A sample that failed: {row}")
    return int(row["rows"])


def count(rows: psycopg.Connection[Any]) -> int:
    found = rows.execute("SELECT count(*) FROM notifications").fetchone()
    return int(found[0]) if found else 0


def take(servers: list[Fanout], groups: list[Group], rounds: int) -> dict[str, int]:
    """All samples; how many rows each server wrote in them."""
    wrote = dict.fromkeys((server.name for server in servers), 0)
    for rnd in range(rounds):
        for group in groups:
            for server in bench.order(rnd, servers):
                if server.name != "loop" or group.size <= LOOP_MOST:
                    wrote[server.name] += sample(server, group, rnd)
    return wrote


def warm_up(servers: list[Fanout], group: Group) -> None:
    """Lazy imports, pools and prepared statements belong to no sample."""
    for server in servers:
        with psycopg.connect(server.dsn, autocommit=True) as rows:
            server.await_spread(rows, server.post(group.id))
            rows.execute("TRUNCATE notifications")  # everybody begins with an empty table


def dissect(servers: list[Fanout], group: Group, places: Places) -> dict[str, dict[str, float]]:
    """One more post by each, and how many of its seconds PostgreSQL ran which statements."""
    found = {}
    for server in servers:
        with psycopg.connect(server.dsn, autocommit=True) as rows, logging_statements(places, server.db) as log:
            seen = told(server, rows, group, 1)
            found[server.name] = {"spread_s": seen["spread_s"], "cpu_s": seen["cpu_s"], **log.seconds()}
    return found


def evidence(places: Places) -> dict[str, int]:
    """What Shala's rows are: to be seen in the app, to be mailed, to be pushed; and what its worker left undone."""
    with psycopg.connect(places.dsn(DATABASE)) as shala:
        found = shala.execute(SEEN).fetchone() or (0, 0, 0, 0)
    return dict(zip(("in_app", "to_mail", "to_push", "left"), found, strict=True))


def run(places: Places, rounds: int, members: int) -> None:
    bench.Server.port = places.http_port
    with ExitStack() as stack:
        stack.enter_context(peers_tokens(1))
        peer = stack.enter_context(bench.Server("peer"))
        groups = grow(places.dsn(peer.db), sizes(members))
        shala = stack.enter_context(FanoutShala(places, peer.db))
        token = bench.TOK[0][1]
        servers: list[Fanout] = [shala, *(DjangoFanout(peer, how, token, places) for how in ("bulk", "loop"))]
        warm_up(servers, next(group for group in groups if group.size == SMALL))
        wrote = take(servers, groups, rounds)
        seen = evidence(places)
        spent = dissect(servers[:2], groups[-1], places)
    if seen["in_app"] != wrote["shala"] or seen["left"]:
        raise SystemExit(f"Not everybody was told: {wrote}, {seen}")
    found = {"members": members, "wrote": wrote, "shala": seen, "spent": spent}
    (places.out / "fanout.json").write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    begin(__doc__ or "", run, rounds=3, members=100_000)
