"""A post in a large group while workers are killed: everybody has one row, and each phone shows one push."""

import asyncio
from pathlib import Path

import asyncpg
import httpx
import pytest

from classes import POSTS, fill, found_school
from processes import Topology, until
from worlds import PASSWORD, SandboxClient, build_world

MEMBERS, DEVICES = 20_000, 400
WAITING = "done_at IS NULL AND dead_at IS NULL"
pytestmark = pytest.mark.xdist_group("processes")


async def test_three_workers_are_killed_in_the_middle(
    topology: Topology, sandbox: SandboxClient, tmp_path: Path
) -> None:
    url = topology.environment["SHALA_DATABASE_URL"]
    own = tmp_path / "world"
    own.mkdir()
    world = build_world(url, sandbox, own)
    school = await found_school(world)
    await world.settle()
    driver = await asyncpg.connect(url.replace("+asyncpg", ""))
    await fill(school, driver, members=MEMBERS, devices=DEVICES)
    await world.close()

    topology.start_web()
    base = topology.environment["SHALA_PUBLIC_BASE_URL"]
    async with httpx.AsyncClient(base_url=base, timeout=20) as http:
        login = await http.post("/api/accounts/login/", json={"email": school.asha.email, "password": PASSWORD})
        headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
        body = {"community_id": school.id, "title": "Doubt", "content": "Why?"}
        assert (await http.post(POSTS, json=body, headers=headers)).status_code == 201

    async def rows() -> int:
        return int(await driver.fetchval("SELECT count(*) FROM notifications"))

    async def reached(part: int) -> None:
        while await rows() < part:
            await asyncio.sleep(0.01)  # poll
            assert not await driver.fetchval(f"SELECT count(*) FROM outbox WHERE {WAITING} AND attempts > 5")

    for part in (1, MEMBERS // 3, 2 * MEMBERS // 3):
        worker = topology.start_worker()
        await reached(part)
        topology.kill(worker)
        assert await rows() < MEMBERS
        await topology.let_leases_end()
    topology.faults(fcm={"delay_s": 0.2})
    worker = topology.start_worker()
    until(lambda: len(topology.pushes()) > 20, 60, "some phones have been reached")
    topology.kill(worker)
    topology.faults()
    await topology.let_leases_end()
    topology.start_worker()
    until(lambda: len({one["token"] for one in topology.pushes()}) == DEVICES, 90, "all phones have been reached")
    counted = await driver.fetchrow("SELECT count(*), count(DISTINCT recipient_id) FROM notifications")
    assert tuple(counted) == (MEMBERS + 2, MEMBERS + 2)
    shown = [one for one in topology.pushes() if one["visible"]]
    assert len(shown) == len({one["token"] for one in shown}) == DEVICES
    await driver.close()
