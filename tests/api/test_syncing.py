"""Learning without a network: what is told later, in any order, in parts and twice, by phones with wrong clocks."""

import asyncio
import random
import uuid
from datetime import timedelta
from typing import Any

import pytest

from modules.learning.domain.catalogue import ContentType
from quizzes import exam
from worlds import PASSWORD, MadeCourse, Person, World

SYNC, UPDATE, PROGRESS = "/api/courses/progress/sync/", "/api/courses/progress/update/", "/api/courses/progress/"
VIDEO: dict[str, Any] = {"video_url": "https://youtu.be/dQw4w9WgXcQ", "video_duration": 600}
EXAMPLE = "0b6f7f0e-3a51-4c43-9f6e-2f1f4f0a9c11"


async def travelled(world: World, *, texts: int = 2, films: int = 1) -> tuple[MadeCourse, Person, list[int]]:
    """A course of texts and films, and a student who enrolled yesterday."""
    course, student = await world.course(texts=texts), await world.person()
    filmed = [await world.content(course, ContentType.VIDEO, title=f"Film {n}", **VIDEO) for n in range(films)]
    await world.enrol(student, course)
    world.clock.advance(days=1)
    await log_in(world, student)
    return course, student, filmed


async def log_in(world: World, person: Person) -> None:
    person.token = (await world.house.workflows.logins.login(person.email, PASSWORD, device="test")).access_token


def event(world: World, content_id: int, position: int = 0, spent: int = 0, **more: Any) -> dict[str, Any]:
    ago = more.pop("ago", 60)
    at = (world.clock.now() - timedelta(seconds=ago)).isoformat()
    told = {"content_id": content_id, "last_position": position, "time_spent": spent, "occurred_at": at}
    return {"event_id": str(uuid.uuid4()), **told, **more}


async def sync(person: Person, *events: dict[str, Any]) -> dict[str, Any]:
    answer = await person.post(SYNC, {"events": list(events)})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def state(person: Person, course: MadeCourse) -> list[dict[str, Any]]:
    """All that the app sees, without ids and times of the server."""
    found = (await person.get(PROGRESS, params={"course_id": course.id})).json()
    lines = []
    for line in found["contents"]:
        progress = line["progress"] or {}
        kept = {name: progress.get(name) for name in ("is_completed", "time_spent", "last_position")}
        lines.append({**kept, "watched": line["watched_seconds"]})
    return [*lines, {"done": found["completed_contents"], "complete": found["completed_at"] is not None}]


async def test_the_golden_example(world: World) -> None:
    course, student, (film,) = await travelled(world)
    told = {"event_id": EXAMPLE, "content_id": film, "occurred_at": "2025-12-15T10:30:00Z", "last_position": 120}
    told |= {"time_spent": 120, "watched": [[0, 120]]}
    body = await sync(student, told)
    assert body["results"] == [{"event_id": EXAMPLE, "status": "applied", "reason": None}]
    (progress,) = body["progress"]
    assert (progress["content_id"], progress["last_position"], progress["time_spent"]) == (film, 120, 120)
    (of_course,) = body["courses"]
    assert of_course.keys() == {
        "course_id", "enrollment_id", "progress_percentage", "completed_contents", "total_contents", "completed_at",
    }  # fmt: skip
    assert (of_course["course_id"], of_course["total_contents"]) == (course.id, 3)
    again = await sync(student, told)
    assert again["results"] == [{"event_id": EXAMPLE, "status": "duplicate", "reason": None}]
    assert (again["progress"], again["courses"]) == ([], body["courses"])
    other = await sync(student, {**told, "last_position": 300})
    assert other["results"] == [{"event_id": EXAMPLE, "status": "rejected", "reason": "id_reused"}]
    assert (await state(student, course))[2]["last_position"] == 120


async def test_each_event_has_its_result(world: World) -> None:
    course, student, (film,) = await travelled(world)
    other = await world.course()
    expired, closed = await world.course(), await world.course()
    ended = await world.enrol(student, expired)
    await world.enrol(student, closed)
    later = await world.text(closed, title="Later", available_after_days=30)
    draft = await world.text(course, title="Draft", publish=False)
    admin = await world.admin()
    await log_in(world, admin)
    assert (await admin.patch(f"/api/courses/enrollments/{ended}/", {"is_active": False})).status_code == 200
    good = event(world, film, 10, 10)
    told = [
        good,
        event(world, film, -1),
        event(world, 987_654),
        event(world, other.content_ids[0]),
        event(world, expired.content_ids[0]),
        event(world, later),
        event(world, draft),
        event(world, film, 10, 10, watched=[[5, 1]]),
        good,
        event(world, course.content_ids[0], is_completed=True),
    ]
    body = await sync(student, *told)
    assert [(one["status"], one["reason"]) for one in body["results"]] == [
        ("applied", None), ("rejected", "invalid"), ("rejected", "not_found"), ("rejected", "not_enrolled"),
        ("rejected", "enrolment_expired"), ("rejected", "content_locked"), ("rejected", "not_found"),
        ("rejected", "invalid"), ("duplicate", None), ("applied", None),
    ]  # fmt: skip
    assert [one["event_id"] for one in body["results"]] == [one["event_id"] for one in told]
    assert await world.count("progress_events") == 2
    world.clock.advance(days=31)
    await log_in(world, student)
    again = await sync(student, told[5])
    assert again["results"][0]["status"] == "applied"  # what was rejected may be told again


@pytest.mark.parametrize("skew", [0, 3, -3])
async def test_any_order_any_parts_and_repeats_end_in_the_same_state(world: World, skew: int) -> None:
    """The phone's clock is right, or days ahead or behind."""
    course, first, (film,) = await travelled(world)
    chance = random.Random(f"order {skew}")
    shift = timedelta(days=skew)
    told, spent = [], 0
    for _ in range(30):
        start, spent = chance.randrange(560), spent + chance.randrange(1, 30)
        content_id = chance.choice([film, film, film, *course.content_ids[:2]])
        body: dict[str, Any] = {"is_completed": chance.random() < 0.2}
        if content_id == film and chance.random() < 0.8:
            body["watched"] = [[start, start + chance.randrange(40)]]
        ago = timedelta(seconds=chance.randrange(5_000))
        at = (world.clock.now() - ago + shift).isoformat()
        told.append(event(world, content_id, start, spent, occurred_at=at, **body))
    states = []
    for n in range(6):
        student = first if n == 0 else await world.person()
        if n:
            await world.enrol(student, course)
        order = told if n == 0 else chance.sample([*told, *chance.sample(told, 10)], len(told) + 10)
        while order:
            many = chance.randrange(1, 12) if n else len(order)
            answers = await sync(student, *order[:many])
            assert all(one["status"] in {"applied", "duplicate"} for one in answers["results"])
            order = order[many:]
        # how much may have been watched goes by the wall clock: all of them enrolled long enough ago
        world.clock.advance(hours=1)
        await log_in(world, student)
        await sync(student, event(world, film, 0, 1, ago=10**7, watched=[[0, 0]]))
        states.append(await state(student, course))
    assert all(one == states[0] for one in states), states


async def test_the_position_is_the_latest_that_the_student_reached(world: World) -> None:
    course, student, (film,) = await travelled(world)
    await sync(student, event(world, film, 300, 300, ago=500), event(world, film, 100, 200, ago=900))
    assert (await state(student, course))[2]["last_position"] == 300
    await student.post(UPDATE, {"content_id": film, "last_position": 40, "time_spent": 310})  # on another device, now
    await sync(student, event(world, film, 500, 320, ago=60))
    assert (await state(student, course))[2]["last_position"] == 40
    ahead = [event(world, film, position, 330, ago=-259_200 + n) for n, position in enumerate((200, 260, 210))]
    await sync(student, ahead[1])
    await sync(student, ahead[0], ahead[2])
    assert (await state(student, course))[2]["last_position"] == 200  # the last of that phone
    world.clock.advance(seconds=1)
    await student.post(UPDATE, {"content_id": film, "last_position": 7, "time_spent": 331})
    assert (await state(student, course))[2]["last_position"] == 7  # and nothing of it lies in the future


async def test_nobody_watches_faster_than_the_wall_clock(world: World) -> None:
    course, student = await world.course(texts=1), await world.person()
    film = await world.content(course, ContentType.VIDEO, title="Film", **VIDEO)
    await world.enrol(student, course)
    world.clock.advance(seconds=100)
    told = event(world, film, 600, 600, watched=[[0, 300], [200, 600]], occurred_at="2031-01-01T00:00:00Z")
    await sync(student, told)
    found = (await state(student, course))[1]
    assert (found["is_completed"], 250 <= found["watched"] <= 260) == (False, True)
    world.clock.advance(seconds=150)
    body = await sync(student, event(world, film, 600, 600, watched=[[0, 1]]))
    assert body["progress"][0]["is_completed"]


async def test_a_course_is_completed_offline_once(world: World) -> None:
    course, student, (film,) = await travelled(world)
    events = [event(world, id_, is_completed=True) for id_ in course.content_ids]
    events.append(event(world, film, 600, 600, watched=[[0, 600]]))
    bodies = await asyncio.gather(*[sync(student, *random.sample(events, 3)) for _ in range(8)], sync(student, *events))
    assert {one["status"] for body in bodies for one in body["results"]} <= {"applied", "duplicate"}
    statuses = [(one["event_id"], one["status"]) for body in bodies for one in body["results"]]
    assert sorted(id_ for id_, status in statuses if status == "applied") == sorted(one["event_id"] for one in events)
    last = await sync(student, events[0])
    assert (last["courses"][0]["progress_percentage"], last["courses"][0]["completed_at"] is not None) == (100.0, True)
    assert await world.count("enrollments", "completed_at IS NOT NULL") == 1
    await sync(student, event(world, course.content_ids[0], is_completed=False))
    assert (await state(student, course))[-1] == {"done": 3, "complete": True}


async def test_syncs_and_reports_at_once_lose_nothing(world: World) -> None:
    course, student, (film,) = await travelled(world)
    calls: list[Any] = []
    for n in range(20):
        parts = [[n * 20, n * 20 + 10]], [[n * 20 + 10, n * 20 + 20]]
        calls.append(sync(student, event(world, film, n, n, watched=parts[0])))
        body = {"content_id": film, "last_position": n, "time_spent": n, "watched": parts[1]}
        calls.append(student.post(UPDATE, body))
    answers = await asyncio.gather(*calls)
    assert all(answer.status_code == 200 for answer in answers[1::2])
    assert (await state(student, course))[2]["watched"] == 400


async def test_a_quiz_is_not_passed_by_saying_so(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    told = event(sqlite_world, made.content_id, 0, 60, is_completed=True)
    body = await sync(made.student, told)
    assert (body["results"][0]["status"], body["progress"][0]["is_completed"]) == ("applied", False)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_id": "one"}, "events.0.event_id"),
        ({"occurred_at": "yesterday"}, "events.0.occurred_at"),
        ({"occurred_at": "2025-12-15T10:30:00"}, "events.0.occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "events.0.occurred_at"),
        ({"last_position": "x"}, "events.0.last_position"),
        ({"user_id": 5}, "events.0.user_id"),
    ],
)
async def test_what_is_no_event_is_refused(sqlite_world: World, change: dict, field: str) -> None:
    _, student, (film,) = await travelled(sqlite_world)
    answer = await student.post(SYNC, {"events": [{**event(sqlite_world, film), **change}]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text


async def test_the_list_is_neither_empty_nor_endless(sqlite_world: World) -> None:
    _, student, (film,) = await travelled(sqlite_world)
    for many in (0, 501):
        answer = await student.post(SYNC, {"events": [event(sqlite_world, film) for _ in range(many)]})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "events")
    body = await sync(student, *[event(sqlite_world, film, n, n) for n in range(500)])
    assert {one["status"] for one in body["results"]} == {"applied"}


async def test_an_event_is_its_students_own(world: World) -> None:
    course, student, (film,) = await travelled(world)
    other = await world.person()
    await world.enrol(other, course)
    told = event(world, film, 10, 10)
    for person in (student, other):
        assert (await sync(person, told))["results"][0]["status"] == "applied"


async def test_a_sequential_course_opens_one_by_one(world: World) -> None:
    teacher_course, student, (film,) = await travelled(world)
    course, (first, second) = teacher_course, teacher_course.content_ids
    admin = await world.admin()
    await log_in(world, admin)
    changed = await admin.patch(f"/api/courses/courses/{course.id}/", {"is_sequential": True})
    assert changed.json()["is_sequential"] is True

    async def locks() -> list[str | None]:
        outline = (await student.get(f"/api/courses/courses/{course.id}/")).json()
        return [one["lock_reason"] for one in outline["modules"][0]["contents"]]

    async def opens(content_id: int) -> int:
        answer = await student.get(f"/api/courses/contents/{content_id}/")
        assert answer.status_code == 200 or answer.json()["code"] == "content_locked"
        return answer.status_code

    assert await locks() == [None, "previous_incomplete", "previous_incomplete"]
    assert [await opens(id_) for id_ in (first, second, film)] == [200, 403, 403]
    refused = await student.post(UPDATE, {"content_id": second, "last_position": 0, "time_spent": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "content_locked")
    assert (await admin.get(f"/api/courses/contents/{film}/")).status_code == 200
    await student.post(UPDATE, {"content_id": first, "last_position": 0, "time_spent": 1, "is_completed": True})
    assert await locks() == [None, None, "previous_incomplete"]
    assert [await opens(id_) for id_ in (second, film)] == [200, 403]
    # what happened on a train happened, in whatever order it is told
    body = await sync(student, event(world, film, 600, 600, watched=[[0, 600]]))
    assert body["results"][0]["status"] == "applied"
    assert await locks() == [None, None, "previous_incomplete"]
    await sync(student, event(world, second, is_completed=True))
    assert await locks() == [None, None, None]


async def test_what_others_complete_opens_nothing(world: World) -> None:
    course, first, _ = await travelled(world, texts=3, films=0)
    admin, second = await world.admin(), await world.person()
    await log_in(world, admin)
    await world.enrol(second, course)
    await admin.patch(f"/api/courses/courses/{course.id}/", {"is_sequential": True})
    for id_ in course.content_ids:
        body = {"content_id": id_, "last_position": 0, "time_spent": 1, "is_completed": True}
        assert (await first.post(UPDATE, body)).status_code == 200
    for id_ in course.content_ids[1:]:
        assert (await second.get(f"/api/courses/contents/{id_}/")).status_code == 403
        refused = await second.post(UPDATE, {"content_id": id_, "last_position": 0, "time_spent": 1})
        assert (refused.status_code, refused.json()["code"]) == (403, "content_locked")


async def test_a_sequential_quiz_waits_for_what_is_before_it(sqlite_world: World) -> None:
    made = await exam(sqlite_world, texts=2)
    await (await sqlite_world.admin()).patch(f"/api/courses/courses/{made.course.id}/", {"is_sequential": True})
    refused = await made.student.post("/api/courses/quiz-attempts/start/", {"quiz_id": made.id})
    assert (refused.status_code, refused.json()["code"]) == (403, "content_locked")
    for id_ in made.course.content_ids:
        await made.student.post(UPDATE, {"content_id": id_, "last_position": 0, "time_spent": 1, "is_completed": True})
    assert (await made.start())["status"] == "open"
