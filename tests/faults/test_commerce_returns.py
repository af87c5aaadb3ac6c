"""Money on its way back that meets a bad key, a dispute, another refund, or nobody who listens."""

from pathlib import Path
from typing import Any

import pytest

from faults.test_commerce_coupons import made_coupon, order, reviews, verified
from faults.test_commerce_refunds import (
    approve,
    asked,
    bought,
    disputed,
    has_access,
    payment_of,
    refund_of,
    refunds_at_razorpay,
    told,
)
from modules.commerce.domain.gateway import GatewayUnavailable
from worlds import World, build_world


async def refunded_elsewhere(world: World, pay_id: str, **body: Any) -> None:
    """On Razorpay's own pages, and no webhook tells of it."""
    auth = (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    await world.sandbox.faults(webhooks={"drop": True})
    answer = await world.sandbox.http.post(f"/sandbox/razorpay/v1/payments/{pay_id}/refund", json=body, auth=auth)
    assert answer.status_code == 200, answer.text


async def test_a_key_that_is_refused_fails_no_refund(world: World, database_url: str, tmp_path: Path) -> None:
    """A worker with another key, as during a rotation, sends it first."""
    student, _, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await approve(world, refund)
    rotated = build_world(database_url, world.sandbox, tmp_path / "rotated", SHALA_RAZORPAY_KEY_SECRET="rotated")
    with pytest.raises(GatewayUnavailable):
        await rotated.house.workflows.repaying.send(refund["id"])
    await rotated.close()
    assert (await refund_of(world, refund))["status"] == "approved"
    await world.settle()
    assert (await refund_of(world, refund))["status"] == "processed"
    assert len(await refunds_at_razorpay(world, paid)) == 1


async def test_what_we_gave_up_may_have_been_made_after_all(world: World) -> None:
    from sqlalchemy import text

    student, course, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await world.sandbox.faults(razorpay={"fail": "drop_before", "paths": "refunds"})
    await approve(world, refund)
    do = world.house.workflows
    async with do.refunding.begin() as store:
        current = await store.refund(refund["id"], lock=True)
        found = await do.repaying.returns.locked(store, paid["razorpay_payment_id"])
        assert current is not None
        assert found is not None
        await do.repaying.returns.give_up(store, current, *found)
    assert await has_access(student, course)
    row = await world.house.database.row(text("SELECT gateway_key FROM refunds"))
    assert row is not None
    made = {"id": "rfnd_AbCdEfGhIjKlMn", "payment_id": paid["razorpay_payment_id"], "amount": 49_900}
    await told(world, "refund.processed", refund={**made, "currency": "INR", "status": "processed", "receipt": row[0]})
    assert (await refund_of(world, refund))["status"] == "processed"
    assert (await payment_of(student, payment))["status"] == "refunded"
    assert not await has_access(student, course)
    assert await world.count("ledger_entries", "account = 'refunds' AND amount_paise = 49900") == 1


async def test_a_dispute_holds_a_refund_up_and_a_lost_one_ends_it(world: World) -> None:
    student, _, payment, paid = await bought(world)
    refund = await asked(student, payment, amount="100.00")
    await world.sandbox.faults(razorpay={"fail": "drop_before", "paths": "refunds"})
    await approve(world, refund)
    await told(world, "payment.dispute.created", dispute=disputed(paid, "open"))
    await world.sandbox.faults(razorpay={"fail": None})
    world.clock.advance(minutes=3)
    await world.house.workflows.repaying.look_at_due()
    assert await refunds_at_razorpay(world, paid) == []
    await told(world, "payment.dispute.lost", dispute=disputed(paid, "lost", amount_deducted=49_900))
    world.clock.advance(minutes=10)
    await world.house.workflows.repaying.look_at_due()
    assert await refunds_at_razorpay(world, paid) == []
    assert await world.count("refunds", "status = 'failed'") == 1
    assert (await world.count("payments", "status = 'paid' AND refunded_paise = 0")) == 1


async def test_what_a_bank_took_is_not_given_back_again(world: World) -> None:
    student, _, payment, paid = await bought(world)
    await told(world, "payment.dispute.lost", dispute=disputed(paid, "lost", amount_deducted=49_900))
    answer = await student.post("/api/payments/refunds/", {"payment_id": payment["id"], "reason": "And this?"})
    assert answer.json()["code"] == "not_refundable"
    assert (await payment_of(student, payment))["dispute_status"] == "lost"


async def test_a_coupon_is_used_as_often_as_it_may_be_however_orders_are_stacked(world: World) -> None:
    await made_coupon(world, max_uses_per_user=1)
    student, first, second = await world.person(), await world.course(), await world.course()
    discounted = (await order(student, first, coupon_code="DIWALI")).json()
    assert (await order(student, first)).status_code == 201  # supersedes it; both can be paid
    assert (await order(student, second, coupon_code="DIWALI")).json()["code"] == "coupon_exhausted"
    world.clock.advance(minutes=31)
    student = await world.person()
    late = (await order(student, first, coupon_code="DIWALI")).json()
    world.clock.advance(minutes=31)
    from worlds import PASSWORD

    login = await world.house.workflows.logins.login(student.email, PASSWORD, device="later")
    student.token = login.access_token
    assert (await verified(world, student, (await order(student, second, coupon_code="DIWALI")).json()))[
        "status"
    ] == "paid"
    assert (await verified(world, student, late))["code"] == "payment_under_review"
    await world.settle()
    assert [one["reason"] for one in await reviews(world, is_resolved="true")] == ["coupon_exhausted"]
    assert discounted["amount_paise"] == 44_910


async def test_money_that_went_back_before_we_knew_it_ends_as_refunded(world: World) -> None:
    student, course = await world.person(), await world.course()
    placed = (await order(student, course)).json()
    paid = await world.sandbox.pay(placed["razorpay_order_id"])
    await refunded_elsewhere(world, paid["razorpay_payment_id"])
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    shown = (await student.get(f"/api/payments/payments/{placed['payment_id']}/")).json()
    assert (shown["status"], shown["invoice_number"]) == ("refunded", None)
    assert await world.count("refunds") == 1
    assert await reviews(world) == []
    assert not await has_access(student, course)


@pytest.mark.parametrize("resolution", ["refunded", "accepted"])
async def test_held_money_of_which_a_part_went_back_is_resolved(world: World, resolution: str) -> None:
    admin, auth = await world.admin(), (world.house.settings.razorpay_key_id, world.sandbox.key_secret)
    stray = {"amount": 50_000, "currency": "INR", "receipt": "another-system"}
    made = (await world.sandbox.http.post("/sandbox/razorpay/v1/orders", json=stray, auth=auth)).json()
    paid = await world.sandbox.pay(made["id"])
    await refunded_elsewhere(world, paid["razorpay_payment_id"], amount=1_000)
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    [held] = (await admin.get("/api/payments/reconciliation/")).json()["results"]
    body = {"resolution": resolution, "notes": "Settled."}
    assert (await admin.post(f"/api/payments/reconciliation/{held['id']}/resolve/", body)).status_code == 200
    await world.settle()
    if resolution == "accepted":  # and then all of it goes back nevertheless
        await refunded_elsewhere(world, paid["razorpay_payment_id"])
        await world.house.workflows.reconciling.sweep_captures()
        await world.settle()
    assert await reviews(world) == []
    assert (await world.sandbox.totals())["refunded_paise"] == 50_000
    from datetime import timedelta

    found = await world.house.workflows.bookkeeping.check(world.clock.now() - timedelta(days=30))
    assert (found.differences, found.ledger.refunded_paise) == ((), 50_000)


async def test_an_event_about_money_that_cannot_be_read_is_alerted(world: World) -> None:
    body = {"event": "payment.dispute.lost", "payload": {"dispute": {"entity": {"id": "disp_1", "status": "new"}}}}
    assert (await world.webhook(body)).status_code == 200
    await world.settle()
    assert await world.count("gateway_events", "outcome = 'unreadable'") == 1
    assert 'shala_alerts_total{what="unreadable_event"}' in (await world.http.get("/metrics/")).text


async def test_the_last_look_at_a_processed_refund_outlives_an_outage(world: World) -> None:
    student, _, payment, paid = await bought(world)
    refund = await asked(student, payment)
    await approve(world, refund)
    await world.settle()
    [made] = await refunds_at_razorpay(world, paid)
    settled = {"status": "failed", "webhook": False}
    await world.sandbox.http.post(f"/sandbox/razorpay/refunds/{made['id']}/settle/", json=settled)
    world.clock.advance(days=8)
    await world.sandbox.faults(razorpay={"fail": "502_html"})
    await world.house.workflows.repaying.look_at_due()
    await world.sandbox.faults(razorpay={"fail": None})
    world.clock.advance(hours=7)
    await world.house.workflows.repaying.look_at_due()
    assert await world.count("refunds", "status = 'failed' AND next_look_at IS NULL") == 1


async def test_parts_given_back_here_and_elsewhere_end_access_when_nothing_is_left(world: World) -> None:
    student, course, payment, paid = await bought(world)
    await approve(world, await asked(student, payment, amount="300.00"))
    await world.settle()
    assert await has_access(student, course)
    await refunded_elsewhere(world, paid["razorpay_payment_id"])
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    assert (await payment_of(student, payment))["status"] == "refunded"
    assert not await has_access(student, course)


async def test_of_two_orders_that_stand_one_refund_leaves_the_course_open(world: World) -> None:
    """The first one's refund fails after the student has bought again; then the second one goes back."""
    student, course, payment, paid = await bought(world)
    await approve(world, await asked(student, payment))
    await world.settle()
    again = await verified(world, student, (await order(student, course)).json())
    [made] = await refunds_at_razorpay(world, paid)
    settled = {"status": "failed", "webhook": False}
    await world.sandbox.http.post(f"/sandbox/razorpay/refunds/{made['id']}/settle/", json=settled)
    await world.house.workflows.reconciling.sweep_captures()
    await world.settle()
    await approve(world, await asked(student, again["payment"]))
    await world.settle()
    assert (await payment_of(student, payment))["status"] == "paid"
    assert await has_access(student, course)
