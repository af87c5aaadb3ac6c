"""One person, one row or one outside service that fails: everybody else is told all the same."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from classes import PATH, School, found_school, prefer
from core.errors import Unavailable
from entrypoints.worker.loop import dispatcher, jobs
from entrypoints.worker.schedule import Schedule
from worlds import Person, World

WAITING = "done_at IS NULL AND dead_at IS NULL"


@pytest.fixture
async def school(world: World) -> School:
    made = await found_school(world)
    await world.confirm(made.asha, made.ravi)
    for person in (made.asha, made.ravi):
        await prefer(person, email_frequency="instant", types=[{"notification_type": "new_post", "push": True}])
    await made.ravi.post(f"{PATH}devices/", {"token": "phone-ravi", "platform": "android"})
    await made.asha.post(f"{PATH}devices/", {"token": "phone-asha", "platform": "android"})
    await world.settle()
    return made


async def mailed(school: School, person: Person) -> int:
    found = await school.world.sandbox.mails(person.email)
    return sum("notifications-" in (one["message_id"] or "") for one in found)


async def many_waiting(school: School, person: Person, count: int) -> None:
    """So many notifications of one person that are due to be mailed, older than anybody's."""
    due = school.world.clock.now() - timedelta(minutes=30)
    async with school.world.house.database.transaction() as transaction:
        at = due.strftime("%Y-%m-%d %H:%M:%S.%f") if transaction.is_sqlite else due
        for number in range(count):
            values = {"cause": f"many-{number}", "user": person.id, "at": at}
            await transaction.execute(
                text(
                    "INSERT INTO notices (cause, notification_type, variant, audience, recipient_id, words, spread_to, "
                    "is_spread, created_at) VALUES (:cause, 'payment_received', '', 'user', :user, '{}', 0, true, :at)"
                ),
                values,
            )
        await transaction.execute(
            text(
                "INSERT INTO notification_choices (user_id, notification_type, in_app, email, push) "
                "VALUES (:user, 'payment_received', true, true, false)"
            ),
            {"user": person.id},
        )
        await transaction.execute(
            text(
                "INSERT INTO notifications (notice_id, recipient_id, in_app, created_at, email_due_at) "
                "SELECT id, :user, true, created_at, created_at FROM notices WHERE cause LIKE 'many-%'"
            ),
            {"user": person.id},
        )


async def test_a_full_mailbox_with_a_thousand_rows_holds_nobody_up(school: School) -> None:
    await many_waiting(school, school.ravi, 1_100)
    await school.write(school.host)
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    await school.world.sandbox.faults(smtp={"fail": "4xx", "times": 1})  # Ravi is due first
    await school.world.house.workflows.batching.send_due()
    assert (await mailed(school, school.ravi), await mailed(school, school.asha)) == (0, 1)
    due = f"recipient_id = {school.ravi.id} AND email_due_at IS NOT NULL"
    assert await school.world.count("notifications", due) == 1_101
    for _ in range(4):
        school.world.clock.advance(minutes=10)
        await school.world.house.workflows.batching.send_due()
    assert await school.world.count("notifications", due) == 0
    assert await mailed(school, school.ravi) == 3


async def test_an_address_that_fails_again_and_again_is_tried_ever_more_seldom(school: School) -> None:
    await school.world.sandbox.faults(smtp={"fail": "4xx"})
    await school.write(school.asha)
    await school.world.settle()
    for _ in range(24 * 60 // 2):
        school.world.clock.advance(minutes=2)
        await school.world.house.workflows.batching.send_due()
    assert await school.world.count("mails", "template = 'notifications' AND attempts BETWEEN 10 AND 25") == 1


async def test_a_row_of_another_version_of_the_service_stops_nobody(school: School) -> None:
    await school.world.sandbox.faults(fcm={"fail": "503"})
    await school.write(school.host)
    await school.world.settle()
    await school.world.sandbox.faults()
    async with school.world.house.database.transaction() as transaction:
        await transaction.execute(
            text("UPDATE notices SET notification_type = 'of tomorrow' WHERE notification_type = 'new_post'")
        )
        await transaction.execute(text("UPDATE notifications SET push_due_at = email_due_at"))
    await school.write(school.host, title="Known")
    await school.world.settle()
    school.world.clock.advance(minutes=3)
    for _ in range(2):
        await school.world.house.workflows.batching.send_due()
        await school.world.house.workflows.pushing.send_due()
    for person in (school.ravi, school.asha):
        assert await mailed(school, person) == 1
        (push,) = await school.world.sandbox.pushes(person.id)
        assert push["body"].endswith("Known")
    strange = "notice_id IN (SELECT id FROM notices WHERE notification_type = 'of tomorrow')"
    assert await school.world.count("notifications", f"{strange} AND email_due_at IS NOT NULL") == 2


async def test_while_the_mail_server_is_away_its_runs_do_not_pile_up(school: School) -> None:
    await school.world.sandbox.faults(smtp={"fail": "refuse"})
    await school.world.house.transport.close()  # no connection is kept from here on
    others = [await school.world.classmate(school.course, school.id) for _ in range(3)]
    await school.world.confirm(*others)
    for person in others:
        await prefer(person, email_frequency="instant")
    await school.write(school.host)
    await school.world.settle()
    schedule = Schedule(school.world.house.outbox, school.world.clock, jobs(school.world.house))
    for _ in range(20):
        school.world.clock.advance(seconds=30)
        await schedule.tick()
        await dispatcher(school.world.house).drain()
    slots = f"reaction = 'schedule.mail_notifications' AND {WAITING}"
    assert await school.world.count("outbox", slots) == 0
    school.world.clock.advance(hours=3)
    with pytest.raises(Unavailable):
        await school.world.house.workflows.batching.send_due()
    await school.world.sandbox.faults()
    school.world.clock.advance(hours=3)
    await school.world.house.workflows.batching.send_due()
    for person in (school.ravi, school.asha, *others):
        assert await mailed(school, person) == 1
