"""Before the chat is measured: every server brings a member's message to a member, and lets nobody else hear it."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import bench
from answers import demand
from chat_figures import TEXT
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

Login = tuple[str, str]
"""A user's id and token."""
PATIENCE_S = 1
SIZE = "bytes of the frame"


class Talker:
    """One socket at one of the servers, whichever protocol it speaks."""

    def __init__(self, socket: ClientConnection, *, is_socketio: bool) -> None:
        self._socket = socket
        self._is_socketio = is_socketio

    def say(self, text: str) -> None:
        said = json.dumps({"type": "chat_message", "message": text, "message_type": "text", "community_id": 1})
        self._socket.send(f'42["chat_message",{said}]' if self._is_socketio else said)

    def hear(self) -> dict[str, Any] | None:
        """The next message of the chat; None when nothing comes, or the socket is closed."""
        with contextlib.suppress(TimeoutError, ConnectionClosed):
            while True:
                raw = str(self._socket.recv(timeout=PATIENCE_S))
                told = json.loads((self._unpacked(raw) if self._is_socketio else raw) or "{}")
                if told.get("type") == "chat_message":
                    return {**told, SIZE: len(raw.encode())}
        return None

    def _unpacked(self, raw: str) -> str:
        if raw.startswith("0"):  # the transport is open: now the namespace
            self._socket.send("40")
        return json.dumps(json.loads(raw[2:])[1]) if raw.startswith("42") else ""


@contextlib.contextmanager
def talker(server: bench.Server, token: str) -> Iterator[Talker]:
    is_socketio = server.kind == "socketio"
    socketio, plain = "/socket.io/?EIO=4&transport=websocket&community=1&", "/ws/community/chat/1/?"
    address = server.base.replace("http", "ws", 1) + (socketio if is_socketio else plain) + f"token={token}"
    with connect(address, compression=None) as socket:
        yield Talker(socket, is_socketio=is_socketio)


def verify(server: bench.Server, members: list[Login], refused: dict[str, str]) -> dict[str, Any]:
    """The shape of a message's frame. `refused`: what they are, and their tokens.

    :raises SystemExit: a message did not come as it was sent, or came to somebody who must not hear it.
    """
    (sender_id, token), (_, other) = members[:2]
    for what, bad in refused.items():
        demand(server.name, f"the chat, {what}", _hears(server, bad, token), None)
    heard = _hears(server, other, token) or {}
    wanted = {"message": TEXT, "sender_id": int(sender_id), "sender_email": f"user{sender_id}@example.com"}
    demand(server.name, "the chat, a member", {name: heard.get(name) for name in wanted}, wanted)
    return {"bytes": heard.pop(SIZE), "fields": sorted(heard)}


def speak(server: bench.Server, token: str, then: Callable[[], dict[str, int]]) -> dict[str, int]:
    """What there is while a member is connected and has just spoken.

    :raises SystemExit: some of it is missing.
    """
    with talker(server, token) as member:
        member.say(TEXT)
        while member.hear() is not None:  # until it is quiet: what is told each second has been told
            pass
        member.hear()
        found = then()
    if not all(found.values()):
        raise SystemExit(f"Something was switched off in {server.name}: {found}")
    return found


def _hears(server: bench.Server, listening: str, sending: str) -> dict[str, Any] | None:
    """What one of them hears of the other's message; its sender must hear it in any case."""
    with talker(server, sending) as sender, contextlib.ExitStack() as stack:
        sender.hear()  # until it is quiet, and thus joined
        try:
            listener = stack.enter_context(talker(server, listening))
        except InvalidStatus:
            listener = None
        if listener is not None and listener.hear() is not None:
            raise SystemExit(f"{server.name} told of a message before there was any.")
        sender.say(TEXT)
        demand(server.name, "the chat, an echo", (sender.hear() or {}).get("message"), TEXT)
        return listener.hear() if listener is not None else None
