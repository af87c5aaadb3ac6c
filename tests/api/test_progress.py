"""Learning: what phones report, what it adds up to, and when it is complete."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from adapters.sql.learning.study import SqlProgressBook
from core.actor import Role
from core.events import Reaction, Reactions
from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.progress import Progress
from modules.learning.events import CourseCompleted
from worlds import MadeCourse, Person, World

UPDATE_URL = "/api/courses/progress/update/"
PROGRESS_URL = "/api/courses/progress/"
PROGRESS_KEYS = {"id", "enrollment_id", "content_id", "is_completed", "completion_date", "time_spent", "last_position"}
ANSWER_KEYS = {
    "progress", "course_id", "enrollment_id", "progress_percentage", "completed_contents", "total_contents",
    "completed_at",
}  # fmt: skip
ITEM_KEYS = {
    "content_id", "title", "content_type", "counts", "rule", "watched_seconds", "required_seconds", "progress",
}  # fmt: skip
VIDEO: dict[str, Any] = {"video_url": "https://youtu.be/dQw4w9WgXcQ", "video_duration": 600}


async def report(person: Person, content_id: int, position: int = 0, spent: int = 0, **more: object) -> dict:
    body = {"content_id": content_id, "last_position": position, "time_spent": spent, **more}
    answer = await person.post(UPDATE_URL, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def overview(person: Person, course: MadeCourse) -> dict:
    answer = await person.get(PROGRESS_URL, params={"course_id": course.id})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def filmed(world: World, ago: timedelta = timedelta(days=1)) -> tuple[MadeCourse, Person, int]:
    """A video of 600 seconds and a student who enrolled some time ago."""
    course, student = await world.course(texts=1), await world.person()
    film = await world.content(course, ContentType.VIDEO, title="Film", **VIDEO)
    await world.enrol(student, course)
    world.clock.advance(seconds=ago.total_seconds())
    tokens = await world.house.workflows.logins.login(student.email, "learn-by-doing-1", device="test")
    student.token = tokens.access_token
    return course, student, film


async def test_fifteen_of_thirty_three_are_45_and_a_half_percent(world: World) -> None:
    course, student = await world.course(texts=33), await world.person()
    await world.text(course, publish=False)
    await world.enrol(student, course)
    for done, content_id in enumerate(course.content_ids[:15], start=1):
        answer = await student.post(
            UPDATE_URL, {"content_id": content_id, "last_position": 0, "time_spent": 5, "is_completed": True}
        )
        assert answer.json()["completed_contents"] == done
    body = answer.json()
    assert body.keys() == ANSWER_KEYS
    assert body["progress"].keys() == PROGRESS_KEYS
    assert '"progress_percentage":45.5,' in answer.text
    assert (body["completed_contents"], body["total_contents"], body["completed_at"]) == (15, 33, None)
    assert body["progress"]["is_completed"]
    assert datetime.fromisoformat(body["progress"]["completion_date"]) <= world.clock.now()
    (enrolment,) = (await student.get("/api/courses/enrollments/")).json()["results"]
    assert (enrolment["progress_percentage"], enrolment["completed_contents"]) == (45.5, 15)
    assert enrolment["last_content"] == {"id": course.content_ids[14], "title": "Text 15"}
    shown = (await student.get(f"/api/courses/contents/{course.content_ids[14]}/")).json()
    assert shown["progress"] == body["progress"]
    outlined = (await student.get(f"/api/courses/courses/{course.id}/")).json()["modules"][0]["contents"]
    assert outlined[14]["progress"] == body["progress"]


async def test_a_repeat_changes_nothing(world: World) -> None:
    _, student, film = await filmed(world)
    first = await report(student, film, 120, 120)
    world.clock.advance(minutes=5)
    for _ in range(3):
        assert await report(student, film, 120, 120) == first
    assert await world.count("progress") == 1


async def test_totals_grow_in_whatever_order_reports_arrive(world: World) -> None:
    course, student, film = await filmed(world)
    reports = [(60, [[0, 60]]), (180, [[120, 180]]), (120, [[60, 120]])]
    for spent, watched in reports:
        last = await report(student, film, spent, spent, watched=watched)
    assert last["progress"]["time_spent"] == 180
    film_line = (await overview(student, course))["contents"][1]
    assert (film_line["watched_seconds"], film_line["required_seconds"]) == (180, 540)
    text = course.content_ids[0]
    assert (await report(student, text, 0, 50, is_completed=True))["progress"]["is_completed"]
    sticky = await report(student, text, 0, 10, is_completed=False)
    assert (sticky["progress"]["is_completed"], sticky["progress"]["time_spent"]) == (True, 50)


async def test_a_position_past_the_end_is_the_end(world: World) -> None:
    _, student, film = await filmed(world)
    answer = await report(student, film, 99_999, 10)
    assert (answer["progress"]["last_position"], answer["progress"]["is_completed"]) == (600, False)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"last_position": -1}, "last_position"),
        ({"time_spent": -1}, "time_spent"),
        ({"time_spent": 10_000_001}, "time_spent"),
        ({"last_position": 2**70}, "last_position"),
        ({"last_position": 1.5}, "last_position"),
        ({"last_position": None}, "last_position"),
        ({"watched": [[10, 5]]}, "watched"),
        ({"watched": [[-1, 5]]}, "watched"),
        ({"watched": [[0, 10_000_001]]}, "watched"),
        ({"watched": [[0, 1]] * 201}, "watched"),
        ({"watched": [[0]]}, "watched.0"),
        ({"watched": "all"}, "watched"),
        ({"is_completed": "perhaps"}, "is_completed"),
        ({"user_id": 1}, "user_id"),
    ],
)
async def test_absurd_reports_are_refused(sqlite_world: World, more: dict, field: str) -> None:
    _, student, film = await filmed(sqlite_world)
    answer = await student.post(UPDATE_URL, {"content_id": film, "last_position": 1, "time_spent": 1, **more})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert await sqlite_world.count("progress") == 0


async def test_a_video_completes_with_ninety_percent_of_its_seconds(world: World) -> None:
    _, student, film = await filmed(world)
    assert not (await report(student, film, 600, 600, watched=[[0, 300], [599, 600]]))["progress"]["is_completed"]
    assert not (await report(student, film, 300, 900, watched=[[0, 300], [100, 200]]))["progress"]["is_completed"]
    assert not (await report(student, film, 538, 900, watched=[[300, 538]]))["progress"]["is_completed"]
    done = await report(student, film, 539, 900, watched=[[300, 539]])
    assert (done["progress"]["is_completed"], done["completed_contents"]) == (True, 1)
    world.clock.advance(minutes=1)
    later = await report(student, film, 5, 901, watched=[[0, 5]])
    assert later["progress"]["completion_date"] == done["progress"]["completion_date"]
    assert later["progress"]["last_position"] == 5


async def test_jumping_to_the_end_completes_nothing(world: World) -> None:
    course, student, film = await filmed(world)
    for answer in (
        await report(student, film, 600, 1),
        await report(student, film, 600, 2, is_completed=True),
        await report(student, film, 600, 3, watched=[[600, 600], [595, 600], [700, 9000]]),
    ):
        assert not answer["progress"]["is_completed"]
    assert (await overview(student, course))["contents"][1]["watched_seconds"] <= 8


async def test_nobody_watches_faster_than_two_and_a_half_times_the_clock(world: World) -> None:
    """540 seconds are needed, which take at least 216."""
    _, student, film = await filmed(world, timedelta(seconds=200))
    assert not (await report(student, film, 600, 600, watched=[[0, 600]]))["progress"]["is_completed"]
    world.clock.advance(seconds=30)
    assert (await report(student, film, 600, 600, watched=[[0, 600]]))["progress"]["is_completed"]


async def test_without_intervals_what_was_watched_follows_from_the_time_spent(world: World) -> None:
    course, student, film = await filmed(world)
    for position in range(60, 541, 60):
        answer = await report(student, film, position, position)
        lines = (await overview(student, course))["contents"]
        assert lines[1]["watched_seconds"] == position
        assert answer["progress"]["is_completed"] == (position == 540)
        assert await report(student, film, position, position) == answer


async def test_a_text_is_done_when_the_app_says_so_a_video_is_not(world: World) -> None:
    course, student, film = await filmed(world)
    text = course.content_ids[0]
    assert not (await report(student, text, 0, 500))["progress"]["is_completed"]
    assert (await report(student, text, 0, 500, is_completed=True))["progress"]["is_completed"]
    assert not (await report(student, film, 0, 0, is_completed=True))["progress"]["is_completed"]
    paper = await world.content(course, ContentType.DOCUMENT, publish=False)
    pdf = {"file": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    admin = await world.admin()
    tokens = await world.house.workflows.logins.login(admin.email, "learn-by-doing-1", device="test")
    admin.token = tokens.access_token
    assert (await admin.post(f"/api/courses/contents/{paper}/file/", files=pdf)).status_code == 200
    assert (await admin.post(f"/api/courses/contents/{paper}/publish/")).status_code == 200
    assert (await report(student, paper, 0, 0, is_completed=True))["progress"]["is_completed"]


async def test_completing_all_completes_the_course_once(world: World) -> None:
    """Ten phones report the last lesson at the same moment; a reaction within the transaction counts the facts."""
    course, student = await world.course(texts=3), await world.person()
    await world.enrol(student, course)
    facts: list[CourseCompleted] = []

    async def count(_: object, fact: CourseCompleted) -> None:
        facts.append(fact)

    known = world.house.database.reactions
    counting = Reactions.of(within=(Reaction("count", CourseCompleted, count),), after=())
    world.house.database.reactions = msgspec.structs.replace(known, within={**known.within, **counting.within})
    *others, last = course.content_ids
    for content_id in others:
        assert (await report(student, content_id, is_completed=True))["completed_at"] is None
    answers = await asyncio.gather(*(report(student, last, is_completed=True) for _ in range(10)))
    assert {a["progress_percentage"] for a in answers} == {100.0}
    completed = {a["completed_at"] for a in answers}
    assert len(completed) == 1
    assert None not in completed
    assert [(fact.user_id, fact.course_id) for fact in facts] == [(student.id, course.id)]
    world.clock.advance(minutes=1)
    assert (await report(student, last, 0, 9, is_completed=True))["completed_at"] in completed
    await world.text(course)  # a lesson that comes later takes nothing away
    after = await report(student, last, 0, 10)
    assert (after["progress_percentage"], after["completed_at"]) == (75.0, completed.pop())
    assert len(facts) == 1


async def test_lessons_reported_at_the_same_time_all_count(world: World) -> None:
    course, student = await world.course(texts=20), await world.person()
    await world.enrol(student, course)
    answers = await asyncio.gather(*(report(student, id_, is_completed=True) for id_ in course.content_ids))
    assert sorted(a["completed_contents"] for a in answers) == list(range(1, 21))
    assert [a["completed_at"] is not None for a in answers].count(True) >= 1
    assert (await overview(student, course))["completed_at"] is not None


async def test_twenty_reports_at_once_leave_one_row(world: World) -> None:
    course, student, film = await filmed(world)
    answers = await asyncio.gather(
        *(report(student, film, n * 30, n * 30, watched=[[n * 30 - 30, n * 30]]) for n in range(1, 21))
    )
    assert len({a["progress"]["id"] for a in answers}) == 1
    assert await world.count("progress") == 1
    line = (await overview(student, course))["contents"][1]
    assert (line["watched_seconds"], line["progress"]["time_spent"], line["progress"]["is_completed"]) == (
        600,
        600,
        True,
    )


async def test_positions_and_completions_at_once_lose_nothing(world: World) -> None:
    """A position is noted without a lock and a completion under one: neither may write over the other."""
    course, student, film = await filmed(world)
    await report(student, film, 0, 0)
    parts = [[n * 30, n * 30 + 30] for n in range(20)]
    done = report(student, course.content_ids[0], is_completed=True)
    answers = await asyncio.gather(
        done, *(report(student, film, end, 540, watched=[[start, end]]) for start, end in parts)
    )
    assert answers[0]["completed_contents"] in {1, 2}
    body = await overview(student, course)
    assert (body["completed_contents"], body["progress_percentage"]) == (2, 100.0)
    assert body["contents"][1]["watched_seconds"] == 600
    assert [a["completed_at"] is not None for a in answers].count(True) >= 1


async def test_first_reports_of_many_lessons_at_once_hold_up_nobody(world: World) -> None:
    """A first position adds a row that refers to the enrolment, which a completion has locked."""
    course, student = await world.course(texts=20), await world.person()
    await world.enrol(student, course)
    await asyncio.gather(
        *(
            report(student, id_, position, 9, is_completed=not position)
            for id_ in course.content_ids
            for position in range(3)
        )
    )
    assert (await overview(student, course))["completed_contents"] == 20


async def test_what_somebody_changed_meanwhile_is_not_written_over(world: World) -> None:
    course, student = await world.course(texts=1), await world.person()
    enrolment, (content_id,) = await world.enrol(student, course), course.content_ids
    book = SqlProgressBook(world.house.database, world.clock)
    nothing = Progress(0, enrolment, content_id, False, None, 0, 0)
    async with world.house.workflows.studying.begin() as store:
        first = await store.note(nothing, msgspec.structs.replace(nothing, last_position=1))
        assert first is not None
        assert await store.note(nothing, msgspec.structs.replace(nothing, last_position=2)) is None
    second = msgspec.structs.replace(first, last_position=3, watched=((0, 3),))
    assert await book.note(first, second) == second
    assert await book.note(first, msgspec.structs.replace(first, last_position=4)) is None
    lesson = await book.lesson(student.id, content_id)
    assert lesson is not None
    assert lesson.progress == second


async def test_who_never_gets_a_turn_is_told_to_come_again(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modules.learning.studying.MOST_TRIES", 0)
    course, student = await sqlite_world.course(texts=1), await sqlite_world.person()
    await sqlite_world.enrol(student, course)
    body = {"content_id": course.content_ids[0], "last_position": 0, "time_spent": 1, "is_completed": True}
    answer = await student.post(UPDATE_URL, body)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "progress_busy", "1")


async def test_the_overview_says_what_counts(world: World) -> None:
    course, student, film = await filmed(world)
    await world.text(course, publish=False)
    await report(student, film, 118, 118)
    body = await overview(student, course)
    assert body.keys() == (ANSWER_KEYS - {"progress"}) | {"contents"}
    text_line, film_line = body["contents"]
    assert text_line.keys() == film_line.keys() == ITEM_KEYS
    assert [text_line[key] for key in ("rule", "watched_seconds", "required_seconds", "progress")] == [
        "mark_done", None, None, None,
    ]  # fmt: skip
    assert [film_line[key] for key in ("rule", "watched_seconds", "required_seconds", "counts")] == [
        "watch_90", 118, 540, True,
    ]  # fmt: skip
    assert film_line["progress"]["last_position"] == 118


async def test_progress_is_one_s_own_and_the_staff_s(world: World) -> None:
    own, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    course, asha, ravi = await world.course(instructor=own), await world.person(), await world.person()
    admin = await world.admin()
    await world.enrol(asha, course)
    await report(asha, course.content_ids[0], is_completed=True)

    async def seen(person: Person, user_id: int | None) -> tuple[int, str | None]:
        params = {"course_id": course.id} | ({} if user_id is None else {"user_id": user_id})
        answer = await person.get(PROGRESS_URL, params=params)
        return answer.status_code, answer.json().get("code")

    for person in (asha, own, admin):
        assert await seen(person, asha.id) == (200, None)
    for person in (ravi, other):
        assert await seen(person, asha.id) == (404, "not_found")
    assert await seen(asha, ravi.id) == (404, "not_found")
    assert await seen(ravi, None) == (403, "not_enrolled")
    assert await seen(own, ravi.id) == (403, "not_enrolled")
    assert (await asha.get(PROGRESS_URL)).status_code == 400
    assert (await world.http.get(PROGRESS_URL, params={"course_id": course.id})).status_code == 401


async def test_only_who_may_open_a_lesson_reports_on_it(world: World) -> None:
    own = await world.person(Role.INSTRUCTOR)
    course, student, guest = await world.course(instructor=own), await world.person(), await world.person()
    preview, locked, _ = course.content_ids
    draft, later = await world.text(course, publish=False), await world.text(course, available_after_days=7)
    enrolment = await world.enrol(student, course)
    off_sale = await world.course(publish=False)

    async def refused(person: Person, content_id: int) -> tuple[int, str]:
        answer = await person.post(UPDATE_URL, {"content_id": content_id, "last_position": 0, "time_spent": 1})
        return answer.status_code, answer.json()["code"]

    for content_id in (preview, locked):
        assert await refused(guest, content_id) == (403, "not_enrolled")
        assert await refused(own, content_id) == (403, "not_enrolled")
    assert await refused(student, draft) == (404, "not_found")
    assert await refused(student, later) == (403, "content_locked")
    assert await refused(student, off_sale.content_ids[0]) == (404, "not_found")
    assert await refused(student, 999_999) == (404, "not_found")
    admin = await world.admin()
    await admin.patch(f"/api/courses/enrollments/{enrolment}/", {"is_active": False})
    assert await refused(student, locked) == (403, "enrolment_expired")
    body = {"content_id": preview, "last_position": 0, "time_spent": 1}
    assert (await world.http.post(UPDATE_URL, json=body)).status_code == 401
    assert await world.count("progress") == 0
