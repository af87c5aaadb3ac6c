"""Runs the reactions that wait in the outbox; the same in a worker and inside `shala serve`."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import msgspec
import structlog
from prometheus_client import Counter

from core.errors import AppError, Invalid, Unavailable
from core.events import Reaction
from entrypoints.worker.ending import end
from entrypoints.worker.schedule import Job

AT_ONCE = 8
OUTSIDE_AT_ONCE = 5  # a mail server that hangs leaves places for what the database alone can do
LOOK_PAST_EVERY_S = 0.25
"""How often to look past those outside that wait for a place: there may be a hundred thousand of them."""
RENEW_EVERY_S = 20
MOST_ATTEMPTS = 12
MOST_ATTEMPTS_UNAVAILABLE = 60
LONGEST_DELAY_S = 1800
SCHEDULED = "schedule."
log = structlog.get_logger()
RUN = Counter("shala_reactions_total", "Reactions by name and outcome", ["reaction", "outcome"])


class Waiting(Protocol):
    """A claimed reaction."""

    @property
    def id(self) -> int: ...
    @property
    def reaction(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def attempts(self) -> int: ...
    @property
    def token(self) -> str: ...


class Outbox(Protocol):
    async def claim(self, limit: int, *, but: frozenset[str] = frozenset()) -> list[Any]: ...
    async def renew(self, token: str) -> None: ...
    async def finish(self, message: Any, transaction: Any | None = None) -> bool: ...
    async def postpone(self, message: Any, delay: timedelta, why: str) -> None: ...
    async def bury(self, message: Any, why: str) -> None: ...


class ClaimLost(Exception):
    """Another process took the reaction over; its effects must not be committed twice."""


class Dispatcher:
    def __init__(
        self,
        outbox: Outbox,
        reactions: Mapping[str, Reaction],
        jobs: Mapping[str, Job],
        transaction: Callable[[], AbstractAsyncContextManager[Any]],
    ) -> None:
        self._outbox = outbox
        self._reactions = reactions
        self._jobs = jobs
        self._transaction = transaction
        self._outside = frozenset(
            [name for name, reaction in reactions.items() if reaction.outside]
            + [f"{SCHEDULED}{name}" for name, job in jobs.items() if job.outside]
        )
        self._running: dict[asyncio.Task[None], Waiting] = {}
        self._renewal: asyncio.Task[None] | None = None
        self._filling = asyncio.Lock()
        self._next_look_past = 0.0

    async def drain(self) -> int:
        """Run what is due until nothing is and all of it has ended; how many reactions were run."""
        total, is_over = 0, False
        while not is_over:
            # looked at before the claim: what ends during it may leave something that the claim did not see
            was_idle = not self._running
            started = await self.fill()
            total += started
            is_over = was_idle and not started
            await self.wait_for_place()
        return total

    async def fill(self) -> int:
        """Start what is due, as long as there are places; how many were started, which run on."""
        total = 0
        async with self._filling:
            while True:
                messages, may_have_missed = await self._claim()
                total += len(messages)
                for message in messages:
                    self._start(message)
                if not messages and not may_have_missed:
                    return total

    @property
    def is_full(self) -> bool:
        """Whether something may be due that has no place yet."""
        return self._places() <= 0 or self._outside_places() <= 0

    async def wait_for_place(self, at_most: float | None = None) -> None:
        """Until one of those that run has ended, it is time to look past those outside, or so many seconds are over."""
        if at_most is not None and self._outside_places() <= 0 < self._places():
            at_most = min(at_most, LOOK_PAST_EVERY_S)
        if self._running:
            await asyncio.wait(self._running, timeout=at_most, return_when=asyncio.FIRST_COMPLETED)

    async def _claim(self) -> tuple[list[Any], bool]:
        """What was claimed, and whether more could have been by now: those outside may have ended meanwhile."""
        places, outside = self._places(), self._outside_places()
        if places <= 0:
            return [], False
        if outside > 0:
            return await self._outbox.claim(min(places, outside)), False
        now = asyncio.get_running_loop().time()
        if now < self._next_look_past:
            return [], False
        messages = await self._outbox.claim(places, but=self._outside)
        if len(messages) < places:  # there was nothing more
            self._next_look_past = now + LOOK_PAST_EVERY_S
        return messages, self._outside_places() > 0

    def _places(self) -> int:
        return AT_ONCE - len(self._running)

    def _outside_places(self) -> int:
        return OUTSIDE_AT_ONCE - sum(message.reaction in self._outside for message in self._running.values())

    async def stop(self) -> None:
        """Break off what runs; the leases bring it back."""
        await end(list(self._running))

    def _start(self, message: Waiting) -> None:
        task = asyncio.create_task(self._one(message), name=message.reaction)
        self._running[task] = message
        task.add_done_callback(self._ended)
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._keep(), name="leases")

    def _ended(self, task: asyncio.Task[None]) -> None:
        message = self._running.pop(task)
        if not self._running and self._renewal is not None:
            self._renewal.cancel()
            self._renewal = None
        if not task.cancelled() and (error := task.exception()) is not None:
            # it could not even be postponed: its lease ends, and it comes again
            log.error("reaction_left_to_its_lease", reaction=message.reaction, error=type(error).__name__)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            for token in {message.token for message in self._running.values()}:
                try:
                    await self._outbox.renew(token)
                except Exception as error:  # noqa: BLE001 - the next one may come through
                    log.warning("lease_not_renewed", error=type(error).__name__)

    async def _one(self, message: Waiting) -> None:
        with structlog.contextvars.bound_contextvars(outbox_id=message.id, reaction=message.reaction):
            try:
                if message.attempts > MOST_ATTEMPTS_UNAVAILABLE:  # none of them came to an answer: it ends its process
                    outcome = await self._give_up(message, "ProcessEnded")
                else:
                    await self._run(message)
                    outcome = "done"
            except ClaimLost:
                outcome = "lost"
            except Exception as error:  # noqa: BLE001 - whatever a reaction raises, the others go on
                outcome = await self._failed(message, error)
            RUN.labels(message.reaction, outcome).inc()

    async def _run(self, message: Waiting) -> None:
        job = self._jobs.get(message.reaction.removeprefix(SCHEDULED))
        if message.reaction.startswith(SCHEDULED) and job is not None:
            await job.run()
            await self._outbox.finish(message)
            return
        reaction = self._reactions[message.reaction]
        event = msgspec.convert(message.payload, reaction.event)
        if reaction.outside:
            await reaction.call(event)
            await self._outbox.finish(message)
            return
        async with self._transaction() as transaction:
            await reaction.call(transaction, event)
            if not await self._outbox.finish(message, transaction):
                raise ClaimLost

    async def _failed(self, message: Waiting, error: Exception) -> str:
        """Postpone with growing gaps; give up in the end. Only the kind of error is kept: messages may name people."""
        is_passing = isinstance(error, Unavailable)
        if is_passing and message.reaction.startswith(SCHEDULED):  # its next slot comes anyway, and would come on top
            await self._outbox.finish(message)
            return "skipped"
        why = f"{type(error).__name__}: {error.code}" if isinstance(error, AppError) else type(error).__name__
        # what is wrong in itself stays so; other refusals may pass with the state
        is_final = isinstance(error, Invalid)
        most = MOST_ATTEMPTS_UNAVAILABLE if is_passing else 1 if is_final else MOST_ATTEMPTS
        if message.attempts >= most:
            return await self._give_up(message, why)
        seconds = min(LONGEST_DELAY_S, 2.0 ** min(message.attempts, 11)) * random.uniform(0.5, 1)  # noqa: S311
        await self._outbox.postpone(message, timedelta(seconds=seconds), why)
        log.warning("reaction_postponed", attempts=message.attempts, why=why, exc_info=not isinstance(error, AppError))
        return "postponed"

    async def _give_up(self, message: Waiting, why: str) -> str:
        await self._outbox.bury(message, why)
        log.error("reaction_given_up", attempts=message.attempts, why=why)
        return "dead"
