"""What is forgotten in the background, and what never is."""

from classes import PATH, found_school
from worlds import World, payment_event

TABLES = ("sessions", "one_time_codes", "socket_tickets", "idempotency_keys", "gateway_events", "outbox")


async def counts(world: World) -> dict[str, int]:
    return {table: await world.count(table) for table in TABLES}


async def test_what_is_over_goes_and_what_is_alive_stays(world: World) -> None:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    paid = await world.sandbox.pay(order["razorpay_order_id"])
    await world.webhook(payment_event(paid))
    await world.http.post("/api/accounts/password/forgot/", json={"email": student.email})
    await student.post("/api/accounts/ws-ticket/")
    await student.post("/api/payments/create_order/", {"course_id": course.id}, headers={"Idempotency-Key": "k"})
    await world.settle()
    before = await counts(world)
    assert all(before.values()), before
    await world.house.pruning.prune()
    assert await counts(world) == before
    world.clock.advance(days=2)
    await world.house.pruning.prune()
    after = await counts(world)
    assert (after["one_time_codes"], after["socket_tickets"]) == (0, 0)
    assert (after["sessions"], after["gateway_events"]) == (before["sessions"], before["gateway_events"])
    world.clock.advance(days=130)
    await world.house.pruning.prune()
    assert await counts(world) == dict.fromkeys(TABLES, 0)
    assert await world.count("payments") == 1
    assert await world.count("enrollments") == 1


async def test_old_notifications_and_phones_that_are_logged_out_go(world: World) -> None:
    school = await found_school(world)
    await school.asha.post(f"{PATH}devices/", {"token": "phone-1", "platform": "android"})
    await school.ravi.post(f"{PATH}devices/", {"token": "phone-2", "platform": "android"})
    await school.write(school.ravi)
    assert len(await school.told(school.asha)) == 1
    await school.asha.post("/api/accounts/logout/", {})
    await world.house.pruning.prune()
    assert await world.count("devices") == 1
    world.clock.advance(days=179)
    await world.house.pruning.prune()
    assert await world.count("notifications") == 2
    world.clock.advance(days=2)
    await world.house.pruning.prune()
    assert (await world.count("notifications"), await world.count("notices")) == (0, 0)
