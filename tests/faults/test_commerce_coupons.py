"""Faults and races of prices, coupons and second payments; the numbers are those of the payment rules."""

import asyncio
from datetime import timedelta
from typing import Any

from core.actor import Role
from faults.test_commerce_refunds import has_access
from worlds import MadeCourse, Person, World


async def made_coupon(world: World, **values: Any) -> dict[str, Any]:
    body = {"code": "DIWALI", "kind": "percentage", "percent": 10, **values}
    answer = await (await world.admin()).post("/api/payments/coupons/", body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def order(student: Person, course: MadeCourse, **wanted: Any) -> Any:
    return await student.post("/api/payments/create_order/", {"course_id": course.id, **wanted})


async def verified(world: World, student: Person, order: dict[str, Any]) -> dict[str, Any]:
    paid = await world.sandbox.pay(order["razorpay_order_id"])
    return (await student.post("/api/payments/verify_payment/", paid)).json()


async def reviews(world: World, **query: Any) -> list[dict[str, Any]]:
    admin = await world.person(Role.ADMIN)  # logged in now, wherever the clock stands
    return (await admin.get("/api/payments/reconciliation/", params=query)).json()["results"]


async def test_06_a_price_change_leaves_the_open_order_as_it_was(world: World) -> None:
    student, course = await world.person(), await world.course()
    before = (await order(student, course)).json()
    patched = await (await world.admin()).patch(f"/api/courses/courses/{course.id}/", {"price": "999.00"})
    assert patched.status_code == 200, patched.text
    after = await order(student, course)
    assert (after.status_code, after.json()["amount"]) == (201, "999.00")
    paid = await verified(world, student, before)
    assert (paid["status"], paid["payment"]["amount"]) == ("paid", "499.00")
    assert await has_access(student, course)
    invoice = (await student.get(f"/api/payments/payments/{before['payment_id']}/invoice/")).json()
    assert invoice["tax"]["total_paise"] == 49_900
    late = await world.sandbox.pay(after.json()["razorpay_order_id"])  # and the superseded one is paid, too
    answer = await student.post("/api/payments/verify_payment/", late)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_under_review")
    await world.settle()
    assert [one["amount"] for one in await reviews(world, is_resolved="true")] == ["999.00"]
    assert (await world.sandbox.totals())["refunded_paise"] == 99_900


async def test_19_an_amount_that_does_not_fit_opens_nothing_and_goes_back(world: World) -> None:
    student, course = await world.person(), await world.course()
    for wrong in ({"amount": 100}, {"currency": "USD"}):
        placed = (await order(student, course)).json()
        paid = await world.sandbox.pay(placed["razorpay_order_id"], **wrong)
        answer = await student.post("/api/payments/verify_payment/", paid)
        assert (answer.status_code, answer.json()["code"]) == (409, "payment_under_review")
        shown = (await student.get(f"/api/payments/payments/{placed['payment_id']}/")).json()
        assert shown["status"] == "needs_review"
        await world.settle()
        shown = (await student.get(f"/api/payments/payments/{placed['payment_id']}/")).json()
        assert (shown["status"], shown["invoice_number"]) == ("refunded", None)
    assert not await has_access(student, course)
    assert {one["reason"] for one in await reviews(world, is_resolved="true")} == {"amount_mismatch"}
    totals = await world.sandbox.totals()
    assert totals["refunded_paise"] == totals["captured_paise"]


async def test_21_of_two_captured_payments_one_enrols_and_the_other_goes_back_once(world: World) -> None:
    student, course = await world.person(), await world.course()
    placed = (await order(student, course)).json()
    first = await world.sandbox.pay(placed["razorpay_order_id"])
    second = await world.sandbox.pay(placed["razorpay_order_id"], force=True)
    calls = [student.post("/api/payments/verify_payment/", proof) for proof in (first, second) * 10]
    answers = await asyncio.gather(*calls)
    assert sorted({answer.status_code for answer in answers}) == [200, 409]
    await world.settle()
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    assert await world.count("enrollments") == 1
    assert await world.count("refunds") == 1
    totals = await world.sandbox.totals()
    assert (totals["captured_paise"], totals["refunded_paise"]) == (99_800, 49_900)
    [review] = await reviews(world, is_resolved="true")
    assert (review["reason"], review["resolution"]) == ("second_capture", "refunded")
    shown = (await student.get(f"/api/payments/payments/{placed['payment_id']}/")).json()
    assert (shown["status"], shown["refunded_amount"]) == ("paid", "0.00")
    assert await has_access(student, course)


async def test_22_who_was_let_in_by_hand_and_pays_is_refunded_and_stays(world: World) -> None:
    student, course = await world.person(), await world.course()
    placed = (await order(student, course)).json()
    await world.enrol(student, course)
    assert (await verified(world, student, placed))["code"] == "payment_under_review"
    await world.settle()
    assert [one["reason"] for one in await reviews(world, is_resolved="true")] == ["already_enrolled"]
    assert (await world.sandbox.totals())["refunded_paise"] == 49_900
    assert await has_access(student, course)


async def test_23_a_capture_after_our_expiry_is_honoured_while_the_course_is_sold(world: World) -> None:
    student, course = await world.person(), await world.course()
    withdrawn = await world.course()
    late, lost = (await order(student, course)).json(), (await order(student, withdrawn)).json()
    world.clock.advance(minutes=45)
    await world.house.workflows.authoring.unpublish((await world.admin()).actor, withdrawn.id)
    for placed in (late, lost):
        await world.sandbox.pay(placed["razorpay_order_id"])
    await world.house.workflows.reconciling.look_at_due()
    await world.settle()
    assert await world.count("enrollments", f"course_id = {course.id}") == 1
    assert await world.count("enrollments", f"course_id = {withdrawn.id}") == 0
    assert [one["reason"] for one in await reviews(world, is_resolved="true")] == ["course_withdrawn"]
    assert (await world.sandbox.totals())["refunded_paise"] == 49_900


async def test_24_two_devices_pay_two_orders_and_the_second_is_refunded(world: World) -> None:
    student, course = await world.person(), await world.course()
    first = (await order(student, course)).json()
    second = (await order(student, course, billing_state="KA")).json()
    assert first["razorpay_order_id"] != second["razorpay_order_id"]
    answers = await asyncio.gather(verified(world, student, first), verified(world, student, second))
    assert sorted(answer.get("code", answer["status"]) for answer in answers) == ["paid", "payment_under_review"]
    await world.settle()
    assert await world.count("enrollments") == 1
    assert (await world.sandbox.totals())["refunded_paise"] == 49_900


async def test_25_the_last_use_of_a_coupon_raced_by_20_is_one_and_free_again_at_expiry(world: World) -> None:
    coupon, course = await made_coupon(world, max_uses=1), await world.course()
    students = [await world.person() for _ in range(20)]
    answers = await asyncio.gather(*(order(student, course, coupon_code="diwali ") for student in students))
    codes = [answer.json().get("code") for answer in answers if answer.status_code != 201]
    assert codes == ["coupon_exhausted"] * 19
    [(winner, placed)] = [
        (student, answer.json()) for student, answer in zip(students, answers, strict=True) if answer.status_code == 201
    ]
    assert placed["amount_paise"] == 44_910
    assert (await order(winner, course, coupon_code="DIWALI")).status_code == 200  # the open order, as it is
    world.clock.advance(minutes=31)
    second = await world.person()
    assert (await order(second, course, coupon_code="DIWALI")).status_code == 201
    shown = (await (await world.person(Role.ADMIN)).get(f"/api/payments/coupons/{coupon['id']}/")).json()
    assert (shown["used_count"], shown["reserved_count"]) == (0, 1)


async def test_25_a_superseded_order_gives_its_coupon_back_to_the_same_student(world: World) -> None:
    await made_coupon(world, max_uses=1, max_uses_per_user=1)
    student, course = await world.person(), await world.course()
    assert (await order(student, course, coupon_code="DIWALI")).status_code == 201
    again = await order(student, course, coupon_code="DIWALI", billing_state="KA")
    assert again.status_code == 201
    assert (await verified(world, student, again.json()))["status"] == "paid"
    other = await order(student, await world.course(), coupon_code="DIWALI")
    assert other.json()["code"] == "coupon_exhausted"


async def test_07_a_coupon_for_all_of_the_price_enrols_without_the_gateway(world: World) -> None:
    await made_coupon(world, code="FREE", kind="fixed", percent=None, amount="600.00")
    student, course = await world.person(), await world.course()
    await world.sandbox.faults(razorpay={"fail": "drop_before"})
    answer = await order(student, course, coupon_code="FREE")
    assert (answer.status_code, answer.json()["status"], answer.json()["amount"]) == (201, "paid", "0.00")
    assert await has_access(student, course)
    assert (await student.get(f"/api/payments/payments/{answer.json()['payment_id']}/invoice/")).status_code == 404
    assert await world.count("ledger_entries", "account = 'discounts' AND amount_paise = 49900") == 1


async def test_07_a_coupon_that_leaves_less_than_a_rupee_is_refused(world: World) -> None:
    await made_coupon(world, kind="fixed", percent=None, amount="498.50")
    answer = await order(await world.person(), await world.course(), coupon_code="DIWALI")
    assert (answer.status_code, answer.json()["code"]) == (400, "amount_too_small")


async def test_a_coupon_is_good_in_its_window_and_for_its_courses(world: World) -> None:
    course, other = await world.course(), await world.course()
    now = world.clock.now()
    window = {"starts_at": (now + timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(hours=2)).isoformat()}
    await made_coupon(world, course_ids=[course.id], percent=33.33, max_discount="100.00", **window)

    async def check(course_id: int, code: str = "DIWALI") -> tuple[int, str]:
        student = await world.person()
        answer = await student.post("/api/payments/coupons/check/", {"code": code, "course_id": course_id})
        return answer.status_code, answer.json().get("code" if answer.status_code != 200 else "amount")

    assert await check(course.id) == (400, "invalid_coupon")
    world.clock.advance(minutes=61)
    assert await check(course.id) == (200, "399.00")
    assert await check(other.id) == (400, "invalid_coupon")
    assert await check(course.id, "NOSUCH") == (400, "invalid_coupon")
    assert await world.count("coupon_uses") == 0
    world.clock.advance(minutes=60)
    assert await check(course.id) == (400, "invalid_coupon")
