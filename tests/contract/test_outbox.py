"""The outbox and its dispatcher: everything at least once, database effects exactly once, nothing for ever."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from adapters.sql.database import SqlTransaction
from core.errors import Conflict, Invalid, Unavailable
from core.events import Event, Reaction, Reactions
from entrypoints.worker import dispatcher as dispatching
from entrypoints.worker.dispatcher import MOST_ATTEMPTS, MOST_ATTEMPTS_UNAVAILABLE, OUTSIDE_AT_ONCE, Dispatcher
from entrypoints.worker.schedule import Job, Schedule, slot_of
from worlds import World


class Happened(Event, frozen=True, kw_only=True):
    number: int


class Effects:
    """What the reactions of a test did."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.fail: Exception | None = None

    async def outside(self, event: Happened) -> None:
        self.calls.append(event.number)
        if self.fail:
            raise self.fail

    async def inside(self, transaction: SqlTransaction, event: Happened) -> None:
        self.calls.append(event.number)
        await transaction.execute(
            text("INSERT INTO categories (slug, title) VALUES (:s, 'x')"), {"s": f"c{event.number}"}
        )
        if self.fail:
            raise self.fail


@pytest.fixture
def effects() -> Effects:
    return Effects()


def rewire(world: World, **reactions: Any) -> Dispatcher:
    """Let the house react in a test's way; `within`, `after` and `outside` are calls."""
    within = tuple(Reaction(n, Happened, c) for n, c in reactions.items() if n == "within")
    after = tuple(Reaction(n, Happened, c, outside=n == "outside") for n, c in reactions.items() if n != "within")
    world.house.database.reactions = Reactions.of(within=within, after=after)
    return Dispatcher(world.house.outbox, world.house.database.reactions.named(), {}, world.house.database.transaction)


def hanging(world: World) -> tuple[Dispatcher, list[int], asyncio.Event]:
    """What calls outside hangs until the event; what the database alone can do notes itself in the list."""
    done: list[int] = []
    answer = asyncio.Event()

    async def outside(_: Happened) -> None:
        await answer.wait()

    async def after(_: SqlTransaction, event: Happened) -> None:
        done.append(event.number)

    return rewire(world, outside=outside, after=after), done, answer


async def announce(world: World, *numbers: int) -> None:
    async with world.house.database.transaction() as transaction:
        for number in numbers:
            await transaction.emit(Happened(number=number))


async def test_a_rolled_back_fact_is_never_reacted_to(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, within=effects.inside, outside=effects.outside)

    async def broken() -> None:
        async with world.house.database.transaction() as transaction:
            await transaction.emit(Happened(number=1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()
    assert await dispatcher.drain() == 0
    assert await world.count("categories") == 0


async def test_a_failing_reaction_within_takes_the_fact_with_it(world: World, effects: Effects) -> None:
    rewire(world, within=effects.inside, outside=effects.outside)
    effects.fail = RuntimeError()
    with pytest.raises(RuntimeError):
        await announce(world, 1)
    assert await world.count("categories") == await world.count("outbox") == 0


async def test_each_is_run_once_by_many_dispatchers(world: World, effects: Effects) -> None:
    dispatchers = [rewire(world, outside=effects.outside) for _ in range(4)]
    await announce(world, *range(200))
    await asyncio.gather(*(dispatcher.drain() for dispatcher in (*dispatchers, dispatchers[0])))
    assert sorted(effects.calls) == list(range(200))
    assert await world.count("outbox", "done_at IS NULL") == 0


async def test_what_is_announced_while_the_last_one_ends_is_drained_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim that runs meanwhile does not see it, and when it returns nothing runs any more."""
    outbox, ending, calls = world.house.outbox, asyncio.Event(), list[int]()

    async def outside(event: Happened) -> None:
        if event.number == 2:
            await ending.wait()
        calls.append(event.number)

    dispatcher = rewire(world, outside=outside)
    await announce(world, 1, 2)
    claim = outbox.claim

    async def slow_claim(limit: int, **how: Any) -> list[Any]:
        running, has_one_ended = list(dispatcher._running), calls == [1]
        claimed = await claim(limit, **how)
        if has_one_ended:
            await announce(world, 3)
            ending.set()
            await asyncio.wait(running)
        return claimed

    monkeypatch.setattr(outbox, "claim", slow_claim)
    assert await dispatcher.drain() == 3
    assert calls == [1, 2, 3]


async def test_effects_in_the_database_and_done_commit_together(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, after=effects.inside)
    await announce(world, 1)
    effects.fail = RuntimeError()
    await dispatcher.drain()
    assert await world.count("categories") == 0
    effects.fail = None
    world.clock.advance(seconds=30)
    await dispatcher.drain()
    assert (effects.calls, await world.count("categories")) == ([1, 1], 1)


async def test_a_claim_that_was_lost_commits_nothing(world: World, effects: Effects) -> None:
    """A worker that froze for longer than its lease must not write what another has written meanwhile."""
    await announce_with(world, effects)
    frozen = (await world.house.outbox.claim(10))[0]
    world.clock.advance(seconds=61)
    other = rewire(world, after=effects.inside)
    assert await other.drain() == 1
    assert await world.count("categories") == 1
    assert not await world.house.outbox.finish(frozen)
    await other._one(frozen)
    assert await world.count("categories") == 1


async def announce_with(world: World, effects: Effects) -> None:
    rewire(world, after=effects.inside)
    await announce(world, 1)


async def test_a_killed_workers_reaction_is_run_again_after_its_lease(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    await world.house.outbox.claim(10)  # and dies
    assert await dispatcher.drain() == 0
    world.clock.advance(seconds=61)
    assert await dispatcher.drain() == 1
    assert effects.calls == [1]


async def test_a_renewed_claim_is_kept(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    message = (await world.house.outbox.claim(10))[0]
    for _ in range(3):
        world.clock.advance(seconds=40)
        await world.house.outbox.renew(message.token)
        assert await dispatcher.drain() == 0


async def test_what_fails_for_good_is_given_up_listed_and_revived(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    effects.fail = ValueError("names somebody@example.com")
    for _ in range(MOST_ATTEMPTS + 3):
        await dispatcher.drain()
        world.clock.advance(hours=1)
    assert len(effects.calls) == MOST_ATTEMPTS
    assert (await world.house.outbox.backlog())[:2] == (0, 1)
    [(_, reaction, attempts, why)] = await world.house.outbox.dead()
    assert (reaction, attempts, why) == ("outside", MOST_ATTEMPTS, "ValueError")
    effects.fail = None
    assert await world.house.outbox.revive() == 1
    await dispatcher.drain()
    assert await world.house.outbox.dead() == []


async def test_one_poison_does_not_hold_up_the_rest(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, *range(100))
    effects.fail = Unavailable()
    await dispatcher.drain()
    assert sorted(effects.calls) == list(range(100))
    assert await world.count("outbox", "done_at IS NULL AND dead_at IS NULL") == 100


async def test_a_refusal_that_may_pass_is_tried_again(world: World, effects: Effects) -> None:
    """A conflict in a race (the seat was taken while we looked) must not bury a payment after one attempt."""
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    effects.fail = Conflict()
    await dispatcher.drain()
    effects.fail = None
    world.clock.advance(seconds=30)
    await dispatcher.drain()
    assert effects.calls == [1, 1]
    assert (await world.house.outbox.backlog())[:2] == (0, 0)


async def test_what_is_wrong_in_itself_is_given_up_at_once(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    effects.fail = Invalid()
    await dispatcher.drain()
    assert [dead[2:] for dead in await world.house.outbox.dead()] == [(1, "Invalid: invalid_input")]


async def test_one_that_cannot_be_postponed_comes_again_after_its_lease(world: World, effects: Effects) -> None:
    """The database refuses to note a failure: the others go on, and the lease brings the reaction back."""
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1, 2)
    effects.fail = Conflict()
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("CREATE UNIQUE INDEX one_failure ON outbox (error)"))
    try:
        with capture_logs() as logs:
            assert await dispatcher.drain() == 2
    finally:
        async with world.house.database.transaction() as transaction:
            await transaction.execute(text("DROP INDEX one_failure"))
    assert [line["event"] for line in logs] == ["reaction_postponed", "reaction_left_to_its_lease"]
    effects.fail = None
    world.clock.advance(seconds=61)
    assert await dispatcher.drain() == 2


async def test_slow_ones_outside_leave_places_for_the_rest(world: World) -> None:
    """A mail server that hangs for a minute must not hold up what the database alone can do, payments above all."""
    dispatcher, done, answer = hanging(world)
    for number in range(OUTSIDE_AT_ONCE + 3):
        await announce(world, number)
        await dispatcher.fill()
    assert dispatcher.is_full
    async with asyncio.timeout(10):
        while (await world.house.outbox.backlog())[0] > OUTSIDE_AT_ONCE + 3:  # the mails
            await dispatcher.wait_for_place(0.1)
            await dispatcher.fill()
    assert sorted(done) == list(range(OUTSIDE_AT_ONCE + 3))
    answer.set()
    await dispatcher.drain()
    assert (await world.house.outbox.backlog())[0] == 0


async def test_ones_that_hang_outside_slow_the_rest_down_little(world: World) -> None:
    """As the worker's loop goes: three places are left, and whoever ends in one is followed at once."""
    dispatcher, done, answer = hanging(world)
    await announce(world, *range(40))
    async with asyncio.timeout(8):  # three a second would take thirteen
        while len(done) < 40:
            await dispatcher.fill()
            await dispatcher.wait_for_place(1.0)
    answer.set()
    await dispatcher.drain()


async def test_places_that_become_free_during_a_look_past_are_filled_at_once(
    world: World, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what waits outside would wait for the next second each time, and five a second would be all."""
    dispatcher = rewire(world, outside=effects.outside)
    claim = world.house.outbox.claim

    async def slow(limit: int, *, but: frozenset[str] = frozenset()) -> list[Any]:
        found = await claim(limit, but=but)
        for _ in range(OUTSIDE_AT_ONCE if but else 0):
            await dispatcher.wait_for_place()  # until one more has ended: all have in the end
        return found

    monkeypatch.setattr(world.house.outbox, "claim", slow)
    await announce(world, *range(OUTSIDE_AT_ONCE + 3))
    assert await dispatcher.fill() == OUTSIDE_AT_ONCE + 3
    await dispatcher.drain()
    assert sorted(effects.calls) == list(range(OUTSIDE_AT_ONCE + 3))


async def test_leases_are_renewed_whatever_goes_wrong_with_one(
    world: World, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database refuses a renewal; the next one comes through, and the reaction is not run twice."""
    monkeypatch.setattr(dispatching, "RENEW_EVERY_S", 0.01)
    going, enough = asyncio.Event(), asyncio.Event()

    async def outside(event: Happened) -> None:
        effects.calls.append(event.number)
        going.set()
        await enough.wait()

    dispatcher = rewire(world, outside=outside)
    await announce(world, 1)
    await dispatcher.fill()
    await going.wait()
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("ALTER TABLE outbox RENAME COLUMN lease_token TO hidden"))
    with capture_logs() as logs:
        while not [line for line in logs if line["event"] == "lease_not_renewed"]:
            await world.count("outbox")
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("ALTER TABLE outbox RENAME COLUMN hidden TO lease_token"))
    world.clock.advance(seconds=61)
    due = f"run_at <= '{world.clock.now():%Y-%m-%d %H:%M:%S}'"
    while await world.count("outbox", due):
        assert await world.count("outbox", "done_at IS NULL") == 1
    assert await rewire(world, outside=effects.outside).drain() == 0
    enough.set()
    await dispatcher.drain()
    assert effects.calls == [1]


async def test_what_ends_its_process_each_time_is_given_up(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    for _ in range(MOST_ATTEMPTS_UNAVAILABLE):
        assert await world.house.outbox.claim(1)
        await world.house.outbox.release_all()
    assert await dispatcher.drain() == 1
    assert not effects.calls
    assert [dead[2:] for dead in await world.house.outbox.dead()] == [(MOST_ATTEMPTS_UNAVAILABLE + 1, "ProcessEnded")]


async def test_what_a_killed_process_had_begun_is_due_at_once_for_the_only_one(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1, 2)
    held = await world.house.outbox.claim(1)
    assert await dispatcher.drain() == 1
    await world.house.outbox.release_all()
    assert await dispatcher.drain() == 1
    assert sorted(effects.calls) == [1, 2]
    assert not await world.house.outbox.finish(held[0])


async def test_what_is_stopped_in_the_middle_comes_again(world: World, effects: Effects) -> None:
    started = asyncio.Event()

    async def hanging(_: Happened) -> None:
        started.set()
        await asyncio.Event().wait()

    stopped = rewire(world, outside=hanging)
    await announce(world, 1)
    await stopped.fill()
    await started.wait()
    await stopped.stop()
    world.clock.advance(seconds=61)
    assert await rewire(world, outside=effects.outside).drain() == 1
    assert effects.calls == [1]


async def test_scheduled_work_runs_once_a_slot_over_all_workers(world: World) -> None:
    runs: list[int] = []

    async def job() -> None:
        runs.append(1)

    jobs = {"job": Job(timedelta(minutes=5), job)}
    house = world.house
    schedules = [Schedule(house.outbox, world.clock, jobs) for _ in range(4)]
    dispatcher = Dispatcher(house.outbox, {}, {"job": Job(timedelta(minutes=1), job)}, house.database.transaction)
    world.clock.ahead = slot_of(world.clock.now(), timedelta(minutes=5)) + timedelta(minutes=5) - world.clock.now()
    for expected in (1, 2):
        await asyncio.gather(*(schedule.tick() for schedule in schedules))
        await dispatcher.drain()
        await asyncio.gather(*(schedule.tick() for schedule in schedules))
        await dispatcher.drain()
        assert len(runs) == expected
        world.clock.advance(minutes=5)


async def test_pruning_keeps_what_waits(world: World, effects: Effects) -> None:
    dispatcher = rewire(world, outside=effects.outside)
    await announce(world, 1)
    await dispatcher.drain()
    world.clock.advance(days=6)
    await announce(world, 2)
    world.clock.advance(days=2)
    await world.house.pruning.prune()
    assert await world.count("outbox") == 1
