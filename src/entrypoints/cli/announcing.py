"""uvicorn, which says what it serves when it does: a port that is taken must not have been announced."""

import contextlib
import socket
import sys
from collections.abc import Callable

import uvicorn

NOT_STARTED = 3  # as uvicorn's own program ends then


class _Announced(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)  # exits the process where the port cannot be bound
        self._announce()


def serve_announced(config: uvicorn.Config, announce: Callable[[], None]) -> None:
    """Serve until told to stop; `announce` is called when connections are accepted."""
    server = _Announced(config, announce)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(NOT_STARTED)
