"""One conversation with a mail server, letter after letter."""

import asyncio
import contextlib
from typing import Self, cast

import aiosmtplib

from adapters.smtp.writing import Envelope

COURTESY_S = 2
"""How long the answers to QUIT and RSET are waited for, which no letter depends on."""
KEPT_ANSWERS_S = 5
"""How long a kept connection may be silent at MAIL: a firewall forgets connections and tells nobody."""
CLOSING = 421


class Lost(Exception):
    """The connection is dead, and the server has accepted nothing of the letter: it may go over another one."""


class Connection:
    """An open connection, greeted and logged in. It takes one letter at a time."""

    def __init__(self, client: aiosmtplib.SMTP, patience: float) -> None:
        self._client = client
        self._patience = patience
        # aiosmtplib forgets it when it closes, and what a server does not read would wait in it for minutes
        self._transport = cast("asyncio.WriteTransport | None", client.transport)
        self._is_sound = True
        self.letters = 0

    @classmethod
    async def open(cls, client: aiosmtplib.SMTP, patience: float) -> Self:
        """Connect, encrypt and log in as the client was told; each answer within `patience` seconds.

        :raises aiosmtplib.SMTPException: or OSError, which say how far it came.
        """
        await client.connect()
        connection = cls(client, patience)
        try:
            if client.is_ehlo_or_helo_needed:
                await connection._introduce()
        except BaseException:
            connection.drop()
            raise
        return connection

    @property
    def is_usable(self) -> bool:
        """Whether the next letter may be tried: as far as is known without asking, the server is there and waits."""
        return self._is_sound and self._client.is_connected

    async def deliver(self, envelope: Envelope) -> None:
        """Hand over one letter. Whatever ends otherwise than by an answer to it leaves the connection unusable.

        :raises Lost: nothing was accepted.
        :raises aiosmtplib.SMTPNotSupported: the server knows ASCII addresses only.
        :raises aiosmtplib.SMTPResponseException: the server refused; what, is told by its class.
        :raises aiosmtplib.SMTPServerDisconnected: or `SMTPTimeoutError`: it may have taken the letter.
        """
        if not self._client.is_connected:
            raise Lost
        if envelope.is_international and not self._client.supports_extension("smtputf8"):
            raise aiosmtplib.SMTPNotSupported("SMTPUTF8 is not supported by this server")
        self._is_sound = False
        await self._address(envelope)
        try:
            await self._client.data(envelope.content)
        except aiosmtplib.SMTPDataError as error:
            await self._reset(error)
            raise
        self._is_sound = True

    async def leave(self) -> None:
        """Say goodbye and close, within two seconds."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await self._client.quit(timeout=COURTESY_S)
        self.drop()

    def drop(self) -> None:
        """Close without a word."""
        self._client.close()
        if self._transport is not None:
            self._transport.abort()

    async def _introduce(self) -> None:
        try:
            await self._client.ehlo()
        except aiosmtplib.SMTPHeloError:
            await self._client.helo()

    async def _address(self, envelope: Envelope) -> None:
        client, encoding = self._client, "ascii"
        options = [f"SIZE={len(envelope.content)}"] if client.supports_extension("size") else []
        if envelope.is_international:
            encoding = "utf-8"
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        is_kept, self.letters = self.letters > 0, self.letters + 1
        silence = min(KEPT_ANSWERS_S, self._patience / 3) if is_kept else self._patience
        try:
            await client.mail(envelope.sender, options=options, encoding=encoding, timeout=silence)
            await client.rcpt(envelope.to, encoding=encoding)
        except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
            raise Lost from error
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused) as error:
            if error.code == CLOSING:
                raise Lost from error
            if isinstance(error, aiosmtplib.SMTPRecipientRefused):
                await self._reset(error)
            # MAIL refused may be this connection's limit: another one is asked next time
            raise

    async def _reset(self, refusal: aiosmtplib.SMTPResponseException) -> None:
        """Make it usable again after a refusal, if the server is in its right mind."""
        if 400 <= refusal.code < 600 and refusal.code != CLOSING:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError):
                await self._client.rset(timeout=COURTESY_S)
                self._is_sound = True
