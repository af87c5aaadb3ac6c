"""Percentages, the warning and the certificate: what follows from attendance."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from lessons import SESSIONS, STARTS, Lesson, held
from worlds import PASSWORD, Person, World

REPORT = "/api/attendance/report/"


async def taken(lesson: Lesson, day: int, *marks: tuple[Person, str]) -> Lesson:
    """A class so many days ago, marked and closed."""
    one = await lesson.next(starts_at=(STARTS - timedelta(days=day)).isoformat(), title=f"Class {day}")
    assert (await one.mark(*marks)).status_code == 200
    assert (await one.do("close")).status_code == 200
    return one


async def report(person: Person, lesson: Lesson, student: Person | None = None) -> dict[str, Any]:
    query = {"course_id": lesson.course.id, **({"user_id": student.id} if student else {})}
    answer = await person.get(REPORT, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_percentages_of_the_specification(world: World) -> None:
    """Three times present, twice late, once excused: 8 of 10; four more classes could make it 16 of 18."""
    lesson = await held(world, students=1)
    [student] = lesson.students
    for day, status in enumerate(["present", "late", "excused", "present", "late", "present"], 1):
        await taken(lesson, day, (student, status))
    for day in (10, 11, 12):
        await lesson.next(starts_at=(STARTS + timedelta(days=day)).isoformat())
    cancelled = await lesson.next(starts_at=(STARTS + timedelta(days=13)).isoformat())
    await cancelled.do("cancel", {})
    own = await report(student, lesson, student)
    assert own == {
        "course_id": lesson.course.id, "user_id": student.id, "user": own["user"], "taken_sessions": 6,
        "counts": {"present": 3, "late": 2, "excused": 1, "absent": 0}, "points": 8, "possible_points": 10,
        "percentage": 80.0, "best_possible_percentage": 88.9, "is_below_threshold": False,
    }  # fmt: skip
    [listed] = (await report(lesson.teacher, lesson))["results"]
    assert listed == own


async def test_what_is_not_taken_does_not_count(world: World) -> None:
    lesson = await held(world, students=2)
    asha, newcomer = lesson.students
    await lesson.at(seconds=0)
    await lesson.mark((asha, "absent"))
    before = await report(asha, lesson, asha)
    assert (before["taken_sessions"], before["percentage"], before["best_possible_percentage"]) == (0, None, 0.0)
    assert (await report(newcomer, lesson, newcomer))["best_possible_percentage"] == 100.0
    await lesson.do("close")
    assert (await report(asha, lesson, asha))["percentage"] == 0.0
    assert (await report(newcomer, lesson, newcomer))["counts"]["absent"] == 1
    await lesson.do("reopen", {})
    assert (await report(asha, lesson, asha))["taken_sessions"] == 0
    await lesson.mark((asha, "present"))
    await lesson.do("close")
    assert (await report(asha, lesson, asha))["percentage"] == 100.0


async def test_whose_report_one_may_read(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    stranger = await world.person()
    other = await held(world, students=0)
    for person, query, status in (
        (asha, {"user_id": ravi.id}, 403),
        (asha, {}, 403),
        (stranger, {"user_id": asha.id}, 403),
        (stranger, {"user_id": stranger.id}, 404),
        (other.teacher, {}, 403),
        (lesson.teacher, {"user_id": stranger.id}, 404),
        (lesson.teacher, {"user_id": asha.id}, 200),
    ):
        answer = await person.get(REPORT, params={"course_id": lesson.course.id, **query})
        assert answer.status_code == status, (query, answer.text)
    assert (await asha.get(REPORT, params={"course_id": 999, "user_id": asha.id})).status_code == 404
    assert (await asha.get(REPORT)).status_code == 400


async def test_reports_as_csv(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    await taken(lesson, 1, (asha, "present"), (ravi, "late"))
    query = {"course_id": lesson.course.id, "format": "csv"}
    lines = (await lesson.teacher.get(REPORT, params=query)).text.splitlines()
    assert lines[0].startswith("user_id,username,full_name,taken_sessions,counts,points")
    assert lines[2] == f"{ravi.id},{ravi.username},Ravi K,1,present:0 late:1 excused:0 absent:0,1,2,50.0,75.0,False"
    classes = (await lesson.teacher.get(f"{REPORT}sessions/", params=query)).text.splitlines()
    assert classes[0] == "session_id,title,starts_at,status,expected,counts,unmarked,flagged,percentage"
    assert classes[1].endswith(
        ",Class 7,2030-01-07T13:30:00+00:00,scheduled,2,present:0 late:0 excused:0 absent:0,2,0,"
    )
    assert classes[2].endswith(
        ",Class 1,2030-01-06T13:30:00+00:00,closed,0,present:1 late:1 excused:0 absent:0,0,0,75.0"
    )


async def test_the_csv_of_a_courses_classes_has_all_of_them(world: World) -> None:
    lesson = await held(world, students=1)
    await lesson.next(recurrence="FREQ=DAILY;COUNT=120")
    query = {"course_id": lesson.course.id, "format": "csv"}
    lines = (await lesson.teacher.get(f"{REPORT}sessions/", params=query)).text.splitlines()
    assert len(lines) == 122
    own = await lesson.students[0].get(REPORT, params={**query, "user_id": lesson.students[0].id})
    assert (own.headers["content-type"], len(own.text.splitlines())) == ("text/csv; charset=utf-8", 2)


async def test_the_students_of_a_course_are_paged(world: World) -> None:
    lesson = await held(world, students=5)
    ids, query = [], {"course_id": lesson.course.id, "limit": 2}
    while True:
        body = (await lesson.teacher.get(REPORT, params=query)).json()
        ids += [one["user_id"] for one in body["results"]]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert ids == [student.id for student in lesson.students]


async def told(person: Person) -> list[str]:
    answer = await person.get("/api/community/notifications/", params={"notification_type": "attendance_warning"})
    return [one["message"] for one in answer.json()["results"]]


async def test_a_low_attendance_is_warned_of_once(world: World) -> None:
    lesson = await held(world, students=2)
    low, high = lesson.students
    for day in range(1, 5):
        await taken(lesson, day, (low, "absent"), (high, "present"))
        await world.settle()
    assert await told(low) == []  # four classes say little
    await taken(lesson, 5, (low, "present"), (high, "present"))
    await world.settle()
    assert await told(low) == ["It is 20 % in Spoken English."]
    await taken(lesson, 6, (low, "absent"), (high, "absent"))
    await world.settle()
    await world.house.workflows.cautioning.warn(lesson.course.id)
    await world.settle()
    assert (len(await told(low)), await told(high)) == (1, [])
    assert await world.count("attendance_warnings") == 1


async def test_a_mark_after_the_class_can_bring_the_warning(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    lessons = [await taken(lesson, day, (student, "present")) for day in range(1, 6)]
    await world.settle()
    for one in lessons[:2]:
        await one.mark((student, "absent"))
    await world.settle()
    assert await told(student) == ["It is 60 % in Spoken English."]


async def test_attendance_counts_for_the_certificate(world: World) -> None:
    """All is learnt, but the certificate waits until the attendance is enough."""
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    changes = {"certificate_min_attendance": 75}
    changed = await lesson.teacher.patch(f"/api/courses/courses/{lesson.course.id}/", changes)
    assert changed.json().get("certificate_min_attendance") == 75, changed.text
    for student in lesson.students:
        for content_id in lesson.course.content_ids:
            body = {"content_id": content_id, "last_position": 0, "time_spent": 1, "is_completed": True}
            assert (await student.post("/api/courses/progress/update/", body)).status_code == 200
    assert await world.count("enrollments", "completed_at IS NOT NULL") == 2
    assert await world.count("certificates") == 0
    await taken(lesson, 1, (asha, "late"), (ravi, "absent"))
    await world.settle()
    assert await world.count("certificates") == 0
    await taken(lesson, 2, (asha, "present"), (ravi, "present"))
    await world.settle()
    assert await world.count("certificates", f"user_id = {asha.id}") == await world.count("certificates") == 1
    await taken(lesson, 3, (asha, "absent"), (ravi, "present"))  # what was earned stays
    await taken(lesson, 4, (ravi, "present"))
    await world.settle()
    assert await world.count("certificates") == 2


async def test_a_certificate_comes_with_the_rule_that_allows_it(world: World) -> None:
    lesson = await held(world, students=3)
    asha, gone, suspended = lesson.students
    path = f"/api/courses/courses/{lesson.course.id}/"
    await lesson.teacher.patch(path, {"certificate_min_attendance": 80})
    for student in lesson.students:
        for content_id in lesson.course.content_ids:
            body = {"content_id": content_id, "last_position": 0, "time_spent": 1, "is_completed": True}
            await student.post("/api/courses/progress/update/", body)
    await taken(lesson, 1, *((student, "late") for student in lesson.students))
    await world.settle()
    assert await world.count("certificates") == 0
    await gone.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    where = f"WHERE user_id = {suspended.id}"
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text(f"UPDATE enrollments SET is_active = false {where}"))
    await lesson.teacher.patch(path, {"certificate_min_attendance": 40})
    await world.settle()
    assert await world.count("certificates", f"user_id = {asha.id}") == await world.count("certificates") == 1


async def test_what_a_student_can_still_reach_is_what_is_left(world: World) -> None:
    """A class that nobody closed, one after the end of the access and one with an excuse bring nothing."""
    lesson = await held(world, students=1)
    student = await world.person()
    await world.enrol(student, lesson.course, expiry_date=STARTS + timedelta(days=2))
    await taken(lesson, 1, (student, "absent"))
    for day in (-3, 3):
        await lesson.next(starts_at=(STARTS + timedelta(days=day)).isoformat())
    excused = await lesson.next(starts_at=(STARTS + timedelta(days=1)).isoformat())
    await excused.mark((student, "excused"))
    assert (await report(student, lesson, student))["best_possible_percentage"] == 50.0  # with the one of today


async def test_analytics_show_attendance(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    await taken(lesson, 1, (asha, "present"), (ravi, "absent"))
    query: dict[str, Any] = {"course_id": lesson.course.id}
    lines = (await lesson.teacher.get("/api/courses/analytics/students/", params=query)).text.splitlines()
    heading, *rows = [line.split(",") for line in lines]
    place = heading.index("attendance")
    assert [row[place] for row in rows] == ["100.0", "0.0"]
    query |= {"from": "2030-01-01", "to": "2030-01-31", "interval": "week"}
    found = (await lesson.teacher.get("/api/courses/analytics/attendance/", params=query)).json()
    assert [one for one in found["results"] if one["classes"]] == [
        {"starts_on": "2029-12-31", "classes": 1, "records": 2, "percentage": 50.0}
    ]


async def test_an_account_that_is_erased_leaves_the_figures_and_takes_its_words(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    await lesson.at(seconds=0)
    await lesson.check_in(asha)
    await lesson.mark((asha, "late"), (ravi, "present"), remarks="Asha was ill.")
    await asha.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "Fever"})
    exported = (await asha.get("/api/accounts/me/export/")).json()
    assert {"attendance_records", "attendance_changes", "attendance_excuses"} <= set(exported)
    assert "secret" not in str(exported["attendance_records"])
    await asha.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    assert (await lesson.do("close")).status_code == 200
    assert await lesson.records() == {asha.id: ("late", "instructor"), ravi.id: ("present", "instructor")}
    words = "remarks <> '' AND user_id = " + str(asha.id)
    assert await world.count("attendance_records", words) == await world.count("attendance_changes", words) == 0
    assert await world.count("attendance_excuses", "reason <> ''") == 0
    assert await world.count("attendance_devices", f"user_id = {asha.id}") == 0
