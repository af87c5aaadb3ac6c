"""Students ask to be excused, instructors decide."""

import asyncio

from lessons import SESSIONS, Lesson, held
from worlds import Person, World

EXCUSES = "/api/attendance/excuses/"


async def asked(lesson: Lesson, student: Person, reason: str = "Fever") -> int:
    answer = await student.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": reason})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def test_an_accepted_excuse_is_the_instructors_mark(world: World) -> None:
    lesson = await held(world, students=2)
    asha, _ = lesson.students
    excuse_id = await asked(lesson, asha)
    assert (await lesson.shown(asha))["my_excuse"] == "requested"
    [waiting] = (await lesson.teacher.get(EXCUSES, params={"status": "requested"})).json()["results"]
    assert (waiting["id"], waiting["reason"], waiting["session"]["title"]) == (excuse_id, "Fever", "Class 7")
    await world.settle()
    [asked_of] = (await lesson.teacher.get("/api/community/notifications/")).json()["results"]
    assert (asked_of["title"], asked_of["message"]) == (
        "A student asks to be excused", "Ravi K: Class 7, 07/01/2030 19:00 IST",
    )  # fmt: skip
    approved = await lesson.teacher.post(f"{EXCUSES}{excuse_id}/approve/", {"notes": "Get well."})
    assert (approved.json()["status"], approved.json()["notes"]) == ("approved", "Get well.")
    again = await lesson.teacher.post(f"{EXCUSES}{excuse_id}/approve/", {})
    assert again.json() == approved.json()
    refused = await lesson.teacher.post(f"{EXCUSES}{excuse_id}/reject/", {})
    assert refused.json()["code"] == "excuse_decided"
    assert await lesson.records() == {asha.id: ("excused", "instructor")}
    await world.settle()
    [told] = (await asha.get("/api/community/notifications/")).json()["results"]
    assert (told["title"], told["message"]) == (
        "Your excuse was accepted", "Class 7, 07/01/2030 19:00 IST, does not count for you. Get well.",
    )  # fmt: skip


async def test_an_excuse_after_the_class_takes_the_absence_out_of_the_percentage(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(seconds=0)
    await lesson.do("close")
    await lesson.at(minutes=60 * 24 * 14 + 60)
    excuse_id = await asked(lesson, student)
    query = {"course_id": lesson.course.id, "user_id": student.id}
    assert (await student.get("/api/attendance/report/", params=query)).json()["percentage"] == 0.0
    await lesson.teacher.post(f"{EXCUSES}{excuse_id}/approve/", {})
    found = (await student.get("/api/attendance/report/", params=query)).json()
    assert (found["percentage"], found["counts"]["excused"], found["counts"]["absent"]) == (None, 1, 0)
    other = await lesson.next()
    await lesson.at(minutes=60 * 24 * 14 + 60, seconds=1)
    refused = await student.post(f"{SESSIONS}{other.id}/excuse/", {"reason": "Late"})
    assert refused.json()["code"] == "excuse_too_late"


async def test_a_declined_excuse_says_why_and_is_final(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    excuse_id = await asked(lesson, student)
    await lesson.teacher.post(f"{EXCUSES}{excuse_id}/reject/", {"notes": "An exam is no reason."})
    await world.settle()
    [told] = (await student.get("/api/community/notifications/")).json()["results"]
    assert told["message"] == "Class 7, 07/01/2030 19:00 IST: An exam is no reason."
    for answer in (
        await student.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "Please"}),
        await student.delete(f"{SESSIONS}{lesson.id}/excuse/"),
    ):
        assert answer.json()["code"] == "excuse_decided"


async def test_an_excuse_can_be_reworded_withdrawn_and_asked_for_again(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    excuse_id = await asked(lesson, student)
    reworded = await student.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "High fever"})
    assert (reworded.status_code, reworded.json()["id"], reworded.json()["reason"]) == (200, excuse_id, "High fever")
    assert [(await student.delete(f"{SESSIONS}{lesson.id}/excuse/")).status_code for _ in range(2)] == [204, 204]
    refused = await lesson.teacher.post(f"{EXCUSES}{excuse_id}/approve/", {})
    assert refused.json()["code"] == "excuse_decided"
    again = await student.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "Fever again"})
    assert again.json()["status"] == "requested"


async def test_whoever_came_in_time_has_nothing_to_excuse(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(seconds=0)
    await lesson.check_in(student)
    refused = await student.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "Fever"})
    assert refused.json()["code"] == "nothing_to_excuse"


async def test_an_excuse_is_its_students_and_its_teachers(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    excuse_id = await asked(lesson, asha)
    stranger, other = await world.person(), await held(world, students=0)
    for person, count in ((asha, 1), (ravi, 0), (stranger, 0), (lesson.teacher, 1), (other.teacher, 0)):
        assert len((await person.get(EXCUSES)).json()["results"]) == count
    for person in (asha, ravi, other.teacher):
        assert (await person.post(f"{EXCUSES}{excuse_id}/approve/", {})).status_code == 403
    assert (await stranger.post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "x"})).json()["code"] == "not_enrolled"
    assert (await ravi.delete(f"{SESSIONS}{lesson.id}/excuse/")).status_code == 404


async def test_asking_and_deciding_at_once_end_in_one_excuse(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    path = f"{SESSIONS}{lesson.id}/excuse/"
    answers = await asyncio.gather(*(student.post(path, {"reason": "Fever"}) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    excuse_id = answers[0].json()["id"]
    decisions = [lesson.teacher.post(f"{EXCUSES}{excuse_id}/{way}/", {}) for way in ("approve", "reject") * 5]
    codes = [answer.status_code for answer in await asyncio.gather(*decisions)]
    assert set(codes[::2]) == {200}  # who declines first may accept after all
    assert (await lesson.records())[student.id] == ("excused", "instructor")
    assert set(codes[1::2]) <= {200, 409}
    assert await world.count("attendance_excuses") == 1
