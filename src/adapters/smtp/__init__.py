"""Mail through a real SMTP server, by aiosmtplib."""

import asyncio

import aiosmtplib

from adapters.smtp.connection import Connection, Lost
from adapters.smtp.refusals import refusal
from adapters.smtp.writing import Envelope, write
from core.errors import Unavailable
from modules.notifications.domain.mails import Letter

MOST_LETTERS = 100
"""Over one connection: servers have limits of their own, and it is politer to go first."""


class SmtpTransport:
    """Up to `connections` letters at once, each over a connection of its own, which is kept for the letters after it.

    `tls` is off, starttls or tls, and certificates are verified: against the machine's authorities and, if it is
    given, those in the file `certificates`. From when a letter has its connection, all is bounded by `timeout`
    seconds; for a connection it waits as long as the letters before it take.

    Keeping is worth it for the handshakes: on one machine, with STARTTLS and a login, a letter costs 34 ms over a
    connection of its own and 2 ms over a kept one; a distant server adds about seven round trips to the former.
    A connection is closed after `idle` seconds without a letter, after a hundred letters, and when it is odd.

    One that the server has closed meanwhile is found out by the letter's own MAIL command. A NOOP before it would cost
    each letter a round trip and say nothing of the next moment. Until RCPT is answered the server has accepted nothing,
    so the letter then goes over a fresh connection, once. From DATA on it is not repeated, even if the connection dies
    before the content was sent: that cannot be told apart here, and the caller repeats with the same Message-ID.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        sender: str,
        username: str | None = None,
        password: str | None = None,
        tls: str = "off",
        timeout: float = 15,
        idle: float = 30,
        connections: int = 2,
        certificates: str | None = None,
    ) -> None:
        self.port = port
        self._host = host
        self._sender = sender
        self._login = (username, password)
        self._tls = tls
        self._timeout = timeout
        self._idle = idle
        self._certificates = certificates
        self._places = asyncio.Semaphore(connections)
        self._kept: dict[Connection, asyncio.TimerHandle] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def greet(self) -> None:
        """Connect, encrypt and log in as for a letter, then say goodbye.

        :raises Unavailable: whose cause says how far it came.
        """
        try:
            connection = await self._connect()
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("The mail server does not let us in.") from error
        await connection.leave()

    async def send(self, letter: Letter) -> None:
        envelope = write(letter, self._sender)
        async with self._places:
            try:
                async with asyncio.timeout(self._timeout):
                    await self._deliver(envelope)
            except Lost as error:
                raise Unavailable("The mail server broke off.") from error.__cause__
            except (aiosmtplib.SMTPException, OSError) as error:
                raise refusal(error) from error

    async def close(self) -> None:
        """Leave the server, within two seconds. Letters under way go on; after them no connection is kept."""
        self._is_closed = True
        for connection in list(self._kept):
            self._retire(connection)
        await asyncio.gather(*self._leaving)

    async def _deliver(self, envelope: Envelope) -> None:
        if (kept := self._take()) is not None:
            try:
                return await self._over(kept, envelope)
            except Lost:
                pass  # the server closed it while it was idle
        return await self._over(await self._connect(), envelope)

    async def _over(self, connection: Connection, envelope: Envelope) -> None:
        try:
            await connection.deliver(envelope)
        finally:
            self._put_back(connection)

    async def _connect(self) -> Connection:
        username, password = self._login
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self.port,
            username=username,
            password=password,
            use_tls=self._tls == "tls",
            start_tls=self._tls == "starttls",
            cert_bundle=self._certificates,
            timeout=self._timeout,
        )
        return await Connection.open(client, self._timeout)

    def _take(self) -> Connection | None:
        """The one kept last, so that those too many grow old."""
        while self._kept:
            connection, timer = self._kept.popitem()
            timer.cancel()
            if connection.is_usable:
                return connection
            connection.drop()
        return None

    def _put_back(self, connection: Connection) -> None:
        if not connection.is_usable:
            connection.drop()
        elif self._is_closed or connection.letters >= MOST_LETTERS:
            self._leave(connection)
        else:
            self._kept[connection] = asyncio.get_running_loop().call_later(self._idle, self._retire, connection)

    def _retire(self, connection: Connection) -> None:
        self._kept.pop(connection).cancel()
        self._leave(connection)

    def _leave(self, connection: Connection) -> None:
        task = asyncio.create_task(connection.leave(), name="leaving the mail server")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)
