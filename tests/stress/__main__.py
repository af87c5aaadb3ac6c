"""`make stress`: the run in large, on a PostgreSQL and a Redis of its own. It fails if anything was not true."""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from processes import Topology
from services import Postgres, Redis
from stress.run import Plan, stress


def planned() -> Plan:
    parser = argparse.ArgumentParser(prog="make stress", description=__doc__)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--changes", type=float, default=8, help="what is said in a second, by all together")
    parser.add_argument("--losses", type=float, default=3, help="connections lost in a second")
    given = parser.parse_args()
    return Plan(given.sockets, given.seconds, given.seed, given.changes, given.losses, ghosts=True)


def main() -> int:
    plan = planned()
    print(f"Stress with --seed {plan.seed}", flush=True)  # noqa: T201 - it is known even if the run breaks off
    with tempfile.TemporaryDirectory() as directory, Postgres() as postgres, Redis() as redis:
        topology = Topology(postgres.url, redis.url, Path(directory))
        try:
            topology.run("migrate")
            topology.start_sandbox()
            report = asyncio.run(stress(plan, topology, redis))
            if report.ledger.faults:
                print(topology.logs())  # noqa: T201
            print(report)  # noqa: T201
        finally:
            topology.stop()
    return 1 if report.ledger.faults else 0


if __name__ == "__main__":
    sys.exit(main())
