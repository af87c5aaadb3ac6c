"""Which socket is at which address, and who may open it.

Sockets do not pass through the web framework: it has nothing to do for them, and each of its layers would stay in
memory as long as a socket is open.
"""

from collections.abc import Coroutine
from typing import Any

from litestar.types import Receive, Send

from core.errors import NotFound
from entrypoints.http.policy import Policy
from entrypoints.ws.chat import serve_chat
from entrypoints.ws.handshake import Judged, refuse
from entrypoints.ws.notifications import serve_notifications
from entrypoints.ws.sockets import Sockets

SOCKETS = {
    "/ws/community/chat": (Policy.ENROLLED, serve_chat),
    "/ws/notifications": (Policy.USER, serve_notifications),
}


class SocketRoutes:
    """What is below an address is its server's to read."""

    def __init__(self, sockets: Sockets) -> None:
        self.sockets = sockets
        self._judged = {path: Judged(sockets, policy, serve) for path, (policy, serve) in SOCKETS.items()}

    def __call__(self, scope: Any, receive: Receive, send: Send) -> Coroutine[Any, Any, None]:
        path = scope["path"]
        for begin, judged in self._judged.items():
            if path == begin or path.startswith(f"{begin}/"):
                return judged(scope, receive, send, path[len(begin) :].strip("/"))
        return refuse(scope, receive, send, NotFound())
