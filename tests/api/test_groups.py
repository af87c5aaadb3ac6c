"""Communities: who sees them, joins them, leaves them, and what hosts and moderators do."""

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.actor import Role
from modules.community.domain.groups import MemberRole, Visibility
from worlds import PASSWORD, Person, World

GROUPS = "/api/community/groups/"
GROUP_KEYS = {
    "id", "course_id", "course", "title", "description", "visibility", "require_post_approval", "member_count",
    "post_count", "banner_image", "created_at", "slow_mode_seconds", "unread_count", "membership",
    "version",
}  # fmt: skip
MEMBER_KEYS = {
    "id", "community_id", "user_id", "user", "role", "is_active", "joined_at", "silenced_until", "email_notifications",
    "push_notifications", "muted_until",
}  # fmt: skip


async def read(person: Person, community_id: int) -> dict[str, Any]:
    answer = await person.get(f"{GROUPS}{community_id}/")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def listed(person: Person, **query: object) -> list[int]:
    return [group["id"] for group in (await person.get(GROUPS, params=query)).json()["results"]]


async def members(person: Person, community_id: int, **query: object) -> list[dict[str, Any]]:
    answer = await person.get(f"{GROUPS}{community_id}/members/", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def test_an_administrator_gives_a_course_its_community(world: World) -> None:
    course, admin = await world.course(title="Spoken English"), await world.admin()
    answer = await admin.post(GROUPS, {"course_id": course.id, "title": "Class of 2026", "slow_mode_seconds": 10})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made.keys() == GROUP_KEYS
    assert (made["course"], made["visibility"], made["member_count"], made["membership"]) == (
        {"id": course.id, "title": "Spoken English"}, "public", 0, None,
    )  # fmt: skip
    again = await admin.post(GROUPS, {"course_id": course.id, "title": "Another"})
    assert await refusal(again) == (409, "course_has_group")
    nowhere = await admin.post(GROUPS, {"course_id": 999, "title": "Nowhere"})
    assert nowhere.json()["errors"][0]["field"] == "course_id"
    deleted = await admin.delete(f"/api/courses/courses/{course.id}/")
    assert await refusal(deleted) == (409, "in_use")


async def test_settings_are_changed_by_hosts_and_by_nobody_who_is_late(world: World) -> None:
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course)
    address = f"{GROUPS}{group}/"
    before = await read(host, group)
    changed = await host.patch(address, {**before, "title": "Renamed", "require_post_approval": True})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["title"], changed.json()["require_post_approval"], changed.json()["version"]) == (
        "Renamed", True, 2,
    )  # fmt: skip
    late = await host.patch(address, {"title": "Late"}, headers={"If-Match": '"1"'})
    assert await refusal(late) == (409, "version_conflict")
    data = BytesIO()
    Image.new("RGB", (40, 10), "teal").save(data, "PNG")
    files = {"file": ("banner.png", data.getvalue(), "image/png")}
    with_banner = await host.call("POST", f"{address}banner/", files=files)
    assert with_banner.json()["banner_image"].startswith("http")
    assert (await host.delete(f"{address}banner/")).json()["banner_image"] is None


async def test_joining_and_leaving_count_each_member_once(world: World) -> None:
    course = await world.course()
    group, student = await world.group(course), await world.person()
    assert await refusal(await student.post(f"{GROUPS}{group}/join/")) == (403, "not_enrolled")
    await world.enrol(student, course)
    assert (await read(student, group))["membership"] is None
    first = await student.post(f"{GROUPS}{group}/join/")
    assert (first.status_code, first.json().keys()) == (201, MEMBER_KEYS)
    assert (first.json()["role"], first.json()["email_notifications"]) == ("member", True)
    again = await student.post(f"{GROUPS}{group}/join/")
    assert (again.status_code, again.json()) == (200, first.json())
    assert (await read(student, group))["member_count"] == 1
    for _ in range(2):
        assert (await student.post(f"{GROUPS}{group}/leave/")).status_code == 204
    assert (await read(student, group))["member_count"] == 0
    assert await refusal(await student.get(f"{GROUPS}{group}/members/")) == (403, "not_member")
    assert (await student.post(f"{GROUPS}{group}/join/")).status_code == 201


async def test_twenty_at_once_are_counted_exactly(world: World) -> None:
    course = await world.course()
    group = await world.group(course)
    students = [await world.person() for _ in range(10)]
    for student in students:
        await world.enrol(student, course)
    answers = await asyncio.gather(*(s.post(f"{GROUPS}{group}/join/") for s in students for _ in range(2)))
    assert sorted(a.status_code for a in answers) == [200] * 10 + [201] * 10
    admin = await world.admin()
    assert (await read(admin, group))["member_count"] == len(await members(admin, group)) == 10
    await asyncio.gather(*(s.post(f"{GROUPS}{group}/leave/") for s in students for _ in range(2)))
    assert (await read(admin, group))["member_count"] == len(await members(admin, group)) == 0


async def test_who_is_erased_is_a_member_of_nothing(world: World) -> None:
    course, other = await world.course(), await world.course()
    first, second = await world.group(course), await world.group(other)
    student = await world.classmate(course, first)
    await world.enrol(student, other)
    await student.post(f"{GROUPS}{second}/join/")
    await world.house.workflows.profiles.erase(student.actor, password=PASSWORD)
    admin = await world.admin()
    for group in (first, second):
        assert (await read(admin, group))["member_count"] == 0
        assert await members(admin, group) == []


async def test_access_that_ends_takes_the_rights_and_gives_them_back(world: World) -> None:
    course, admin = await world.course(), await world.admin()
    group, student = await world.group(course), await world.person()
    enrolment = await world.enrol(student, course)
    await student.post(f"{GROUPS}{group}/join/")
    address = f"/api/courses/enrollments/{enrolment}/"
    await admin.patch(address, {"is_active": False})
    for path in ("", "members/"):
        assert await refusal(await student.get(f"{GROUPS}{group}/{path}")) == (403, "enrolment_expired")
    assert await listed(student) == []
    await admin.patch(address, {"is_active": True})
    assert len(await members(student, group)) == 1
    ends = (world.clock.now() + timedelta(hours=1)).isoformat()
    await admin.patch(address, {"expiry_date": ends})
    world.clock.advance(hours=2)
    await world.house.workflows.logins.login(student.email, "learn-by-doing-1", device="test")
    place = await world.house.workflows.community.place(student.actor, group)
    assert place is not None
    assert not place.is_member


async def test_private_groups_do_not_exist_for_students(world: World) -> None:
    host, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group, student = await world.group(course, visibility=Visibility.PRIVATE), await world.person()
    await world.enrol(student, course)
    for person in (student, other):
        assert await refusal(await person.get(f"{GROUPS}{group}/")) == (404, "not_found")
        assert await refusal(await person.post(f"{GROUPS}{group}/join/")) == (404, "not_found")
        assert await listed(person) == []
    assert await listed(host) == [group]
    assert await members(host, group) == []


async def test_the_list_is_of_one_s_own_courses(world: World) -> None:
    host = await world.person(Role.INSTRUCTOR)
    taught, studied, neither = [await world.course(instructor=host if n == 0 else None) for n in range(3)]
    ids = [await world.group(c, title=t) for c, t in ((taught, "100% English"), (studied, "Grammar"), (neither, "No"))]
    await world.enrol(host, studied)
    assert await listed(host) == [ids[1], ids[0]]
    assert await listed(host, course_id=studied.id) == [ids[1]]
    assert await listed(host, q="gram") == [ids[1]]
    assert await listed(host, q="100%") == [ids[0]]
    assert await listed(host, q="%") == [ids[0]]
    assert await listed(await world.admin()) == ids[::-1]
    assert await listed(await world.person()) == []
    first = (await host.get(GROUPS, params={"limit": 1, "count": True})).json()
    assert (first["count"], len(first["results"])) == (2, 1)
    assert await listed(host, limit=1, cursor=first["next_cursor"]) == [ids[0]]


async def test_members_are_found_and_keep_their_own_business(world: World) -> None:
    course = await world.course()
    group = await world.group(course)
    asha, ravi = await world.classmate(course, group), await world.classmate(course, group)
    seen = await members(asha, group)
    assert [m["user_id"] for m in seen] == [asha.id, ravi.id]
    assert all(m.keys() == MEMBER_KEYS for m in seen)
    business = [[m[key] for key in ("email_notifications", "push_notifications", "muted_until")] for m in seen]
    assert business == [[True, True, None], [None, None, None]]
    assert [m["user_id"] for m in await members(asha, group, q=ravi.username)] == [ravi.id]
    until = "2099-01-01T00:00:00Z"
    changed = await asha.patch(f"{GROUPS}{group}/membership/", {"push_notifications": False, "muted_until": until})
    assert (changed.json()["push_notifications"], changed.json()["muted_until"]) == (False, until)
    assert (await read(asha, group))["membership"]["push_notifications"] is False
    faulty = await asha.patch(f"{GROUPS}{group}/membership/", {"muted_until": "2099-01-01T00:00:00"})
    assert faulty.status_code == 400


async def test_a_ban_holds_at_once_and_until_it_is_lifted(world: World) -> None:
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course)
    student, outsider = await world.classmate(course, group), await world.person()
    address = f"{GROUPS}{group}/members/{student.id}/ban/"
    for _ in range(2):
        assert (await host.post(address, {"reason": "Spam"})).status_code == 204
    assert (await read(host, group))["member_count"] == 0
    for call in (student.get(f"{GROUPS}{group}/"), student.post(f"{GROUPS}{group}/join/")):
        assert await refusal(await call) == (403, "banned")
    assert await listed(student) == []
    assert (await host.post(f"{GROUPS}{group}/members/{outsider.id}/ban/", {"reason": "Known"})).status_code == 204
    await world.enrol(outsider, course)
    assert await refusal(await outsider.post(f"{GROUPS}{group}/join/")) == (403, "banned")
    banned = (await host.get(f"{GROUPS}{group}/bans/")).json()["results"]
    assert [ban["user_id"] for ban in banned] == [student.id, outsider.id]
    assert (await student.post(f"{GROUPS}{group}/leave/")).status_code == 204  # and is still banned
    for _ in range(2):
        assert (await host.delete(address)).status_code == 204
    assert await refusal(await student.get(f"{GROUPS}{group}/members/")) == (403, "not_member")
    assert (await student.post(f"{GROUPS}{group}/join/")).status_code == 201
    assert await world.count("audit_log", "action = 'community.member_banned'") == 2
    for untouchable in (host, await world.admin()):
        refused = await host.post(f"{GROUPS}{group}/members/{untouchable.id}/ban/", {"reason": "No"})
        assert await refusal(refused) == (409, "is_host")
    assert (await host.post(f"{GROUPS}{group}/members/999/ban/", {"reason": "Who"})).status_code == 404


async def test_moderators_silence_members_and_hosts_silence_moderators(world: World) -> None:
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course)
    first, second, student = [await world.classmate(course, group) for _ in range(3)]
    for moderator in (first, second):
        made = await host.patch(f"{GROUPS}{group}/members/{moderator.id}/", {"role": "moderator"})
        assert made.json()["role"] == "moderator"
    assert [m["user_id"] for m in await members(host, group, role="moderator")] == [first.id, second.id]
    silenced = await first.post(f"{GROUPS}{group}/members/{student.id}/silence/", {"minutes": 10})
    assert silenced.status_code == 200, silenced.text
    assert silenced.json()["silenced_until"] is not None
    assert (await read(student, group))["membership"]["silenced_until"] == silenced.json()["silenced_until"]
    refused = await first.post(f"{GROUPS}{group}/members/{second.id}/silence/", {"minutes": 10})
    assert await refusal(refused) == (409, "is_host")
    assert (await host.post(f"{GROUPS}{group}/members/{second.id}/silence/", {"minutes": 10})).status_code == 200
    assert (await first.delete(f"{GROUPS}{group}/members/{student.id}/silence/")).json()["silenced_until"] is None
    stranger = await world.person()
    nobody = await first.post(f"{GROUPS}{group}/members/{stranger.id}/silence/", {"minutes": 10})
    assert await refusal(nobody) == (403, "not_member")
    await first.post(f"{GROUPS}{group}/leave/")
    await first.post(f"{GROUPS}{group}/join/")
    assert [m["user_id"] for m in await members(host, group, role="moderator")] == [second.id]
    assert (await host.patch(f"{GROUPS}{group}/members/{second.id}/", {"role": "instructor"})).status_code == 400


ACTIONS: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "see": ("GET", "", None),
    "join": ("POST", "join/", None),
    "list members": ("GET", "members/", None),
    "change settings": ("PATCH", "", {"title": "Mine"}),
    "make a moderator": ("PATCH", "members/{other}/", {"role": "moderator"}),
    "silence": ("POST", "members/{other}/silence/", {"minutes": 1}),
    "ban": ("POST", "members/{other}/ban/", {"reason": "Spam"}),
    "see bans": ("GET", "bans/", None),
}
WHO = ("stranger", "student", "member", "moderator", "instructor", "admin", "expired", "banned")
MAY = {  # the architecture document's table, with the moderator's column of the specification
    "see": {"student", "member", "moderator", "instructor", "admin"},
    "join": {"student", "member", "moderator", "instructor", "admin"},
    "list members": {"member", "moderator", "instructor", "admin"},
    "change settings": {"instructor", "admin"},
    "make a moderator": {"instructor", "admin"},
    "silence": {"moderator", "instructor", "admin"},
    "ban": {"instructor", "admin"},
    "see bans": {"instructor", "admin"},
}


@pytest.mark.parametrize("who", WHO)
async def test_who_may_do_what(sqlite_world: World, who: str) -> None:
    world = sqlite_world
    host, admin = await world.person(Role.INSTRUCTOR), await world.admin()
    course = await world.course(instructor=host)
    group = await world.group(course)
    do = world.house.workflows
    if who == "instructor":
        caller = host
    elif who == "admin":
        caller = admin
    elif who in {"stranger", "student", "expired"}:
        caller = await world.person()
        if who != "stranger":
            ends = world.clock.now() - timedelta(days=1) if who == "expired" else None
            await world.enrol(caller, course, ends)
    else:
        caller = await world.classmate(course, group)
        if who == "moderator":
            await do.hosting.set_role(host.actor, group, caller.id, MemberRole.MODERATOR)
        if who == "banned":
            await do.hosting.ban(host.actor, group, caller.id, "Spam")
    for action, (method, path, body) in ACTIONS.items():
        if action == "join" and who == "student":
            continue  # it would make a member of them: seen in other tests
        other = await world.classmate(course, group)
        answer = await caller.call(method, f"{GROUPS}{group}/{path.format(other=other.id)}", json=body)
        assert (answer.status_code < 300) == (who in MAY[action]), f"{who}: {action}: {answer.text}"
        assert answer.status_code < 300 or answer.status_code == 403, answer.text
