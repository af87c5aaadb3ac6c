"""uvicorn, which says what it serves when it does: a port that is taken must not have been announced."""

import contextlib
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

NOT_STARTED = 3  # as uvicorn's own program ends then
UNREAD_MS = 30_000
"""So long the kernel keeps a connection whose peer takes nothing of what was sent: one that is half open, or stalled.
uvicorn waits for its buffer to empty before it closes, which would be for ever."""


class _Announced(uvicorn.Server):
    def __init__(
        self, config: uvicorn.Config, announce: Callable[[], None], drain: Callable[[], Awaitable[None]] | None
    ) -> None:
        super().__init__(config)
        self._announce = announce
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)  # exits the process where the port cannot be bound
        for server in self.servers:
            for listening in server.sockets:
                _bound_patience(listening)
        self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._drain is not None:
            for server in self.servers:
                server.close()
            await self._drain()
        await super().shutdown(sockets)


def serve_announced(
    config: uvicorn.Config, announce: Callable[[], None], drain: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Serve until told to stop; `announce` is called when connections are accepted, `drain` when none are any more."""
    server = _Announced(config, announce, drain)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NOT_STARTED)


def _bound_patience(listening: Any) -> None:
    """What is accepted here inherits it. Linux's own option; elsewhere the system's patience holds."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and listening.family in {socket.AF_INET, socket.AF_INET6}:
        listening.setsockopt(socket.IPPROTO_TCP, option, UNREAD_MS)
