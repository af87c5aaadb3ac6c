"""Live classes in the matrix: the targets of the routes about them."""

from datetime import timedelta
from typing import Any

from authorisation.purchases import MISSING, NOBODYS_ID, OWN, Target
from entrypoints.workflows import Workflows
from modules.attendance.domain.sessions import Plan
from modules.attendance.domain.statuses import USUAL
from worlds import MadeCourse, Person, World


class Lessons:
    world: World
    do: Workflows
    cast: dict[str, Person]
    course: MadeCourse
    foreign: MadeCourse
    pupil: Person

    async def _lesson(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """A class that is open, its code, and one of its students."""
        if whose == MISSING:
            ids: Target = dict.fromkeys(("session_id", "user_id", "course_id"), NOBODYS_ID)
            return {**ids, "code": "123456", "starts_at": "2025-12-15T10:30:00Z"}
        admin, course = (await self.world.admin()).actor, self.course if whose == OWN else self.foreign
        starts_at = self.world.clock.now()
        plan = Plan(course.id, None, "Class", "", starts_at, 60, "Asia/Kolkata", None)
        made = await self.do.scheduling.add(admin, plan)
        shown = await self.do.conducting.show(admin, made)
        again = (starts_at + timedelta(days=1)).isoformat()
        ids = {"session_id": made, "course_id": course.id, "user_id": self.pupil.id}
        return {**ids, "code": shown[0].code, "starts_at": again}

    async def _closed_lesson(self, actor: str, caller: Person | None, whose: str) -> Target:
        target = await self._lesson(actor, caller, whose)
        if whose != MISSING:
            await self.do.conducting.close((await self.world.admin()).actor, target["session_id"])
        return target

    async def _excuse(self, actor: str, caller: Person | None, whose: str) -> Target:
        """What a pupil has asked."""
        target = await self._lesson(actor, caller, whose)
        if whose == MISSING:
            return {"excuse_id": NOBODYS_ID}
        asked, _ = await self.do.excusing.ask(self.pupil.actor, target["session_id"], "Fever")
        return {"excuse_id": asked}

    async def _own_excuse(self, actor: str, caller: Person | None, whose: str) -> Target:
        """What the caller has asked, where they can, else the pupil."""
        target = await self._lesson(actor, caller, whose)
        if whose != MISSING:
            person = caller if actor == "enrolled" and whose == OWN and caller is not None else self.pupil
            await self.do.excusing.ask(person.actor, target["session_id"], "Fever")
        return target

    async def _status_set(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"set_id": NOBODYS_ID, "course_id": NOBODYS_ID}
        course = self.course if whose == OWN else self.foreign
        made = await self.do.grading.add_set((await self.world.admin()).actor, course.id, title="Own", statuses=USUAL)
        return {"set_id": made.id, "course_id": course.id}

    async def _calendar(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """Somebody's calendar, or an address that is forged."""
        secret = await self.do.subscribing.secret(self.pupil.actor)
        return {"user_id": self.pupil.id, "secret": secret if whose == OWN else f"{secret[:-4]}AAAA"}

    async def _attendant(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """A student of a course, whose attendance is asked for."""
        if whose == MISSING:
            return {"course_id": NOBODYS_ID, "user_id": NOBODYS_ID}
        return {"course_id": (self.course if whose == OWN else self.foreign).id, "user_id": self.pupil.id}


class Talks:
    """Conversations with the chatbot."""

    world: World
    do: Workflows
    course: MadeCourse
    foreign: MadeCourse
    pupil: Person

    async def _talk(self, actor: str, caller: Person | None, whose: str) -> Target:
        """The caller's conversation, where they can have one, else the pupil's; and an answer in it."""
        if whose == MISSING:
            return {"conversation_id": NOBODYS_ID, "message_id": NOBODYS_ID}
        may = actor in {"enrolled", "own instructor", "admin"} and whose == OWN and caller is not None
        person = caller if may and caller else self.pupil
        made = await self.do.conversing.start(person.actor, self.course.id, title="")
        return {"conversation_id": made, "message_id": await self.do.asking.ask(person.actor, made, "Hello?")}

    async def _vain(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """What a pupil has asked in vain about the course, or about the foreign one."""
        if whose == MISSING:
            return {"message_id": NOBODYS_ID}
        course = self.course if whose == OWN else self.foreign
        made = await self.do.conversing.start(self.pupil.actor, course.id, title="")
        return {"message_id": await self.do.asking.ask(self.pupil.actor, made, "Biryani?")}


STATUSES: list[dict[str, Any]] = [
    {"code": "here", "title": "Here", "points": 1, "given": "on_time"},
    {"code": "gone", "title": "Gone", "points": 0, "given": "absent"},
]
