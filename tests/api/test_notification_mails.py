"""Mails of notifications: one for all that waits, and what happens when the mail server does not play along."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import UnthreadedController

from classes import PATH, School, found_school, prefer
from core.errors import Unavailable
from entrypoints.compose import compose
from worlds import Person, World, settings_for


@pytest.fixture
async def school(world: World) -> School:
    world.clock.go_to(5)  # half past ten in India: no daily digest is near
    made = await found_school(world)
    await world.confirm(made.asha, made.ravi, made.moderator, made.host)
    await prefer(made.ravi, email_frequency="instant")
    await world.settle()  # codes to confirm addresses go out here
    return made


BATCH = "template = 'notifications'"


async def mails(school: School, person: Person) -> list[dict[str, Any]]:
    """Of notifications, after whatever is due now was sent."""
    await school.world.settle()
    await school.world.house.workflows.batching.send_due()
    found = await school.world.sandbox.mails(person.email)
    return [one for one in found if "notifications-" in (one["message_id"] or "")]


async def test_it_waits_two_minutes_and_is_one_for_all_that_waits(school: School) -> None:
    post = await school.write(school.asha, "First")
    assert await mails(school, school.ravi) == []
    school.world.clock.advance(seconds=100)
    body = {"community_id": school.id, "recipient_id": school.ravi.id, "message": "<b>Are</b> you there?"}
    await school.asha.post("/api/community/messages/", body)
    assert await mails(school, school.ravi) == []
    school.world.clock.advance(seconds=21)
    (mail,) = await mails(school, school.ravi)
    assert mail["subject"] == "2 new notifications"
    assert "New post in The class" in mail["text"]
    assert f"http://testserver/open/post/{post}" in mail["text"]
    assert "&lt;b&gt;Are&lt;/b&gt; you there?" in mail["html"]
    assert re.fullmatch(rf"<notifications-\d+\.{school.ravi.id}@.+>", mail["message_id"])
    assert {one["email_sent"] for one in await school.told(school.ravi)} == {True}
    school.world.clock.advance(hours=1)
    assert len(await mails(school, school.ravi)) == 1
    page = await school.world.http.get(f"/open/post/{post}/")
    assert (page.status_code, f"shala://post/{post}" in page.text) == (200, True)


async def test_what_was_read_deleted_or_muted_meanwhile_is_in_no_mail(school: School) -> None:
    for content in ("Read", "Deleted", "Kept"):
        await school.write(school.asha, content, title=content)
    told = {one["message"]: one for one in await school.told(school.ravi)}
    await school.ravi.post(f"{PATH}{told['Ravi K: Read']['id']}/mark-as-read/")
    await school.asha.delete(f"/api/community/posts/{told['Ravi K: Deleted']['post_id']}/")
    school.world.clock.advance(minutes=3)
    (mail,) = await mails(school, school.ravi)
    assert ("Kept" in mail["text"], "Read" in mail["text"], "Deleted" in mail["text"]) == (True, False, False)
    await school.write(school.asha, "Later")
    await school.world.settle()
    until = school.world.clock.now() + timedelta(days=1)
    await prefer(school.ravi, groups=[{"community_id": school.id, "muted_until": until.isoformat()}])
    school.world.clock.advance(minutes=10)
    assert len(await mails(school, school.ravi)) == 1
    assert await school.world.count("notifications", "email_due_at IS NOT NULL AND mail_id IS NOT NULL") == 0


async def test_what_was_read_in_its_conversation_is_in_no_mail(school: School) -> None:
    body = {"community_id": school.id, "recipient_id": school.ravi.id, "message": "Are you there?"}
    sent = (await school.asha.post("/api/community/messages/", body)).json()
    await school.world.settle()
    await school.ravi.post(f"/api/community/messages/{sent['id']}/mark-as-read/")
    school.world.clock.advance(minutes=3)
    assert await mails(school, school.ravi) == []


async def test_what_was_read_early_does_not_hurry_the_rest(school: School) -> None:
    await school.write(school.asha, title="Early")
    (early,) = await school.told(school.ravi)
    school.world.clock.advance(seconds=100)
    await school.ravi.post(f"{PATH}{early['id']}/mark-as-read/")
    await school.write(school.asha, title="Late")
    await school.world.settle()
    school.world.clock.advance(seconds=25)
    assert await mails(school, school.ravi) == []
    school.world.clock.advance(seconds=100)
    assert len(await mails(school, school.ravi)) == 1


async def test_digests_come_at_eight_in_the_morning(school: School) -> None:
    for person, frequency in ((school.ravi, "daily"), (school.asha, "weekly"), (school.moderator, "off")):
        await prefer(person, email_frequency=frequency)
    await school.write(school.host, "For all")
    sent: dict[str, list[Any]] = {"daily": [], "weekly": []}
    await school.world.settle()
    for _ in range(8 * 24):
        school.world.clock.advance(hours=1)
        await school.world.house.workflows.batching.send_due()
        for name, person in (("daily", school.ravi), ("weekly", school.asha)):
            if not sent[name] and await school.world.count(
                "mails", f"user_id = {person.id} AND sent_at IS NOT NULL AND {BATCH}"
            ):
                sent[name].append(school.world.clock.now() + timedelta(hours=5, minutes=30))
    (daily,), (weekly,) = sent["daily"], sent["weekly"]
    assert (daily.hour, weekly.hour, weekly.weekday()) == (8, 8, 0)
    assert await mails(school, school.moderator) == []
    assert len(await mails(school, school.asha)) == 1


async def test_another_frequency_counts_at_once(school: School) -> None:
    await prefer(school.ravi, email_frequency="weekly")
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    assert await mails(school, school.ravi) == []
    await prefer(school.ravi, email_frequency="instant")
    school.world.clock.advance(minutes=3)
    assert len(await mails(school, school.ravi)) == 1


async def test_an_address_that_nobody_has_confirmed_gets_none(school: School) -> None:
    person = await school.world.classmate(school.course, school.id)
    await prefer(person, email_frequency="instant")
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    assert await mails(school, person) == []


async def test_unsubscribing_by_one_click_and_by_hand(school: School) -> None:
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    (mail,) = await mails(school, school.ravi)
    full = (await school.world.sandbox.http.get(f"/sandbox/mail/{mail['id']}/")).json()
    headers = {name.lower(): value for name, value in full["headers"]}
    assert headers["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    link = headers["list-unsubscribe"].strip("<>")
    assert link in mail["text"]
    path = link.removeprefix("http://testserver")
    looked = await school.world.http.get(path)
    assert (looked.status_code, "<button>" in looked.text) == (200, True)
    assert (await school.ravi.get(f"{PATH}preferences/")).json()["email_frequency"] == "instant"
    for _ in range(2):
        clicked = await school.world.http.post(path, data={"List-Unsubscribe": "One-Click"})
        assert clicked.status_code == 200, clicked.text
    assert (await school.ravi.get(f"{PATH}preferences/")).json()["email_frequency"] == "off"
    forged = path.replace(f"token={school.ravi.id}.", f"token={school.asha.id}.")
    assert (await school.world.http.post(forged)).status_code == 403
    await school.write(school.asha, "More")
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    assert len(await mails(school, school.ravi)) == 1


async def test_a_refused_address_is_paused_until_it_is_chosen_again(school: School) -> None:
    world, refuse = school.world, _Refuses("550 5.1.1 No such user here")
    await world.house.transport.close()  # no connection is kept from here on
    async with refuse as port:
        world.house.transport.port = port  # type: ignore[attr-defined]
        await school.write(school.asha)
        await world.settle()
        world.clock.advance(minutes=3)
        assert await mails(school, school.ravi) == []
    world.house.transport.port = world.sandbox.sandbox.smtp_port  # type: ignore[attr-defined]
    assert refuse.asked == [school.ravi.email]
    centre = (await school.ravi.get(f"{PATH}preferences/")).json()
    assert (centre["email_frequency"], centre["email_paused_at"] is None) == ("instant", False)
    await school.write(school.asha)
    await world.settle()
    world.clock.advance(minutes=3)
    assert await mails(school, school.ravi) == []
    assert (await prefer(school.ravi, email_frequency="instant"))["email_paused_at"] is None
    await school.write(school.asha)
    await world.settle()
    world.clock.advance(minutes=3)
    assert len(await mails(school, school.ravi)) == 1


@pytest.mark.parametrize("fail", ["4xx", "drop_after"])
async def test_a_failing_server_loses_nothing_and_the_mail_keeps_its_id(school: School, fail: str) -> None:
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    await school.world.sandbox.faults(smtp={"fail": fail, "times": 1})
    before = await mails(school, school.ravi)
    assert len(before) == (fail == "drop_after")  # taken, and the answer lost: this window cannot be closed
    await school.write(school.asha, title="Meanwhile")
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    after = await mails(school, school.ravi)
    ids = [one["message_id"] for one in after]
    assert len(set(ids)) == len(ids) - len(before)
    assert sum("Meanwhile" in one["text"] for one in after) == 1
    assert {one["email_sent"] for one in await school.told(school.ravi)} == {True}


async def test_a_server_that_is_away_keeps_everybody_waiting(school: School) -> None:
    for person in (school.asha, school.moderator):
        await prefer(person, email_frequency="instant")
    await school.write(school.host)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    await school.world.house.transport.close()  # no connection is kept from here on
    await school.world.sandbox.faults(smtp={"fail": "refuse"})
    with pytest.raises(Unavailable):
        await school.world.house.workflows.batching.send_due()
    await school.world.sandbox.faults()
    assert await school.world.count("notifications", "email_due_at IS NOT NULL") == 3
    school.world.clock.advance(minutes=3)
    for person in (school.ravi, school.asha, school.moderator):
        assert len(await mails(school, person)) == 1


async def test_many_at_once_send_each_mail_once(school: School) -> None:
    others = [await school.world.classmate(school.course, school.id) for _ in range(6)]
    await school.world.confirm(*others)
    for person in others:
        await prefer(person, email_frequency="instant")
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    await asyncio.gather(*(school.world.house.workflows.batching.send_due() for _ in range(4)))
    for person in (school.ravi, *others):
        assert len(await mails(school, person)) == 1


async def test_killed_after_the_server_took_it_the_same_mail_comes_again(school: School, tmp_path: Any) -> None:
    """What runs is broken off between the server's answer and the commit."""
    await school.write(school.asha)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    await school.world.sandbox.faults(smtp={"delay_after_s": 5})
    task = asyncio.create_task(school.world.house.workflows.batching.send_due())
    known = len(await school.world.sandbox.mails(school.ravi.email))
    async with asyncio.timeout(10):
        while len(await school.world.sandbox.mails(school.ravi.email)) == known:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # poll
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await school.world.sandbox.faults()
    assert len(await mails(school, school.ravi)) == 1  # in somebody's hand for five minutes
    settings = settings_for(school.world.house.settings.database_url, school.world.sandbox, tmp_path)
    other = compose(settings, clock=school.world.clock)
    school.world.clock.advance(minutes=6)
    await other.workflows.batching.send_due()
    await other.close()
    found = await mails(school, school.ravi)
    assert (len(found), len({one["message_id"] for one in found})) == (2, 1)
    school.world.clock.advance(minutes=6)
    assert len(await mails(school, school.ravi)) == 2


class _Refuses:
    """A mail server that knows nobody."""

    def __init__(self, answer: str) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def handle_RCPT(self, _server: Any, _session: Any, _envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        self.asked.append(address)
        return self.answer

    async def __aenter__(self) -> int:
        self._controller = UnthreadedController(self, hostname="127.0.0.1", port=0, loop=asyncio.get_running_loop())
        self._server = await asyncio.get_running_loop().create_server(self._controller.factory, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
