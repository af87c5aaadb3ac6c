"""A class that talks: a community with a teacher and two students, over a served world."""

from dataclasses import dataclass
from typing import Any

from core.actor import Role
from sockets import Client, Live
from worlds import MadeCourse, Person, World


@dataclass
class Room:
    live: Live
    course: MadeCourse
    id: int
    host: Person
    asha: Person
    ravi: Person

    @property
    def world(self) -> World:
        return self.live.world

    async def enter(self, person: Person, *, v: int = 2) -> Client:
        return await self.live.chat(person, self.id, v=v)


async def found(live: Live, **settings: Any) -> Room:
    world = live.world
    host = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=host)
    group = await world.group(course, **settings)
    classmates = [await world.classmate(course, group) for _ in range(2)]
    return Room(live, course, group, host, *classmates)
