"""The transport of mails with real servers: what it keeps, what it repeats, and what it makes of a no."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Self, cast

import pytest
import trustme
from aiosmtpd.smtp import SMTP, AuthResult

from adapters.smtp import SmtpTransport
from core.errors import Unavailable
from modules.notifications.domain.mails import Letter
from modules.notifications.mailing import AddressRejected, Deferred, Rejected
from services import free_port

OK = "250 2.0.0 OK"
DROP = "the connection is reset"
HANG = "nothing more is said"
CLOSE = "421 4.4.2 Timeout, closing"
LATE_S = 0.25
LATE = "OK, after a quarter of a second"


class MailServer:
    """aiosmtpd in this loop. Answers to a command are taken from its list in `answers`, then they are all OK."""

    def __init__(self, *, context: ssl.SSLContext | None = None, **options: Any) -> None:
        self.answers: defaultdict[str, list[str]] = defaultdict(list)
        self.letters: list[bytes] = []
        self.senders: list[str] = []
        self.addressees: list[str] = []
        self.said: Counter[str] = Counter()
        self.connections = 0
        self.open: set[asyncio.Transport] = set()
        self.most_open = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.waiting = 0
        self._context = context
        self._options = {"hostname": "mx.test", "auth_require_tls": False, "enable_SMTPUTF8": True, **options}

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Talk(self), "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self.hang_up()
        # not until none is left: aiosmtpd is never told of the end of a handshake that failed
        await until(lambda: all(transport.is_closing() for transport in self.open))
        await self._server.wait_closed()

    def hang_up(self, word: bytes = b"") -> None:
        for transport in list(self.open):
            transport.write(word)
            transport.close()

    async def answer(self, command: str, talk: SMTP) -> str:
        self.said[command] += 1
        step = self.answers[command].pop(0) if self.answers[command] else OK
        if step == LATE:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), LATE_S)
            return OK
        transport = cast("asyncio.Transport", talk.transport)
        if step == DROP:
            transport.abort()
        if step == CLOSE:
            await talk.push(CLOSE)
            transport.close()
        if step in (DROP, HANG, CLOSE):
            await asyncio.Event().wait()  # cancelled when the connection is gone
        return step

    async def handle_MAIL(self, talk: SMTP, _: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if (answer := await self.answer("MAIL", talk)) == OK:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
            self.senders.append(address)
        return answer

    async def handle_RCPT(self, talk: SMTP, _: Any, envelope: Any, address: str, __: Any) -> str:  # noqa: N802
        if (answer := await self.answer("RCPT", talk)) == OK:
            envelope.rcpt_tos.append(address)
            self.addressees.append(address)
        return answer

    async def handle_DATA(self, talk: SMTP, _: Any, envelope: Any) -> str:  # noqa: N802
        """After the content has come."""
        self.waiting += 1
        await self.gate.wait()
        self.waiting -= 1
        self.letters.append(envelope.original_content)
        return await self.answer("DATA", talk)

    async def handle_RSET(self, talk: SMTP, *_: Any) -> str:  # noqa: N802
        return await self.answer("RSET", talk)

    async def handle_QUIT(self, talk: SMTP, *_: Any) -> str:  # noqa: N802
        self.said["QUIT"] += 1
        return "221 2.0.0 Bye"

    def parsed(self) -> EmailMessage:
        """The only letter."""
        (content,) = self.letters
        return email.message_from_bytes(content, policy=email.policy.default)


class Talk(SMTP):
    def __init__(self, server: MailServer) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **server._options)
        self._at = server
        self._first: Any = None

    def connection_made(self, transport: Any) -> None:
        if self._first is None:  # it is made again over TLS
            self._first = transport
            self._at.connections += 1
            self._at.open.add(transport)
            self._at.most_open = max(self._at.most_open, len(self._at.open))
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._at.open.discard(self._first)
        super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Before the content."""
        if (answer := await self._at.answer("before DATA", self)) == OK:
            await super().smtp_DATA(arg)
        else:
            await self.push(answer)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - what it waits for says nothing
            await asyncio.sleep(0.01)  # poll


@contextlib.asynccontextmanager
async def transport_to(port: int, **options: Any) -> AsyncIterator[SmtpTransport]:
    made = SmtpTransport(
        **{"host": "127.0.0.1", "port": port, "sender": "शाला <school@example.com>", "timeout": 5, **options}
    )
    yield made
    await made.close()


def letter(number: int = 1, to: str = "asha@example.com", **changed: Any) -> Letter:
    words = {"subject": "Your code", "text": "Namaste\n", "html": "<p>Namaste</p>\n", **changed}
    return Letter(to=to, message_id=f"<code-{number}.7@school.example.com>", **words)


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with MailServer() as made:
        yield made


@pytest.fixture
async def transport(server: MailServer) -> AsyncIterator[SmtpTransport]:
    async with transport_to(server.port) as made:
        yield made


async def refused(attempt: Awaitable[None]) -> type[Exception]:
    with pytest.raises((Rejected, Unavailable)) as caught:
        await attempt
    return caught.type


# --- what is kept ----------------------------------------------------------------------------------------------------


async def test_a_connection_is_kept_for_the_letters_that_follow(server: MailServer, transport: SmtpTransport) -> None:
    for number in range(5):
        await transport.send(letter(number))
    assert (len(server.letters), server.connections) == (5, 1)
    assert server.said["QUIT"] == server.said["RSET"] == 0


async def test_idle_it_is_closed_politely(server: MailServer) -> None:
    async with transport_to(server.port, idle=0.1) as transport:
        await transport.send(letter())
        assert server.open
        await until(lambda: not server.open)
        assert server.said["QUIT"] == 1
        await transport.send(letter())
    assert server.connections == 2


async def test_a_letter_takes_an_idle_connection_into_use(server: MailServer) -> None:
    async with transport_to(server.port, idle=LATE_S * 0.8) as transport:
        await transport.send(letter())
        server.answers["MAIL"] = [LATE]  # the letter takes longer than it may be idle
        await transport.send(letter())
        await transport.send(letter())
    assert (len(server.letters), server.connections) == (3, 1)


async def test_it_takes_a_hundred_letters(server: MailServer, transport: SmtpTransport) -> None:
    for number in range(100):
        await transport.send(letter(number))
    await until(lambda: not server.open)
    assert (server.connections, server.said["QUIT"]) == (1, 1)
    await transport.send(letter())
    assert (len(server.letters), server.connections) == (101, 2)


async def test_letters_at_once_go_over_two_connections_and_others_wait(server: MailServer) -> None:
    async with transport_to(server.port) as transport, asyncio.TaskGroup() as sending:
        server.gate.clear()
        for number in range(9):
            sending.create_task(transport.send(letter(number)))
        await until(lambda: server.waiting == 2)
        server.gate.set()
    assert len(set(server.letters)) == len(server.letters) == 9
    assert (server.connections, server.most_open) == (2, 2)


async def test_closing_leaves_the_server(server: MailServer, transport: SmtpTransport) -> None:
    await asyncio.gather(transport.send(letter(1)), transport.send(letter(2)))
    await transport.close()
    assert server.said["QUIT"] == server.connections == 2
    await until(lambda: not server.open)
    await transport.close()
    await transport.send(letter(3))  # still sent, but nothing is kept
    await until(lambda: not server.open)
    assert len(server.letters) == 3


async def test_a_letter_broken_off_takes_its_connection_along(server: MailServer, transport: SmtpTransport) -> None:
    await transport.send(letter())
    server.gate.clear()
    sending = asyncio.create_task(transport.send(letter()))
    await until(lambda: server.waiting)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: not server.open)
    server.gate.set()
    await transport.send(letter())
    assert server.connections == 2


# --- what is repeated ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", [b"", b"421 4.4.2 Timeout\r\n"])
@pytest.mark.parametrize("is_noticed", [True, False])
async def test_closed_between_letters(
    server: MailServer, transport: SmtpTransport, word: bytes, is_noticed: bool
) -> None:
    await asyncio.gather(transport.send(letter(1)), transport.send(letter(2)))
    server.hang_up(word)
    if is_noticed:
        await until(lambda: not server.open)
    await transport.send(letter(3))
    assert (len(server.letters), server.connections) == (3, 3)


@pytest.mark.parametrize("step", [DROP, CLOSE, "421 4.7.0 Too many messages"])
@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
async def test_lost_before_it_was_addressed_it_goes_over_a_fresh_one(
    server: MailServer, transport: SmtpTransport, command: str, step: str
) -> None:
    await transport.send(letter(1))
    server.answers[command] = [step]
    await transport.send(letter(2))
    assert (len(server.letters), server.connections) == (2, 2)


async def test_a_kept_one_that_is_silent_is_given_up_early(server: MailServer) -> None:
    async with transport_to(server.port, timeout=1.5) as transport:
        await transport.send(letter(1))
        server.answers["MAIL"] = [HANG]
        await transport.send(letter(2))
    assert (len(server.letters), server.connections) == (2, 2)


@pytest.mark.parametrize("step", [DROP, CLOSE])
async def test_it_is_repeated_once(server: MailServer, transport: SmtpTransport, step: str) -> None:
    await transport.send(letter(1))
    server.answers["MAIL"] = [step, step]
    assert await refused(transport.send(letter(2))) is Unavailable
    assert (len(server.letters), server.connections) == (1, 2)


@pytest.mark.parametrize("step", [DROP, CLOSE])
@pytest.mark.parametrize("kept", [0, 1])
async def test_lost_with_its_answer_it_is_not_repeated(
    server: MailServer, transport: SmtpTransport, kept: int, step: str
) -> None:
    for number in range(kept):
        await transport.send(letter(number))
    server.answers["DATA"] = [step]
    assert await refused(transport.send(letter(9))) is Unavailable
    assert (len(server.letters), server.connections) == (kept + 1, 1)
    await transport.send(letter(9))
    assert (len(server.letters), server.connections) == (kept + 2, 2)


async def test_lost_at_data_it_is_not_repeated_either(server: MailServer, transport: SmtpTransport) -> None:
    await transport.send(letter(1))
    server.answers["before DATA"] = [DROP]
    assert await refused(transport.send(letter(2))) is Unavailable
    assert (len(server.letters), server.connections) == (1, 1)


# --- what a no means -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 5.1.1 No such user", AddressRejected),
        ("RCPT", "550 5.2.1 Mailbox disabled", AddressRejected),
        ("RCPT", "550 no such user", AddressRejected),
        ("RCPT", "550 5.7.1 Relaying denied", Deferred),
        ("RCPT", "550 5.4.5 Daily sending limit exceeded", Deferred),
        ("RCPT", "554 5.3.2 Not accepting messages", Deferred),
        ("RCPT", "552 5.2.2 Mailbox full", Deferred),
        ("RCPT", "503 5.5.1 MAIL first", Unavailable),
        ("RCPT", "451 4.7.1 Greylisted", Deferred),
        ("before DATA", "554 5.5.1 No valid recipients", Rejected),
        ("before DATA", "451 4.3.0 Later", Deferred),
        ("DATA", "554 5.7.1 Spam", Deferred),
        ("DATA", "554 5.6.0 Malformed", Rejected),
        ("DATA", "550 5.1.1 No such user", Rejected),
        ("DATA", "452 4.2.2 Full", Deferred),
    ],
)
async def test_after_a_refusal_the_connection_is_good(
    server: MailServer, transport: SmtpTransport, command: str, answer: str, error: type[Exception]
) -> None:
    server.answers[command] = [answer]
    assert await refused(transport.send(letter(1))) is error
    assert server.said["RSET"] == 1
    await transport.send(letter(2, to="ravi@example.com"))
    assert server.addressees[-1] == "ravi@example.com"
    assert server.connections == 1


@pytest.mark.parametrize(("answer", "error"), [("550 5.7.1 Not you", Unavailable), ("451 4.3.2 Busy", Unavailable)])
async def test_refused_at_mail_another_connection_is_asked(
    server: MailServer, transport: SmtpTransport, answer: str, error: type[Exception]
) -> None:
    server.answers["MAIL"] = [answer]
    assert await refused(transport.send(letter(1))) is error
    await transport.send(letter(2))
    assert (len(server.letters), server.connections) == (1, 2)


async def test_one_that_cannot_be_reset_is_thrown_away(server: MailServer, transport: SmtpTransport) -> None:
    server.answers["RCPT"], server.answers["RSET"] = ["550 5.1.1 No such user"], ["500 What?"]
    assert await refused(transport.send(letter(1))) is AddressRejected
    await transport.send(letter(2))
    assert server.connections == 2


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "before DATA", "DATA"])
async def test_a_server_that_hangs(server: MailServer, command: str) -> None:
    async with transport_to(server.port, timeout=0.5) as transport:
        server.answers[command] = [HANG]
        began = time.monotonic()
        assert await refused(transport.send(letter())) is Unavailable
        assert time.monotonic() - began < 2
        await until(lambda: not server.open)
        await transport.send(letter())
    assert server.connections == 2


async def test_a_slow_server_is_given_so_long_for_all_of_a_letter(server: MailServer) -> None:
    async with transport_to(server.port, timeout=LATE_S * 2) as transport:
        server.answers.update({command: [LATE] for command in ("MAIL", "RCPT", "before DATA", "DATA")})
        assert await refused(transport.send(letter())) is Unavailable
    assert server.letters == []


@pytest.mark.parametrize(
    ("greeting", "error"), [(b"", Unavailable), (b"421 4.3.2 Busy\r\n", Unavailable), (b"554 No\r\n", Unavailable)]
)
async def test_a_server_that_does_not_welcome(greeting: bytes, error: type[Exception]) -> None:
    class Doorman(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            transport.write(greeting)

    server = await asyncio.get_running_loop().create_server(Doorman, "127.0.0.1", 0)
    async with server, transport_to(server.sockets[0].getsockname()[1], timeout=0.5) as transport:
        assert await refused(transport.send(letter())) is error
        assert await refused(transport.greet()) is Unavailable


async def test_nobody_listens() -> None:
    async with transport_to(free_port()) as transport:
        assert await refused(transport.send(letter())) is Unavailable


# --- encryption and login --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextlib.asynccontextmanager
async def encrypted(
    tls: str, authority: trustme.CA, directory: Path, name: str = "127.0.0.1", **options: Any
) -> AsyncIterator[tuple[MailServer, dict[str, Any]]]:
    """A server with a certificate for this name, and what the transport is told of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    authority.cert_pem.write_to_path(directory / "ca.pem")
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    async with MailServer(context=context if tls == "tls" else None, **options) as server:
        yield server, {"tls": tls, "certificates": str(directory / "ca.pem")}


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_encrypted_and_logged_in_once(tls: str, authority: trustme.CA, tmp_path: Path) -> None:
    logins = []

    def authenticator(*asked: Any) -> AuthResult:
        logins.append(asked[-1])
        return AuthResult(success=asked[-1].password == b"the-password", handled=False)

    async with encrypted(tls, authority, tmp_path, authenticator=authenticator) as (server, told):
        async with transport_to(server.port, username="school", password="the-password", **told) as transport:
            await transport.send(letter(1))
            await transport.send(letter(2))
            assert (len(server.letters), server.connections, len(logins)) == (2, 1, 1)
            await transport.greet()
        async with transport_to(server.port, username="school", password="another", **told) as transport:
            for attempt in (transport.send(letter(3)), transport.greet()):
                with pytest.raises(Unavailable) as caught:
                    await attempt
                assert "535" in str(caught.value.__cause__)


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_certificate_of_another_authority_or_name(tls: str, authority: trustme.CA, tmp_path: Path) -> None:
    async with encrypted(tls, authority, tmp_path) as (server, told):
        trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
        for certificates in (None, str(tmp_path / "other.pem")):
            async with transport_to(server.port, **{**told, "certificates": certificates}) as transport:
                assert await refused(transport.send(letter())) is Unavailable
    misnamed = encrypted(tls, authority, tmp_path, name="mx.elsewhere.test")
    async with misnamed as (elsewhere, told), transport_to(elsewhere.port, **told) as transport:
        assert await refused(transport.send(letter())) is Unavailable
    assert server.letters == elsewhere.letters == []


async def test_a_server_without_starttls_gets_no_letter(server: MailServer) -> None:
    async with transport_to(server.port, tls="starttls") as transport:
        assert await refused(transport.send(letter())) is Unavailable
    assert server.said["MAIL"] == 0


# --- what is written -------------------------------------------------------------------------------------------------


async def test_a_letter_in_hindi_arrives_as_it_was_written(server: MailServer, transport: SmtpTransport) -> None:
    subject, text = "आपका पाठ्यक्रम तैयार है " * 9 + "✓", "नमस्ते, आशा! " * 200 + "\n.\nएक\n"
    await transport.send(letter(subject=subject, text=text, html=f"<p>{'x' * 3000}</p>\n"))
    arrived = server.parsed()
    assert arrived["Subject"] == subject
    assert (str(arrived["From"]), arrived["To"]) == ("शाला <school@example.com>", "asha@example.com")
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["List-Unsubscribe"] is arrived["List-Unsubscribe-Post"] is None
    plain, html = arrived.get_body(("plain",)), arrived.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == text
    assert html.get_content().replace("\r\n", "\n") == f"<p>{'x' * 3000}</p>\n"
    lines = server.letters[0].split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert server.letters[0].isascii()
    assert not any(b"\n" in line for line in lines)


async def test_it_says_how_not_to_get_more(server: MailServer, transport: SmtpTransport) -> None:
    url = f"https://school.example.com/api/notifications/unsubscribe/?token={'x' * 200}"
    await transport.send(letter(unsubscribe_url=url))
    assert f"\r\nList-Unsubscribe: <{url}>\r\n".encode() in server.letters[0]
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in server.letters[0]


@pytest.mark.parametrize("to", ["आशा@example.com", "asha@पाठशाला.भारत"])
async def test_addresses_beyond_ascii(server: MailServer, transport: SmtpTransport, to: str) -> None:
    await transport.send(letter(to=to))
    assert (server.addressees, server.senders) == ([to], ["school@example.com"])
    assert f"\r\nTo: {to}\r\n".encode() in server.letters[0]
    async with MailServer(enable_SMTPUTF8=False) as old, transport_to(old.port) as other:
        assert await refused(other.send(letter(to=to))) is Rejected
        await other.send(letter())
        assert (len(old.letters), old.connections) == (1, 1)


@pytest.mark.parametrize("to", ["a b@c.d", "a@b>\r\nBcc: x@y", "a@b\0", "a:b;@c", "a@", "\ud800@x.y", "<a@b", "a@b c"])
async def test_addresses_that_nobody_can_write_to(server: MailServer, transport: SmtpTransport, to: str) -> None:
    assert await refused(transport.send(letter(to=to))) in (Rejected, AddressRejected, Unavailable)
    await transport.send(letter())
    assert server.addressees == ["asha@example.com"]
