"""What was earned: counted by hand for a small school, and what of it is whose."""

import csv
import io
from typing import Any

from core.actor import Role
from faults.test_commerce_coupons import made_coupon
from faults.test_commerce_refunds import approve, asked, disputed, told
from worlds import MadeCourse, Person, World


async def buy(world: World, course: MadeCourse, **wanted: str) -> tuple[Person, dict[str, Any], dict[str, Any]]:
    student = await world.person()
    placed = await student.post("/api/payments/create_order/", {"course_id": course.id, **wanted})
    paid = await world.sandbox.pay(placed.json()["razorpay_order_id"])
    answer = await student.post("/api/payments/verify_payment/", paid)
    assert answer.json()["status"] == "paid", answer.text
    return student, answer.json()["payment"], paid


async def test_revenue_by_day_month_and_course_is_what_was_sold_less_what_went(world: World) -> None:
    admin, course, other = await world.admin(), await world.course(), await world.course(price_paise=100_000)
    await made_coupon(world)
    student, payment, _ = await buy(world, course, coupon_code="DIWALI")
    await approve(world, await asked(student, payment, amount="100.00"))
    _, _, paid = await buy(world, other)
    await world.settle()
    await told(world, "payment.dispute.lost", dispute=disputed(paid, "lost", amount_deducted=100_000))
    report = (await admin.get("/api/payments/reports/revenue/")).json()
    fees = {"gateway_fee": 898 + 2000, "gateway_gst": 162 + 360}
    wanted = {"gross": 149_900, "discounts": 4_990, "refunds": 10_000, "disputes": 100_000, **fees}
    wanted["net"] = wanted["gross"] - sum(amount for name, amount in wanted.items() if name != "gross")
    for line in (report["total"], report["results"][0]):
        assert {name: line[f"{name}_paise"] for name in wanted} == wanted
    assert report["total"]["net"] == f"{wanted['net'] / 100:.2f}"
    by_month = (await admin.get("/api/payments/reports/revenue/", params={"by": "month"})).json()
    assert by_month["results"][0]["starts_on"].endswith("-01")
    assert by_month["total"]["net_paise"] == wanted["net"]
    by_course = (await admin.get("/api/payments/reports/revenue/", params={"by": "course"})).json()
    assert [(line["course"]["id"], line["gross_paise"], line["disputes_paise"]) for line in by_course["results"]] == [
        (course.id, 49_900, 0),
        (other.id, 100_000, 100_000),
    ]
    table = await admin.get("/api/payments/reports/revenue/", params={"by": "course", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [(row["course_id"], row["gross"], row["refunds"]) for row in rows] == [
        (str(course.id), "499.00", "100.00"),
        (str(other.id), "1000.00", "0.00"),
    ]
    nothing = await admin.get("/api/payments/reports/revenue/", params={"from": "2020-01-01", "to": "2020-01-02"})
    assert (nothing.json()["results"], nothing.json()["total"]["net"]) == ([], "0.00")
    refused = await admin.get("/api/payments/reports/revenue/", params={"from": "2026-01-02", "to": "2026-01-01"})
    assert refused.status_code == 400


async def test_instructors_earn_their_share_as_long_as_the_money_stays(world: World) -> None:
    admin, teacher, second = (
        await world.admin(),
        await world.person(Role.INSTRUCTOR),
        await world.person(Role.INSTRUCTOR),
    )
    course = await world.course(instructor=teacher)
    await world.house.workflows.authoring.add_instructor(admin.actor, course.id, second.id)

    async def share(who: Person, percent: float) -> Any:
        return await admin.call("PUT", f"/api/payments/shares/{course.id}/{who.id}/", json={"percent": percent})

    assert (await share(teacher, 33.33)).json() == {"percent": 33.33}
    assert (await share(second, 66.68)).json()["code"] == "too_much_shared"
    assert (await share(await world.person(Role.INSTRUCTOR), 1)).status_code == 404
    student, payment, _ = await buy(world, course)
    assert (await share(teacher, 50)).status_code == 200  # for later sales

    async def owed(who: Person = teacher) -> dict[str, Any]:
        report = (await who.get("/api/payments/reports/shares/")).json()
        return {**report["owed"][0], "percent": report["results"][0]["percent"]} if report["owed"] else {}

    assert (await owed())["owed_paise"] == 49_900 * 3_333 // 10_000 == 16_631
    assert (await owed())["percent"] == 50.0
    assert await owed(second) == {}
    body = {"user_id": teacher.id, "amount": "166.32", "notes": "NEFT 1"}
    assert (await admin.post("/api/payments/payouts/", body)).json()["code"] == "more_than_owed"
    body["amount"] = "100.00"
    headers = {"Idempotency-Key": "november"}
    for _ in range(2):
        assert (await admin.post("/api/payments/payouts/", body, headers=headers)).status_code == 201
    assert ((await owed())["paid_out"], (await owed())["owed_paise"]) == ("100.00", 6_631)
    listed = (await teacher.get("/api/payments/payouts/")).json()["results"]
    assert [one["notes"] for one in listed] == ["NEFT 1"]
    assert (await second.get("/api/payments/payouts/")).json()["results"] == []
    await approve(world, await asked(student, payment, amount="333.33"))
    await world.settle()
    assert (await owed())["earned_paise"] == 16_631 * (49_900 - 33_333) // 49_900
    await approve(world, await asked(student, payment))
    await world.settle()
    assert ((await owed())["earned_paise"], (await owed())["owed"]) == (0, "-100.00")


async def test_a_lost_dispute_takes_the_share_and_an_appeal_gives_it_back(world: World) -> None:
    admin, teacher = await world.admin(), await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=teacher)
    await admin.call("PUT", f"/api/payments/shares/{course.id}/{teacher.id}/", json={"percent": 10})
    _, _, paid = await buy(world, course)
    for status, deducted, earned in (("lost", 49_900, 0), ("won", 0, 4_990)):
        await told(world, f"payment.dispute.{status}", dispute=disputed(paid, status, amount_deducted=deducted))
        report = (await teacher.get("/api/payments/reports/shares/")).json()
        assert report["results"][0]["earned_paise"] == earned
