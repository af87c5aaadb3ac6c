"""The stress run in small; `make stress` runs it in large."""

import pytest

from processes import Topology
from services import Redis
from stress.run import Plan, stress

pytestmark = pytest.mark.xdist_group("processes")
PLAN = Plan(sockets=40, seconds=13, seed=20251215, changes_per_s=60, losses_per_s=4)


async def test_what_everybody_holds_is_the_same_whatever_was_lost(topology: Topology, own_redis: Redis) -> None:
    report = await stress(PLAN, topology, own_redis)
    assert not report.ledger.faults, f"{report}\n{topology.logs()}"
    counts = report.ledger.counts
    assert all(counts[name] for name in ("chat_message", "message_edit", "message_delete", "resumes", "resyncs"))
