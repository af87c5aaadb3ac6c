"""The tour's live class: its teacher opens it, the visitor is there, the classmate is late, and others are absent."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from entrypoints.seeding.demo_world import PASSWORD, TEACHER
from entrypoints.tour.expecting import Unexpected, expect
from entrypoints.tour.socket import Socket
from entrypoints.tour.steps import log_in
from entrypoints.tour.walk import Walk

SESSIONS = "/api/attendance/sessions/"
REPORT = "/api/attendance/report/"
BEGINS_IN = timedelta(seconds=5)


def plan(walk: Walk) -> str:
    """The teacher plans a class that begins in a moment; the visitor has it in the app and in a calendar."""
    begins = (datetime.now(UTC) + BEGINS_IN).isoformat()
    body = {"course_id": walk.course["id"], "title": "Speaking round", "starts_at": begins, "duration_minutes": 30}
    walk.leader = Walk(walk.api, walk.sandbox, TEACHER.email, PASSWORD)
    log_in(walk.teacher)
    walk.lesson = walk.teacher.post(SESSIONS, {**body, "late_after_minutes": 0}, 201)
    opened = walk.teacher.post(f"{SESSIONS}{walk.lesson['id']}/open/")
    expect("status", opened["status"], "open")
    listed = walk.get(SESSIONS, params={"course_id": walk.course["id"], "status": "open"})["results"]
    expect("The class in the app", walk.lesson["id"] in [one["id"] for one in listed], True)
    address = walk.get("/api/attendance/calendar/")["url"]
    expect("The class in the calendar", b"Speaking round" in walk.download(address), True)
    return f"“{walk.lesson['title']}”, open, and in the calendar"


def check_in(walk: Walk) -> str:
    """By the code that the teacher shows, who sees it on the socket at once."""
    path = f"{SESSIONS}{walk.lesson['id']}/"
    walk.post(f"{path}check-in/", {"code": "no code", "device_id": "tour-1"}, 400, code="wrong_code")
    watching = Socket.open(walk.api.base_url, "/ws/notifications/?v=2", walk.teacher.token)
    walk.code = walk.teacher.get(f"{path}code/")["results"][0]["code"]
    record = walk.post(f"{path}check-in/", {"code": walk.code, "device_id": "tour-1"}, 201)
    expect("The visitor's status", (record["status"], record["source"]), ("present", "code"))
    again = walk.post(f"{path}check-in/", {"code": walk.code, "device_id": "tour-1"})
    expect("The repeated check-in", again["id"], record["id"])
    beat = walk.post(f"{path}presence/")
    heard = watching.hear("attendance", session_id=walk.lesson["id"])
    watching.lose()
    expect("Who checked in", [one["user_id"] for one in heard["records"]], [record["user_id"]])
    return f"present, seen by the teacher; a heartbeat each {beat['next_in_seconds']} s"


def come_late(walk: Walk) -> str:
    begins = datetime.fromisoformat(walk.lesson["starts_at"])
    time.sleep(max(0.0, (begins - datetime.now(UTC)).total_seconds() + 0.2))
    body = {"code": walk.code, "device_id": "tour-2"}
    record = walk.classmate.post(f"{SESSIONS}{walk.lesson['id']}/check-in/", body, 201)
    expect("The classmate's status", record["status"], "late")
    return "late, by the same code"


def report(walk: Walk) -> str:
    """The class is closed: who was not there is absent, and the percentages are right."""
    path, course_id = f"{SESSIONS}{walk.lesson['id']}/", walk.course["id"]
    own_id, other_id = (one.get("/api/accounts/me/")["id"] for one in (walk, walk.classmate))
    walk.teacher.post(f"{path}close/")
    found = walk.teacher.get(f"{path}summary/")
    records = walk.teacher.get(f"{path}report/", params={"limit": 100, "status": "absent"})["results"]
    lines = walk.teacher.read(f"{path}report/?format=csv").decode().splitlines()
    walk.teacher.post("/api/accounts/logout/", status=204)
    counts = found["counts"]
    expect("present and late", (counts.get("present"), counts.get("late")), (1, 1))
    expect("All whose class it was", sum(counts.values()), found["expected"])
    expect("The lines of the CSV", len(lines) - 1, found["expected"])
    if not records or {one["source"] for one in records} != {"system"}:
        raise Unexpected(f"Whoever stayed away should be absent: {records}")
    for person, who, wanted in ((walk, own_id, 100.0), (walk.classmate, other_id, 50.0)):
        attendance = person.get(REPORT, params={"course_id": course_id, "user_id": who})
        expect("The percentage", attendance["percentage"], wanted)
    return f"1 present, 1 late, {counts.get('absent', 0)} absent of {found['expected']}; 100 % and 50 %"


ATTENDING: dict[str, Callable[[Walk], str]] = {
    "A live class": plan,
    "Check in by its code": check_in,
    "Come late": come_late,
    "Attendance": report,
}
