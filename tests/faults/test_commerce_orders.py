"""Faults and races of ordering; the numbers are those of the payment rules (commerce, fault and race tests)."""

import asyncio
import time

import pytest

from adapters.razorpay.gateway import RazorpayGateway
from modules.commerce.domain.payments import Status
from worlds import World


async def test_01_fifty_concurrent_create_orders_give_one_open_order(world: World) -> None:
    student, course = await world.person(), await world.course()
    answers = await asyncio.gather(
        *(student.post("/api/payments/create_order/", {"course_id": course.id}) for _ in range(50))
    )
    assert {a.status_code for a in answers} <= {200, 201}
    assert len({a.json()["razorpay_order_id"] for a in answers}) == 1
    assert await world.count("payments", "is_open") == 1
    assert (await world.sandbox.totals())["orders"] == 1


@pytest.mark.parametrize("fault", ["drop_after", "truncated_json"])
async def test_02_lost_create_response_is_recovered_by_receipt(world: World, fault: str) -> None:
    student, course = await world.person(), await world.course()
    await world.sandbox.faults(razorpay={"fail": fault, "times": 1, "paths": "orders", "methods": ["POST"]})
    answer = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert answer.status_code == 201, answer.text
    assert (await world.sandbox.totals())["orders"] == 1
    again = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert (again.status_code, again.json()["razorpay_order_id"]) == (200, answer.json()["razorpay_order_id"])


@pytest.mark.parametrize("fault", ["429", "502_html", "drop_before"])
async def test_03_a_failing_gateway_is_503_and_leaves_no_paid_state(world: World, fault: str) -> None:
    student, course = await world.person(), await world.course()
    await world.sandbox.faults(razorpay={"fail": fault})
    answer = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert (answer.status_code, answer.json()["code"]) == (503, "gateway_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert await world.count("payments", "status = 'creating'") == 1
    assert await world.count("enrollments") == 0
    await world.sandbox.faults(razorpay={"fail": None})
    assert (await student.post("/api/payments/create_order/", {"course_id": course.id})).status_code == 200
    assert await world.count("payments") == 1


async def test_04_crash_between_create_and_saving_is_attached_by_the_reconciler(world: World) -> None:
    """The call is killed as soon as Razorpay has the order; what a crash leaves behind is the same."""
    student, course = await world.person(), await world.course()
    await world.sandbox.faults(razorpay={"delay_after_s": 30, "paths": "orders", "methods": ["POST"]})
    call = asyncio.create_task(student.post("/api/payments/create_order/", {"course_id": course.id}))
    while (await world.sandbox.totals())["orders"] == 0:  # each question is a round trip: no spinning
        assert not call.done()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    await world.sandbox.faults(razorpay={"delay_after_s": 0})
    assert await world.count("payments", "razorpay_order IS NULL") == 1
    world.clock.advance(minutes=3)
    assert await world.house.workflows.reconciling.look_at_due() == 1
    assert await world.count("payments", "razorpay_order IS NOT NULL AND status = 'created'") == 1


async def test_05_an_amount_from_the_client_is_refused_and_never_used(world: World) -> None:
    student, course = await world.person(), await world.course()
    body = {"course_id": course.id, "amount": 1, "amount_paise": 100}
    answer = await student.post("/api/payments/create_order/", body)
    assert answer.status_code == 400
    assert (await world.order(student, course))["amount_paise"] == 49_900


async def test_07_total_zero_enrols_without_the_gateway(world: World) -> None:
    student, course = await world.person(), await world.course(price_paise=0)
    await world.sandbox.faults(razorpay={"fail": "drop_before"})
    answer = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert answer.status_code == 201
    order = answer.json()
    assert (order["status"], order["razorpay_order_id"], order["key_id"]) == ("paid", None, None)
    assert order["enrollment"]["has_access"]
    again = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert (again.status_code, again.json()["code"]) == (409, "already_enrolled")


@pytest.mark.parametrize("paise", [1, 99])
async def test_07_one_to_ninety_nine_paise_are_rejected(world: World, paise: int) -> None:
    student, course = await world.person(), await world.course(price_paise=paise)
    answer = await student.post("/api/payments/create_order/", {"course_id": course.id})
    assert (answer.status_code, answer.json()["code"]) == (400, "amount_too_small")
    assert await world.count("payments") == 0


async def test_44_a_hanging_gateway_times_out_and_the_rest_goes_on(world: World) -> None:
    student, course = await world.person(), await world.course()
    assert isinstance(world.house.gateway, RazorpayGateway)
    world.house.gateway._timeout = (0.5, 1.0)  # the bound itself is a constant; waiting 10 s proves nothing more
    await world.sandbox.faults(razorpay={"fail": "hang"})
    calls = [
        asyncio.create_task(student.post("/api/payments/create_order/", {"course_id": course.id})) for _ in range(12)
    ]
    slowest = 0.0
    while not all(call.done() for call in calls):
        began = time.perf_counter()
        assert (await world.http.get("/api/courses/courses/")).status_code == 200
        slowest = max(slowest, time.perf_counter() - began)
    assert {(await call).status_code for call in calls} == {503}
    assert slowest < 1.0
    assert world.house.database.connections_in_use == 0


async def test_48_equal_timestamps_are_ordered_by_state(world: World) -> None:
    from worlds import payment_event

    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    paid = await world.sandbox.pay(order["razorpay_order_id"])
    for name in ("payment.captured", "payment.authorized", "payment.failed"):
        assert (await world.webhook(payment_event(paid, name), event_id=name)).status_code == 200
        await world.settle()
    assert await world.count("payments", f"status = '{Status.PAID}'") == 1
