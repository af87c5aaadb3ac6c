"""Several courses with one order, and one course with several orders."""

from datetime import datetime
from typing import Any

import pytest

from core.actor import Role
from faults.test_commerce_coupons import made_coupon
from faults.test_commerce_refunds import approve, asked, has_access, refunds_at_razorpay
from worlds import MadeCourse, Person, World


async def bundled(world: World, *courses: MadeCourse, price: str = "999.00", publish: bool = True) -> dict[str, Any]:
    admin = await world.admin()
    body = {"title": "Everything", "price": price, "course_ids": [course.id for course in courses]}
    made = await admin.post("/api/payments/bundles/", body)
    assert made.status_code == 201, made.text
    if publish:
        changed = await admin.patch(f"/api/payments/bundles/{made.json()['id']}/", {"is_published": True})
        assert changed.status_code == 200, changed.text
    return made.json()


async def ordered(person: Person, **wanted: Any) -> dict[str, Any]:
    answer = await person.post("/api/payments/create_order/", wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def paid(world: World, person: Person, **wanted: Any) -> dict[str, Any]:
    order = await ordered(person, **wanted)
    proof = await world.sandbox.pay(order["razorpay_order_id"])
    answer = await person.post("/api/payments/verify_payment/", proof)
    assert answer.status_code == 200, answer.text
    return answer.json()["payment"]


async def fail_refund_of(world: World, payment: dict[str, Any]) -> None:
    """The bank sends it back, no webhook tells of that, and the daily look finds it."""
    [made] = await refunds_at_razorpay(world, {"razorpay_payment_id": payment["razorpay_pay_id"]})
    settled = {"status": "failed", "webhook": False}
    await world.sandbox.http.post(f"/sandbox/razorpay/refunds/{made['id']}/settle/", json=settled)
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()


async def test_a_bundle_opens_all_its_courses_and_a_refund_closes_them(world: World) -> None:
    first, second = await world.course(price_paise=100_000, title="One"), await world.course(title="Two")
    bundle, student = await bundled(world, first, second), await world.person()
    shown = (await world.http.get(f"/api/payments/bundles/{bundle['id']}/")).json()
    assert (shown["price"], shown["list_price"]) == ("999.00", "1499.00")
    payment = await paid(world, student, bundle_id=bundle["id"])
    assert [course["title"] for course in payment["courses"]] == ["One", "Two"]
    assert (await has_access(student, first), await has_access(student, second)) == (True, True)
    invoice = (await student.get(f"/api/payments/payments/{payment['id']}/invoice/")).json()
    assert [line["price_paise"] for line in invoice["lines"]] == [100_000, 49_900]
    assert invoice["tax"]["total_paise"] == 99_900
    again = await student.post("/api/payments/create_order/", {"bundle_id": bundle["id"]})
    assert again.json()["code"] == "already_enrolled"
    by_course = await (await world.admin()).get("/api/payments/reports/revenue/", params={"by": "course"})
    sums = [line["gross_paise"] - line["discounts_paise"] for line in by_course.json()["results"]]
    assert sums == [66_644, 33_256]
    await approve(world, await asked(student, payment))
    await world.settle()
    assert (await has_access(student, first), await has_access(student, second)) == (False, False)


async def test_a_bundle_leaves_what_one_has_as_it_was(world: World) -> None:
    first, second, student = await world.course(), await world.course(), await world.person()
    await world.enrol(student, first)
    payment = await paid(world, student, bundle_id=(await bundled(world, first, second, price="600.00"))["id"])
    assert await has_access(student, second)
    await approve(world, await asked(student, payment))
    await world.settle()
    assert (await has_access(student, first), await has_access(student, second)) == (True, False)


async def test_a_coupon_for_one_course_of_a_bundle_is_taken_off_that_one(world: World) -> None:
    first, second = await world.course(price_paise=100_000), await world.course(price_paise=100_000)
    bundle, student = await bundled(world, first, second, price="1000.00"), await world.person()
    await made_coupon(world, percent=50, course_ids=[second.id])
    body = {"code": "DIWALI", "bundle_id": bundle["id"]}
    assert (await student.post("/api/payments/coupons/check/", body)).json()["amount"] == "750.00"
    order = await ordered(student, bundle_id=bundle["id"], coupon_code="DIWALI")
    assert order["amount_paise"] == 75_000


async def test_a_bundle_that_makes_no_sense_is_refused(sqlite_world: World) -> None:
    world = sqlite_world
    admin, first, second = await world.admin(), await world.course(), await world.course()
    draft = await world.course(publish=False)
    good = {"title": "Both", "price": "500.00", "course_ids": [first.id, second.id]}
    for wrong, field in (
        ({"course_ids": [first.id, 987_654]}, "course_ids"),
        ({"course_ids": [first.id, first.id]}, "course_ids"),
        ({"course_ids": [first.id]}, "course_ids"),
        ({"price": "998.01"}, "price"),
        ({"price": "0.50"}, "price"),
    ):
        answer = await admin.post("/api/payments/bundles/", {**good, **wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    hidden = await bundled(world, first, draft, price="500.00", publish=False)
    answer = await admin.patch(f"/api/payments/bundles/{hidden['id']}/", {"is_published": True})
    assert answer.status_code == 400
    student = await world.person()
    assert (await student.get(f"/api/payments/bundles/{hidden['id']}/")).status_code == 404
    assert (await student.post("/api/payments/create_order/", {"bundle_id": hidden["id"]})).status_code == 404
    for ids in ({}, {"course_id": first.id, "bundle_id": hidden["id"]}):
        assert (await student.post("/api/payments/create_order/", ids)).status_code == 400


async def planned(world: World, course: MadeCourse) -> int:
    body = {"course_id": course.id, "title": "Three parts", "amounts": ["200.00", 200, "150.00"], "interval_days": 30}
    answer = await (await world.admin()).post("/api/payments/instalment-plans/", body)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def login(world: World, person: Person) -> None:
    from worlds import PASSWORD

    person.token = (await world.house.workflows.logins.login(person.email, PASSWORD, device="later")).access_token


async def test_instalments_open_the_course_while_they_are_paid(world: World) -> None:
    course, student = await world.course(access_days=200), await world.person()
    plan = await planned(world, course)
    shown = (await student.get("/api/payments/instalment-plans/", params={"course_id": course.id})).json()["results"]
    assert (shown[0]["amounts"], shown[0]["total"]) == (["200.00", "200.00", "150.00"], "550.00")
    payment = await paid(world, student, plan_id=plan)
    assert payment["courses"][0]["title"] == "Spoken English (1 of 3)"
    [due] = (await student.get("/api/payments/instalments/")).json()["results"]
    assert (due["paid_count"], due["next_amount"]) == (1, "200.00")
    assert await has_access(student, course)
    world.clock.advance(days=36)
    await login(world, student)
    assert await has_access(student, course)  # a week of grace
    world.clock.advance(days=2)
    await login(world, student)
    assert not await has_access(student, course)
    await paid(world, student, plan_id=plan)
    assert await has_access(student, course)
    await paid(world, student, plan_id=plan)  # the last one, early
    [done] = (await student.get("/api/payments/instalments/")).json()["results"]
    assert (done["paid_count"], done["next_amount"], done["ended_at"] is None) == (3, None, False)
    [enrolled] = (await student.get("/api/courses/enrollments/")).json()["results"]
    begun = datetime.fromisoformat(enrolled["enrollment_date"])
    assert (datetime.fromisoformat(enrolled["expiry_date"]) - begun).days == 200
    answer = await student.post("/api/payments/create_order/", {"plan_id": plan})
    assert answer.json()["code"] == "already_enrolled"
    assert await world.count("invoices") == 3


async def test_later_instalments_are_billed_as_the_first(world: World) -> None:
    course, student = await world.course(), await world.person()
    plan = await planned(world, course)
    firm = {"gstin": " 29aagcb7383j1z4", "billing_name": "Rao & Co", "billing_address": "1 MG Road\nBengaluru"}
    payments = [await paid(world, student, plan_id=plan, **firm), await paid(world, student, plan_id=plan)]
    for payment in payments:
        invoice = (await student.get(f"/api/payments/payments/{payment['id']}/invoice/")).json()
        assert invoice["buyer"] == {
            "name": "Rao & Co",
            "address": "1 MG Road\nBengaluru",
            "gstin": "29AAGCB7383J1Z4",
            "state": "KA",
        }


async def test_an_instalment_is_paid_once(world: World) -> None:
    course, student = await world.course(), await world.person()
    plan = await planned(world, course)
    first = await ordered(student, plan_id=plan)
    second = await ordered(student, plan_id=plan, billing_state="KA")
    for order, status in ((first, 200), (second, 409)):
        proof = await world.sandbox.pay(order["razorpay_order_id"])
        assert (await student.post("/api/payments/verify_payment/", proof)).status_code == status
    await world.settle()
    assert (await world.sandbox.totals())["refunded_paise"] == 20_000
    assert await world.count("captures", "reason = 'instalment_paid' AND resolution = 'refunded'") == 1
    [due] = (await student.get("/api/payments/instalments/")).json()["results"]
    assert due["paid_count"] == 1


@pytest.mark.parametrize("which", [0, 1], ids=["the first", "the second"])
async def test_a_refunded_instalment_ends_the_agreement_and_a_failed_refund_does_not(world: World, which: int) -> None:
    course, student = await world.course(), await world.person()
    plan = await planned(world, course)
    payments = [await paid(world, student, plan_id=plan) for _ in range(2)]
    await approve(world, await asked(student, payments[which]))
    await world.settle()
    assert not await has_access(student, course)
    [ended] = (await student.get("/api/payments/instalments/")).json()["results"]
    assert ended["ended_at"] is not None
    await fail_refund_of(world, payments[which])
    assert await has_access(student, course)
    [going_on] = (await student.get("/api/payments/instalments/")).json()["results"]
    assert (going_on["ended_at"], going_on["paid_count"]) == (None, 2)


async def test_a_plan_that_is_withdrawn_goes_on_for_who_has_begun(world: World) -> None:
    course, begun, late = await world.course(), await world.person(), await world.person()
    plan = await planned(world, course)
    await paid(world, begun, plan_id=plan)
    admin = await world.person(Role.ADMIN)
    assert (await admin.patch(f"/api/payments/instalment-plans/{plan}/", {"is_active": False})).status_code == 200
    assert (await late.post("/api/payments/create_order/", {"plan_id": plan})).status_code == 404
    assert (await paid(world, begun, plan_id=plan))["amount"] == "200.00"
    await made_coupon(world)
    answer = await begun.post("/api/payments/create_order/", {"plan_id": plan, "coupon_code": "DIWALI"})
    assert answer.json()["code"] == "invalid_coupon"


async def test_a_refund_that_fails_after_the_student_began_anew_leaves_the_new_agreement(world: World) -> None:
    course, student = await world.course(), await world.person()
    plan = await planned(world, course)
    payment = await paid(world, student, plan_id=plan)
    await approve(world, await asked(student, payment))
    await world.settle()
    await paid(world, student, plan_id=plan)
    await fail_refund_of(world, payment)
    assert await world.count("refunds", "status = 'failed'") == 1
    listed = (await student.get("/api/payments/instalments/")).json()["results"]
    assert [(one["paid_count"], one["ended_at"] is None) for one in listed] == [(1, True), (1, False)]
    assert await has_access(student, course)


async def test_a_course_of_a_bundle_stays_open_when_its_own_order_goes_back(world: World) -> None:
    first, second, student = await world.course(), await world.course(), await world.person()
    alone = await paid(world, student, course_id=first.id)
    await paid(world, student, bundle_id=(await bundled(world, first, second, price="600.00"))["id"])
    await approve(world, await asked(student, alone))
    await world.settle()
    assert (await has_access(student, first), await has_access(student, second)) == (True, True)


async def test_a_whole_order_whose_refund_fails_outlasts_the_instalments_begun_meanwhile(world: World) -> None:
    course, student = await world.course(), await world.person()
    payment = await paid(world, student, course_id=course.id)
    await approve(world, await asked(student, payment))
    await world.settle()
    await paid(world, student, plan_id=await planned(world, course))
    await fail_refund_of(world, payment)
    [enrolled] = (await student.get("/api/courses/enrollments/")).json()["results"]
    assert (enrolled["has_access"], enrolled["expiry_date"]) == (True, None)


async def test_a_suspended_student_is_refunded_and_stays_out(world: World) -> None:
    """One of two orders that stand goes back: the other would open the course, were it not for the suspension."""
    course, other, student = await world.course(), await world.course(), await world.person()
    alone = await paid(world, student, course_id=course.id)
    await paid(world, student, bundle_id=(await bundled(world, course, other, price="600.00"))["id"])
    admin = await world.admin()
    listed = (await student.get("/api/courses/enrollments/")).json()["results"]
    [enrolled] = [one["id"] for one in listed if one["course"]["id"] == course.id]
    assert (await admin.patch(f"/api/courses/enrollments/{enrolled}/", {"is_active": False})).status_code == 200
    refund = await asked(student, alone)
    assert (await approve(world, refund)).status_code == 200
    await world.settle()
    assert await world.count("refunds", "status = 'processed'") == 1
    assert not await has_access(student, course)
    assert (await admin.patch(f"/api/courses/enrollments/{enrolled}/", {"is_active": True})).status_code == 200
    assert await has_access(student, course)
