"""A live class with its teacher and students, at moments of its own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core.actor import Role
from worlds import MadeCourse, Person, World

SESSIONS = "/api/attendance/sessions/"
STARTS = datetime(2030, 1, 7, 13, 30, tzinfo=UTC)
"""A Monday, 19:00 in India."""


@dataclass
class Lesson:
    world: World
    course: MadeCourse
    teacher: Person
    students: list[Person]
    id: int = 0
    starts_at: datetime = STARTS
    made: dict[str, Any] = field(default_factory=dict)

    async def at(self, *, seconds: float = 0, minutes: float = 0) -> None:
        """So long after the start; everybody's tokens are new then."""
        await moved(
            self.world, self.starts_at + timedelta(seconds=seconds, minutes=minutes), self.teacher, *self.students
        )

    async def code(self) -> str:
        answer = await self.teacher.get(f"{SESSIONS}{self.id}/code/")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["results"][0]["code"])

    async def check_in(self, student: Person, code: str | None = None, device: str | None = None) -> httpx.Response:
        body = {"code": code or await self.code(), "device_id": device or f"phone-of-{student.id}"}
        return await student.post(f"{SESSIONS}{self.id}/check-in/", body)

    async def beat(self, student: Person) -> httpx.Response:
        return await student.post(f"{SESSIONS}{self.id}/presence/")

    async def mark(self, *marks: tuple[Person, str | None], **more: Any) -> httpx.Response:
        said = [{"user_id": person.id, "status": status, **more} for person, status in marks]
        return await self.teacher.call("PUT", f"{SESSIONS}{self.id}/marks/", json={"marks": said})

    async def do(self, what: str, body: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        return await self.teacher.post(f"{SESSIONS}{self.id}/{what}/", body, **options)

    async def shown(self, who: Person | None = None) -> dict[str, Any]:
        answer = await (who or self.teacher).get(f"{SESSIONS}{self.id}/")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def records(self) -> dict[int, tuple[str, str]]:
        """Status and source, by user."""
        answer = await self.teacher.get(f"{SESSIONS}{self.id}/report/", params={"limit": 100})
        assert answer.status_code == 200, answer.text
        return {one["user_id"]: (one["status"], one["source"]) for one in answer.json()["results"]}

    async def next(self, **values: Any) -> "Lesson":
        """Another class of the course."""
        made = await planned(self.world, self.course, self.teacher, **values)
        return Lesson(self.world, self.course, self.teacher, self.students, made["id"], _start(made), made)


async def moved(world: World, moment: datetime, *people: Person) -> None:
    world.clock.stop_at(moment)
    for person in people:
        await person.log_in()


async def planned(world: World, course: MadeCourse, teacher: Person, **values: Any) -> dict[str, Any]:
    body = {"course_id": course.id, "title": "Class 7", "starts_at": STARTS.isoformat(), "duration_minutes": 60}
    answer = await teacher.post(SESSIONS, {**body, **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def held(world: World, *, students: int = 2, **values: Any) -> Lesson:
    """A class in a course with a teacher and some students, an hour before it begins."""
    world.clock.stop_at(STARTS - timedelta(hours=1))
    teacher = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=teacher)
    people = [await world.person() for _ in range(students)]
    for person in people:
        await world.enrol(person, course)
    made = await planned(world, course, teacher, **values)
    return Lesson(world, course, teacher, people, made["id"], _start(made), made)


def _start(made: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(made["starts_at"])
