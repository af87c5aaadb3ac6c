"""Refunds as people ask for them and decide about them; money that fits no order, and what becomes of it."""

from typing import Any

import pytest

from faults.test_commerce_refunds import approve, asked, bought, has_access, payment_of, refund_of
from worlds import World


async def test_a_student_asks_and_an_admin_gives_a_part(world: World) -> None:
    student, course, payment, _ = await bought(world)
    refund = await asked(student, payment)
    assert (refund["status"], refund["refund_amount"], refund["origin"]) == ("requested", "499.00", "request")
    assert (await payment_of(student, payment))["status"] == "paid"
    answer = await approve(world, refund, amount="99.50", admin_notes="A goodwill gesture")
    assert (answer.json()["status"], answer.json()["refund_amount_paise"]) == ("approved", 9950)
    await world.settle()
    shown = await refund_of(world, refund)
    assert (shown["status"], shown["admin_notes"]) == ("processed", "A goodwill gesture")
    assert shown["processed_at"] is not None
    assert (await payment_of(student, payment))["status"] == "partially_refunded"
    assert await has_access(student, course)
    [notification] = [
        one
        for one in (await student.get("/api/community/notifications/")).json()["results"]
        if one["notification_type"] == "refund_processed"
    ]
    assert (notification["message"], notification["link"]) == (
        "99.50 INR for Spoken English",
        {"type": "refund", "id": refund["id"]},
    )


@pytest.mark.parametrize(("revoke", "opens"), [(True, False), (False, True)])
async def test_an_admin_says_whether_access_ends(world: World, revoke: bool, opens: bool) -> None:
    student, course, payment, _ = await bought(world)
    wanted: dict[str, Any] = {"revoke_access": revoke, **({"amount": 100} if revoke else {})}
    await approve(world, await asked(student, payment), **wanted)
    await world.settle()
    assert await has_access(student, course) is opens


async def test_a_rejection_is_final_and_told(world: World) -> None:
    student, course, payment, _ = await bought(world)
    refund, admin = await asked(student, payment), await world.admin()
    path = f"/api/payments/refunds/{refund['id']}"
    assert (await admin.post(f"{path}/reject/", {"admin_notes": " "})).status_code == 400
    for _ in range(2):
        answer = await admin.post(f"{path}/reject/", {"admin_notes": "You watched all of it."})
        assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    assert (await admin.post(f"{path}/approve/", {})).json()["code"] == "refund_decided"
    await world.settle()
    assert await has_access(student, course)
    messages = [one["message"] for one in (await student.get("/api/community/notifications/")).json()["results"]]
    assert "Spoken English: You watched all of it." in messages
    assert (await asked(student, payment))["status"] == "requested"  # asking again is open to them


async def test_what_cannot_be_refunded_says_why(world: World) -> None:
    student, _, payment, _ = await bought(world)
    other, free = await world.person(), await world.course(price_paise=0)

    async def ask(who: Any, payment_id: int, **more: Any) -> tuple[int, str]:
        answer = await who.post("/api/payments/refunds/", {"payment_id": payment_id, "reason": "Please", **more})
        return answer.status_code, answer.json().get("code", "")

    assert await ask(other, payment["id"]) == (404, "not_found")
    assert await ask(student, payment["id"], amount="499.01") == (409, "amount_too_large")
    assert await ask(student, payment["id"], amount="0.99") == (400, "amount_too_small")
    assert await ask(student, payment["id"], amount="1.001") == (400, "invalid_input")
    order = await world.order(other, free)
    assert await ask(other, order["payment_id"]) == (409, "not_refundable")
    unpaid = await world.order(other, await world.course())
    assert await ask(other, unpaid["payment_id"]) == (409, "not_refundable")
    assert (await student.post("/api/payments/refunds/1/approve/", {})).status_code == 403


async def test_an_admin_asks_for_a_student_and_both_read_it(world: World) -> None:
    student, _, payment, _ = await bought(world)
    admin = await world.admin()
    body = {"payment_id": payment["id"], "reason": "The class was cancelled"}
    refund = (await admin.post("/api/payments/refunds/", body)).json()
    for reader in (student, admin):
        assert (await reader.get(f"/api/payments/refunds/{refund['id']}/")).json()["reason"] == body["reason"]
    assert (await (await world.person()).get(f"/api/payments/refunds/{refund['id']}/")).status_code == 404


async def test_a_repeated_request_with_its_key_is_one(world: World) -> None:
    student, _, payment, _ = await bought(world)
    body, headers = {"payment_id": payment["id"], "reason": "Bought twice"}, {"Idempotency-Key": "refund-1"}
    answers = [await student.post("/api/payments/refunds/", body, headers=headers) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert await world.count("refunds") == 1


async def test_who_buys_again_keeps_access_when_the_first_payment_goes_back(world: World) -> None:
    student, course, payment, _ = await bought(world)
    await approve(world, await asked(student, payment, amount="10.00"), revoke_access=True)
    await world.settle()
    assert not await has_access(student, course)
    order = await world.order(student, course)
    again = await world.sandbox.pay(order["razorpay_order_id"])
    assert (await student.post("/api/payments/verify_payment/", again)).json()["status"] == "paid"
    await approve(world, await asked(student, payment))
    await world.settle()
    assert await has_access(student, course)


async def test_what_an_admin_gave_by_hand_outlives_the_refund(world: World) -> None:
    student, course, payment, _ = await bought(world)
    refund = await asked(student, payment)
    await approve(world, refund)
    await world.settle()
    assert not await has_access(student, course)
    await world.enrol(student, course)
    assert await has_access(student, course)


async def test_money_of_no_order_is_listed_and_decided_about(world: World) -> None:
    admin = await world.admin()
    auth = (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    await world.sandbox.faults(webhooks={"drop": True})
    for amount in (20_000, 30_000):
        order = {"amount": amount, "currency": "INR", "receipt": f"another-system-{amount}"}
        made = (await world.sandbox.http.post("/sandbox/razorpay/v1/orders", json=order, auth=auth)).json()
        await world.sandbox.pay(made["id"])
    for _ in range(2):
        await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    listed = (await admin.get("/api/payments/reconciliation/")).json()["results"]
    assert [(one["reason"], one["amount"], one["refund"]) for one in listed] == [
        ("unknown_order", "300.00", None),
        ("unknown_order", "200.00", None),
    ]
    back, kept = (f"/api/payments/reconciliation/{one['id']}/resolve/" for one in listed)
    body = {"resolution": "accepted", "notes": "Paid for the canteen."}
    assert (await admin.post(kept, body)).json()["resolution"] == "accepted"
    assert (await admin.post(kept, {**body, "resolution": "refunded"})).json()["code"] == "already_resolved"
    body = {"resolution": "refunded", "notes": "Nobody knows them."}
    assert (await admin.post(back, body)).json()["refund"]["status"] == "approved"
    assert (await admin.post(back, {**body, "resolution": "accepted"})).json()["code"] == "refund_under_way"
    await world.settle()
    assert (await admin.get("/api/payments/reconciliation/")).json()["results"] == []
    resolved = (await admin.get("/api/payments/reconciliation/", params={"is_resolved": "true"})).json()["results"]
    assert [one["resolution"] for one in resolved] == ["refunded", "accepted"]
    assert (await world.sandbox.totals())["refunded_paise"] == 30_000
