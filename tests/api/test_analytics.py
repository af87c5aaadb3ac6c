"""Figures: counted by hand in a small class, and the same in the answer."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from core.actor import Role
from core.clock import INDIA
from quizzes import CHOICE, TEXT, TRUE, Exam, answers, exam
from worlds import Person, World

A = "/api/courses/analytics/"
UPDATE = "/api/courses/progress/update/"


async def figures(person: Person, path: str, **query: Any) -> Any:
    answer = await person.get(f"{A}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def read(person: Person, *content_ids: int, spent: int = 10) -> None:
    for id_ in content_ids:
        body = {"content_id": id_, "last_position": 0, "time_spent": spent, "is_completed": True}
        assert (await person.post(UPDATE, body)).status_code == 200


async def classroom(world: World) -> tuple[Exam, list[Person]]:
    """Four students: one has completed, one stands before the quiz, one has read one text, one nothing."""
    made = await exam(world, texts=2)
    first, second = made.course.content_ids
    people = [made.student, *[await world.person() for _ in range(3)]]
    for person in people[1:]:
        await world.enrol(person, made.course)
    await read(people[0], first, second)
    attempt = await made.start(people[0])
    await made.submit(attempt, answers(attempt))
    await read(people[1], first, second, spent=20)
    await read(people[2], first)
    return made, people


async def test_enrolments_and_completions_over_time(world: World) -> None:
    made, _ = await classroom(world)
    today = world.clock.now().astimezone(INDIA).date()
    found = await figures(made.teacher, "enrollments/", course_id=made.course.id)
    assert (found["interval"], len(found["results"])) == ("day", 365)
    assert found["results"][-1] == {"starts_on": today.isoformat(), "enrolled": 4, "completed": 1}
    assert all(one["enrolled"] == 0 for one in found["results"][:-1])
    for interval, begin in (("week", today - timedelta(days=today.weekday())), ("month", today.replace(day=1))):
        span = {"from": (today - timedelta(days=70)).isoformat(), "to": today.isoformat()}
        found = await figures(made.teacher, "enrollments/", course_id=made.course.id, interval=interval, **span)
        assert found["results"][-1] == {"starts_on": begin.isoformat(), "enrolled": 4, "completed": 1}
        days = [one["starts_on"] for one in found["results"]]
        assert days == sorted(set(days))
    admin = await world.admin()
    assert (await figures(admin, "enrollments/"))["results"][-1]["enrolled"] == 4


async def test_the_funnel(world: World) -> None:
    made, _ = await classroom(world)
    found = await figures(made.teacher, "funnel/", course_id=made.course.id)
    assert found == {"enrolled": 4, "started": 3, "half": 2, "completed": 1, "certified": 1}
    assert await figures(await world.admin(), "funnel/") == {**found, "half": None}


async def test_where_students_stop(world: World) -> None:
    made, _ = await classroom(world)
    lines = (await figures(made.teacher, "contents/", course_id=made.course.id))["results"]
    assert [(one["reached"], one["completed"], one["stopped"], one["drop_off"]) for one in lines] == [
        (3, 3, 1, 33.3), (2, 2, 1, 50.0), (1, 1, 0, 0.0),
    ]  # fmt: skip
    assert lines[0]["average_time_spent"] == 13.3


async def test_how_long_it_took(world: World) -> None:
    course = await world.course(texts=1)
    people = [await world.person() for _ in range(5)]
    for person in people:
        await world.enrol(person, course)
    for days, person in zip((0, 1, 1, 20), people[:4], strict=True):
        world.clock.advance(days=days, seconds=5)
        tokens = await world.house.workflows.logins.login(person.email, "learn-by-doing-1", device="test")
        person.token = tokens.access_token
        await read(person, course.content_ids[0])
    admin = await world.admin()
    admin.token = (await world.house.workflows.logins.login(admin.email, "learn-by-doing-1", device="t")).access_token
    found = await figures(admin, "completion-time/", course_id=course.id)
    assert found["completed"] == 4
    hours = [round(found[name] / 3600) for name in ("fastest", "quarter", "median", "three_quarters", "nine_tenths")]
    assert hours == [0, 0, 24, 48, 528]
    assert found["buckets"] == {"0-1": 1, "1-3": 2, "3-7": 0, "7-14": 0, "14-30": 1, "30-90": 0, "90+": 0}
    none = await world.course(texts=1)
    empty = await figures(admin, "completion-time/", course_id=none.id)
    assert (empty["completed"], empty["median"], set(empty["buckets"].values())) == (0, None, {0})


async def test_which_questions_tell_the_strong_from_the_weak(world: World) -> None:
    good, easy, odd = {**CHOICE, "points": 1}, {**TRUE, "points": 1}, {**TEXT, "points": 1}
    made = await exam(world, good, easy, odd, show_answers="never")
    patterns = [(1, 1, 0), (1, 1, 0), (1, 1, 0), (0, 1, 1), (0, 1, 1), (0, 1, 0)]
    for pattern in patterns:
        person = await world.person()
        await world.enrol(person, made.course)
        attempt = await made.start(person)
        right, wrong = answers(attempt), answers(attempt, right=False)
        said = [right[n] if is_right else wrong[n] for n, is_right in enumerate(pattern)]
        await person.post(f"/api/courses/quiz-attempts/{attempt['id']}/submit/", {"answers": said})
        again = await made.start(person)  # which does not count among the first
        await person.post(f"/api/courses/quiz-attempts/{again['id']}/submit/", {})
    found = await figures(made.teacher, f"quizzes/{made.id}/")
    assert (found["attempts"], found["students"], found["passed"]) == (6, 6, 5)
    assert found["mean_score"] == pytest.approx(100 * 11 / 18, abs=0.05)
    first, second, third = found["items"]
    assert [(one["answered"], one["correct"], one["difficulty"]) for one in found["items"]] == [
        (6, 3, 0.5), (6, 6, 1.0), (6, 2, 0.333),
    ]  # fmt: skip
    assert second["discrimination"] is None  # everybody knows it
    # of the first: the rest is 1 for those who were right, and 2, 2, 1 for the others
    assert first["discrimination"] == pytest.approx(-0.707, abs=0.001)
    assert third["discrimination"] == pytest.approx(-0.707, abs=0.001)
    every = await figures(made.teacher, f"quizzes/{made.id}/", attempts="all")
    assert (every["attempts"], every["students"]) == (12, 6)


async def test_figures_come_as_csv(world: World) -> None:
    made, people = await classroom(world)
    await people[2].patch("/api/accounts/me/", {"full_name": "=HYPERLINK(1)"})
    of_course = {"course_id": made.course.id, "format": "csv"}
    for path, lines in (("enrollments/", 366), ("funnel/", 2), ("contents/", 4), ("completion-time/", 2)):
        answer = await made.teacher.get(f"{A}{path}", params=of_course)
        assert answer.headers["content-type"].startswith("text/csv"), answer.text
        rows = list(csv.reader(io.StringIO(answer.text)))
        assert (len(rows), len({len(row) for row in rows})) == (lines, 1)
    answer = await made.teacher.get(f"{A}students/", params={"course_id": made.course.id})
    assert answer.status_code == 200
    students = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(one["completed_contents"], one["total_contents"], one["quiz_score"]) for one in students] == [
        ("3", "3", "100.0"), ("2", "3", ""), ("1", "3", ""), ("0", "3", ""),
    ]  # fmt: skip
    assert students[2]["full_name"] == "'=HYPERLINK(1)"
    assert students[1]["time_spent"] == "40"


async def test_only_staff_see_figures(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    other = await sqlite_world.person(Role.INSTRUCTOR)
    for path in ("enrollments/", "funnel/", "contents/", "completion-time/", "students/"):
        of_course = {"course_id": made.course.id}
        assert (await other.get(f"{A}{path}", params=of_course)).status_code == 404
        assert (await made.student.get(f"{A}{path}", params=of_course)).status_code == 403
    assert (await other.get(f"{A}quizzes/{made.id}/")).status_code == 404
    for path in ("enrollments/", "funnel/", "completion-time/"):
        assert (await made.teacher.get(f"{A}{path}")).status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"from": "1990-01-01"}, "from"),
        ({"from": "x"}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"from": "9999-01-01", "to": "9999-12-31"}, "from"),
        ({"interval": "year"}, "interval"),
        ({"format": "xml"}, "format"),
    ],
)
async def test_a_span_that_is_none_is_refused(sqlite_world: World, query: dict[str, str], field: str) -> None:
    admin = await sqlite_world.admin()
    answer = await admin.get(f"{A}enrollments/", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
