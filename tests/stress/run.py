"""The stress run: a class that talks over two instances while connections, Redis and an instance are lost."""

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx

from processes import Topology
from services import Redis, free_port
from stress.device import Device
from stress.ledger import Ledger
from stress.place import Person, Place, enrol
from stress.traffic import Traffic
from stress.trouble import Trouble
from stress.verdict import judge_database, judge_devices, none_is_left_over, position, presence_is_true

SOCKETS_EACH = 5
"""Of one person; all of them, and those that are half open still, may meet on one instance, which allows ten."""
LEAVE_FOR_LONG = 10
"""One person in so many, but two at least."""
ROUND_S = 90.0
OPENING_S = SETTLING_S = PRESENCE_S = HALF_OPEN_S = 60.0
OLDER_ONE_IN = 8
POLL_S = 0.05


@dataclass(frozen=True)
class Plan:
    """`ghosts`: people also leave together with the instance that is killed, or vanish, so that only time can tell that
    they have gone; it takes up to a minute.
    """

    sockets: int
    seconds: float
    seed: int
    changes_per_s: float
    losses_per_s: float
    ghosts: bool = False


@dataclass
class Report:
    plan: Plan
    ledger: Ledger
    changes: int = 0
    took: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [
            f"seed {self.plan.seed}, {self.plan.sockets} sockets, {self.plan.seconds:.0f} s of traffic",
            f"changes: {self.changes}; slowest to catch up: {self.ledger.slowest_catch_up:.1f} s",
            *(f"{name}: {seconds:.1f} s" for name, seconds in self.took.items()),
            *(f"{name}: {count}" for name, count in sorted(self.ledger.counts.items())),
            *(f"FAULT {fault}" for fault in self.ledger.faults),
        ]
        return "\n".join(lines)

    @contextlib.contextmanager
    def timing(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.took[name] = time.monotonic() - began


async def stress(plan: Plan, topology: Topology, redis: Redis) -> Report:
    """Run it, and report what was true and what was not."""
    report = Report(plan, Ledger())
    topology.environment["SHALA_ACCESS_TOKEN_SECONDS"] = "86400"
    second_port = free_port()
    with report.timing("start"):
        people_count = -(-plan.sockets // SOCKETS_EACH)
        community_id, people = await enrol(topology.environment, people_count)
        await asyncio.to_thread(topology.start_web)
        second = await asyncio.to_thread(topology.start_web, second_port)
        await asyncio.to_thread(topology.start_worker)
    bases = [topology.environment["SHALA_PUBLIC_BASE_URL"], f"http://127.0.0.1:{second_port}"]
    limits = httpx.Limits(max_connections=50)
    async with httpx.AsyncClient(timeout=20, limits=limits) as http:
        place = Place(bases, community_id, http)
        async with _class(plan, place, people, report.ledger) as devices:
            run = _Run(report, place, topology, devices)
            await run.all(Trouble(topology, redis, second, second_port))
    return report


@contextlib.asynccontextmanager
async def _class(plan: Plan, place: Place, people: list[Person], ledger: Ledger) -> AsyncIterator[list[Device]]:
    """Everybody's devices. Half of them opt into version 2 by the address, and half by `hello`; a few are older."""
    devices = []
    for number in range(plan.sockets):
        opts_in = None if number % OLDER_ONE_IN == OLDER_ONE_IN - 1 else ("query", "hello")[number % 2]
        chance = random.Random(f"{plan.seed} {number}")
        person = people[number // SOCKETS_EACH]
        devices.append(Device(f"device {number} ({opts_in})", person, place, ledger, chance, opts_in))
    try:
        yield devices
    finally:
        await asyncio.gather(*(device.switch_off() for device in devices))


@dataclass
class _Run:
    report: Report
    place: Place
    topology: Topology
    devices: list[Device]

    def __post_init__(self) -> None:
        self.database_url = self.topology.environment["SHALA_DATABASE_URL"]
        self.ledger = self.report.ledger
        self.plan = self.report.plan
        self.gone_at = time.monotonic()
        """When the last of those went who are not to be online in the end."""
        chance = random.Random(self.plan.seed)
        self.traffic = Traffic(list(self.devices), chance, self.plan.changes_per_s, self.plan.losses_per_s)
        people = list({device.person.id: device.person for device in self.devices}.values())
        self.leaving = chance.sample(people, max(2, len(people) // LEAVE_FOR_LONG))

    async def all(self, trouble: Trouble) -> None:
        for device in self.devices:
            device.switch_on()
        with self.report.timing("opening"):
            await self._settled(self.devices, OPENING_S, "come")
        with self.report.timing("traffic"):
            await asyncio.gather(self.traffic.run(self.plan.seconds), self._troubled(trouble))
        here = self.traffic.devices
        with self.report.timing("until all are up to date"):
            await self._settled(here, SETTLING_S, "catch up")
        people = {device.person.id: device.person for device in here}
        await presence_is_true(self.place, people, self.gone_at + PRESENCE_S, self.ledger)
        self.report.took["until presence was true, after the last had gone"] = time.monotonic() - self.gone_at
        for device in self.devices:
            device.switch_on()
        with self.report.timing("until those who had left are up to date"):
            await self._settled(self.devices, SETTLING_S, "catch up after a long time")
        await self._judge()
        if self.plan.ghosts:
            with self.report.timing("until the last half-open socket was closed"):
                await none_is_left_over(self.place, len(self.devices), HALF_OPEN_S, self.ledger)

    async def _troubled(self, trouble: Trouble) -> None:
        early = len(self.leaving) // 2
        self._leave_for_long(self.leaving[:early], ghosts=False)
        rounds = max(1, round(self.plan.seconds / ROUND_S))
        for number in range(rounds):
            is_last = number == rounds - 1
            late = self.leaving[early:] if is_last and self.plan.ghosts else []
            leave = functools.partial(self._leave_for_long, late, ghosts=True)
            await trouble.run(self.plan.seconds / rounds * 0.9, leave)

    def _leave_for_long(self, people: list[Person], *, ghosts: bool) -> None:
        """Each of their devices in one of the ways in which people leave."""
        leaving = [device for device in self.devices if device.person in people]
        self.traffic.devices = [device for device in self.traffic.devices if device not in leaving]
        for number, device in enumerate(leaving):
            device.is_wanted.clear()
            if ghosts and number % 2:
                device.vanish(0)
            elif number % 4:
                device.lose()
            else:
                device.farewell()
        self.gone_at = time.monotonic()

    async def _settled(self, devices: list[Device], within_s: float, what: str) -> None:
        """Until all of them are up to date; those that are not are faults."""
        deadline = time.monotonic() + within_s
        while True:
            seq = await position(self.database_url, self.place.community_id)
            behind = [device for device in devices if not device.is_up_to_date(seq)]
            if not behind:
                return
            if time.monotonic() > deadline or self.ledger.faults:
                first = behind[0]
                self.ledger.fault(f"{len(behind)} do not {what}, up to {seq}; one is {first.state()}")
                return
            await asyncio.sleep(POLL_S)  # poll: devices say nothing when they are

    async def _judge(self) -> None:
        self.report.changes = await position(self.database_url, self.place.community_id)
        await judge_database(self.database_url, self.place.community_id, self.ledger)
        reader = self.devices[0].person
        newer = [device for device in self.devices if device.opts_in is not None]
        await judge_devices(self.place, reader, newer, self.ledger)
