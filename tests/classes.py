"""A class with a teacher, a moderator and two members, and what they are notified of."""

from dataclasses import dataclass
from typing import Any

from core.actor import Role
from modules.community.domain.groups import MemberRole
from worlds import MadeCourse, Person, World

PATH = "/api/community/notifications/"
POSTS = "/api/community/posts/"


@dataclass
class School:
    world: World
    course: MadeCourse
    id: int
    host: Person
    moderator: Person
    asha: Person
    ravi: Person

    async def write(self, person: Person, content: str = "Why *am*?", **more: Any) -> int:
        title = {} if "parent_post_id" in more else {"title": "Doubt"}
        answer = await person.post(POSTS, {"community_id": self.id, "content": content, **title, **more})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    async def told(self, person: Person, **query: Any) -> list[dict[str, Any]]:
        """After everything that was to happen has."""
        await self.world.settle()
        answer = await person.get(PATH, params={"limit": 100, **query})
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    async def types(self, person: Person) -> list[str]:
        return [one["notification_type"] for one in await self.told(person)]


async def found_school(world: World, **settings: Any) -> School:
    host = await world.person(Role.INSTRUCTOR, full_name="Meera Iyer")
    course = await world.course(instructor=host)
    group = await world.group(course, **settings)
    moderator, asha, ravi = [await world.classmate(course, group) for _ in range(3)]
    await world.house.workflows.hosting.set_role(host.actor, group, moderator.id, MemberRole.MODERATOR)
    return School(world, course, group, host, moderator, asha, ravi)


async def prefer(person: Person, **changes: Any) -> dict[str, Any]:
    answer = await person.patch(f"{PATH}preferences/", changes)
    assert answer.status_code == 200, answer.text
    return answer.json()
