"""A socket as the app opens it, checked as it answers."""

import contextlib
import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect

from entrypoints.tour.expecting import PATIENCE_S, Body, Unexpected


@dataclass
class Socket:
    """`welcome` is what it began with."""

    connection: ClientConnection
    held: contextlib.ExitStack
    welcome: Body = field(default_factory=dict)

    @classmethod
    def open(cls, base: httpx.URL, path: str, token: str | None = None) -> "Socket":
        """:raises Unexpected: it cannot be opened, or does not begin with a welcome."""
        address = f"ws{'s' if base.scheme == 'https' else ''}://{base.netloc.decode()}{path}"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        held = contextlib.ExitStack()
        try:
            dialled = connect(address, additional_headers=headers, compression=None, open_timeout=PATIENCE_S)
            opened = cls(held.enter_context(dialled), held)
        except (OSError, InvalidHandshake, InvalidURI) as error:
            raise Unexpected(f"{address.partition('?')[0]} does not open: {type(error).__name__}: {error}") from error
        opened.welcome = opened.hear("welcome")
        return opened

    def say(self, kind: str, **more: Any) -> None:
        """:raises Unexpected: the socket is closed."""
        try:
            self.connection.send(json.dumps({"type": kind, **more}))
        except ConnectionClosed as error:
            raise Unexpected(f"The socket was closed before {kind} was said: {error}") from error

    def hear(self, kind: str, **wanted: Any) -> Body:
        """The next frame of this kind with these values; others are passed over, and pings answered.

        :raises Unexpected: it does not come in 15 s, an error comes instead, or the socket is closed.
        """
        deadline = time.monotonic() + PATIENCE_S
        heard: list[Body] = []
        while True:
            try:
                frame: Body = json.loads(self.connection.recv(timeout=max(0.01, deadline - time.monotonic())))
            except TimeoutError:
                raise Unexpected(f"No {kind} came in {PATIENCE_S:.0f} s; heard: {heard[-5:]}") from None
            except ConnectionClosed as error:
                raise Unexpected(f"The socket was closed before a {kind} came: {error}; heard: {heard[-5:]}") from error
            if frame["type"] == kind and all(frame.get(name) == value for name, value in wanted.items()):
                return frame
            if frame["type"] == "error":
                raise Unexpected(f"Instead of a {kind} came {frame}")
            if frame["type"] == "ping":
                self.say("pong")
            heard.append(frame)

    def closed(self) -> int:
        """The code that it is closed with.

        :raises Unexpected: it stays open for 15 s.
        """
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self.connection.recv(timeout=PATIENCE_S)
            except TimeoutError:
                break
            except ConnectionClosed as error:
                return error.rcvd.code if error.rcvd else 0
        raise Unexpected(f"The socket is open still, {PATIENCE_S:.0f} s later.")

    def lose(self) -> None:
        """As in a tunnel: no closing is said."""
        with contextlib.suppress(OSError):
            self.connection.socket.shutdown(socket.SHUT_RDWR)
        self.held.close()
