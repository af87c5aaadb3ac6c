"""Mail sent by real clients arrives, is shown to programs and to people, and fails as the knobs say."""

import smtplib
import time
from email.message import EmailMessage

import aiosmtplib
import pytest

from entrypoints.sandbox import Sandbox, SandboxConfig
from sandbox.world import World

HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def letter(to: str = "student@example.com", subject: str = "Your receipt", html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Shala <school@example.com>", to, subject
    message["Message-ID"] = "<m-1@example.com>"
    message.set_content("Thank you: ₹499\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


def send(world: World, message: EmailMessage, timeout: float = 10) -> None:
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port, timeout=timeout) as client:
        client.send_message(message)


def mails(world: World, **query: str) -> list[dict]:
    return world.http.get("/sandbox/mail/", params=query).json()["results"]


def test_a_mail_is_stored_parsed(world: World) -> None:
    send(world, letter(subject="Reçu नमस्ते", html="<b>Thank you</b>"))
    (mail,) = mails(world)
    assert mail.pop("received_at")
    assert mail == {
        "id": mail["id"],
        "to": ["student@example.com"],
        "from": "school@example.com",
        "subject": "Reçu नमस्ते",
        "message_id": "<m-1@example.com>",
        "text": "Thank you: ₹499\n",
        "html": "<b>Thank you</b>\n",
        "attachments": [],
    }
    whole = world.http.get(f"/sandbox/mail/{mail['id']}/").json()
    assert ["Message-ID", "<m-1@example.com>"] in whole["headers"]
    assert "Content-Type: multipart/alternative" in whole["raw"]


def test_mails_are_listed_newest_first_and_by_address(world: World) -> None:
    for to in ("a@example.com", "b@example.com", "A@Example.com"):
        send(world, letter(to))
    assert [mail["to"] for mail in mails(world)] == [["A@Example.com"], ["b@example.com"], ["a@example.com"]]
    assert len(mails(world, to="a@example.com")) == 2
    assert mails(world, to="nobody@example.com") == []
    assert world.http.delete("/sandbox/mail/").status_code == 204
    assert mails(world) == []


async def test_aiosmtplib_with_a_password_is_welcome(world: World) -> None:
    port = world.sandbox.smtp_port
    await aiosmtplib.send(letter(), hostname="127.0.0.1", port=port, username="any", password="any", start_tls=False)
    assert len(mails(world)) == 1


def test_odd_mails_are_stored_all_the_same(world: World) -> None:
    oddities = (
        b"no headers at all",
        b"",
        b"Subject: =?bogus?q?x?=\r\nContent-Type: text/plain; charset=klingon\r\n\r\nn\xfaq",
        b"To: <<>>,;\r\nMessage-ID: <\r\nFrom: \xff\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\nnever closed",
    )
    with smtplib.SMTP("127.0.0.1", world.sandbox.smtp_port, timeout=10) as client:
        for raw in oddities:
            client.sendmail("a@example.com", ["b@example.com", "c@example.com"], raw)
    assert len(mails(world, to="c@example.com")) == len(oddities)
    for mail in mails(world):
        assert world.http.get(f"/sandbox/mail/{mail['id']}/").status_code == 200
        assert world.http.get(f"/sandbox/mail/{mail['id']}/", headers=HTML).status_code == 200


@pytest.mark.parametrize(("fail", "code"), [("4xx", 451), ("5xx", 554)])
def test_refused_mails_are_not_stored(world: World, fail: str, code: int) -> None:
    world.faults(smtp={"fail": fail, "times": 1})
    with pytest.raises(smtplib.SMTPDataError) as refused:
        send(world, letter())
    assert refused.value.smtp_code == code
    assert mails(world) == []
    send(world, letter())
    assert len(mails(world)) == 1


def test_a_refused_connection_gets_421(world: World) -> None:
    world.faults(smtp={"fail": "refuse", "times": 1})
    with pytest.raises(smtplib.SMTPConnectError) as refused:
        send(world, letter())
    assert refused.value.smtp_code == 421
    send(world, letter())


def test_a_dropped_reply_leaves_the_mail_stored(world: World) -> None:
    world.faults(smtp={"fail": "drop_after", "times": 1})
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(world, letter())
    assert len(mails(world)) == 1


def test_a_late_reply_after_storing(world: World) -> None:
    world.faults(smtp={"delay_after_s": 5, "times": 1})
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(world, letter(), timeout=0.5)
    assert len(mails(world)) == 1


def test_a_mail_given_up_before_it_was_stored(world: World) -> None:
    world.faults(smtp={"delay_before_s": 1, "times": 1})
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        send(world, letter(), timeout=0.3)
    assert mails(world) == []
    world.faults(smtp={"delay_before_s": 0.4, "times": 1})
    started = time.monotonic()
    send(world, letter())
    assert time.monotonic() - started >= 0.4


def test_people_see_a_mailbox(world: World) -> None:
    send(world, letter("<script>@example.com", subject="<script>alert(1)</script>", html='<p title="x">&amp;Hi</p>'))
    listed = world.http.get("/sandbox/mail/", headers=HTML)
    assert listed.headers["content-type"].startswith("text/html")
    assert "<script>" not in listed.text
    assert "&lt;script&gt;alert(1)" in listed.text
    mail_id = mails(world)[0]["id"]
    shown = world.http.get(f"/sandbox/mail/{mail_id}/", headers=HTML)
    assert "<script>" not in shown.text
    assert "&lt;p title=&quot;x&quot;&gt;&amp;amp;Hi&lt;/p&gt;" in shown.text
    assert "allow-scripts" not in shown.text
    assert "allow-same-origin" not in shown.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert world.http.get("/sandbox/mail/999/", headers=HTML).status_code == 404
    assert world.http.get("/sandbox/mail/999/").status_code == 404


async def test_it_starts_and_stops_as_often_as_asked() -> None:
    sandbox = Sandbox(SandboxConfig())
    await sandbox.stop()
    for _ in range(2):
        await sandbox.start()
        await sandbox.start()
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=sandbox.smtp_port, start_tls=False)
        await client.connect()
        await client.send_message(letter())
        await sandbox.stop()
        await sandbox.stop()
        client.close()
    assert len(sandbox.mailbox.newest_first()) == 2
