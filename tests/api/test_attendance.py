"""Students in a live class: check-in, heartbeats, the instructor's marks, closing and reopening."""

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from core.actor import Role
from lessons import SESSIONS, held
from worlds import Person, World


async def test_the_first_check_in_is_a_record_and_a_repeat_the_same(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(minutes=12)
    first = await lesson.check_in(student)
    assert first.status_code == 201, first.text
    body = first.json()
    assert body == {
        "id": body["id"], "session_id": lesson.id, "user_id": student.id, "user": body["user"], "status": "late",
        "points": 1, "source": "code", "recorded_at": "2030-01-07T13:42:00Z", "checked_in_at": "2030-01-07T13:42:00Z",
        "seen_seconds": 0, "remarks": "", "is_flagged": False, "version": 1,
    }  # fmt: skip
    await lesson.at(minutes=13)
    repeated = await lesson.check_in(student, "000000")  # whose answer was lost, with a code of long ago
    assert (repeated.status_code, repeated.json()) == (200, body)
    assert (await lesson.shown(student))["my_record"]["status"] == "late"


async def test_the_window_is_open_to_the_second(world: World) -> None:
    lesson = await held(world, students=2)
    early, punctual = lesson.students
    await lesson.at(minutes=-10, seconds=-1)
    refused = await lesson.check_in(early, "123456")
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        409,
        "check_in_closed",
        "1",
    )
    assert (await lesson.do("code")).status_code == 405
    assert (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/code/")).json()["code"] == "check_in_closed"
    await lesson.at(minutes=-10)
    assert (await lesson.shown())["status"] == "open"
    assert (await lesson.check_in(early)).json()["status"] == "present"
    await lesson.at(minutes=60, seconds=-1)
    last = await lesson.code()
    await lesson.at(minutes=60)
    refused = await lesson.check_in(punctual, last)
    assert (refused.status_code, refused.json()["code"]) == (409, "check_in_closed")


async def test_the_previous_code_is_good_and_the_one_before_it_is_not(world: World) -> None:
    lesson = await held(world, students=3)
    slow, slower, quick = lesson.students
    await lesson.at(seconds=0)
    old = await lesson.code()
    await lesson.at(seconds=15)
    shown = (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/code/")).json()
    assert shown["step_seconds"] == 15
    assert [one["shown_from"] for one in shown["results"]] == [
        f"2030-01-07T13:{at}Z" for at in ("30:15", "30:30", "30:45", "31:00")
    ]
    assert (await lesson.check_in(slow, old)).status_code == 201
    await lesson.at(seconds=30)
    refused = await lesson.check_in(slower, old)
    assert (refused.status_code, refused.json()["code"]) == (400, "wrong_code")
    assert (await lesson.check_in(quick, shown["results"][1]["code"])).status_code == 201  # known ahead, shown offline


async def test_codes_cannot_be_guessed(world: World) -> None:
    lesson = await held(world, students=2)
    guesser, other = lesson.students
    await lesson.at(seconds=0)
    answers = [await lesson.check_in(guesser, f"{number:06}") for number in range(20)]
    assert {answer.status_code for answer in answers[:15]} <= {400, 201}
    assert {answer.status_code for answer in answers[15:]} == {429}
    assert (await lesson.check_in(guesser)).status_code == 429
    assert (await lesson.check_in(other)).status_code == 201


async def test_a_code_is_of_no_use_to_others(world: World) -> None:
    """Not enrolled, of another course, expired, staff: whoever has no place in the class."""
    lesson = await held(world, students=1)
    elsewhere = await held(world, students=1)
    expired = await world.person()
    await world.enrol(expired, lesson.course, expiry_date=lesson.starts_at - timedelta(minutes=30))
    stranger = await world.person()
    await lesson.at(seconds=0)
    outside: list[Person] = [*elsewhere.students, expired, stranger]
    for person in outside:
        await person.log_in()
    code = await lesson.code()
    for person, reason in zip(outside, ("not_enrolled", "enrolment_expired", "not_enrolled"), strict=True):
        refused = await lesson.check_in(person, code)
        assert (refused.status_code, refused.json()["code"]) == (403, reason)
        assert (await lesson.beat(person)).json()["code"] == reason
    refused = await lesson.check_in(lesson.teacher, code)
    assert refused.json()["code"] == "not_enrolled"
    await elsewhere.teacher.log_in()
    assert (await elsewhere.check_in(elsewhere.students[0], code)).json()["code"] == "wrong_code"
    assert await lesson.records() == {}


async def test_two_students_on_one_device_are_flagged(world: World) -> None:
    lesson = await held(world, students=4)
    asha, ravi, meena, alone = lesson.students
    await lesson.at(seconds=0)
    for student, device in ((asha, "d-1"), (alone, "d-2"), (ravi, "d-1"), (meena, "d-1")):
        answer = await lesson.check_in(student, device=device)
        assert (answer.status_code, answer.json()["is_flagged"]) == (201, False)  # they are not told
    report = await lesson.teacher.get(f"{SESSIONS}{lesson.id}/report/", params={"flagged": True})
    assert [one["user_id"] for one in report.json()["results"]] == [asha.id, ravi.id, meena.id]
    assert all(one["is_flagged"] for one in report.json()["results"])
    assert (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/summary/")).json()["flagged"] == 3
    cleared = await lesson.mark((asha, None), is_flagged=False)
    assert [(one["status"], one["is_flagged"]) for one in cleared.json()["records"]] == [("present", False)]
    assert (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/summary/")).json()["flagged"] == 2


async def test_two_students_on_one_device_at_the_same_moment_are_flagged(world: World) -> None:
    lesson = await held(world, students=6)
    await lesson.at(seconds=0)
    code = await lesson.code()
    await asyncio.gather(*(lesson.check_in(student, code, "d-1") for student in lesson.students))
    assert await world.count("attendance_records", "is_flagged") == 6


async def test_a_check_in_that_comes_twice_at_once_is_one(world: World) -> None:
    lesson = await held(world, students=1)
    await lesson.at(seconds=0)
    code = await lesson.code()
    answers = await asyncio.gather(*(lesson.check_in(lesson.students[0], code) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [201]
    assert await world.count("attendance_changes") == 1


async def test_heartbeats_make_somebody_present(world: World) -> None:
    lesson = await held(world, students=2, duration_minutes=10)
    early, late = lesson.students
    await lesson.at(minutes=-1)
    first = await lesson.beat(early)
    assert first.json() == {
        "session_id": lesson.id, "seen_seconds": 0, "status": None, "source": None, "next_in_seconds": 30,
    }  # fmt: skip
    for second in range(0, 361, 60):
        await lesson.at(seconds=second)
        beat = await lesson.beat(early)
    assert (beat.json()["seen_seconds"], beat.json()["status"], beat.json()["source"]) == (360, "present", "presence")
    lesson_2 = await lesson.next(starts_at="2030-01-07T14:00:00Z", duration_minutes=20, presence_percent=30)
    for second in range(600, 961, 60):
        await lesson_2.at(seconds=second)
        beat = await lesson_2.beat(late)
    assert (beat.json()["status"], beat.json()["source"]) == ("late", "presence")
    assert await lesson_2.records() == {late.id: ("late", "presence")}


async def test_heartbeats_before_and_after_the_class_are_refused(world: World) -> None:
    lesson = await held(world, students=1, duration_minutes=10, check_in_minutes=5)
    [student] = lesson.students
    await lesson.at(minutes=-11)
    assert (await lesson.beat(student)).json()["code"] == "check_in_closed"
    await lesson.at(minutes=9)  # check-in is over, the class is not
    assert (await lesson.check_in(student, "123456")).json()["code"] == "check_in_closed"
    assert (await lesson.beat(student)).status_code == 200
    await lesson.at(minutes=10)
    assert (await lesson.beat(student)).json()["code"] == "check_in_closed"


async def test_the_instructors_mark_wins_before_and_after_the_others(world: World) -> None:
    lesson = await held(world, students=2)
    before, after = lesson.students
    assert (await lesson.mark((before, "excused"))).status_code == 200
    await lesson.at(seconds=0)
    assert (await lesson.check_in(before)).json()["status"] == "excused"
    assert (await lesson.check_in(after)).json()["status"] == "present"
    marked = await lesson.mark((after, "absent"), remarks="Slept.")
    [record] = marked.json()["records"]
    assert (record["status"], record["source"], record["remarks"], record["points"]) == (
        "absent",
        "instructor",
        "Slept.",
        0,
    )
    taken_back = await lesson.mark((before, None), (after, None))
    assert {one["user_id"]: (one["status"], one["source"]) for one in taken_back.json()["records"]} == {
        before.id: ("present", "code"), after.id: ("present", "code"),
    }  # fmt: skip


async def test_marks_are_taken_all_or_none_and_every_fault_is_said(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    stranger = await world.person()
    refused = await lesson.mark((asha, "present"), (stranger, "present"), (ravi, "asleep"), (asha, "late"))
    assert (refused.status_code, [fault["field"] for fault in refused.json()["errors"]]) == (
        400, ["marks.1", "marks.2", "marks.3"],
    )  # fmt: skip
    assert await lesson.records() == {}
    body = {"marks": [{"user_id": asha.id, "status": "present"}] * 501}
    assert (await lesson.teacher.call("PUT", f"{SESSIONS}{lesson.id}/marks/", json=body)).status_code == 400


async def test_of_two_instructors_the_second_is_told_that_the_record_changed(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    [record] = (await lesson.mark((student, "late"))).json()["records"]
    assert (await lesson.mark((student, "present"), version=record["version"])).status_code == 200
    refused = await lesson.mark((student, "absent"), version=record["version"])
    assert (refused.status_code, refused.json()["code"]) == (409, "version_conflict")


async def test_heartbeats_do_not_stand_in_the_way_of_marks(world: World) -> None:
    """Whoever marks what they have seen is not told that it changed because an app was there."""
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(seconds=0)
    version = (await lesson.check_in(student)).json()["version"]
    for second in (0, 30, 60):
        await lesson.at(seconds=second)
        await lesson.beat(student)
    marked = await lesson.mark((student, "late"), version=version)
    assert (marked.status_code, marked.json()["records"][0]["version"]) == (200, version + 1)
    assert marked.json()["records"][0]["seen_seconds"] == 60


async def test_closing_marks_the_rest_absent_and_reopening_lets_them_in(world: World) -> None:
    lesson = await held(world, students=4)
    came, excused, absent, later = lesson.students
    gone = await world.person()
    await world.enrol(gone, lesson.course, expiry_date=lesson.starts_at - timedelta(minutes=1))
    await lesson.at(seconds=0)
    await lesson.check_in(came)
    await lesson.mark((excused, "excused"))
    assert (await lesson.do("close")).json()["status"] == "closed"
    assert (await lesson.do("close")).status_code == 200  # a repeat
    rest = {absent.id: ("absent", "system"), later.id: ("absent", "system")}
    present = {came.id: ("present", "code"), excused.id: ("excused", "instructor")}
    assert await lesson.records() == {**present, **rest}
    assert (await lesson.check_in(later, "123456")).json()["code"] == "check_in_closed"
    assert (await lesson.beat(later)).json()["code"] == "check_in_closed"
    await lesson.at(minutes=70)
    newcomer = await world.person()
    await world.enrol(newcomer, lesson.course)
    reopened = await lesson.do("reopen", {"minutes": 5})
    assert (reopened.json()["status"], reopened.json()["check_in_closes_at"]) == ("open", "2030-01-07T14:45:00Z")
    assert (await lesson.check_in(later)).json()["status"] == "late"
    assert (await lesson.do("reopen", {"minutes": 5})).json()["check_in_closes_at"] == "2030-01-07T14:45:00Z"
    await lesson.do("close")
    assert await lesson.records() == {**present, **rest, later.id: ("late", "code")}  # who came after it is not absent


async def test_a_class_is_closed_while_twenty_check_in(world: World) -> None:
    """Whoever is let in is present, whoever is not is absent: nobody is lost between the two."""
    lesson = await held(world, students=20)
    await lesson.at(seconds=0)
    code = await lesson.code()
    calls = [lesson.check_in(student, code) for student in lesson.students]
    answers = await asyncio.gather(*calls[:12], lesson.do("close"), *calls[12:])
    codes = [answer.status_code for answer in (*answers[:12], *answers[13:])]
    assert answers[12].status_code == 200
    assert set(codes) <= {201, 409}
    told = {student.id: code == 201 for student, code in zip(lesson.students, codes, strict=True)}
    kept = {user_id: status == "present" for user_id, (status, _) in (await lesson.records()).items()}
    assert kept == told
    assert await world.count("attendance_changes") == 20


async def test_a_class_that_is_over_is_closed_by_the_house_a_quarter_of_an_hour_later(world: World) -> None:
    lesson, do = await held(world, students=2), world.house.workflows
    unattended = await lesson.next()
    await lesson.at(seconds=0)
    await lesson.check_in(lesson.students[0])
    await lesson.at(minutes=74, seconds=59)
    assert await do.conducting.close_ended() == 0
    await lesson.at(minutes=75)
    assert await do.conducting.close_ended() == 1
    assert await lesson.records() == {
        lesson.students[0].id: ("present", "code"),
        lesson.students[1].id: ("absent", "system"),
    }
    assert (await unattended.shown())["status"] == "open"  # nobody was there: perhaps it was not held
    await unattended.mark((lesson.students[1], "present"))
    assert await do.conducting.close_ended() == 0  # the instructor may not be done
    await lesson.at(minutes=91)
    assert await do.conducting.close_ended() == 1


async def test_whoever_was_seen_long_enough_of_what_was_held_is_present(world: World) -> None:
    """Closed after ten minutes of sixty: six of them are enough."""
    lesson = await held(world, students=2)
    enough, short = lesson.students
    for second in range(0, 361, 60):
        await lesson.at(seconds=second)
        await lesson.beat(enough)
        if second <= 240:
            await lesson.beat(short)
    await lesson.at(minutes=10)
    await lesson.do("close")
    assert await lesson.records() == {enough.id: ("present", "presence"), short.id: ("absent", "system")}


async def test_a_class_that_moves_takes_with_it_who_has_come_in_time_for_it(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    await lesson.at(minutes=11)
    assert (await lesson.check_in(asha)).json()["status"] == "late"
    await lesson.beat(ravi)
    later = await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"starts_at": "2030-01-07T13:45:00Z"})
    assert later.status_code == 200
    assert await lesson.records() == {asha.id: ("present", "code")}  # the class has only just begun
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"starts_at": "2030-01-08T13:30:00Z"})
    assert await lesson.records() == {}  # nobody has come to tomorrow's class yet
    lesson.starts_at += timedelta(days=1)
    await lesson.at(seconds=0)
    assert (await lesson.check_in(asha)).status_code == 201


async def test_a_class_that_is_prolonged_counts_what_was_seen_anew(world: World) -> None:
    lesson = await held(world, students=1, duration_minutes=10)
    [student] = lesson.students
    for second in range(0, 361, 60):
        await lesson.at(seconds=second)
        await lesson.beat(student)
    assert await lesson.records() == {student.id: ("present", "presence")}
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"duration_minutes": 30})
    assert await lesson.records() == {}


async def test_who_was_absent_stays_so_in_a_reopened_class_until_they_prove_otherwise(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(minutes=5)
    await lesson.do("close")
    await lesson.do("reopen", {"minutes": 15})
    assert (await lesson.beat(student)).json()["status"] == "absent"
    assert await lesson.records() == {student.id: ("absent", "system")}
    assert (await lesson.check_in(student)).json()["status"] == "present"


async def test_an_excuse_in_advance_is_no_sign_that_a_class_was_held(world: World) -> None:
    lesson = await held(world, students=2)
    await lesson.mark((lesson.students[0], "excused"))
    await lesson.at(minutes=75)
    assert await world.house.workflows.conducting.close_ended() == 0
    await lesson.mark((lesson.students[1], "present"))
    await lesson.at(minutes=91)
    assert await world.house.workflows.conducting.close_ended() == 1


async def test_who_teaches_no_longer_sees_nothing(world: World) -> None:
    lesson = await held(world, students=1)
    await lesson.students[0].post(f"{SESSIONS}{lesson.id}/excuse/", {"reason": "Fever"})
    feed = (await lesson.teacher.get("/api/attendance/calendar/")).json()["url"].removeprefix("http://testserver")
    admin = await world.admin()
    await admin.log_in()
    await admin.patch(f"/api/accounts/users/{lesson.teacher.id}/", {"role": "student"})
    await lesson.teacher.log_in()
    for path in (SESSIONS, "/api/attendance/excuses/"):
        assert (await lesson.teacher.get(path)).json()["results"] == []
    assert (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/")).status_code == 404
    assert "VEVENT" not in (await world.http.get(feed)).text


async def test_every_change_says_who_when_from_and_to(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.at(seconds=0)
    await lesson.check_in(student)
    await lesson.mark((student, "late"), remarks="Came twice.")
    await lesson.mark((student, "late"), remarks="Other words.")
    await lesson.mark((student, "late"), remarks="Other words.")  # nothing new
    await lesson.do("close")
    changes = (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/changes/")).json()["results"]
    assert [(one["actor"]["id"], one["from_status"], one["to_status"], one["source"]) for one in changes] == [
        (lesson.teacher.id, "late", "late", "instructor"),
        (lesson.teacher.id, "present", "late", "instructor"),
        (student.id, None, "present", "code"),
    ]
    assert [one["remarks"] for one in changes] == ["Other words.", "Came twice.", ""]
    assert {one["at"] for one in changes} == {"2030-01-07T13:30:00Z"}
    other = await world.person(Role.INSTRUCTOR)
    assert (await other.get(f"{SESSIONS}{lesson.id}/changes/")).status_code == 404
    assert (await student.get(f"{SESSIONS}{lesson.id}/changes/")).status_code == 403


async def test_a_list_of_marks_comes_from_a_spreadsheet(world: World) -> None:
    lesson = await held(world, students=3)
    asha, ravi, meena = lesson.students

    async def send(text: str) -> tuple[int, dict[str, Any]]:
        files = {"file": ("marks.csv", text.encode(), "text/csv")}
        answer = await lesson.do("marks/import", files=files)
        return answer.status_code, answer.json()

    good = f"\ufeffEmail,Status,Remarks\r\n{asha.email.upper()},Present,\r\n{ravi.username},late,Bus\r\n"
    assert await send(good) == (200, {"marked": 2})
    assert await lesson.records() == {asha.id: ("present", "instructor"), ravi.id: ("late", "instructor")}
    status, body = await send(f"username,status\n{meena.username},present\nnobody,present\n{asha.username},asleep\n")
    assert (status, [fault["field"] for fault in body["errors"]]) == (400, ["line 3", "line 4"])
    status, body = await send(f"username,status\n{meena.username},\n")
    assert (status, body["errors"][0]["field"]) == (400, "line 2")
    for nothing in ("", "name,status\nx,y\n", "username,status\n"):
        assert (await send(nothing))[0] == 400
    report = await lesson.teacher.get(f"{SESSIONS}{lesson.id}/report/", params={"format": "csv"})
    assert await send(report.text) == (200, {"marked": 2})  # what goes out comes back in


async def test_a_cancelled_class_takes_nothing(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    await lesson.do("cancel", {})
    assert (await lesson.shown(student))["status"] == "cancelled"
    await lesson.at(seconds=0)
    assert (await lesson.check_in(student, "123456")).json()["code"] == "check_in_closed"
    assert (await lesson.mark((student, "present"))).json()["code"] == "session_cancelled"
    assert (await lesson.do("close")).json()["code"] == "session_cancelled"
    assert (await lesson.do("open")).json()["code"] == "session_cancelled"


@pytest.mark.parametrize(
    "body", [{}, {"code": "", "device_id": "d"}, {"code": "123456"}, {"code": 123456, "device_id": "d"}]
)
async def test_a_check_in_without_code_or_device_is_refused(sqlite_world: World, body: dict[str, object]) -> None:
    lesson = await held(sqlite_world, students=1)
    await lesson.at(seconds=0)
    answer = await lesson.students[0].post(f"{SESSIONS}{lesson.id}/check-in/", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_the_code_as_a_picture_holds_the_code(sqlite_world: World) -> None:
    lesson = await held(sqlite_world, students=1)
    await lesson.at(seconds=0)
    shown = (await lesson.teacher.get(f"{SESSIONS}{lesson.id}/code/")).json()["results"][0]
    drawn = await lesson.teacher.get(f"{SESSIONS}{lesson.id}/code/qr/")
    assert (drawn.headers["content-type"], drawn.headers["cache-control"]) == ("image/svg+xml", "no-store")
    assert (await lesson.students[0].get(f"{SESSIONS}{lesson.id}/code/qr/")).status_code == 403
    [found] = zxingcpp.read_barcodes(picture(drawn.text))
    assert found.text == shown["link"]
    assert shown["link"].endswith(f"/open/session/{lesson.id}?code={shown['code']}")


def picture(svg: str) -> Image.Image:
    """What segno's one path draws: rows of squares, each by moving to it and going across it."""
    size = int(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    image, x, y = Image.new("L", (size, size), 255), 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-\d. ]+)", re.findall(r'stroke="#000" d="([^"]+)"', svg)[0]):
        across, *down = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if step == "h":
            for place in range(int(x), int(x + across)):
                image.putpixel((place, int(y)), 0)
        x, y = (across, down[0]) if step == "M" else (x + across, y + (down[0] if down else 0))
    return image.resize((size * 8, size * 8), Image.Resampling.NEAREST)
