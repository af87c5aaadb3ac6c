"""Making, moving and cancelling live classes, one by one and in series; whose they are to see."""

from datetime import UTC, datetime, timedelta
from typing import Any

import icalendar
import pytest

from core.actor import Role
from lessons import SESSIONS, STARTS, held, moved, planned
from worlds import MadeCourse, Person, World


async def school(world: World) -> tuple[MadeCourse, Person]:
    world.clock.stop_at(STARTS - timedelta(hours=1))
    teacher = await world.person(Role.INSTRUCTOR)
    return await world.course(instructor=teacher), teacher


async def listed(person: Person, **query: Any) -> list[dict[str, Any]]:
    answer = await person.get(SESSIONS, params={"limit": 100, "ordering": "starts_at", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def starts(sessions: list[dict[str, Any]]) -> list[str]:
    return [one["starts_at"] for one in sessions]


async def test_a_class_looks_as_the_specification_says(world: World) -> None:
    course, teacher = await school(world)
    group = await world.group(course)
    made = await planned(world, course, teacher, community_id=group, meeting_url="https://meet.example/x")
    expected = {
        "course_id": course.id, "course": {"id": course.id, "title": "Spoken English"}, "community_id": group,
        "series_id": None, "recurrence": None, "title": "Class 7", "description": "",
        "starts_at": "2030-01-07T13:30:00Z",
        "ends_at": "2030-01-07T14:30:00Z", "duration_minutes": 60, "timezone": "Asia/Kolkata",
        "meeting_url": "https://meet.example/x", "status": "scheduled", "check_in_opens_at": "2030-01-07T13:20:00Z",
        "check_in_closes_at": "2030-01-07T14:30:00Z", "opens_before_minutes": 10, "late_after_minutes": 10,
        "check_in_minutes": None, "presence_percent": 60, "is_staff": True, "my_record": None, "my_excuse": None,
        "closed_at": None, "version": 1,
        "statuses": [
            {"code": "present", "title": "Present", "points": 2, "given": "on_time"},
            {"code": "late", "title": "Late", "points": 1, "given": "late"},
            {"code": "excused", "title": "Excused", "points": None, "given": "excused"},
            {"code": "absent", "title": "Absent", "points": 0, "given": "absent"},
        ],
    }  # fmt: skip
    assert {name: made[name] for name in expected} == expected
    assert set(made) == {*expected, "id", "created_at"}


async def test_a_series_is_held_at_the_same_time_of_day_but_for_its_exceptions(world: World) -> None:
    course, teacher = await school(world)
    made = await planned(
        world, course, teacher, recurrence="FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5", excluded_dates=["2030-01-14"]
    )
    assert made["recurrence"] == "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5"
    found = await listed(teacher, course_id=course.id)
    assert starts(found) == [f"2030-01-{day}T13:30:00Z" for day in ("07", "09", "16", "21")]
    assert {one["series_id"] for one in found} == {made["series_id"]}


async def test_a_series_keeps_its_local_time_through_summer_time(world: World) -> None:
    course, teacher = await school(world)
    await planned(
        world, course, teacher, starts_at="2030-03-24T19:00:00+01:00", timezone="Europe/Berlin",
        recurrence="FREQ=WEEKLY;COUNT=3",
    )  # fmt: skip
    assert starts(await listed(teacher)) == ["2030-03-24T18:00:00Z", "2030-03-31T17:00:00Z", "2030-04-07T17:00:00Z"]


async def test_a_time_that_summer_time_leaves_out_is_read_by_the_offset_before(world: World) -> None:
    course, teacher = await school(world)
    await planned(
        world, course, teacher, starts_at="2030-03-24T02:30:00+01:00", timezone="Europe/Berlin",
        recurrence="FREQ=WEEKLY;COUNT=2",
    )  # fmt: skip
    assert starts(await listed(teacher)) == ["2030-03-24T01:30:00Z", "2030-03-31T01:30:00Z"]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"recurrence": "FREQ=WEEKLY"}, "recurrence"),
        ({"recurrence": "FREQ=SECONDLY;COUNT=3"}, "recurrence"),
        ({"recurrence": "FREQ=YEARLY;COUNT=2"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY;COUNT=201"}, "recurrence"),
        ({"recurrence": "FREQ=WEEKLY;COUNT=150"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY;UNTIL=20991231"}, "recurrence"),
        ({"recurrence": "FREQ=WEEKLY;BYDAY=TU;COUNT=3"}, "recurrence"),
        ({"recurrence": "FREQ=MONTHLY;BYDAY=9MO;COUNT=3"}, "recurrence"),
        ({"recurrence": "every Monday"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY;BYMONTHDAY=99;COUNT=1"}, "recurrence"),
        ({"recurrence": "FREQ=MONTHLY;BYMONTHDAY=-40;COUNT=1"}, "recurrence"),
        ({"recurrence": "FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=5MO;COUNT=1"}, "recurrence"),
        ({"recurrence": "FREQ=DAILY;COUNT=300", "excluded_dates": ["2030-01-14"]}, "recurrence"),
        ({"meeting_url": "https://meet.example/x\n"}, "meeting_url"),
        ({"recurrence": "FREQ=DAILY;COUNT=1", "excluded_dates": ["2030-01-07"]}, "recurrence"),
        ({"excluded_dates": ["2030-01-07"]}, "excluded_dates"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../../etc/passwd"}, "timezone"),
        ({"starts_at": "2033-01-07T13:30:00Z"}, "starts_at"),
        ({"starts_at": "2028-01-07T13:30:00Z"}, "starts_at"),
        ({"starts_at": "2030-01-07T13:30:00"}, "starts_at"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 721}, "duration_minutes"),
        ({"meeting_url": "javascript:alert(1)"}, "meeting_url"),
        ({"community_id": 999}, "community_id"),
        ({"status_set_id": 999}, "status_set_id"),
    ],
)
async def test_a_class_that_cannot_be_is_refused(sqlite_world: World, values: dict[str, Any], field: str) -> None:
    course, teacher = await school(sqlite_world)
    body = {"course_id": course.id, "title": "Class", "starts_at": STARTS.isoformat(), "duration_minutes": 60, **values}
    answer = await teacher.post(SESSIONS, body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert await sqlite_world.count("class_sessions") == 0


async def test_a_repeated_call_makes_one_series(world: World) -> None:
    course, teacher = await school(world)
    body = {
        "course_id": course.id, "title": "Class", "starts_at": STARTS.isoformat(), "duration_minutes": 60,
        "recurrence": "FREQ=DAILY;COUNT=3",
    }  # fmt: skip
    answers = [await teacher.post(SESSIONS, body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    other = await teacher.post(SESSIONS, {**body, "title": "Other"}, headers={"Idempotency-Key": "k-1"})
    assert other.json()["code"] == "idempotency_key_reused"
    assert await world.count("class_sessions") == 3


async def test_one_class_of_a_series_moves_alone_or_with_those_after_it(world: World) -> None:
    course, teacher = await school(world)
    await planned(world, course, teacher, recurrence="FREQ=DAILY;COUNT=4")
    ids = [one["id"] for one in await listed(teacher)]
    alone = await teacher.patch(f"{SESSIONS}{ids[1]}/", {"starts_at": "2030-01-08T15:00:00Z", "title": "Later"})
    assert (alone.json()["check_in_opens_at"], alone.json()["version"]) == ("2030-01-08T14:50:00Z", 2)
    both = {"scope": "following", "starts_at": "2030-01-09T12:00:00Z", "duration_minutes": 30}
    assert (await teacher.patch(f"{SESSIONS}{ids[2]}/", both)).status_code == 200
    found = await listed(teacher)
    assert starts(found) == [
        "2030-01-07T13:30:00Z", "2030-01-08T15:00:00Z", "2030-01-09T12:00:00Z", "2030-01-10T12:00:00Z",
    ]  # fmt: skip
    assert [(one["title"], one["duration_minutes"]) for one in found] == [
        ("Class 7", 60), ("Later", 60), ("Class 7", 30), ("Class 7", 30),
    ]  # fmt: skip
    stale = await teacher.patch(f"{SESSIONS}{ids[1]}/", {"title": "Mine"}, headers={"If-Match": '"1"'})
    assert stale.json()["code"] == "version_conflict"


async def test_cancelling_the_rest_of_a_series_leaves_what_was_held(world: World) -> None:
    course, teacher = await school(world)
    await planned(world, course, teacher, recurrence="FREQ=DAILY;COUNT=4")
    ids = [one["id"] for one in await listed(teacher)]
    assert (await teacher.post(f"{SESSIONS}{ids[3]}/close/")).json()["code"] == "session_not_open"
    for what in ("open", "close"):
        assert (await teacher.post(f"{SESSIONS}{ids[3]}/{what}/")).status_code == 200
    cancelled = await teacher.post(f"{SESSIONS}{ids[1]}/cancel/", {"scope": "following"})
    assert cancelled.json()["status"] == "cancelled"
    assert [one["status"] for one in await listed(teacher)] == ["scheduled", "cancelled", "cancelled", "closed"]
    again = await teacher.post(f"{SESSIONS}{ids[1]}/cancel/", {})
    assert again.json() == cancelled.json()
    assert (await teacher.post(f"{SESSIONS}{ids[3]}/cancel/", {})).json()["code"] == "session_closed"
    assert (await teacher.patch(f"{SESSIONS}{ids[1]}/", {"title": "x"})).json()["code"] == "session_cancelled"
    assert (await teacher.patch(f"{SESSIONS}{ids[3]}/", {"starts_at": STARTS.isoformat()})).json()["code"] == (
        "session_closed"
    )
    words = {"title": "Words may change", "scope": "following"}
    assert (await teacher.patch(f"{SESSIONS}{ids[3]}/", words)).json()["title"] == "Words may change"


async def test_lists_are_filtered_and_paged(world: World) -> None:
    course, teacher = await school(world)
    await planned(world, course, teacher, recurrence="FREQ=DAILY;COUNT=5")
    ids = [one["id"] for one in await listed(teacher)]
    for number, what in ((0, "open"), (0, "close"), (1, "open")):
        assert (await teacher.post(f"{SESSIONS}{ids[number]}/{what}/")).status_code == 200
    await teacher.post(f"{SESSIONS}{ids[2]}/cancel/", {})
    for status, expected in (("closed", ids[:1]), ("open", ids[1:2]), ("cancelled", ids[2:3]), ("scheduled", ids[3:])):
        assert [one["id"] for one in await listed(teacher, status=status)] == expected
    span = {"from": "2030-01-08T13:30:00Z", "to": "2030-01-10T13:30:00Z"}
    assert [one["id"] for one in await listed(teacher, **span)] == ids[1:3]
    page = (await teacher.get(SESSIONS, params={"limit": 2, "count": True})).json()
    assert ([one["id"] for one in page["results"]], page["count"]) == (ids[:2:-1], 5)
    rest = (await teacher.get(SESSIONS, params={"limit": 2, "cursor": page["next_cursor"]})).json()
    assert [one["id"] for one in rest["results"]] == ids[2:0:-1]
    assert (await teacher.get(SESSIONS, params={"ordering": "title"})).status_code == 400
    naive = await teacher.get(SESSIONS, params={"from": "2030-01-08T13:30:00"})
    assert (naive.status_code, naive.json()["errors"][0]["field"]) == (400, "from")
    assert len(await listed(teacher, series_id=page["results"][0]["series_id"])) == 5
    assert await listed(teacher, series_id=999) == []


async def test_classes_are_seen_by_those_whose_they_are(world: World) -> None:
    lesson = await held(world, students=1)
    group = await world.group(lesson.course)
    [student] = lesson.students
    of_group = await lesson.next(community_id=group, title="Of the group")
    stranger, other, admin = await world.person(), await world.person(Role.INSTRUCTOR), await world.admin()
    await admin.log_in()
    for person, expected in ((student, 1), (lesson.teacher, 2), (admin, 2), (stranger, 0), (other, 0)):
        assert len(await listed(person)) == expected
    assert (await student.get(f"{SESSIONS}{of_group.id}/")).status_code == 404
    await world.house.workflows.joining.join(student.actor, group)
    assert (await student.get(f"{SESSIONS}{of_group.id}/")).status_code == 200
    assert (await stranger.get(f"{SESSIONS}{lesson.id}/")).status_code == 404
    assert (await stranger.get(f"{SESSIONS}999/")).status_code == 404
    assert (await other.patch(f"{SESSIONS}{lesson.id}/", {"title": "Mine"})).status_code == 403


async def test_a_class_of_a_group_is_its_members_alone(world: World) -> None:
    lesson = await held(world, students=2)
    inside, outside = lesson.students
    group = await world.group(lesson.course)
    await world.house.workflows.joining.join(inside.actor, group)
    of_group = await lesson.next(community_id=group)
    await of_group.at(seconds=0)
    code = await of_group.code()
    assert (await of_group.check_in(inside, code)).status_code == 201
    assert (await of_group.check_in(outside, code)).status_code == 404
    await of_group.do("close")
    assert await of_group.records() == {inside.id: ("present", "code")}  # the other is not even absent


async def test_statuses_of_ones_own(world: World) -> None:
    course, teacher = await school(world)
    body: dict[str, Any] = {
        "course_id": course.id, "title": "Participation",
        "statuses": [
            {"code": "active", "title": "Active", "points": 10, "given": "on_time"},
            {"code": "quiet", "title": "Quiet", "points": 5},
            {"code": "away", "title": "Away", "points": 0, "given": "absent"},
        ],
    }  # fmt: skip
    made = await teacher.post("/api/attendance/status-sets/", body)
    assert made.status_code == 201, made.text
    set_id = made.json()["id"]
    student = await world.person()
    await world.enrol(student, course)
    session = await planned(world, course, teacher, status_set_id=set_id)
    assert [status["code"] for status in session["statuses"]] == ["active", "quiet", "away"]
    changed = await teacher.patch(f"/api/attendance/status-sets/{set_id}/", {"statuses": body["statuses"][::2]})
    assert (changed.json()["version"], len(changed.json()["statuses"])) == (2, 2)
    marks = {"marks": [{"user_id": student.id, "status": "quiet"}]}  # the class keeps what it was made with
    assert (await teacher.call("PUT", f"{SESSIONS}{session['id']}/marks/", json=marks)).status_code == 200
    refused = await teacher.patch(f"{SESSIONS}{session['id']}/", {"status_set_id": None})
    assert refused.json()["code"] == "session_taken"
    sets = await teacher.get("/api/attendance/status-sets/", params={"course_id": course.id})
    assert [one["id"] for one in sets.json()["results"]] == [None, set_id]
    assert (await teacher.delete(f"/api/attendance/status-sets/{set_id}/")).status_code == 204
    refused = await teacher.post(
        "/api/attendance/status-sets/",
        {**body, "statuses": [{"code": "a", "title": "A", "points": 1, "given": "on_time"}] * 2},
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "statuses")


async def feed(world: World, address: str) -> list[Any]:
    answer = await world.http.get(address.removeprefix("http://testserver"))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/calendar; charset=utf-8"), answer.text
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))


async def address(person: Person) -> str:
    answer = await person.get("/api/attendance/calendar/")
    found: str = answer.json()["url"]
    return found[found.index("/api/") :]


async def test_the_calendar_of_a_student_follows_the_classes(world: World) -> None:
    lesson = await held(
        world, students=1, meeting_url="https://meet.example/x", description="Bring a dictionary;\nand tea"
    )
    [student] = lesson.students
    await lesson.next(recurrence="FREQ=WEEKLY;COUNT=2", title="Weekly")
    where = await address(student)
    assert where == await address(student)
    events = await feed(world, where)
    assert [(str(one["SUMMARY"]), one["DTSTART"].dt) for one in events] == [
        ("Class 7 · Spoken English", STARTS), ("Weekly · Spoken English", STARTS),
        ("Weekly · Spoken English", STARTS + timedelta(days=7)),
    ]  # fmt: skip
    assert (str(events[0]["LOCATION"]), str(events[0]["DESCRIPTION"]), events[0]["DTEND"].dt) == (
        "https://meet.example/x", "Bring a dictionary;\nand tea", datetime(2030, 1, 7, 14, 30, tzinfo=UTC),
    )  # fmt: skip
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"starts_at": "2030-01-07T15:00:00Z"})
    await lesson.do("cancel", {})
    [one] = [event for event in await feed(world, where) if str(event["UID"]) == str(events[0]["UID"])]
    assert (str(one["STATUS"]), one["SEQUENCE"] > events[0]["SEQUENCE"]) == ("CANCELLED", True)
    assert one["DTSTART"].dt == datetime(2030, 1, 7, 15, 0, tzinfo=UTC)


async def test_the_address_of_a_calendar_is_its_owners_alone(world: World) -> None:
    lesson = await held(world, students=2)
    asha, ravi = lesson.students
    mine = await address(asha)
    assert mine != await address(ravi)
    for wrong in (
        mine.replace(f"/{asha.id}/", f"/{ravi.id}/"),
        mine[:-5] + ".ics",
        "/api/attendance/calendar/999/x.ics",
    ):
        assert (await world.http.get(wrong)).status_code == 404
    new = (await asha.post("/api/attendance/calendar/reset/")).json()["url"]
    assert (await world.http.get(mine)).status_code == 404
    assert len(await feed(world, new[new.index("/api/") :])) == 1
    admin = await world.admin()
    await admin.log_in()
    await admin.patch(f"/api/accounts/users/{asha.id}/", {"is_active": False})
    assert (await world.http.get(new[new.index("/api/") :])).status_code == 404


async def test_students_are_told_of_classes_that_begin_move_or_are_cancelled(world: World) -> None:
    lesson = await held(world, students=1)
    [student] = lesson.students
    expired = await world.person()
    await world.enrol(expired, lesson.course, expiry_date=STARTS - timedelta(minutes=61))
    do = world.house.workflows.conducting
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"starts_at": (STARTS + timedelta(minutes=5)).isoformat()})
    await world.settle()
    await lesson.at(minutes=-10, seconds=-1)
    assert await do.announce_starting() == 0
    await lesson.at(minutes=-10)
    assert await do.announce_starting() == 1
    await world.settle()
    assert await do.announce_starting() == 0
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", {"starts_at": (STARTS + timedelta(days=1)).isoformat()})
    await lesson.at(minutes=60 * 24 - 15)
    assert await do.announce_starting() == 1  # of the new time they are told, too
    await lesson.do("cancel", {})
    await world.settle()
    told = (await student.get("/api/community/notifications/")).json()["results"]
    assert sorted((one["title"], one["message"]) for one in told) == [
        ("Class cancelled", "Class 7 on 08/01/2030 19:00 IST is not held"),
        ("Class moved", "Class 7 is now on 07/01/2030 19:05 IST"),
        ("Class moved", "Class 7 is now on 08/01/2030 19:00 IST"),
        ("Class starts soon", "Class 7: 07/01/2030 19:05 IST"),
        ("Class starts soon", "Class 7: 08/01/2030 19:00 IST"),
    ]
    assert told[0]["link"] == {"type": "session", "id": lesson.id}
    await moved(world, world.clock.now(), expired)
    assert (await expired.get("/api/community/notifications/")).json()["results"] == []
    assert (await lesson.teacher.get("/api/community/notifications/")).json()["results"] == []


async def test_of_a_series_people_are_told_that_the_rest_of_it_moved_or_is_cancelled(world: World) -> None:
    lesson = await held(world, students=1, recurrence="FREQ=DAILY;COUNT=3")
    moves = {"scope": "following", "starts_at": (STARTS + timedelta(hours=1)).isoformat()}
    await lesson.teacher.patch(f"{SESSIONS}{lesson.id}/", moves)
    await world.settle()
    await lesson.do("cancel", {"scope": "following"})
    await world.settle()
    told = (await lesson.students[0].get("/api/community/notifications/")).json()["results"]
    assert [one["message"] for one in told] == [
        "Class 7 on 07/01/2030 20:00 IST and those after it are not held",
        "Class 7 is now on 07/01/2030 20:00 IST, and those after it have moved, too",
    ]


async def test_what_the_link_of_the_code_opens_shows_the_code(sqlite_world: World) -> None:
    page = await sqlite_world.http.get("/open/session/12/", params={"code": "482913"})
    assert "482913" in page.text
    assert 'href="shala://session/12?code=482913"' in page.text
    assert (await sqlite_world.http.get("/open/session/12/", params={"code": "<b>"})).status_code == 400
