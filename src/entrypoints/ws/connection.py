"""One socket: what waits to be written to it, and how it ends.

Whoever tells a socket something never waits for it. What the server takes at once is written at once. Otherwise what
comes after it queues up, within bounds, and a task that lives only while something waits writes it. A socket that does
not keep up is closed; its client comes back and resumes.
"""

import asyncio
import secrets
import types
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from datetime import datetime
from typing import Any

import structlog

from core.actor import Actor
from core.errors import AppError, Invalid, RateLimited
from entrypoints.ws.closing import CLOSED, TEMPORARY, Code, TooManySockets, code_of
from entrypoints.ws.outgoing import Error, Frame, Told, close_event, frame

MOST_FRAMES = 256
MOST_BYTES = 512 * 1024
CLOSE_PATIENCE_S = 5.0
BAD_WINDOW_S = 60.0
MOST_BAD = 10
MOST_REFUSED = 30
"""Frames over a rate, within a minute."""
COUNTED = (
    (Invalid, Code.BAD_FRAMES, MOST_BAD, "bad_frames"),
    (RateLimited, Code.TOO_FAST, MOST_REFUSED, "rate_limited"),
)
log = structlog.get_logger()
Send = Callable[[Any], Awaitable[None]]
GONE = (OSError, RuntimeError)
"""The client has gone, or the server is closing its socket: its own task hears of it."""


class Connection:
    """A socket that is open. It belongs to the login in `actor`, and may be open as long as that stands."""

    __slots__ = (
        "__weakref__",
        "_bad",
        "_bytes",
        "_ending",
        "_owner",
        "_pump",
        "_queue",
        "_send",
        "actor",
        "bucket",
        "closed",
        "community_id",
        "heard_at",
        "held",
        "id",
        "is_busy",
        "is_closing",
        "is_warned",
        "login_ends",
        "pinged_at",
        "place_ends",
        "position",
        "said",
        "scheduled",
        "version",
    )

    def __init__(self, send: Send, actor: Actor, login_ends: datetime, version: int) -> None:
        self.id = secrets.token_hex(8)
        self.actor = actor
        self.version = version
        self.login_ends = login_ends
        self.community_id: int | None = None
        self.place_ends: datetime | None = None
        self.scheduled = 0.0
        """When its rights are looked at next; 0: not by themselves."""
        self.said = (0, 0.0)
        """How many frames came in the window that began then."""
        self.position = 0
        self.held: list[tuple[int, Frame]] | None = None
        self.bucket = 0
        self.heard_at = self.pinged_at = 0.0
        self.is_closing = self.is_warned = False
        self.is_busy = False
        """Whether something that its client said is being done; meanwhile nothing more is heard from it."""
        self.closed: int | None = None
        """With which code we closed it."""
        self._send = send
        self._owner = asyncio.current_task()
        self._queue: deque[Frame] | None = None
        self._bytes = 0
        self._pump: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._bad: deque[tuple[float, Code]] | None = None

    @property
    def user_id(self) -> int:
        return self.actor.user_id

    def tell(self, told: Told) -> None:
        self.offer(frame(told))

    def offer(self, one: Frame, *, is_passing: bool = False) -> None:
        """Write or queue a frame. `is_passing`: dropped where the queue is half full; nobody misses it for long."""
        if self.is_closing:
            return
        queue = self._queue
        if queue is None:
            self._begin(one)
            return
        if is_passing and (len(queue) * 2 >= MOST_FRAMES or self._bytes * 2 >= MOST_BYTES):
            return
        if len(queue) >= MOST_FRAMES or (queue and self._bytes + one.size > MOST_BYTES):
            self.close(Code.TOO_SLOW, "too_slow")
            return
        queue.append(one)
        self._bytes += one.size

    def durable(self, seq: int, one: Frame) -> None:
        """A change with this number, unless the client has it; what comes while it resumes is kept until then."""
        if self.held is not None:
            self.held.append((seq, one))
            if len(self.held) > MOST_FRAMES:
                self.close(Code.TOO_SLOW, "too_slow")
        elif seq > self.position:
            self.position = seq
            self.offer(one)

    def hold(self) -> None:
        """Keep changes back until `resumed`."""
        if self.held is None:
            self.held = []

    def resumed(self, position: int, *frames: Frame) -> None:
        """The client is told `frames`, which bring it up to this position, and then what was kept back."""
        held, self.held = self.held or [], None
        self.position = max(self.position, position)
        for one in frames:
            self.offer(one)
        for seq, one in held:
            self.durable(seq, one)

    def restart(self, position: int, one: Frame) -> None:
        """Numbers began anew: whatever the client had come to means nothing."""
        self.held, self.position = None, position
        self.offer(one)

    def refuse(self, error: AppError, client_id: str | None = None) -> None:
        """Tell of an error. Too many faulty frames, or too many over a rate, close the socket."""
        self.offer(refusal(error, client_id))
        for kind, code, most, reason in COUNTED:
            if isinstance(error, kind) and self._counted(code) >= most:
                self.close(code, reason)

    def evict(self, error: AppError) -> None:
        """The right to be open has ended: say why, and close."""
        code, reason = code_of(error)
        self.close(code, reason, refusal(error))

    def close(self, code: int, reason: str, *last: Frame) -> None:
        """Close it, after `last`; what waits is dropped. Its own task ends in a moment, whatever its client does."""
        if self.is_closing:
            return
        self.is_closing, self.closed = True, int(code)
        CLOSED.labels(int(code)).inc()
        self._queue = self.held = None
        if self._pump is not None:
            self._pump.cancel()
        self._ending = asyncio.get_running_loop().create_task(self._end(code, reason, last))

    async def ended(self) -> None:
        """Until the closing, if there is one, has come to its end."""
        self._owner = None  # it has come to its end by itself
        if self._ending is not None:
            await self._ending

    def _begin(self, one: Frame) -> None:
        """A task for each frame of each socket would cost as much as the writing: it is made where the server waits."""
        sending = self._send(one.event).__await__()
        try:
            waits_for = next(sending)
        except StopIteration:
            return
        except GONE:
            self.is_closing = True
            return
        except Exception:  # whoever tells many sockets must come to the others, too
            log.exception("frame_not_written", user_id=self.user_id)
            self.close(Code.INTERNAL, "internal_error")
            return
        self._queue, self._bytes = deque(), one.size
        self._pump = asyncio.get_running_loop().create_task(self._write(_going_on(sending, waits_for), one))

    async def _write(self, sending: Awaitable[None], one: Frame) -> None:
        try:
            await sending
            self._bytes -= one.size
            while queue := self._queue:
                one = queue.popleft()
                await self._send(one.event)
                self._bytes -= one.size
        except GONE:
            self.is_closing = True
        finally:
            self._pump = self._queue = None
            self._bytes = 0

    async def _end(self, code: int, reason: str, last: tuple[Frame, ...]) -> None:
        try:
            async with asyncio.timeout(CLOSE_PATIENCE_S):
                for one in last:
                    await self._send(one.event)
                await self._send(close_event(code, reason))
        except (*GONE, TimeoutError):  # or it reads nothing: there is nobody to tell
            if self._owner is not None:
                self._owner.cancel()

    def _counted(self, kind: Code) -> int:
        now = asyncio.get_running_loop().time()
        if self._bad is None:
            self._bad = deque(maxlen=2 * MOST_REFUSED)
        self._bad.append((now, kind))
        while self._bad[0][0] < now - BAD_WINDOW_S:
            self._bad.popleft()
        return sum(one == kind for _, one in self._bad)


@types.coroutine
def _going_on(begun: Generator[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """The rest of a call that has been begun outside a task, and waits."""
    yield waits_for
    yield from begun


def refusal(error: AppError, client_id: str | None = None) -> Frame:
    optional: dict[str, Any] = {}
    if client_id is not None:
        optional["client_id"] = client_id
    if error.retry_after is not None:
        optional["retry_after_ms"] = error.retry_after * 1000
    if error.faults:
        optional["errors"] = list(error.faults)
    is_temporary = isinstance(error, TEMPORARY) and not isinstance(error, TooManySockets)
    told = Error(error.code, error.message, is_temporary, **optional)
    return frame(told)
