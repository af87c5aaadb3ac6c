"""Take the samples: Shala beside the peers, in the shared bench's interleaved rounds. Runs in the peers' venv."""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import bench
import load
import psycopg
from answers import Expected, first_token, verify, verify_revocation
from places import OURS, SEED, SHARED, Places, given_places
from servers import CallsShala, Shala

PEERS = ("peer", "peer-dbauth", "floor")
SCENARIOS = ("courses", "courses_cat", "content", "progress_new", "progress", "messages", "unread", "post_small")
SCRIPTS = {"progress_new": OURS, "post_small": OURS}  # whose wrk.lua; all others have the shared one
FILE = "samples.jsonl"


def sample(server: bench.Server, scenario: str, rnd: int, *more: object) -> dict[str, Any]:
    """One sample, appended to the file by the shared bench.

    :raises SystemExit: it failed, or one of its requests did.
    """
    load.HERE = SCRIPTS.get(scenario, SHARED)
    what = scenario + (" c=1" if "--conns" in more else "")
    bench.sample(FILE, server.name, lambda: server.http(scenario, *more), what=what, round=rnd)
    row = recorded(FILE)
    if row.get("failed") or row.get("errors") or not row.get("n"):
        raise SystemExit(f"A sample with errors: {row}")
    return row


def recorded(file: str) -> dict[str, Any]:
    """The last sample."""
    row: dict[str, Any] = json.loads((bench.OUT / file).read_text().splitlines()[-1])
    return row


def warm_up(servers: list[bench.Server]) -> None:
    """Lazy imports, pools and caches belong to no sample."""
    for server in servers:
        for scenario in SCENARIOS:
            load.HERE = SCRIPTS.get(scenario, SHARED)
            server.http(scenario, "--seconds", 1)
            if isinstance(server, Shala):
                server.await_worker()


def take(servers: list[bench.Server], rounds: int, seconds: int) -> int:
    """All samples; the number of requests that Shala answered in them."""
    answered = 0
    for rnd in range(rounds):
        for scenario in SCENARIOS:
            for more in (("--seconds", seconds), ("--seconds", 1, "--conns", 1)):
                for server in bench.order(rnd, servers):
                    row = sample(server, scenario, rnd, *more)
                    if isinstance(server, Shala):
                        answered += row["n"]
                        server.await_worker()
    return answered


def check(servers: list[bench.Server], expected: Expected) -> dict[str, Any]:
    """The shapes of all servers' answers, which are right."""
    shapes = {}
    for server in servers:
        if isinstance(server, Shala):
            verify_revocation(server.base, server.ended)
            token = first_token(server.tokens.read_text())
        else:
            token = first_token("\n".join(" ".join(pair) for pair in bench.TOK))
        shapes[server.name] = verify(server.name, server.base, token, expected)
    return shapes


def peers_tokens(count: int) -> Any:
    """Of so many students; minted by the shared bench, put where its servers look for them."""
    minted = subprocess.run(bench.MINT.format(n=count), shell=True, check=True, capture_output=True, text=True).stdout
    bench.TOK = [tuple(line.split()) for line in minted.splitlines()]
    bench.TOKENS = tempfile.NamedTemporaryFile("w", suffix=".tokens")  # noqa: SIM115 - the caller closes it
    bench.TOKENS.write(minted)
    bench.TOKENS.flush()
    return bench.TOKENS


def run(places: Places, rounds: int, seconds: int) -> None:
    bench.Server.port = places.http_port
    expected = Expected.of(places.dsn(SEED))
    with ExitStack() as stack:
        stack.enter_context(peers_tokens(200))
        shala = stack.enter_context(CallsShala(places))
        servers = [shala, *(stack.enter_context(bench.Server(name)) for name in PEERS)]
        answers = check(servers, expected)
        warm_up(servers)
        answered = take(servers, rounds, seconds)
        evidence = {"requests_in_samples": answered, **shala.evidence()}
    counted = min(evidence["requests_in_metrics"], evidence["requests_in_log"])
    if counted < answered or not evidence["logins_let_in"]:
        raise SystemExit(f"Something was switched off in Shala: {evidence}")
    (places.out / "answers.json").write_text(json.dumps({"answers": answers, "evidence": evidence}, indent=1))


def begin(about: str, work: Callable[..., None], **asked: int) -> None:
    """Run `work(places, …)` with what the command line says: by name, with these numbers unless it says others."""
    parser = argparse.ArgumentParser(description=about)
    for name, usual in asked.items():
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the context managers: no stray servers
    os.sched_setaffinity(0, {1})
    try:
        work(given_places(), **vars(given))
    except psycopg.OperationalError as error:
        raise SystemExit(f"PostgreSQL went away: {error}") from error


if __name__ == "__main__":
    begin(__doc__ or "", run, rounds=3, seconds=5)
