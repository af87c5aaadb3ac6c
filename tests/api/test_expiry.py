"""Whose access ends soon is told in time, and once."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

from entrypoints.worker.loop import dispatcher, jobs
from entrypoints.worker.schedule import Schedule
from worlds import World

PATH = "/api/community/notifications/"


async def texts(world: World, token: str) -> list[str]:
    await world.settle()
    answer = await world.http.get(PATH, headers={"Authorization": f"Bearer {token}"})
    return [one["message"] for one in answer.json()["results"]]


async def test_seven_days_before_and_one_day_before(world: World) -> None:
    course = await world.course()
    soon, later, ended = [await world.person() for _ in range(3)]
    now = world.clock.now()
    await world.enrol(soon, course, now + timedelta(days=6, hours=12))
    await world.enrol(later, course, now + timedelta(days=30))
    await world.enrol(ended, course, now - timedelta(days=1))
    warn = world.house.workflows.telling.warn_of_expiry
    for _ in range(3):
        await warn()
    (message,) = await texts(world, soon.token)
    ends = (now + timedelta(days=6, hours=12)).astimezone(ZoneInfo("Asia/Kolkata"))
    assert message.endswith(f"until {ends:%d/%m/%Y}.")
    assert await texts(world, later.token) == await texts(world, ended.token) == []
    hours = 0
    while len(await titles(world, soon.id)) < 2:
        world.clock.advance(hours=1)
        hours += 1
        await warn()
    assert 5.4 * 24 < hours <= 5.6 * 24
    for _ in range(48):
        world.clock.advance(hours=1)
        await warn()
    assert len(await titles(world, soon.id)) == 2
    assert len(await titles(world, later.id)) == 0


async def test_who_extends_it_is_told_before_the_new_end(world: World) -> None:
    course, admin = await world.course(), await world.admin()
    student = await world.person()
    enrolment = await world.enrol(student, course, world.clock.now() + timedelta(days=6, hours=12))
    warn = world.house.workflows.telling.warn_of_expiry
    await warn()
    until = world.clock.now() + timedelta(days=20)
    answer = await admin.patch(f"/api/courses/enrollments/{enrolment}/", {"expiry_date": until.isoformat()})
    assert answer.status_code == 200, answer.text
    for _ in range(12):
        world.clock.advance(days=1)
        await warn()
    assert len(await titles(world, student.id)) == 1
    world.clock.advance(days=1, minutes=1)
    await warn()
    assert len(await titles(world, student.id)) == 2


async def test_any_number_of_workers_tell_once(world: World) -> None:
    """Each slot is taken by one of them, and its work may still be run by two."""
    course, student = await world.course(), await world.person()
    await world.enrol(student, course, world.clock.now() + timedelta(days=6, hours=12))
    schedules = [Schedule(world.house.outbox, world.clock, jobs(world.house)) for _ in range(4)]
    await asyncio.gather(*(schedule.tick() for schedule in schedules))
    assert await world.count("outbox", "reaction = 'schedule.warn_of_expiry'") == 1
    workers = [dispatcher(world.house) for _ in range(3)]
    again = [world.house.workflows.telling.warn_of_expiry() for _ in range(3)]
    await asyncio.gather(*(worker.drain() for worker in workers), *again)
    assert len(await titles(world, student.id)) == 1


async def titles(world: World, user_id: int) -> list[int]:
    from sqlalchemy import text

    statement = text("SELECT id FROM notifications WHERE recipient_id = :user")
    return [row[0] for row in await world.house.database.rows(statement, {"user": user_id})]
