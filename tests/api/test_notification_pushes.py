"""Pushes through Firebase's protocol: what a phone shows, what becomes of tokens, and when nothing is pushed."""

import asyncio
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from classes import PATH, School, found_school, prefer
from core.errors import Unavailable
from entrypoints.compose import compose
from worlds import PASSWORD, Person, World, settings_for

ALL_POSTS = [{"notification_type": "new_post", "push": True}]


@pytest.fixture
async def school(world: World) -> School:
    made = await found_school(world)
    await prefer(made.ravi, types=ALL_POSTS)
    await world.settle()
    return made


async def register(person: Person, token: str) -> int:
    """On a login of its own, as each phone has."""
    tokens = await person.world.house.workflows.logins.login(person.email, PASSWORD, device=token)
    person.token, person.refresh_token = tokens.access_token, tokens.refresh_token
    answer = await person.post(f"{PATH}devices/", {"token": token, "platform": "android"})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def devices(person: Person) -> list[int]:
    return [one["id"] for one in (await person.get(f"{PATH}devices/")).json()["results"]]


async def pushes(school: School, person: Person, *, due: bool = False) -> list[dict[str, Any]]:
    """What arrived, the newest first; `due`: after what waited was tried again."""
    await school.world.settle()
    if due:
        await school.world.house.workflows.pushing.send_due()
    return await school.world.sandbox.pushes(person.id)


async def test_a_phone_shows_what_happened(school: School) -> None:
    await register(school.ravi, "phone")
    await register(school.ravi, "tablet")
    post = await school.write(school.asha)
    found = await pushes(school, school.ravi)
    assert {one["token"] for one in found} == {"phone", "tablet"}
    (told,) = await school.told(school.ravi)
    push = found[0]["message"]
    assert push["notification"] == {"title": "New post in The class", "body": "Ravi K: Doubt"}
    assert push["data"] == {
        "notification_id": str(told["id"]),
        "notification_type": "new_post",
        "recipient_id": str(school.ravi.id),
        "link_type": "post",
        "link_id": str(post),
        "community_id": str(school.id),
    }
    assert push["android"]["collapse_key"] == f"new_post-{school.id}"
    assert push["android"]["notification"] == {"tag": f"notification-{told['id']}", "notification_count": 1}
    assert push["apns"]["headers"]["apns-collapse-id"] == f"notification-{told['id']}"
    assert told["push_sent"]
    assert await pushes(school, school.asha) == []
    assert len(await pushes(school, school.ravi, due=True)) == 2


async def test_messages_of_one_conversation_stand_in_one_place(school: School) -> None:
    await register(school.ravi, "phone")
    for words in ("First", "Second"):
        body = {"community_id": school.id, "recipient_id": school.ravi.id, "message": words}
        await school.asha.post("/api/community/messages/", body)
        await school.world.settle()
    found = await pushes(school, school.ravi)
    assert [(one["body"], one["visible"]) for one in found] == [("Second", True), ("First", False)]
    assert found[0]["message"]["android"]["priority"] == "HIGH"


async def test_a_push_alone_names_no_row_that_the_app_could_open(school: School) -> None:
    await register(school.ravi, "phone")
    await prefer(school.ravi, types=[{"notification_type": "new_post", "in_app": False, "push": True}])
    await school.write(school.asha)
    (push,) = await pushes(school, school.ravi)
    assert push["data"]["notification_id"] == ""
    assert await school.told(school.ravi) == []


async def test_of_another_project_a_token_goes_only_if_ours_is_the_right_one(school: School) -> None:
    device = await register(school.ravi, "mismatch-1")
    await school.write(school.asha)
    assert (await pushes(school, school.ravi), await devices(school.ravi)) == ([], [device])
    await register(school.ravi, "phone")
    school.world.clock.advance(minutes=5)
    await school.world.house.workflows.pushing.send_due()
    assert [one["token"] for one in await pushes(school, school.ravi)] == ["phone"]
    assert len(await devices(school.ravi)) == 1


async def test_a_phone_that_is_logged_out_is_silent(school: School) -> None:
    await register(school.ravi, "phone")
    await school.ravi.post("/api/accounts/logout/", {})
    await school.write(school.asha)
    assert await pushes(school, school.ravi) == []
    assert await school.world.count("notifications", "push_due_at IS NOT NULL") == 0


async def test_a_token_that_is_no_longer_goes_and_the_others_stay(school: School) -> None:
    for token in ("unregistered-1", "invalid-1", "mismatch-1"):
        await register(school.ravi, token)
    kept = await register(school.ravi, "phone")
    await school.write(school.asha)
    assert [one["token"] for one in await pushes(school, school.ravi)] == ["phone"]
    assert await devices(school.ravi) == [kept]
    await register(school.asha, "unregistered-2")
    await prefer(school.asha, types=ALL_POSTS)
    await school.write(school.ravi)
    assert (await pushes(school, school.asha), await devices(school.asha)) == ([], [])
    (told,) = await school.told(school.asha)
    assert not told["push_sent"]


@pytest.mark.parametrize("fail", ["429", "503", "500", "drop_before", "drop_after"])
async def test_what_fails_in_passing_comes_later_and_shows_once(school: School, fail: str) -> None:
    await register(school.ravi, "phone")
    await school.world.sandbox.faults(fcm={"fail": fail, "times": 2, "retry_after_s": 90 if fail == "429" else None})
    await school.write(school.asha)
    before = await pushes(school, school.ravi)
    assert len(before) == (2 if fail == "drop_after" else 0)  # at once again, on another connection
    await school.world.sandbox.faults()
    school.world.clock.advance(seconds=31)
    after = await pushes(school, school.ravi, due=True)
    if fail == "429":
        assert after == []
        school.world.clock.advance(seconds=60)
        after = await pushes(school, school.ravi, due=True)
    assert sum(one["visible"] for one in after) == 1
    assert (await school.told(school.ravi))[0]["push_sent"]
    assert await school.world.count("notifications", "push_due_at IS NOT NULL") == 0


async def test_only_the_device_that_missed_it_gets_it_again(school: School) -> None:
    await register(school.ravi, "phone")
    await register(school.ravi, "tablet")
    await school.world.sandbox.faults(fcm={"fail": "503", "times": 1})
    await school.write(school.asha)
    assert len(await pushes(school, school.ravi)) == 1
    school.world.clock.advance(seconds=31)
    found = await pushes(school, school.ravi, due=True)
    assert sorted(one["token"] for one in found) == ["phone", "tablet"]


async def test_a_service_that_does_not_let_us_in_keeps_all_waiting(school: School, tmp_path: Any) -> None:
    await register(school.ravi, "phone")
    await school.world.sandbox.faults(fcm={"fail": "401"})
    await school.write(school.asha)
    assert await pushes(school, school.ravi) == []
    assert await school.world.count("notifications", "push_due_at IS NOT NULL") == 1
    school.world.clock.advance(seconds=31)
    with pytest.raises(Unavailable):
        await school.world.house.workflows.pushing.send_due()
    await school.world.sandbox.faults()
    school.world.clock.advance(minutes=2)
    assert len(await pushes(school, school.ravi, due=True)) == 1
    settings = settings_for(school.world.house.settings.database_url, school.world.sandbox, tmp_path)
    account = tmp_path / "service-account.json"
    account.write_text(account.read_text().replace("/sandbox/fcm/token", "/sandbox/nowhere/"))
    other = compose(settings, clock=school.world.clock)
    with pytest.raises(Unavailable):
        await other.pushes.greet()  # type: ignore[union-attr]
    await other.close()


async def test_quiet_hours_hold_it_back_until_the_morning(school: School) -> None:
    zone = ZoneInfo("Asia/Kolkata")
    await register(school.ravi, "phone")
    now = school.world.clock.now().astimezone(zone)
    evening = (now + timedelta(days=1)).replace(hour=23, minute=30)
    school.world.clock.advance(seconds=(evening - now).total_seconds())
    await refresh(school)
    await prefer(school.ravi, quiet_hours={"start": "22:00", "end": "07:00", "timezone": "Asia/Kolkata"})
    await school.write(school.asha)
    assert await pushes(school, school.ravi, due=True) == []
    school.world.clock.advance(hours=7)
    assert await pushes(school, school.ravi, due=True) == []
    school.world.clock.advance(minutes=31)
    assert len(await pushes(school, school.ravi, due=True)) == 1
    at = school.world.clock.now().astimezone(UTC)
    assert at.astimezone(zone).hour == 7


async def test_what_was_read_or_deleted_meanwhile_is_not_pushed(school: School) -> None:
    await register(school.ravi, "phone")
    await school.world.sandbox.faults(fcm={"fail": "503", "times": 2})
    read, deleted = await school.write(school.asha, title="Read"), await school.write(school.asha, title="Deleted")
    assert await pushes(school, school.ravi) == []
    told = {one["post_id"]: one["id"] for one in await school.told(school.ravi)}
    await school.ravi.post(f"{PATH}{told[read]}/mark-as-read/")
    await school.asha.delete(f"/api/community/posts/{deleted}/")
    school.world.clock.advance(minutes=2)
    assert await pushes(school, school.ravi, due=True) == []
    await prefer(school.ravi, groups=[{"community_id": school.id, "push_notifications": False}])
    await school.write(school.asha)
    assert await pushes(school, school.ravi) == []


async def test_old_news_is_not_pushed(school: School) -> None:
    await register(school.ravi, "phone")
    await school.world.sandbox.faults(fcm={"fail": "503"})
    await school.write(school.asha)
    assert await pushes(school, school.ravi) == []
    await school.world.sandbox.faults()
    school.world.clock.advance(days=1, minutes=1)
    assert await pushes(school, school.ravi, due=True) == []
    assert await school.world.count("notifications", "push_due_at IS NOT NULL") == 0


async def test_many_at_once_push_each_once(school: School) -> None:
    others = [await school.world.classmate(school.course, school.id) for _ in range(12)]
    for number, person in enumerate(others):
        await prefer(person, types=ALL_POSTS)
        await register(person, f"phone-{number}")
    await school.world.sandbox.faults(fcm={"fail": "503"})
    await school.write(school.asha)
    await school.world.settle()
    await school.world.sandbox.faults()
    school.world.clock.advance(minutes=2)
    await asyncio.gather(*(school.world.house.workflows.pushing.send_due() for _ in range(4)))
    for person in others:
        assert len(await school.world.sandbox.pushes(person.id)) == 1


async def refresh(school: School) -> None:
    """New tokens: a day has passed."""
    for person in (school.asha, school.ravi):
        logins = school.world.house.workflows.logins
        person.token = (await logins.refresh(person.refresh_token)).access_token
