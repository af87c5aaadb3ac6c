"""Notifications in the app: who is told of what, the list, its count, and reading."""

import asyncio

import pytest

from classes import PATH, POSTS, School, found_school
from core.actor import Role
from modules.community.domain.groups import MemberRole
from worlds import World, payment_event

KEYS = {
    "id", "recipient_id", "notification_type", "title", "message", "actor", "actor_id", "actor_info", "community_id",
    "post_id", "chat_message_id", "course_id", "link", "is_read", "read_at", "email_sent", "push_sent", "created_at",
}  # fmt: skip


@pytest.fixture
async def school(world: World) -> School:
    return await found_school(world)


async def test_a_new_post_is_told_to_all_members_but_its_author(school: School) -> None:
    post_id = await school.write(school.asha)
    (told,) = await school.told(school.ravi)
    assert set(told) == KEYS
    assert (told["notification_type"], told["title"]) == ("new_post", "New post in The class")
    assert (told["message"], told["actor"], told["actor_id"]) == ("Ravi K: Doubt", "Ravi K", school.asha.id)
    assert (told["link"], told["post_id"]) == ({"type": "post", "id": post_id}, post_id)
    assert (told["course_id"], told["community_id"], told["is_read"]) == (school.course.id, school.id, False)
    assert told["recipient_id"] == school.ravi.id
    assert await school.types(school.moderator) == ["new_post"]
    assert await school.types(school.asha) == []


async def test_of_one_post_each_is_told_once_and_the_nearest(school: School) -> None:
    """Named, else replied to, else a member."""
    top = await school.write(school.asha, f"Does @{school.ravi.username} know?")
    assert (await school.types(school.ravi), await school.types(school.moderator)) == (["new_mention"], ["new_post"])
    await school.write(
        school.ravi, f"No, @{school.moderator.username} and @{school.asha.username} do", parent_post_id=top
    )
    assert await school.types(school.asha) == ["new_mention"]
    assert await school.types(school.moderator) == ["new_mention", "new_post"]
    await school.write(school.ravi, "Really", parent_post_id=top)
    assert await school.types(school.asha) == ["new_reply", "new_mention"]
    assert (await school.told(school.asha))[0]["message"] == "Ravi K replied: Really"
    await school.write(school.asha, "Myself", parent_post_id=top)
    assert await school.types(school.asha) == ["new_reply", "new_mention"]


async def test_moderators_hear_of_what_waits_and_authors_of_what_was_decided(world: World) -> None:
    school = await found_school(world, require_post_approval=True)
    post_id = await school.write(school.asha)
    for person in (school.host, school.moderator):  # the teacher has not joined
        (told,) = await school.told(person)
        assert (told["notification_type"], told["title"]) == ("moderator_action", "A post waits for approval")
    assert await school.types(school.ravi) == []
    answer = await school.host.post(f"{POSTS}{post_id}/reject/", {"moderation_notes": "Say more"})
    assert answer.status_code == 200
    (told,) = await school.told(school.asha)
    assert (told["notification_type"], told["message"]) == (
        "post_rejected",
        "A moderator of The class wrote: Say more",
    )
    assert (await school.told(school.moderator))[0]["title"] == "A post was rejected"
    assert len(await school.told(school.host)) == 1
    await school.asha.call("PUT", f"{POSTS}{post_id}/", json={"title": "Doubt", "content": "Longer"})
    assert len(await school.told(school.host)) == 2
    await school.moderator.post(f"{POSTS}{post_id}/approve/")
    assert await school.types(school.asha) == ["post_approved", "post_rejected"]
    assert await school.types(school.ravi) == ["new_post"]


async def test_moderators_hear_of_reports(school: School) -> None:
    post_id = await school.write(school.asha)
    others = [await school.world.classmate(school.course, school.id) for _ in range(2)]
    for person in (school.ravi, *others):
        answer = await person.post(f"{POSTS}{post_id}/flag/", {"reason": "spam"})
        assert answer.status_code == 201, answer.text
        await school.world.settle()
    titles = [one["title"] for one in await school.told(school.host)]
    assert titles[:2] == ["A post is hidden after reports", "A post was reported"]
    assert "Ravi" not in (await school.told(school.host))[0]["message"]
    assert (await school.told(school.ravi))[0]["message"] == "What this was about is no longer there."


async def test_who_is_an_instructor_no_longer_hears_of_no_reports(school: School) -> None:
    post_id = await school.write(school.asha, "Secret")
    await school.world.house.workflows.administration.change(
        (await school.world.admin()).actor, school.host.id, role=Role.STUDENT
    )
    await school.ravi.post(f"{POSTS}{post_id}/flag/", {"reason": "spam"})
    assert await school.types(school.host) == []
    assert set(await school.types(school.moderator)) == {"moderator_action", "new_post"}


async def test_who_moderates_no_longer_reads_no_more_of_what_is_hidden(school: School) -> None:
    post_id = await school.write(school.asha, "Secret")
    others = [await school.world.classmate(school.course, school.id) for _ in range(2)]
    for person in (school.ravi, *others):
        await person.post(f"{POSTS}{post_id}/flag/", {"reason": "spam"})
        await school.world.settle()
    before = await school.told(school.moderator)
    assert "Secret" in before[0]["message"]
    await school.world.house.workflows.hosting.set_role(
        school.host.actor, school.id, school.moderator.id, MemberRole.MEMBER
    )
    assert "Secret" not in str(await school.told(school.moderator))
    assert "Secret" in (await school.told(school.host))[0]["message"]


async def test_a_direct_message_and_a_payment(school: School) -> None:
    body = {"community_id": school.id, "recipient_id": school.ravi.id, "message": "Shall we learn together?"}
    sent = (await school.asha.post("/api/community/messages/", body)).json()
    (told,) = await school.told(school.ravi)
    assert (told["notification_type"], told["title"]) == ("new_message", "Message from Ravi K")
    assert (told["message"], told["link"]) == (body["message"], {"type": "message", "id": sent["id"]})
    assert await school.types(school.moderator) == []
    await school.asha.delete(f"/api/community/messages/{sent['id']}/")
    assert "together" not in str(await school.told(school.ravi))
    student = await school.world.person()
    order = await school.world.order(student, school.course)
    await school.world.webhook(payment_event(await school.world.sandbox.pay(order["razorpay_order_id"])))
    (told,) = await school.told(student)
    assert (told["notification_type"], told["link"]) == (
        "payment_received", {"type": "payment", "id": order["payment_id"]},
    )  # fmt: skip
    assert told["message"].startswith("499.00 INR for ")
    assert (told["actor"], told["actor_info"], told["actor_id"]) == (None, None, None)


async def test_an_announcement_reaches_every_member_once(school: School) -> None:
    body = {"community_id": school.id, "title": "Tomorrow", "message": "The class begins at nine."}
    headers = {"Idempotency-Key": "a"}
    first, second = [await school.host.post(PATH, body, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    for person in (school.asha, school.ravi, school.moderator):
        (told,) = await school.told(person)
        assert (told["title"], told["message"]) == ("The class: Tomorrow", body["message"])
        assert told["link"] == {"type": "course", "id": school.course.id}
    assert await school.types(school.host) == []
    for person in (school.asha, school.moderator):
        assert (await person.post(PATH, body)).status_code == 403
    stranger = await school.world.person(Role.INSTRUCTOR)
    assert (await stranger.post(PATH, body)).status_code in (403, 404)
    for title in (" ", "", "Two\nlines", "x" * 121):
        assert (await school.host.post(PATH, {**body, "title": title})).status_code == 400


async def test_the_list_is_paged_and_filtered(school: School) -> None:
    ids = [await school.write(school.asha, f"Question {n}") for n in range(5)]
    await school.write(school.asha, "Yes", parent_post_id=await school.write(school.ravi))
    assert [one["post_id"] for one in await school.told(school.ravi, notification_type="new_post")] == [
        one["post_id"] for one in await school.told(school.ravi) if one["post_id"] in ids
    ]
    assert sorted(one["post_id"] for one in await school.told(school.ravi, notification_type="new_post")) == ids
    assert len(await school.told(school.ravi)) == 6
    found, answer = [], await school.ravi.get(PATH, params={"limit": 4, "is_read": False})
    while True:
        page = answer.json()
        found += [one["id"] for one in page["results"]]
        if page["next"] is None:
            break
        answer = await school.ravi.follow(page["next"])
    assert (len(found), found) == (6, sorted(found, reverse=True))
    assert await school.told(school.ravi, is_read=True) == []
    assert (await school.ravi.get(PATH, params={"notification_type": "else"})).status_code == 400


async def test_reading_one_and_all(school: School) -> None:
    for number in range(4):
        await school.write(school.asha, f"Question {number}")
    told = await school.told(school.ravi)
    newest, oldest = told[0]["id"], told[-1]["id"]

    async def unread() -> int:
        return (await school.ravi.get(f"{PATH}unread-count/")).json()["unread_count"]

    assert await unread() == 4
    answers = await asyncio.gather(*(school.ravi.post(f"{PATH}{oldest}/mark-as-read/") for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["read_at"] for one in answers}) == 1
    assert (await unread(), (await school.ravi.get(f"{PATH}{oldest}/")).json()["is_read"]) == (3, True)
    assert [one["id"] for one in await school.told(school.ravi, is_read=True)] == [oldest]
    marked = await school.ravi.post(f"{PATH}mark-all-as-read/", {"up_to_id": told[1]["id"]})
    assert marked.json() == {"updated": 2, "unread_count": 1}
    assert (await school.ravi.post(f"{PATH}mark-all-as-read/")).json() == {"updated": 1, "unread_count": 0}
    assert (await school.ravi.post(f"{PATH}mark-all-as-read/")).json() == {"updated": 0, "unread_count": 0}
    for call in (school.asha.get(f"{PATH}{newest}/"), school.asha.post(f"{PATH}{newest}/mark-as-read/")):
        assert (await call).status_code == 404
    assert (await school.ravi.post(f"{PATH}999999/mark-as-read/")).status_code == 404


async def test_the_count_is_exact_whatever_happens_at_once(school: School) -> None:
    """Twenty calls that read, and posts that arrive meanwhile."""
    for number in range(10):
        await school.write(school.asha, f"Question {number}")
    ids = [one["id"] for one in await school.told(school.ravi)]
    reading = [school.ravi.post(f"{PATH}{id_}/mark-as-read/") for id_ in ids[:6] for _ in range(2)]
    await asyncio.gather(*reading, *(school.write(school.asha, f"Later {n}") for n in range(5)), school.world.settle())
    unread = [one for one in await school.told(school.ravi) if not one["is_read"]]
    count = (await school.ravi.get(f"{PATH}unread-count/")).json()["unread_count"]
    assert count == len(unread) == 4 + 5
    assert count == await school.world.count("notifications", f"recipient_id = {school.ravi.id} AND read_at IS NULL")


async def test_who_left_reads_no_more_of_what_was_there(school: School) -> None:
    post = await school.write(school.asha, title="Before")
    await school.host.post(PATH, {"community_id": school.id, "title": "Tomorrow", "message": "At nine."})
    body = {"community_id": school.id, "recipient_id": school.ravi.id, "message": "Only for you"}
    await school.asha.post("/api/community/messages/", body)
    assert {one["title"] for one in await school.told(school.ravi)} == {
        "New post in The class",
        "The class: Tomorrow",
        "Message from Ravi K",
    }
    await school.ravi.post(f"/api/community/groups/{school.id}/leave/")
    await school.asha.call("PUT", f"{POSTS}{post}/", json={"title": "After", "content": "Secret"})
    told = await school.told(school.ravi)
    assert len(told) == 3
    assert {one["message"] for one in told} == {"What this was about is no longer there."}
    assert not any(word in str(told) for word in ("Before", "After", "Secret", "Only", "Tomorrow", "nine"))


async def test_members_of_a_group_that_became_private_are_not_told(school: School) -> None:
    answer = await school.host.patch(f"/api/community/groups/{school.id}/", {"visibility": "private"})
    assert answer.status_code == 200, answer.text
    await school.write(school.host)
    assert await school.types(school.ravi) == []


async def test_who_lost_their_place_is_not_told(school: School) -> None:
    gone, banned, expired = [await school.world.classmate(school.course, school.id) for _ in range(3)]
    await gone.post(f"/api/community/groups/{school.id}/leave/")
    await school.host.post(f"/api/community/groups/{school.id}/members/{banned.id}/ban/", {"reason": "spam"})
    enrolment = (await expired.get("/api/courses/enrollments/")).json()["results"][0]["id"]
    admin = await school.world.admin()
    answer = await admin.patch(f"/api/courses/enrollments/{enrolment}/", {"is_active": False})
    assert answer.status_code == 200, answer.text
    await school.write(school.asha)
    for person in (gone, banned, expired):
        assert await school.types(person) == []
    assert await school.types(school.ravi) == ["new_post"]
