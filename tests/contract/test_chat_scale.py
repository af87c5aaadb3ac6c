"""A large community costs what a small one costs: the same statements, and no more pages of the database for each.

In large (`make test-long`): 100,000 members and 5,000,000 messages; else 20,000 and 100,000.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from core.actor import Actor, Role
from modules.community.domain.chat import Draft
from modules.community.reading import Reached
from plans import Recorder, copied, explained
from worlds import MadeCourse, Person, SandboxClient, World, build_world

IS_LONG = bool(os.environ.get("SHALA_TEST_LONG"))
MEMBERS, MESSAGES = (100_000, 5_000_000) if IS_LONG else (20_000, 100_000)
SMALL_MEMBERS, SMALL_MESSAGES = 200, 400
FACTOR, PAGES = 2, 260
"""How many pages a statement may touch in the large one: so many times those of the small one, and these: the furthest
two hundred readers may lie on a page each, as long as VACUUM has not seen to their index.
"""
GROWING = {"chat_messages", "group_members", "read_pointers", "read_receipts", "enrollments", "users"}


@dataclass
class Group:
    world: World
    course: MadeCourse
    id: int
    member: Person
    messages: int
    first_id: int = 0

    @property
    def middle(self) -> int:
        return self.first_id + self.messages // 2

    @property
    def newest(self) -> int:
        return self.first_id + self.messages - 1


async def filled(world: World, driver: asyncpg.Connection, members: int, messages: int) -> Group:
    course = await world.course()
    group = await world.group(course)
    member = await world.classmate(course, group)
    first = int(await driver.fetchval("SELECT max(id) + 1 FROM users"))
    enrolled = dict(await driver.fetchrow("SELECT * FROM enrollments WHERE user_id = $1", member.id))
    joined = dict(await driver.fetchrow("SELECT * FROM group_members WHERE user_id = $1", member.id))
    user = dict(await driver.fetchrow("SELECT * FROM users WHERE id = $1", member.id))
    numbers = f"generate_series({first}, {first + members - 1}) n"
    name = "'m' || n"
    changed = {"id": "n", "email": f"{name} || '@example.com'", "username": name, "username_key": name}
    await driver.execute(copied("users", user, changed, numbers))
    await driver.execute("ANALYZE users")  # else what refers to them is checked as if there were none, by reading all
    for table, row in (("enrollments", enrolled), ("group_members", joined)):
        row.pop("id")
        await driver.execute(copied(table, row, {"user_id": "n"}, numbers))
    await driver.execute(f"SELECT setval(pg_get_serial_sequence('users', 'id'), {first + members})")
    await driver.execute("UPDATE community_groups SET member_count = $2 WHERE id = $1", group, members + 1)
    stream = int(await driver.fetchval("SELECT id FROM chat_streams WHERE community_id = $1", group))
    await driver.execute(
        "INSERT INTO chat_messages (stream_id, community_id, sender_id, seq, change_seq, message, terms, message_type, "
        "is_edited, is_deleted, created_at, updated_at, version) "
        f"SELECT {stream}, {group}, {first} + n % {members}, n, n, 'Hello ' || n, 'hello ' || n, 'text', false, false, "
        f"now(), now(), 1 FROM generate_series(1, {messages}) n"
    )
    await driver.execute("ANALYZE chat_messages")
    first_id = int(await driver.fetchval("SELECT min(id) FROM chat_messages WHERE stream_id = $1", stream))
    await driver.execute("UPDATE chat_streams SET seq = $2 WHERE id = $1", stream, messages)
    for table, columns in (
        ("read_pointers", "last_read_seq, last_read_id"),
        ("read_receipts", "seq, message_id"),
    ):
        await driver.execute(
            f"INSERT INTO {table} (stream_id, user_id, read_at, {columns}) "
            f"SELECT {stream}, n, now(), s, {first_id} + s - 1 FROM (SELECT n, 1 + (n * 7919::bigint) % {messages} s "
            f"FROM {numbers}) reading"
        )
    return Group(world, course, group, member, messages, first_id)


Act = Callable[[Group], Awaitable[Any]]
MESSAGES_OF = "/api/community/groups/{}/messages/"


def actor(group: Group) -> Actor:
    return Actor(group.member.id, Role.STUDENT, 0)


async def change(group: Group) -> None:
    chatting = group.world.house.workflows.chatting
    sent, _ = await chatting.send(actor(group), Draft(group.id, "First"))
    await chatting.edit(actor(group), sent.id, "Second")
    await chatting.remove(actor(group), sent.id)


ACTS: dict[str, Act] = {
    "first page": lambda g: g.member.get(MESSAGES_OF.format(g.id)),
    "deep page": lambda g: g.member.get(MESSAGES_OF.format(g.id), params={"before": g.middle}),
    "around": lambda g: g.member.get(MESSAGES_OF.format(g.id), params={"around": g.first_id + 60}),
    "newer": lambda g: g.member.get(MESSAGES_OF.format(g.id), params={"after": g.middle}),
    "resume": lambda g: g.world.house.workflows.streams.missed(g.id, g.messages - 50),
    "resume too far": lambda g: g.world.house.workflows.streams.missed(g.id, 0),
    "positions": lambda g: g.world.house.workflows.streams.positions([g.id]),
    "places": lambda g: g.world.house.workflows.community.places(g.id, [g.member.id]),
    "unread count": lambda g: g.world.house.workflows.streams.unread(g.member.id, [g.id]),
    "group": lambda g: g.member.get(f"/api/community/groups/{g.id}/"),
    "members": lambda g: g.member.get(f"/api/community/groups/{g.id}/members/"),
    "receipts": lambda g: g.member.get(f"/api/community/messages/{g.newest - 5}/receipts/"),
    "send": lambda g: g.member.post("/api/community/messages/", {"community_id": g.id, "message": "Hi"}),
    "read": lambda g: g.world.house.workflows.reading.read(actor(g), g.newest),
    "delivered": lambda g: g.world.house.workflows.reading.deliver(g.id, [Reached(g.member.id, g.messages)]),
    "change": change,
}


async def test_a_large_community_costs_what_a_small_one_costs(
    postgres_database: str, sandbox: SandboxClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world(postgres_database, sandbox, tmp_path)
    driver = await asyncpg.connect(postgres_database.replace("+asyncpg", ""))
    small = await filled(world, driver, SMALL_MEMBERS, SMALL_MESSAGES)
    large = await filled(world, driver, MEMBERS, MESSAGES)
    await driver.execute("VACUUM ANALYZE")
    recorder = Recorder(monkeypatch)
    complaints: list[str] = []
    for name, act in ACTS.items():
        for group in (small, large):
            await act(group)  # what is asked once only, has been
        of_small, of_large = [await recorder.of(act(group)) for group in (small, large)]
        assert of_small, name
        if [one.sql for one in of_small] != [one.sql for one in of_large]:
            complaints.append(f"{name}: other statements, {len(of_small)} and {len(of_large)}")
        for here, there in zip(of_small, of_large, strict=False):
            few, many = await explained(driver, here), await explained(driver, there)
            complaints += [f"{name}: {one}" for one in many.dearer(few, GROWING, FACTOR, PAGES)]
    await driver.close()
    await world.close()
    assert not complaints, "\n".join(complaints)
