"""A large school's lists cost what a small one's cost, on the first page and far down.

1,000 of everything beside 30,000; in large (`make test-long`) beside 1,000,000.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from core.paging import encode_cursor
from plans import Cost, Recorder, copied, explained
from worlds import MadeCourse, Person, SandboxClient, World, build_world

SMALL, LARGE, PAGES = (1_000, 1_000_000, 60) if os.environ.get("SHALA_TEST_LONG") else (1_000, 30_000, 12)
FACTOR = 1.2
"""So many times the pages of the small school, and `PAGES` more: its indexes may be a level higher, at a million rows
also those by which each row of a page finds what belongs to it (a notification its notice).
"""
GROWING = {
    "users", "courses", "enrollments", "payments", "notices", "notifications", "community_posts", "audit_log",
    "progress",
}  # fmt: skip
AGO = "now() - n * interval '1 minute'"


@dataclass
class School:
    world: World
    driver: asyncpg.Connection
    course: MadeCourse
    group: int
    member: Person
    admin: Person
    post: int
    filled: int = 0

    async def row(self, table: str, where: str = "true") -> dict[str, Any]:
        found = dict(await self.driver.fetchrow(f"SELECT * FROM {table} WHERE {where} ORDER BY id LIMIT 1"))
        found.pop("id")
        return found

    async def add(self, table: str, row: dict[str, Any], numbers: str, **changed: str) -> None:
        await self.driver.execute(copied(table, row, changed, numbers))

    async def fill(self, size: int) -> None:
        """So many of everything in all."""
        numbers = f"generate_series({self.filled + 1}, {size}) n"
        name = "'m' || n"
        user, course = await self.row("users", f"id = {self.member.id}"), await self.row("courses")
        await self.add("users", user, numbers, email=f"{name} || '@example.com'", username=name, username_key=name)
        await self.add("courses", course, numbers, slug="'c' || n", title="'Course ' || n", created_at=AGO)
        enrolment = await self.row("enrollments")
        others = f"(SELECT id, row_number() OVER (ORDER BY id) + {self.filled} n FROM %s) r"
        users = others % f"users WHERE username LIKE 'm%' AND substr(username, 2)::int > {self.filled}"
        await self.add("enrollments", enrolment, users, user_id="r.id")
        enrolled = others % f"enrollments WHERE course_id = {self.course.id} AND user_id <> {self.member.id}"
        progress = {**await self.row("progress"), "content_id": self.course.content_ids[1]}
        await self.driver.execute(
            copied("progress", progress, {"enrollment_id": "r.id"}, enrolled) + " ON CONFLICT DO NOTHING"
        )
        payment = {**await self.row("payments"), "is_open": False, "status": "failed", "razorpay_pay_id": None}
        await self.add("payments", payment, numbers, receipt="'r' || n", razorpay_order="'o' || n", created_at=AGO)
        notice, notification = await self.row("notices"), await self.row("notifications")
        await self.add("notices", notice, numbers, cause="'cause ' || n", created_at=AGO)
        notices = others % f"notices WHERE cause LIKE 'cause %' AND substr(cause, 7)::int > {self.filled}"
        await self.add("notifications", notification, notices, notice_id="r.id", recipient_id=str(self.member.id))
        post = await self.row("community_posts")
        await self.add("community_posts", post, numbers, title="'Doubt ' || n", created_at=AGO)
        reply = {**post, "parent_post_id": self.post, "depth": 1, "title": ""}
        await self.add("community_posts", reply, numbers, created_at=AGO)
        await self.add("audit_log", await self.row("audit_log"), numbers, at=AGO)
        self.filled = size
        await self.driver.execute("VACUUM ANALYZE")

    async def middle(self, table: str) -> str:
        """A cursor half-way down a list in the order of ids."""
        first, last = await self.driver.fetchrow(f"SELECT min(id), max(id) FROM {table}")
        return encode_cursor(((first + last) // 2,))


async def founded(world: World, driver: asyncpg.Connection) -> School:
    course = await world.course(title="Course")
    group = await world.group(course)
    member = await world.classmate(course, group)
    admin = await world.admin()
    body = {"content_id": course.content_ids[0], "last_position": 1, "time_spent": 1}
    assert (await member.post("/api/courses/progress/update/", body)).is_success
    await world.order(await world.person(), await world.course())
    post = (await member.post(f"/api/community/groups/{group}/posts/", {"title": "Doubt", "content": "Why?"})).json()
    await world.classmate(course, group)
    other = await world.classmate(course, group)
    await other.post(f"/api/community/groups/{group}/posts/", {"title": "Doubt", "content": "Why?"})
    await world.settle()
    await admin.patch(f"/api/accounts/users/{other.id}/", {"is_active": False})
    return School(world, driver, course, group, member, admin, post["id"])


Act = Callable[[School], Awaitable[httpx.Response]]


def listed(who: str, path: str, table: str | None = None, **params: Any) -> Act:
    """A list's first page or, with a table, the one half-way down."""

    async def act(school: School) -> httpx.Response:
        places = {"course": school.course.id, "group": school.group, "post": school.post, "member": school.member.id}
        given = {name: str(value).format_map(places) for name, value in params.items()}
        if table is not None:
            given["cursor"] = await school.middle(table)
        person: Person = getattr(school, who)
        return await person.get(path.format(**places, lesson=school.course.content_ids[0]), params=given)

    return act


POSTS = "/api/community/groups/{group}/posts/"
ACTS: dict[str, Act] = {
    "catalogue": listed("member", "/api/courses/courses/"),
    "catalogue by title": listed("member", "/api/courses/courses/", ordering="title"),
    "catalogue by level": listed("member", "/api/courses/courses/", level="beginner"),
    "course": listed("member", "/api/courses/courses/{course}/"),
    "lesson": listed("member", "/api/courses/contents/{lesson}/"),
    "progress": listed("member", "/api/courses/progress/", course_id="{course}"),
    "own enrolments": listed("member", "/api/courses/enrollments/"),
    "a course's enrolments": listed("admin", "/api/courses/enrollments/", course_id="{course}"),
    "all enrolments, deep": listed("admin", "/api/courses/enrollments/", "enrollments"),
    "own payments": listed("member", "/api/payments/payments/"),
    "all payments": listed("admin", "/api/payments/payments/"),
    "all payments, deep": listed("admin", "/api/payments/payments/", "payments"),
    "payments by status": listed("admin", "/api/payments/payments/", status="failed"),
    "users": listed("admin", "/api/accounts/users/"),
    "users, deep": listed("admin", "/api/accounts/users/", "users"),
    "users by role": listed("admin", "/api/accounts/users/", role="student"),
    "users by name": listed("admin", "/api/accounts/users/", search="m99"),
    "audit log": listed("admin", "/api/accounts/audit/"),
    "audit log, deep": listed("admin", "/api/accounts/audit/", "audit_log"),
    "groups": listed("member", "/api/community/groups/"),
    "posts": listed("member", POSTS),
    "replies": listed("member", POSTS, parent_post_id="{post}"),
    "replies, deep": listed("member", POSTS, "community_posts", parent_post_id="{post}"),
    "one's posts": listed("member", POSTS, author_id="{member}"),
    "all posts": listed("member", "/api/community/posts/"),
    "all posts, deep": listed("member", "/api/community/posts/", "community_posts"),
    "notifications": listed("member", "/api/community/notifications/"),
    "notifications, deep": listed("member", "/api/community/notifications/", "notifications"),
    "unread notifications": listed("member", "/api/community/notifications/", is_read="false"),
}


async def costs(school: School, recorder: Recorder) -> dict[str, list[Cost]]:
    found = {}
    for name, act in ACTS.items():
        await act(school)  # what is asked once only, has been
        found[name] = [await explained(school.driver, one) for one in await recorder.of(act(school))]
    return found


async def test_the_lists_of_a_large_school_cost_what_a_small_one_s_cost(
    postgres_database: str, sandbox: SandboxClient, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = build_world(postgres_database, sandbox, tmp_path)
    dsn = postgres_database.replace("+asyncpg", "")
    driver = await asyncpg.connect(dsn, server_settings={"random_page_cost": "1.1"})  # as the pool's
    school, recorder = await founded(world, driver), Recorder(monkeypatch)
    await school.fill(SMALL)
    small = await costs(school, recorder)
    await school.fill(LARGE)
    large = await costs(school, recorder)
    await driver.close()
    await world.close()
    complaints = []
    for name in ACTS:
        assert small[name], name
        if [one.sql for one in small[name]] != [one.sql for one in large[name]]:
            complaints.append(f"{name}: other statements, {len(small[name])} and {len(large[name])}")
        for few, many in zip(small[name], large[name], strict=False):
            complaints += [f"{name}: {one}" for one in many.dearer(few, GROWING, FACTOR, PAGES)]
    assert not complaints, "\n".join(complaints)
