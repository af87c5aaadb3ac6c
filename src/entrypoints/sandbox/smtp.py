"""An SMTP server that accepts every mail, from anybody and with any password, and stores it in the mailbox.

Plain text without STARTTLS, in the event loop of whoever starts it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from entrypoints.sandbox.faults import Faults
from entrypoints.sandbox.mailbox import Mailbox

_FAILURES: Final = {
    "4xx": "451 4.3.0 Requested action aborted: try again later",
    "5xx": "554 5.7.1 Transaction failed",
}


class SmtpServer:
    def __init__(self, mailbox: Mailbox, faults: Faults, host: str, port: int) -> None:
        self.host = host
        self._port = port
        self._mailbox = mailbox
        self._faults = faults
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.BaseTransport] = set()

    @property
    def port(self) -> int:
        """The port it listens on; before ``start`` the configured one."""
        if self._server is None:
            return self._port
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        if self._server is None:
            # aiosmtpd tells every command, with its addresses, at INFO.
            logging.getLogger("mail.log").setLevel(logging.WARNING)
            self._server = await asyncio.get_running_loop().create_server(self._accept, self.host, self._port)

    async def stop(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for connection in list(self._connections):
            cast("asyncio.Transport", connection).abort()
        await server.wait_closed()

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        knobs = self._faults.take_smtp()
        if knobs is not None:
            await asyncio.sleep(knobs.delay_before_s)
            if knobs.fail in _FAILURES:
                return _FAILURES[knobs.fail]
        content = envelope.original_content or b""
        self._mailbox.add(envelope.mail_from or "", envelope.rcpt_tos, content)
        if knobs is not None:
            await asyncio.sleep(knobs.delay_after_s)
            if knobs.fail == "drop_after" and server.transport is not None:
                server.transport.close()
                await asyncio.sleep(60)  # cancelled as soon as the connection is gone; no reply is written
        return "250 2.0.0 OK"

    def _accept(self) -> asyncio.BaseProtocol:
        if self._faults.document.smtp.fail == "refuse":
            self._faults.take_smtp()
            return _Refusal()
        return _Connection(self, self._connections)


class _Connection(SMTP):
    def __init__(self, server: SmtpServer, connections: set[asyncio.BaseTransport]) -> None:
        super().__init__(
            server,
            hostname="sandbox",
            ident="Sandbox SMTP",
            enable_SMTPUTF8=True,
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=True),
            loop=asyncio.get_running_loop(),
        )
        self._connections = connections
        self._own_transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._own_transport = transport
        self._connections.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._own_transport is not None:
            self._connections.discard(self._own_transport)
        super().connection_lost(error)


class _Refusal(asyncio.Protocol):
    """A server too busy to talk."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(b"421 4.3.2 Service not available, closing transmission channel\r\n")
        transport.close()
