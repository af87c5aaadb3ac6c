"""Faults and races of refunds; the numbers are those of the payment rules (commerce, fault and race tests)."""

import asyncio
from typing import Any

import httpx
import pytest

from worlds import MadeCourse, Person, World


async def bought(world: World) -> tuple[Person, MadeCourse, dict[str, Any], dict[str, Any]]:
    """A student who has bought a course: who, what, the payment as the app sees it, and Razorpay's triple."""
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    paid = await world.sandbox.pay(order["razorpay_order_id"])
    answer = await student.post("/api/payments/verify_payment/", paid)
    assert answer.json()["status"] == "paid", answer.text
    return student, course, answer.json()["payment"], paid


async def asked(student: Person, payment: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    answer = await student.post(
        "/api/payments/refunds/", {"payment_id": payment["id"], "reason": "Bought twice", **wanted}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def approve(world: World, refund: dict[str, Any], **wanted: Any) -> httpx.Response:
    return await (await world.admin()).post(f"/api/payments/refunds/{refund['id']}/approve/", wanted)


async def refund_of(world: World, refund: dict[str, Any]) -> dict[str, Any]:
    listed = (await (await world.admin()).get("/api/payments/refunds/")).json()["results"]
    return next(one for one in listed if one["id"] == refund["id"])


async def payment_of(student: Person, payment: dict[str, Any]) -> dict[str, Any]:
    return (await student.get(f"/api/payments/payments/{payment['id']}/")).json()


async def has_access(student: Person, course: MadeCourse) -> bool:
    return (await student.get(f"/api/courses/contents/{course.content_ids[1]}/")).status_code == 200


async def told(world: World, name: str, **entities: Any) -> None:
    """A webhook as Razorpay sends it, worked on."""
    payload = {kind: {"entity": entity} for kind, entity in entities.items()}
    body = {"entity": "event", "event": name, "contains": list(payload), "payload": payload, "created_at": 1760000000}
    assert (await world.webhook(body)).status_code == 200
    await world.settle()


async def refunds_at_razorpay(world: World, paid: dict[str, Any]) -> list[dict[str, Any]]:
    auth = (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    path = f"/sandbox/razorpay/v1/payments/{paid['razorpay_payment_id']}/refunds"
    return (await world.sandbox.http.get(path, auth=auth)).json()["items"]


async def test_34_two_admins_approve_at_once_and_one_refund_is_made(world: World) -> None:
    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment)
    answers = await asyncio.gather(*(approve(world, refund) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    await world.settle()
    assert len(await refunds_at_razorpay(world, paid)) == 1
    assert (await refund_of(world, refund))["status"] == "processed"
    assert (await payment_of(student, payment))["status"] == "refunded"
    assert not await has_access(student, course)


@pytest.mark.parametrize("fault", ["drop_after", "truncated_json", "drop_before", "502_html", "429"])
async def test_35_a_lost_refund_answer_is_asked_for_again_and_one_refund_is_made(world: World, fault: str) -> None:
    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await world.sandbox.faults(razorpay={"fail": fault, "times": 1, "paths": "refunds", "methods": ["POST"]})
    assert (await approve(world, refund)).status_code == 200
    assert not await has_access(student, course)
    await world.settle()
    assert (await refund_of(world, refund))["status"] == "approved"
    world.clock.advance(minutes=3)
    await world.house.workflows.repaying.look_at_due()
    assert (await refund_of(world, refund))["status"] == "processed"
    assert [one["amount"] for one in await refunds_at_razorpay(world, paid)] == [49_900]


async def test_36_concurrent_partial_refunds_never_exceed_what_was_captured(world: World) -> None:
    """Of twenty requests of 200 rupees at once one is open; approved again and again, 499 rupees are the end."""
    student, _, payment, paid = await bought(world)
    given = 0
    for _ in range(4):
        body = {"payment_id": payment["id"], "reason": "Part of it", "amount": "200.00"}
        answers = await asyncio.gather(*(student.post("/api/payments/refunds/", body) for _ in range(20)))
        made = [answer.json() for answer in answers if answer.status_code == 201]
        others = {answer.json()["code"] for answer in answers if answer.status_code != 201}
        if not made:
            assert others == {"amount_too_large"}
            break
        assert (len(made), others) == (1, {"refund_open"})
        approvals = await asyncio.gather(*(approve(world, made[0], amount=200) for _ in range(5)))
        assert {answer.status_code for answer in approvals} == {200}
        await world.settle()
        given += 20_000
    assert sum(one["amount"] for one in await refunds_at_razorpay(world, paid)) == given == 40_000
    shown = await payment_of(student, payment)
    assert (shown["status"], shown["refunded_amount_paise"]) == ("partially_refunded", 40_000)


@pytest.mark.parametrize("status", ["pending", "processed"])
async def test_37_the_webhook_before_the_calls_answer_is_consistent(world: World, status: str) -> None:
    student, _, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await world.sandbox.faults(
        razorpay={"fail": "drop_after", "times": 1, "paths": "refunds", "methods": ["POST"]}, refunds={"status": status}
    )
    await approve(world, refund)
    await world.settle()
    [made] = await refunds_at_razorpay(world, paid)
    await told(world, "refund.processed", refund={**made, "status": "processed"})
    assert (await refund_of(world, refund))["status"] == "processed"
    world.clock.advance(minutes=3)
    await world.settle()  # the call again: its answer, pending or not, is old
    await world.house.workflows.repaying.look_at_due()
    assert (await refund_of(world, refund))["status"] == "processed"
    assert await world.count("refunds") == 1
    assert await world.count("ledger_entries", "posting LIKE 'refund:%'") == 2


async def test_38_processed_then_failed_restores_access_and_ledger(world: World) -> None:
    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await approve(world, refund)
    await world.settle()
    assert not await has_access(student, course)
    [made] = await refunds_at_razorpay(world, paid)
    settled = {"status": "failed", "webhook": False}
    await world.sandbox.http.post(f"/sandbox/razorpay/refunds/{made['id']}/settle/", json=settled)
    for _ in range(2):  # and once more
        await told(world, "refund.failed", refund={**made, "status": "failed"})
    assert (await refund_of(world, refund))["status"] == "failed"
    assert await has_access(student, course)
    shown = await payment_of(student, payment)
    assert (shown["status"], shown["refunded_amount_paise"]) == ("paid", 0)
    assert await world.count("ledger_entries", "posting LIKE 'refund-failed:%'") == 2
    again = await asked(student, payment)  # nothing is lost: it can be asked for anew
    await approve(world, again)
    await world.settle()
    assert (await payment_of(student, payment))["status"] == "refunded"


@pytest.mark.parametrize(
    ("amount", "status", "opens"), [(49_900, "refunded", False), (100, "partially_refunded", True)]
)
async def test_39_a_refund_made_at_razorpay_is_recorded_and_ends_access_if_nothing_is_left(
    world: World, amount: int, status: str, opens: bool
) -> None:
    student, course, payment, paid = await bought(world)
    made = {
        "id": "rfnd_AbCdEfGhIjKlMn",
        "entity": "refund",
        "payment_id": paid["razorpay_payment_id"],
        "amount": amount,
        "currency": "INR",
        "status": "processed",
        "receipt": None,
    }
    for name in ("refund.created", "refund.processed", "refund.processed"):
        await told(world, name, refund=made)
    [listed] = (await student.get("/api/payments/refunds/")).json()["results"]
    assert (listed["origin"], listed["status"], listed["refund_amount_paise"]) == ("gateway", "processed", amount)
    assert (await payment_of(student, payment))["status"] == status
    assert await has_access(student, course) is opens


async def test_39_a_refund_that_no_webhook_told_of_is_found(world: World) -> None:
    student, course, _, paid = await bought(world)
    auth = (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    await world.sandbox.faults(webhooks={"drop": True})
    path = f"/sandbox/razorpay/v1/payments/{paid['razorpay_payment_id']}/refund"
    assert (await world.sandbox.http.post(path, json={}, auth=auth)).status_code == 200
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    [listed] = (await student.get("/api/payments/refunds/")).json()["results"]
    assert (listed["origin"], listed["status"]) == ("gateway", "processed")
    assert not await has_access(student, course)


def disputed(paid: dict[str, Any], status: str, **more: Any) -> dict[str, Any]:
    entity = {"id": "disp_AbCdEfGhIjKlMn", "entity": "dispute", "payment_id": paid["razorpay_payment_id"]}
    return {**entity, "amount": 49_900, "currency": "INR", "amount_deducted": 0, "status": status, **more}


async def test_40_an_open_dispute_blocks_refunds(world: World) -> None:
    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await told(world, "payment.dispute.created", dispute=disputed(paid, "open", respond_by=1_760_000_000))
    assert (await approve(world, refund)).json()["code"] == "dispute_open"
    body = {"payment_id": payment["id"], "reason": "Please"}
    assert (await student.post("/api/payments/refunds/", body)).json()["code"] == "dispute_open"
    assert await has_access(student, course)
    await told(world, "payment.dispute.won", dispute=disputed(paid, "won"))
    assert (await approve(world, refund)).status_code == 200
    [dispute] = (await (await world.admin()).get("/api/payments/disputes/")).json()["results"]
    assert (dispute["status"], dispute["payment_id"]) == ("won", payment["id"])


async def test_40_a_lost_dispute_revokes_access_and_an_appeal_restores_it(world: World) -> None:
    student, course, _, paid = await bought(world)
    await told(world, "payment.dispute.created", dispute=disputed(paid, "open"))
    for _ in range(2):
        await told(world, "payment.dispute.lost", dispute=disputed(paid, "lost", amount_deducted=49_900))
    assert not await has_access(student, course)
    assert await world.count("ledger_entries", "account = 'disputes' AND amount_paise = 49900") == 1
    await told(world, "payment.dispute.under_review", dispute=disputed(paid, "under_review"))  # late: nothing
    assert not await has_access(student, course)
    await told(world, "payment.dispute.won", dispute=disputed(paid, "won"))
    assert await has_access(student, course)
    assert await world.count("ledger_entries", "account = 'disputes' AND amount_paise = -49900") == 1


async def test_a_refused_refund_is_tried_for_days_and_then_gives_access_back(world: World) -> None:
    """Razorpay says 400 when the balance is too low; when the money is gone already, nothing is tried again."""
    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment, amount="100.00")
    auth = (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    await world.sandbox.faults(webhooks={"drop": True})
    path = f"/sandbox/razorpay/v1/payments/{paid['razorpay_payment_id']}/refund"
    assert (await world.sandbox.http.post(path, json={"amount": 45_000}, auth=auth)).status_code == 200
    await approve(world, refund, revoke_access=True)
    assert not await has_access(student, course)
    await world.settle()
    assert (await refund_of(world, refund))["status"] == "failed"
    assert await has_access(student, course)
    shown = await payment_of(student, payment)
    assert (shown["status"], shown["refunded_amount_paise"]) == ("partially_refunded", 45_000)


async def test_40_a_dispute_that_no_webhook_told_of_is_found(world: World) -> None:
    student, course, _, paid = await bought(world)
    path = f"/sandbox/razorpay/payments/{paid['razorpay_payment_id']}/dispute/"
    for status, opens in (("open", True), ("lost", False)):
        await world.sandbox.http.post(path, json={"status": status, "webhook": False})
        await world.house.workflows.reconciling.sweep_captures()
        await world.settle()
        assert await has_access(student, course) is opens
    assert await world.count("disputes") == 1
