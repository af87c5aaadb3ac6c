"""What somebody wants to be told: one preference centre, merged by key, and what it does."""

import asyncio
from datetime import timedelta

import pytest

from classes import PATH, School, found_school, prefer
from modules.notifications.domain.kinds import KINDS, NotificationType
from worlds import PASSWORD, World

PREFERENCES = f"{PATH}preferences/"
UNKNOWN_BODIES = [
    {"email_frequency": "hourly"},
    {"types": [{"notification_type": "nothing", "push": True}]},
    {"quiet_hours": {"start": "25:00", "end": "07:00", "timezone": "Asia/Kolkata"}},
    {"quiet_hours": {"start": "22:00", "end": "07:00", "timezone": "Mars/Olympus"}},
    {"quiet_hours": {"start": "22:00", "end": "22:00"}},
    {"language": "fr"},
    {"quiet_hours": {"start": "9:00", "end": "07:00", "timezone": "Asia/Kolkata"}},
    {"unknown": 1},
]


@pytest.fixture
async def school(world: World) -> School:
    return await found_school(world)


async def test_the_whole_centre_in_one_read(school: School) -> None:
    found = (await school.asha.get(PREFERENCES)).json()
    assert [one["notification_type"] for one in found.pop("types")] == [kind.value for kind in NotificationType]
    assert found == {
        "language": "en",
        "email_frequency": "daily",
        "email_paused_at": None,
        "quiet_hours": None,
        "groups": [
            {
                "community_id": school.id,
                "email_notifications": True,
                "push_notifications": True,
                "muted_until": None,
            }
        ],
    }


async def test_a_change_touches_what_it_names_and_may_be_the_whole_again(school: School) -> None:
    quiet = {"start": "22:00", "end": "07:00", "timezone": "Asia/Kolkata"}
    first = await prefer(school.asha, email_frequency="weekly", quiet_hours=quiet, language="hi")
    assert (first["email_frequency"], first["quiet_hours"], first["language"]) == ("weekly", quiet, "hi")
    changed = await prefer(
        school.asha,
        types=[{"notification_type": "new_post", "push": True}, {"notification_type": "new_reply", "in_app": False}],
        groups=[{"community_id": school.id, "push_notifications": False}],
    )
    types = {one["notification_type"]: one for one in changed["types"]}
    defaults = KINDS[NotificationType.NEW_POST].defaults
    assert types["new_post"] == {
        "notification_type": "new_post",
        "in_app": defaults.in_app,
        "email": defaults.email,
        "push": True,
    }
    assert (types["new_reply"]["in_app"], types["new_reply"]["email"]) == (False, True)
    assert (changed["email_frequency"], changed["groups"][0]["push_notifications"]) == ("weekly", False)
    assert changed["groups"][0]["email_notifications"]
    member = await school.asha.get(f"/api/community/groups/{school.id}/")
    assert member.json()["membership"]["push_notifications"] is False
    assert await prefer(school.asha, **changed) == changed
    ended = await prefer(school.asha, quiet_hours=None)
    assert ended["quiet_hours"] is None


async def test_parallel_changes_of_one_type_are_all_kept(school: School) -> None:
    changes = [{channel: False} for channel in ("in_app", "email", "push")] * 4
    answers = await asyncio.gather(
        *(school.asha.patch(PREFERENCES, {"types": [{"notification_type": "new_mention", **one}]}) for one in changes)
    )
    assert {one.status_code for one in answers} == {200}
    types = {one["notification_type"]: one for one in (await school.asha.get(PREFERENCES)).json()["types"]}
    assert [types["new_mention"][name] for name in ("in_app", "email", "push")] == [False] * 3


@pytest.mark.parametrize("body", UNKNOWN_BODIES)
async def test_what_is_wrong_is_named_and_nothing_changes(sqlite_world: World, body: dict[str, object]) -> None:
    person = await sqlite_world.person()
    answer = await person.patch(PREFERENCES, {"types": [], **body})
    assert answer.status_code == 400
    assert answer.json()["errors"]
    assert (await person.get(PREFERENCES)).json()["email_frequency"] == "daily"


async def test_all_of_a_change_or_nothing(school: School) -> None:
    other = await school.world.group(await school.world.course())
    answer = await school.asha.patch(
        PREFERENCES, {"email_frequency": "off", "groups": [{"community_id": other, "push_notifications": False}]}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "not_member")
    assert (await school.asha.get(PREFERENCES)).json()["email_frequency"] == "daily"


async def test_who_does_not_want_a_type_in_the_app_has_no_row(school: School) -> None:
    await prefer(school.ravi, types=[{"notification_type": "new_post", "in_app": False, "email": False}])
    await school.write(school.asha)
    assert await school.told(school.ravi) == []
    assert await school.world.count("notifications", f"recipient_id = {school.ravi.id}") == 0
    assert len(await school.told(school.moderator)) == 1


async def test_a_muted_group_is_quiet_and_keeps_its_rows(school: School) -> None:
    await school.world.confirm(school.ravi)
    until = school.world.clock.now() + timedelta(hours=1)
    await prefer(
        school.ravi,
        email_frequency="instant",
        groups=[{"community_id": school.id, "muted_until": until.isoformat()}],
    )
    await school.write(school.asha)
    assert len(await school.told(school.ravi)) == 1
    quiet = "email_due_at IS NULL AND push_due_at IS NULL"
    assert await school.world.count("notifications", f"recipient_id = {school.ravi.id} AND {quiet}") == 1
    ended = await prefer(school.ravi, groups=[{"community_id": school.id, "muted_until": None}])
    assert ended["groups"][0]["muted_until"] is None
    await school.write(school.asha)
    await school.world.settle()
    assert (
        await school.world.count("notifications", f"recipient_id = {school.ravi.id} AND email_due_at IS NOT NULL") == 1
    )


async def test_titles_and_texts_in_hindi(school: School) -> None:
    await prefer(school.ravi, language="hi")
    await school.write(school.asha)
    (told,) = await school.told(school.ravi)
    assert (told["title"], told["message"]) == ("The class में नई पोस्ट", "Ravi K: Doubt")


async def test_devices(school: School) -> None:
    devices = f"{PATH}devices/"
    first = await school.asha.post(devices, {"token": "phone-1", "platform": "android"})
    again = await school.asha.post(devices, {"token": "phone-1", "platform": "android"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert set(first.json()) == {"id", "platform", "created_at", "last_seen_at"}
    taken = await school.ravi.post(devices, {"token": "phone-1", "platform": "android"})
    assert taken.status_code == 201
    assert (await school.asha.get(devices)).json() == {"results": []}
    assert (await school.asha.delete(f"{devices}{taken.json()['id']}/")).status_code == 404
    assert (await school.ravi.delete(f"{devices}{taken.json()['id']}/")).status_code == 204
    for body in (
        {"token": "", "platform": "ios"},
        {"token": "a b", "platform": "ios"},
        {"token": "a", "platform": "x"},
    ):
        assert (await school.asha.post(devices, body)).status_code == 400
    # a login is one phone, whose token has changed
    await school.asha.post(devices, {"token": "phone-1-anew", "platform": "android"})
    other = await school.asha.post(devices, {"token": "phone-1-again", "platform": "android"})
    assert [one["id"] for one in (await school.asha.get(devices)).json()["results"]] == [other.json()["id"]]
    parallel = [school.asha.post(devices, {"token": "phone-2", "platform": "ios"}) for _ in range(20)]
    codes = sorted(one.status_code for one in await asyncio.gather(*parallel))
    assert set(codes) <= {200, 201}
    assert len((await school.asha.get(devices)).json()["results"]) == 1


async def test_a_user_has_twenty_devices_at_most(school: School) -> None:
    logins = school.world.house.workflows.logins
    for number in range(23):
        tokens = await logins.login(school.asha.email, PASSWORD, device=f"phone-{number}")
        school.asha.token = tokens.access_token
        await school.asha.post(f"{PATH}devices/", {"token": f"phone-{number}", "platform": "android"})
    assert await school.world.count("devices", f"user_id = {school.asha.id}") <= 21
    assert await school.world.count("devices", "token = 'phone-22'") == 1


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+05:00"])
async def test_a_moment_at_the_edge_of_the_calendar_is_refused(school: School, moment: str) -> None:
    body = {"groups": [{"community_id": school.id, "muted_until": moment}]}
    assert (await school.asha.patch(PREFERENCES, body)).status_code == 400
    membership = f"/api/community/groups/{school.id}/membership/"
    assert (await school.asha.patch(membership, {"muted_until": moment})).status_code == 400


async def test_an_erased_person_leaves_nothing(school: School) -> None:
    await school.asha.post(f"{PATH}devices/", {"token": "phone-1", "platform": "android"})
    await prefer(school.asha, language="hi", types=[{"notification_type": "new_post", "push": True}])
    await school.write(school.ravi)
    assert len(await school.told(school.asha)) == 1
    answer = await school.asha.call("DELETE", "/api/accounts/me/", json={"password": "learn-by-doing-1"})
    assert answer.status_code == 204, answer.text
    for table, owner in (
        ("devices", "user_id"),
        ("notification_preferences", "user_id"),
        ("notification_choices", "user_id"),
        ("notifications", "recipient_id"),
    ):
        assert await school.world.count(table, f"{owner} = {school.asha.id}") == 0
    assert "Asha" not in str(await school.told(school.ravi))
