"""Reviews: one for each enrolment, exact in the course's rating, answered, reported and hidden."""

import asyncio
import random
from typing import Any

import pytest

from core.actor import Role
from worlds import MadeCourse, Person, World

REVIEWS = "/api/courses/reviews/"
REVIEW_KEYS = {
    "id", "enrollment_id", "course_id", "user", "rating", "comment", "created_at", "updated_at", "reply", "version",
}  # fmt: skip


async def classmates(world: World, many: int, course: MadeCourse) -> list[Person]:
    people = [await world.person() for _ in range(many)]
    for person in people:
        await world.enrol(person, course)
    return people


async def rate(person: Person, course: MadeCourse, rating: int, comment: str = "Good") -> dict[str, Any]:
    answer = await person.post(REVIEWS, {"course_id": course.id, "rating": rating, "comment": comment})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def rating_of(world: World, course: MadeCourse) -> tuple[float, int]:
    shown = (await world.http.get(f"/api/courses/courses/{course.id}/")).json()
    return shown["rating"], shown["rating_count"]


async def listed(world: World, course: MadeCourse, **query: Any) -> list[dict[str, Any]]:
    answer = await world.http.get(REVIEWS, params={"course_id": course.id, **query})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def test_a_review_is_written_changed_and_taken_back(world: World) -> None:
    course = await world.course()
    (student,) = await classmates(world, 1, course)
    made = await rate(student, course, 4)
    assert made.keys() == REVIEW_KEYS
    assert (made["rating"], made["comment"], made["user"]["id"], made["reply"]) == (4, "Good", student.id, None)
    assert await rating_of(world, course) == (4.0, 1)
    assert await listed(world, course) == [made]
    again = await student.post(REVIEWS, {"course_id": course.id, "rating": 5})
    assert (again.status_code, again.json()["code"]) == (409, "already_reviewed")
    path, version = f"{REVIEWS}{made['id']}/", {"If-Match": f'"{made["version"]}"'}
    changed = await student.patch(path, {**made, "rating": 5}, headers=version)
    assert (changed.json()["rating"], changed.json()["comment"]) == (5, "Good")
    stale = await student.patch(path, {"rating": 1}, headers=version)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert await rating_of(world, course) == (5.0, 1)
    assert (await student.delete(path)).status_code == 204
    assert (await rating_of(world, course), await listed(world, course)) == ((0.0, 0), [])
    assert (await rate(student, course, 3))["rating"] == 3


async def test_a_rating_is_exact_whoever_rates_at_the_same_moment(world: World) -> None:
    course = await world.course()
    people = await classmates(world, 15, course)
    made = await asyncio.gather(*[rate(person, course, n % 5 + 1) for n, person in enumerate(people)])
    assert await rating_of(world, course) == (3.0, 15)
    ratings = {one["id"]: one["rating"] for one in made}
    chance = random.Random("reviews")

    async def act(person: Person, review_id: int) -> None:
        if chance.random() < 0.3:
            assert (await person.delete(f"{REVIEWS}{review_id}/")).status_code == 204
            del ratings[review_id]
            return
        rating = chance.randrange(1, 6)
        assert (await person.patch(f"{REVIEWS}{review_id}/", {"rating": rating})).status_code == 200
        ratings[review_id] = rating

    await asyncio.gather(*[act(person, one["id"]) for person, one in zip(people, made, strict=True)])
    exact = sum(ratings.values()) * 100 / len(ratings)
    assert await rating_of(world, course) == (int(exact + 0.5) / 100, len(ratings))


async def test_twenty_reviews_of_one_student_are_one(world: World) -> None:
    course = await world.course()
    (student,) = await classmates(world, 1, course)
    body = {"course_id": course.id, "rating": 5}
    answers = await asyncio.gather(*[student.post(REVIEWS, body) for _ in range(20)])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    keyed = {"Idempotency-Key": "one"}
    other = (await classmates(world, 1, course))[0]
    repeated = [await other.post(REVIEWS, body, headers=keyed) for _ in range(2)]
    assert [answer.status_code for answer in repeated] == [201, 201]
    assert repeated[0].json() == repeated[1].json()
    assert await rating_of(world, course) == (5.0, 2)


async def test_a_rating_is_rounded_half_up(world: World) -> None:
    course = await world.course()
    people = await classmates(world, 8, course)
    for person, rating in zip(people, (5, 4, 4, 4, 4, 4, 4, 4), strict=True):
        await rate(person, course, rating)
    assert await rating_of(world, course) == (4.13, 8)  # 4.125


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": 0}, "rating"), ({"rating": 6}, "rating"), ({"rating": 4.5}, "rating"), ({}, "rating"),
        ({"rating": 5, "comment": "x" * 2001}, "comment"), ({"rating": 5, "user_id": 1}, "user_id"),
    ],
)  # fmt: skip
async def test_what_is_no_review_is_refused(sqlite_world: World, body: dict, field: str) -> None:
    course = await sqlite_world.course()
    (student,) = await classmates(sqlite_world, 1, course)
    answer = await student.post(REVIEWS, {"course_id": course.id, **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert await rating_of(sqlite_world, course) == (0.0, 0)


async def test_only_who_has_access_reviews(sqlite_world: World) -> None:
    course, stranger = await sqlite_world.course(), await sqlite_world.person()
    (student,) = await classmates(sqlite_world, 1, course)
    refused = await stranger.post(REVIEWS, {"course_id": course.id, "rating": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_enrolled")
    made = await rate(student, course, 5)
    for method, path in (("PATCH", ""), ("DELETE", "")):
        answer = await stranger.call(method, f"{REVIEWS}{made['id']}/{path}", json={"rating": 1})
        assert answer.status_code == 404
    hidden = await sqlite_world.course(publish=False)
    assert (await sqlite_world.http.get(REVIEWS, params={"course_id": hidden.id})).status_code == 404
    assert (await sqlite_world.http.get(REVIEWS, params={"course_id": 987654})).status_code == 404


async def test_teachers_answer(sqlite_world: World) -> None:
    teacher, other = await sqlite_world.person(Role.INSTRUCTOR), await sqlite_world.person(Role.INSTRUCTOR)
    course = await sqlite_world.course(instructor=teacher)
    (student,) = await classmates(sqlite_world, 1, course)
    made = await rate(student, course, 2, "Too fast")
    path = f"{REVIEWS}{made['id']}/reply/"
    assert (await other.call("PUT", path, json={"text": "Hm"})).status_code == 403
    assert (await student.call("PUT", path, json={"text": "Hm"})).status_code == 403
    for text in ("Slower now.", "Much slower now."):
        answer = await teacher.call("PUT", path, json={"text": text})
        assert answer.status_code == 200, answer.text
    (shown,) = await listed(sqlite_world, course)
    assert (shown["reply"]["text"], shown["reply"]["user"]["id"]) == ("Much slower now.", teacher.id)
    assert shown["updated_at"] == made["updated_at"]  # that is when its author wrote
    taken = await teacher.delete(path)
    assert taken.json()["reply"] is None
    assert await rating_of(sqlite_world, course) == (2.0, 1)


async def test_what_is_reported_is_hidden_or_kept(world: World) -> None:
    course, admin = await world.course(), await world.admin()
    student, other, reader = await classmates(world, 3, course)
    rude, fair = await rate(student, course, 1, "Rude"), await rate(other, course, 5)
    for _ in range(2):
        answer = await reader.post(f"{REVIEWS}{rude['id']}/report/", {"reason": "abuse", "comment": "Rude!"})
        assert answer.status_code == 204
    (waiting,) = (await admin.get(f"{REVIEWS}reported/")).json()["results"]
    assert (waiting["id"], waiting["report_count"], waiting["is_hidden"]) == (rude["id"], 1, False)
    hidden = await admin.post(f"{REVIEWS}{rude['id']}/hide/")
    assert hidden.json()["is_hidden"] is True
    assert [one["id"] for one in await listed(world, course)] == [fair["id"]]
    assert await rating_of(world, course) == (5.0, 1)
    assert (await admin.get(f"{REVIEWS}reported/")).json()["results"] == []
    assert (await reader.post(f"{REVIEWS}{rude['id']}/report/", {"reason": "spam"})).status_code == 404
    assert (await student.patch(f"{REVIEWS}{rude['id']}/", {"rating": 3})).status_code == 200
    back = await student.delete(f"{REVIEWS}{rude['id']}/")  # else it would come back with the next one
    assert (back.status_code, back.json()["code"]) == (409, "review_hidden")
    assert await rating_of(world, course) == (5.0, 1)
    await admin.post(f"{REVIEWS}{rude['id']}/keep/")
    assert await rating_of(world, course) == (4.0, 2)
    actions = await world.count("audit_log", "action IN ('review.hidden', 'review.kept')")
    assert actions == 2


async def test_reviews_are_paged_and_filtered(world: World) -> None:
    course = await world.course()
    for n, person in enumerate(await classmates(world, 5, course)):
        await rate(person, course, 5 if n % 2 else 4, f"No. {n}")
    assert [one["comment"] for one in await listed(world, course, rating=5)] == ["No. 3", "No. 1"]
    first = (await world.http.get(REVIEWS, params={"course_id": course.id, "limit": 2, "count": "true"})).json()
    assert (first["count"], [one["comment"] for one in first["results"]]) == (5, ["No. 4", "No. 3"])
    second = await listed(world, course, limit=2, cursor=first["next_cursor"])
    assert [one["comment"] for one in second] == ["No. 2", "No. 1"]
