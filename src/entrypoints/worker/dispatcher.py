"""Runs the reactions that wait in the outbox; the same in a worker and inside `shala serve`."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, Protocol

import msgspec
import structlog
from prometheus_client import Counter

from core.errors import AppError, Invalid, Unavailable
from core.events import Reaction

BATCH = 32
AT_ONCE = 8
RENEW_EVERY_S = 20
MOST_ATTEMPTS = 12
MOST_ATTEMPTS_UNAVAILABLE = 60
LONGEST_DELAY_S = 1800
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
    async def claim(self, limit: int) -> list[Any]: ...
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
        jobs: Mapping[str, Callable[[], Awaitable[object]]],
        transaction: Callable[[], AbstractAsyncContextManager[Any]],
    ) -> None:
        self._outbox = outbox
        self._reactions = reactions
        self._jobs = jobs
        self._transaction = transaction
        self._places = asyncio.Semaphore(AT_ONCE)

    async def drain(self) -> int:
        """Run what is due until nothing is; how many reactions were run."""
        total = 0
        while messages := await self._outbox.claim(BATCH):
            total += len(messages)
            renewal = asyncio.create_task(self._keep(messages[0].token))
            try:
                outcomes = await asyncio.gather(*(self._one(message) for message in messages), return_exceptions=True)
            finally:
                renewal.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await renewal
            for error in outcomes:
                if error is not None:  # it could not even be postponed: its lease ends, and it comes again
                    log.error("reaction_left_to_its_lease", error=type(error).__name__)
        return total

    async def _keep(self, token: str) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            with contextlib.suppress(Unavailable):  # the next one may come through
                await self._outbox.renew(token)

    async def _one(self, message: Waiting) -> None:
        async with self._places:
            with structlog.contextvars.bound_contextvars(outbox_id=message.id, reaction=message.reaction):
                try:
                    await self._run(message)
                    outcome = "done"
                except ClaimLost:
                    outcome = "lost"
                except Exception as error:  # noqa: BLE001 - whatever a reaction raises, the others go on
                    outcome = await self._failed(message, error)
                RUN.labels(message.reaction, outcome).inc()

    async def _run(self, message: Waiting) -> None:
        job = self._jobs.get(message.reaction.removeprefix("schedule."))
        if message.reaction.startswith("schedule.") and job is not None:
            await job()
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
        why = f"{type(error).__name__}: {error.code}" if isinstance(error, AppError) else type(error).__name__
        is_final = isinstance(
            error, Invalid
        )  # what is wrong in itself stays so; other refusals may pass with the state
        most = MOST_ATTEMPTS_UNAVAILABLE if is_passing else 1 if is_final else MOST_ATTEMPTS
        if message.attempts >= most:
            await self._outbox.bury(message, why)
            log.error("reaction_given_up", attempts=message.attempts, why=why)
            return "dead"
        seconds = min(LONGEST_DELAY_S, 2.0 ** min(message.attempts, 11)) * random.uniform(0.5, 1)  # noqa: S311
        await self._outbox.postpone(message, timedelta(seconds=seconds), why)
        log.warning("reaction_postponed", attempts=message.attempts, why=why, exc_info=not isinstance(error, AppError))
        return "postponed"
