"""Invoices under concurrency and over the turn of the financial year; the number is that of the payment rules."""

import asyncio
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from worlds import World, payment_event


async def numbers_of(world: World, kind: str = "invoice") -> list[str]:
    from sqlalchemy import text

    rows = await world.house.database.rows(text(f"SELECT number FROM invoices WHERE kind = '{kind}' ORDER BY id"))
    return [row[0] for row in rows]


async def test_43_two_hundred_concurrent_payments_number_their_invoices_without_a_gap(world: World) -> None:
    """Each is told of twice at once, and every tenth belongs to somebody who was let in meanwhile: no invoice."""
    course, events = await world.course(), list[tuple[str, dict[str, Any]]]()
    for number in range(200):
        student = await world.person()
        paid = await world.sandbox.pay((await world.order(student, course))["razorpay_order_id"])
        if number % 10 == 9:
            await world.enrol(student, course)
        events += [(f"{number}-{name}", payment_event(paid, name)) for name in ("payment.captured", "order.paid")]
    for event_id, event in events:
        assert (await world.webhook(event, event_id=event_id)).status_code == 200
    webhooks = world.house.workflows.webhooks

    async def handle(stored: int) -> None:
        async with webhooks.begin() as store:
            await webhooks.handle(store, stored)

    order = list(range(1, len(events) + 1))
    random.Random(43).shuffle(order)
    for start in range(0, len(order), 100):
        await asyncio.gather(*(handle(stored) for stored in order[start : start + 100]))
    assert await world.count("gateway_events", "outcome = 'applied'") == 400
    numbers = await numbers_of(world)
    year = numbers[0].split("/")[1]
    assert sorted(numbers) == [f"SH/{year}/{serial:06d}" for serial in range(1, 181)]


async def test_43_the_serial_begins_anew_at_the_turn_of_the_31st_of_march_in_india(world: World) -> None:
    course = await world.course()
    for moment in ("2027-03-31T18:29:30+00:00", "2027-03-31T18:30:30+00:00", "2027-04-01T04:00:00+00:00"):
        world.clock.ahead = datetime.fromisoformat(moment) - datetime.now(UTC)
        student = await world.person()
        paid = await world.sandbox.pay((await world.order(student, course))["razorpay_order_id"])
        assert (await student.post("/api/payments/verify_payment/", paid)).status_code == 200
    assert await numbers_of(world) == ["SH/26-27/000001", "SH/27-28/000001", "SH/27-28/000002"]


@pytest.mark.parametrize("table", ["ledger_entries"])
async def test_what_is_in_the_ledger_is_neither_changed_nor_taken_out(world: World, table: str) -> None:
    from sqlalchemy import text

    student, course = await world.person(), await world.course()
    paid = await world.sandbox.pay((await world.order(student, course))["razorpay_order_id"])
    await student.post("/api/payments/verify_payment/", paid)
    for statement in (f"UPDATE {table} SET amount_paise = 1", f"DELETE FROM {table}"):
        with pytest.raises(Exception, match="append-only"):
            async with world.house.database.transaction() as transaction:
                await transaction.execute(text(statement))
    assert await world.count(table) >= 2
