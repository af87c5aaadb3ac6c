"""A class with a teacher, a moderator and two members, and what they are notified of."""

from dataclasses import dataclass
from typing import Any

import asyncpg

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


async def fill(school: School, driver: asyncpg.Connection, *, members: int, devices: int) -> None:
    """Copies of one member of the class, each with a login; so many of them have a phone, and want to be pushed."""
    first = int(await driver.fetchval("SELECT max(id) + 1 FROM users"))
    numbers = f"generate_series({first}, {first + members - 1}) n"
    name = "'m' || n"
    own = {"id": "n", "email": f"{name} || '@example.com'", "username": name, "username_key": name}
    copies = {
        "users": own,
        "enrollments": {"user_id": "n"},
        "group_members": {"user_id": "n"},
        "sessions": {"user_id": "n"},
    }
    for table, changed in copies.items():
        key = "id" if table == "users" else "user_id"
        row = dict(await driver.fetchrow(f"SELECT * FROM {table} WHERE {key} = $1 LIMIT 1", school.ravi.id))
        if table != "users":
            del row["id"]
        columns, values = ", ".join(row), ", ".join(str(changed.get(name, name)) for name in row)
        one = f"(SELECT * FROM {table} WHERE {key} = {school.ravi.id} LIMIT 1) one"
        await driver.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM {one} CROSS JOIN {numbers}")
    await driver.execute(
        "INSERT INTO devices (user_id, session_id, token, platform, created_at, last_seen_at) "
        f"SELECT user_id, id, 'phone-' || user_id, 'android', now(), now() FROM sessions "
        f"WHERE user_id >= {first} AND user_id < {first + devices}"
    )
    await driver.execute("INSERT INTO notification_choices SELECT user_id, 'new_post', true, false, true FROM devices")
    await driver.execute("ANALYZE")
