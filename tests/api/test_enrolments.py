"""Getting into courses without paying: free ones, by hand, and by the list."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from core.actor import Role
from worlds import MadeCourse, Person, World

ENROLLMENTS_URL = "/api/courses/enrollments/"
GRANT_URL = f"{ENROLLMENTS_URL}grant/"
PROGRESS_URL = "/api/courses/progress/update/"
# the wire format's, and the version that its If-Match speaks of
ENROLLMENT_KEYS = {
    "id", "user_id", "course_id", "course", "enrollment_date", "is_active", "expiry_date", "completed_at", "has_access",
    "source", "progress_percentage", "completed_contents", "total_contents", "last_content", "version",
}  # fmt: skip


async def mine(person: Person, **params: object) -> list[dict]:
    answer = await person.get(ENROLLMENTS_URL, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def relogin(world: World, person: Person) -> Person:
    """A fresh access token: the clock has gone on."""
    tokens = await world.house.workflows.logins.login(person.email, "learn-by-doing-1", device="test")
    person.token = tokens.access_token
    return person


async def enrolled_count(world: World, course: MadeCourse) -> int:
    return (await world.http.get(f"/api/courses/courses/{course.id}/")).json()["enrolled_count"]


# --- oneself ---------------------------------------------------------------------------------------------------------


async def test_a_free_course_takes_everybody_once(world: World) -> None:
    course, student = await world.course(price_paise=0), await world.person()
    assert (await world.http.post(ENROLLMENTS_URL, json={"course_id": course.id})).status_code == 401
    answer = await student.post(ENROLLMENTS_URL, {"course_id": course.id})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made.keys() == ENROLLMENT_KEYS
    assert made["course"].keys() == {"id", "title", "thumbnail"}
    assert (made["user_id"], made["source"], made["has_access"], made["expiry_date"]) == (
        student.id,
        "free",
        True,
        None,
    )
    assert '"progress_percentage":0.0' in answer.text
    assert (made["completed_contents"], made["total_contents"], made["last_content"]) == (0, 3, None)
    again = await student.post(ENROLLMENTS_URL, {"course_id": course.id})
    assert (again.status_code, again.json()["code"]) == (409, "already_enrolled")
    assert await mine(student) == [made]
    assert await enrolled_count(world, course) == 1


async def test_a_course_that_costs_something_wants_an_order(world: World) -> None:
    course, draft = await world.course(), await world.course(price_paise=0, publish=False)
    student = await world.person()
    for course_id, status, code in (
        (course.id, 409, "payment_required"),
        (draft.id, 404, "not_found"),
        (999, 404, "not_found"),
    ):
        answer = await student.post(ENROLLMENTS_URL, {"course_id": course_id})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    for body in ({"course_id": course.id, "user_id": 1}, {"course_id": "first"}, {}):
        assert (await student.post(ENROLLMENTS_URL, body)).status_code == 400
    assert await world.count("enrollments") == 0


async def test_a_repeat_with_the_same_key_gets_the_same_answer(world: World) -> None:
    course, other, student = await world.course(price_paise=0), await world.course(price_paise=0), await world.person()
    key = {"Idempotency-Key": "tap-1"}
    answers = await asyncio.gather(
        *(student.post(ENROLLMENTS_URL, {"course_id": course.id}, headers=key) for _ in range(5))
    )
    assert {a.status_code for a in answers} == {201}
    assert len({a.text for a in answers}) == 1
    reused = await student.post(ENROLLMENTS_URL, {"course_id": other.id}, headers=key)
    assert (reused.status_code, reused.json()["code"]) == (409, "idempotency_key_reused")
    someone = await world.person()  # keys are per user
    assert (await someone.post(ENROLLMENTS_URL, {"course_id": other.id}, headers=key)).status_code == 201
    too_long = await student.post(ENROLLMENTS_URL, {"course_id": other.id}, headers={"Idempotency-Key": "k" * 256})
    assert too_long.status_code == 400
    assert await world.count("enrollments") == 2


async def test_twenty_taps_at_once_make_one_enrolment(world: World) -> None:
    course, student = await world.course(price_paise=0), await world.person()
    answers = await asyncio.gather(*(student.post(ENROLLMENTS_URL, {"course_id": course.id}) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 19
    assert await world.count("enrollments") == 1
    assert await enrolled_count(world, course) == 1


async def test_twenty_students_at_once_are_all_counted(world: World) -> None:
    course = await world.course(price_paise=0)
    students = [await world.person() for _ in range(20)]
    answers = await asyncio.gather(*(s.post(ENROLLMENTS_URL, {"course_id": course.id}) for s in students))
    assert {a.status_code for a in answers} == {201}
    assert await enrolled_count(world, course) == 20


async def test_a_suspended_student_does_not_let_himself_in_again(world: World) -> None:
    course, student, admin = await world.course(price_paise=0), await world.person(), await world.admin()
    made = (await student.post(ENROLLMENTS_URL, {"course_id": course.id})).json()
    assert (await admin.patch(f"{ENROLLMENTS_URL}{made['id']}/", {"is_active": False})).status_code == 200
    answer = await student.post(ENROLLMENTS_URL, {"course_id": course.id})
    assert (answer.status_code, answer.json()["code"]) == (403, "enrolment_expired")
    assert [row["has_access"] for row in await mine(student)] == [False]


# --- by hand ---------------------------------------------------------------------------------------------------------


async def test_only_administrators_grant(world: World) -> None:
    own = await world.person(Role.INSTRUCTOR)
    course, student = await world.course(instructor=own, access_days=30), await world.person()
    body = {"course_id": course.id, "user_id": student.id}
    for person in (student, own):
        assert (await person.post(GRANT_URL, body)).status_code == 403
    admin = await world.admin()
    granted = await admin.post(GRANT_URL, body)
    assert granted.status_code == 201, granted.text
    assert (granted.json()["user_id"], granted.json()["source"]) == (student.id, "manual")
    ends = datetime.fromisoformat(granted.json()["expiry_date"])
    assert abs(ends - world.clock.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert (await admin.post(GRANT_URL, body)).json()["code"] == "already_enrolled"
    for wrong, status in (({"user_id": 999_999}, 400), ({"course_id": 999_999}, 404)):
        assert (await admin.post(GRANT_URL, {**body, **wrong})).status_code == status


@pytest.mark.parametrize(
    "expiry", ["2027-01-01", "2027-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", True, ""]
)
async def test_an_end_is_a_time_with_its_zone(sqlite_world: World, expiry: object) -> None:
    course, student, admin = await sqlite_world.course(), await sqlite_world.person(), await sqlite_world.admin()
    enrolment = await sqlite_world.enrol(await sqlite_world.person(), course)
    body = {"course_id": course.id, "user_id": student.id, "expiry_date": expiry}
    for answer in (
        await admin.post(GRANT_URL, body),
        await admin.patch(f"{ENROLLMENTS_URL}{enrolment}/", {"expiry_date": expiry}),
    ):
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "expiry_date"), answer.text


async def test_granting_again_after_the_end_keeps_the_progress(world: World) -> None:
    course, student, admin = await world.course(texts=2), await world.person(), await world.admin()
    body = {"course_id": course.id, "user_id": student.id}
    ends = (world.clock.now() + timedelta(days=2)).isoformat()
    first = (await admin.post(GRANT_URL, {**body, "expiry_date": ends})).json()
    done = {"content_id": course.content_ids[0], "last_position": 0, "time_spent": 60, "is_completed": True}
    assert (await student.post(PROGRESS_URL, done)).json()["progress_percentage"] == 50.0
    world.clock.advance(days=3)
    await relogin(world, student)
    await relogin(world, admin)
    assert [(row["has_access"], row["progress_percentage"]) for row in await mine(student)] == [(False, 50.0)]
    assert (await student.post(PROGRESS_URL, done)).json()["code"] == "enrolment_expired"
    again = await admin.post(GRANT_URL, body)
    assert again.status_code == 201, again.text
    revived = again.json()
    assert (revived["id"], revived["has_access"], revived["progress_percentage"]) == (first["id"], True, 50.0)
    assert (revived["expiry_date"], revived["last_content"]["id"]) == (None, course.content_ids[0])
    assert datetime.fromisoformat(revived["enrollment_date"]) > datetime.fromisoformat(first["enrollment_date"])
    assert await enrolled_count(world, course) == 1


async def test_suspending_extending_and_shortening_work_at_once(world: World) -> None:
    course, student, admin = await world.course(), await world.person(), await world.admin()
    address = f"{ENROLLMENTS_URL}{await world.enrol(student, course)}/"
    lesson = f"/api/courses/contents/{course.content_ids[1]}/"
    past, future = (world.clock.now() + timedelta(days=days) for days in (-1, 1))
    for changes, has_access in (
        ({"is_active": False}, False),
        ({"is_active": True}, True),
        ({"expiry_date": past.isoformat()}, False),
        ({"expiry_date": future.isoformat()}, True),
        ({"expiry_date": None, "is_active": False}, False),
        ({"is_active": True}, True),
    ):
        answer = await admin.patch(address, changes)
        assert (answer.status_code, answer.json()["has_access"]) == (200, has_access), changes
        assert (await student.get(lesson)).status_code == (200 if has_access else 403), changes
        assert (await student.get(address)).json() == answer.json()
    assert (await student.patch(address, {"expiry_date": None})).status_code == 403
    assert (await admin.patch(f"{ENROLLMENTS_URL}999999/", {"is_active": True})).status_code == 404


async def test_an_enrolment_is_edited_by_version_and_its_other_fields_are_ignored(world: World) -> None:
    course, student, admin = await world.course(), await world.person(), await world.admin()
    address = f"{ENROLLMENTS_URL}{await world.enrol(student, course)}/"
    before = (await admin.get(address)).json()
    forged = {**before, "user_id": 1, "source": "purchase", "completed_at": "2020-01-01T00:00:00Z", "has_access": False}
    answers = await asyncio.gather(
        *(admin.patch(address, {**forged, "is_active": False}, headers={"If-Match": '"1"'}) for _ in range(20))
    )
    assert sorted(a.status_code for a in answers) == [200] + [409] * 19
    assert (await admin.get(address)).json() == {**before, "is_active": False, "has_access": False, "version": 2}
    assert (await admin.patch(address, {"colour": "red"})).status_code == 400


# --- lists -----------------------------------------------------------------------------------------------------------


async def test_the_list_knows_every_state(world: World) -> None:
    student, admin = await world.person(), await world.admin()
    active, expired, suspended, completed = [await world.course(texts=1) for _ in range(4)]
    await world.enrol(student, active)
    await world.enrol(student, expired, expiry_date=world.clock.now() + timedelta(hours=1))
    held = await world.enrol(student, suspended)
    await admin.patch(f"{ENROLLMENTS_URL}{held}/", {"is_active": False})
    await world.enrol(student, completed)
    done = {"content_id": completed.content_ids[0], "last_position": 0, "time_spent": 1, "is_completed": True}
    assert (await student.post(PROGRESS_URL, done)).json()["completed_at"] is not None
    world.clock.advance(hours=2)
    await relogin(world, student)

    async def courses(**params: object) -> list[int]:
        return [row["course_id"] for row in await mine(student, **params)]

    assert await courses() == [completed.id, suspended.id, expired.id, active.id]
    assert await courses(status="active") == [completed.id, active.id]
    assert await courses(status="expired") == [expired.id]
    assert await courses(status="suspended") == [suspended.id]
    assert await courses(status="completed") == [completed.id]
    assert await courses(course_id=active.id) == [active.id]
    assert await courses(source="purchase") == []
    for row in await mine(student):
        assert row["has_access"] == (row["course_id"] in {active.id, completed.id})
    assert (await student.get(ENROLLMENTS_URL, params={"status": "sleeping"})).status_code == 400
    first = (await student.get(ENROLLMENTS_URL, params={"limit": 3, "count": "true"})).json()
    rest = (await student.get(first["next"])).json()
    assert (first["count"], [row["course_id"] for row in rest["results"]], rest["next"]) == (4, [active.id], None)
    back = (await student.get(rest["previous"])).json()
    assert back["results"] == first["results"]


async def test_students_see_their_own_alone(world: World) -> None:
    course, asha, ravi, admin = await world.course(), await world.person(), await world.person(), await world.admin()
    own = await world.person(Role.INSTRUCTOR)
    first, second = await world.enrol(asha, course), await world.enrol(ravi, course)
    assert (await world.http.get(ENROLLMENTS_URL)).status_code == 401
    for params in ({}, {"user_id": ravi.id}, {"user_id": 0}):
        assert [row["id"] for row in await mine(asha, **params)] == [first]
        assert await mine(own, **params) == []
    assert (await asha.get(f"{ENROLLMENTS_URL}{second}/")).status_code == 404
    assert (await asha.get(f"{ENROLLMENTS_URL}{first}/")).status_code == 200
    assert [row["id"] for row in await mine(admin, user_id=ravi.id)] == [second]
    assert [row["id"] for row in await mine(admin, user_id=0)] == [second, first]
    assert await mine(admin) == []


# --- the list of students --------------------------------------------------------------------------------------------


async def send_list(person: Person, course: MadeCourse, text: str | bytes) -> httpx.Response:
    data = text.encode() if isinstance(text, str) else text
    address = f"/api/courses/courses/{course.id}/enrollments/import/"
    return await person.post(address, files={"file": ("students.csv", data, "text/csv")})


async def results(admin: Person, import_id: int) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    following = f"{ENROLLMENTS_URL}imports/{import_id}/results/?limit=100"
    while following:
        page = (await admin.get(following)).json()
        found |= {row["line"]: (row["email"], row["status"]) for row in page["results"]}
        following = page["next"]
    return found


async def test_a_list_enrols_its_students_and_tells_each_result(world: World) -> None:
    course, admin = await world.course(access_days=30), await world.admin()
    asha, ravi, there = [await world.person() for _ in range(3)]
    await world.enrol(there, course)
    text = (
        "\ufeffemail,expiry_date,remark\r\n"
        f"{asha.email.upper()}, 2099-03-01 ,x\r\n"
        "\r\n"
        f'"{ravi.email}"\r\n'
        f"{there.email},,\r\n"
        "nobody@example.com,\r\n"
    )
    answer = await send_list(admin, course, text)
    assert answer.status_code == 202, answer.text
    started = answer.json()
    assert started.keys() == {"id", "course_id", "created_at", "finished_at", "total", "counts"}
    assert (started["finished_at"], started["total"], started["counts"]) == (None, 4, {"waiting": 4})
    await world.settle()
    address = f"{ENROLLMENTS_URL}imports/{started['id']}/"
    finished = (await admin.get(address)).json()
    assert finished["finished_at"] is not None
    assert finished["counts"] == {"enrolled": 2, "already_enrolled": 1, "unknown_user": 1}
    assert await results(admin, started["id"]) == {
        2: (asha.email, "enrolled"),
        4: (ravi.email, "enrolled"),
        5: (there.email, "already_enrolled"),
        6: ("nobody@example.com", "unknown_user"),
    }
    (enrolment,) = await mine(asha)
    assert (enrolment["source"], enrolment["expiry_date"]) == (
        "import",
        "2099-03-01T18:30:00Z",
    )  # the end of that day in India
    (by_course,) = await mine(ravi)
    ends = datetime.fromisoformat(by_course["expiry_date"])
    assert abs(ends - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)
    assert await enrolled_count(world, course) == 3
    assert (await asha.get(address)).status_code == 403
    for missing in (f"{ENROLLMENTS_URL}imports/999/", f"{ENROLLMENTS_URL}imports/999/results/"):
        assert (await admin.get(missing)).status_code == 404


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ["file"]),
        ("email\n", ["file"]),
        ("name\nasha@example.com\n", ["file"]),
        ("email\nasha\n", ["file.2"]),
        ("email\na@x.in\nA@x.in\n", ["file.3"]),
        (
            "email,expiry_date\na@x.in,2099-13-01\nb@x.in,01/02/2099\nc@x.in,2099-01-01\nd\ne@x.in,2020-01-01\n",
            ["file.2", "file.3", "file.5", "file.6"],
        ),
        ("email\n\n\n \nnone\n", ["file.4", "file.5"]),
        ("email\ra@x.in\rb\r", ["file.3"]),
        ("email\n" + "a" * 250 + "@x.in\n", ["file.2"]),
        ('email\n"' + "a" * 140_000, ["file.2"]),
        (b"\xff\xfee\x00m\x00a\x00i\x00l\x00", ["file"]),
        ("email\n" + "".join(f"s{n}@x.in\n" for n in range(10_001)), ["file"]),
        ("email\n" + "x\n" * 60, [f"file.{n}" for n in range(2, 52)]),
    ],
)
async def test_a_faulty_list_is_refused_whole_with_its_lines_named(
    sqlite_world: World, text: str | bytes, fields: list[str]
) -> None:
    course, admin = await sqlite_world.course(), await sqlite_world.admin()
    answer = await send_list(admin, course, text)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), answer.text[:500]
    assert [fault["field"] for fault in answer.json()["errors"]] == fields
    assert await sqlite_world.count("enrolment_imports") == 0


async def test_a_list_of_ten_thousand_is_taken(sqlite_world: World) -> None:
    course, admin = await sqlite_world.course(), await sqlite_world.admin()
    answer = await send_list(admin, course, "email\n" + "".join(f"s{n}@x.in\n" for n in range(10_000)))
    assert (answer.status_code, answer.json()["total"]) == (202, 10_000)
    assert (await send_list(admin, course, b"email\n" + b"x" * 3 * 2**20)).status_code == 413
    assert (await send_list(admin, MadeCourse(999, 1), "email\na@x.in\n")).status_code == 404


async def test_an_import_that_was_killed_goes_on_where_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modules.learning.importing.CHUNK", 3)
    course, admin = await world.course(), await world.admin()
    students = [await world.person() for _ in range(7)]
    answer = await send_list(admin, course, "email\n" + "".join(f"{s.email}\n" for s in students))
    import_id = answer.json()["id"]
    assert await world.house.workflows.importing._chunk(import_id)
    address = f"{ENROLLMENTS_URL}imports/{import_id}/"
    half = (await admin.get(address)).json()
    assert (half["counts"], half["finished_at"]) == ({"enrolled": 3, "waiting": 4}, None)
    assert await world.count("enrollments") == 3
    await asyncio.gather(world.settle(), world.house.workflows.importing.run(import_id))
    whole = (await admin.get(address)).json()
    assert (whole["counts"], whole["finished_at"] is not None) == ({"enrolled": 7}, True)
    assert await world.count("enrollments") == 7
    assert await enrolled_count(world, course) == 7
    await world.house.workflows.importing.run(import_id)
    assert (await admin.get(address)).json() == whole


async def test_an_import_and_those_who_enrol_themselves_hold_up_nobody(world: World) -> None:
    """Both lock students and the course: in one order, or PostgreSQL ends one of them."""
    course, admin = await world.course(price_paise=0), await world.admin()
    students = [await world.person() for _ in range(12)]
    answer = await send_list(admin, course, "email\n" + "".join(f"{s.email}\n" for s in reversed(students)))
    run = world.house.workflows.importing.run(answer.json()["id"])
    own = [student.post(ENROLLMENTS_URL, {"course_id": course.id}) for student in students]
    running = asyncio.create_task(run)
    answers = await asyncio.gather(*own)
    await running
    assert {a.status_code for a in answers} <= {201, 409}
    counts = (await admin.get(f"{ENROLLMENTS_URL}imports/{answer.json()['id']}/")).json()["counts"]
    assert counts.get("enrolled", 0) + [a.status_code for a in answers].count(201) == 12
    assert await enrolled_count(world, course) == 12


async def test_what_is_hidden_is_nowhere_to_continue(world: World) -> None:
    course, student, admin = await world.course(), await world.person(), await world.admin()
    await world.enrol(student, course)
    first, second = course.content_ids[:2]
    for content_id in (first, second):
        await student.post(
            "/api/courses/progress/update/", {"content_id": content_id, "last_position": 0, "time_spent": 1}
        )
        world.clock.advance(seconds=1)
    (before,) = await mine(student)
    assert before["last_content"]["id"] == second
    hidden = await admin.post(f"/api/courses/contents/{second}/unpublish/")
    assert hidden.status_code == 200, hidden.text
    (after,) = await mine(student)
    assert after["last_content"]["id"] == first
