"""Faults and races of webhooks; the numbers are those of the payment rules (commerce, fault and race tests)."""

import asyncio
import json
import time

import pytest

from adapters.razorpay.gateway import RazorpayGateway
from entrypoints.settings import SettingsError, load
from worlds import Person, World, payment_event


async def ordered(world: World) -> tuple[Person, dict[str, str]]:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    return student, await world.sandbox.pay(order["razorpay_order_id"])


async def status_of(world: World) -> str:
    from sqlalchemy import text

    row = await world.house.database.row(text("SELECT status FROM payments"))
    assert row is not None
    return row[0]


async def test_12_a_webhook_before_our_commit_is_retried_then_applied(world: World) -> None:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    paid = await world.sandbox.pay(order["razorpay_order_id"])
    from sqlalchemy import text

    async with world.house.database.transaction() as transaction:  # the order's second commit has not come yet
        await transaction.execute(text("UPDATE payments SET razorpay_order = NULL, status = 'creating'"))
    assert (await world.webhook(payment_event(paid))).status_code == 200
    await world.settle()
    assert await world.count("enrollments") == 0
    assert await world.count("outbox", "done_at IS NULL AND reaction = 'apply_gateway_event'") == 1
    async with world.house.database.transaction() as transaction:
        await transaction.execute(
            text("UPDATE payments SET razorpay_order = :o, status = 'created'"), {"o": order["razorpay_order_id"]}
        )
    world.clock.advance(seconds=10)
    await world.settle()
    assert await world.count("enrollments") == 1


async def test_13_the_same_event_id_three_times_concurrently_has_one_effect(world: World) -> None:
    _, paid = await ordered(world)
    event = payment_event(paid)
    answers = await asyncio.gather(*(world.webhook(event, event_id="evt_1") for _ in range(3)))
    assert [a.status_code for a in answers] == [200, 200, 200]
    assert await world.count("gateway_events") == 1
    await asyncio.gather(world.settle(), world.settle())
    assert await world.count("enrollments") == 1


async def test_14_different_event_ids_for_one_payment_have_one_effect(world: World) -> None:
    student, paid = await ordered(world)
    for number in range(5):
        await world.webhook(payment_event(paid), event_id=f"evt_{number}")
    await world.settle()
    assert await world.count("enrollments") == 1
    assert len([m for m in await world.sandbox.mails(student.email) if "Receipt" in m["subject"]]) == 1


async def test_15_a_late_authorized_does_not_regress(world: World) -> None:
    _, paid = await ordered(world)
    await world.webhook(payment_event(paid, "order.paid"), event_id="1")
    await world.settle()
    await world.webhook(payment_event(paid, "payment.authorized"), event_id="2")
    await world.settle()
    assert await status_of(world) == "paid"


async def test_16_failed_after_captured_is_ignored(world: World) -> None:
    _, paid = await ordered(world)
    await world.webhook(payment_event(paid), event_id="1")
    await world.webhook(payment_event(paid, "payment.failed"), event_id="2")
    await world.settle()
    assert await status_of(world) == "paid"


async def test_16_captured_after_failed_is_accepted(world: World) -> None:
    _, paid = await ordered(world)
    await world.webhook(payment_event(paid, "payment.failed"), event_id="1")
    await world.settle()
    assert await status_of(world) == "failed"
    await world.webhook(payment_event(paid), event_id="2")
    await world.settle()
    assert await status_of(world) == "paid"
    assert await world.count("enrollments") == 1


async def test_17_verify_and_all_webhooks_lost_the_reconciler_enrols(world: World) -> None:
    await ordered(world)
    world.clock.advance(minutes=2, seconds=30)
    await world.house.workflows.reconciling.look_at_due()
    assert await world.count("enrollments") == 1
    assert await status_of(world) == "paid"


async def test_17_an_outage_costs_the_reconciler_three_questions_and_no_payment(world: World) -> None:
    for _ in range(8):
        await ordered(world)
    world.clock.advance(minutes=2, seconds=30)
    await world.sandbox.faults(razorpay={"fail": "502_html", "times": 3})  # a fourth question would be answered
    assert await world.house.workflows.reconciling.look_at_due() == 8
    assert await world.count("enrollments") == 0
    assert await world.house.workflows.reconciling.look_at_due() == 5  # those that were not asked about come first
    assert await world.count("enrollments") == 5
    world.clock.advance(minutes=2, seconds=1)
    assert await world.house.workflows.reconciling.look_at_due() == 3
    assert await world.count("enrollments") == 8


async def test_17_reading_the_open_payment_has_it_looked_at(world: World) -> None:
    student, _ = await ordered(world)
    listed = (await student.get("/api/payments/payments/")).json()["results"]
    first = await student.get(f"/api/payments/payments/{listed[0]['id']}/")
    assert first.json()["status"] == "created"
    await world.settle()
    assert (await student.get(f"/api/payments/payments/{listed[0]['id']}/")).json()["status"] == "paid"


@pytest.mark.parametrize("how", ["tampered", "reserialised", "not_utf8", "missing", "non_ascii", "not_json"])
async def test_26_altered_bodies_are_400_and_nothing_is_stored(world: World, how: str) -> None:
    _, paid = await ordered(world)
    event = payment_event(paid)
    body, signature = world.sandbox.signed(event)
    if how == "tampered":
        body = body.replace(b"49900", b"10000")
    elif how == "reserialised":
        body = json.dumps(event, indent=1).encode()
    elif how == "not_utf8":
        body, signature = world.sandbox.signed(b'{"event": "\xff\xfe"}')
    elif how == "not_json":
        body, signature = world.sandbox.signed(b"event=payment.captured")
    elif how == "missing":
        signature = ""
    headers = {"X-Razorpay-Signature": signature} if how != "non_ascii" else {}
    raw = [(b"x-razorpay-signature", "ünïcode".encode())] if how == "non_ascii" else []
    answer = await world.http.post("/api/payments/webhook/razorpay/", content=body, headers=raw or headers)
    assert answer.status_code == 400, answer.text
    assert await world.count("gateway_events") == 0


async def test_26_a_body_over_256_kib_is_413(world: World) -> None:
    answer = await world.webhook(b'{"event": "' + b"x" * 300_000 + b'"}')
    assert answer.status_code == 413


def test_27_an_empty_webhook_secret_is_refused_at_the_start() -> None:
    with pytest.raises(SettingsError, match="SHALA_RAZORPAY_WEBHOOK_SECRET"):
        load({"SHALA_ENV": "staging"})


def test_27_an_empty_webhook_secret_authenticates_nothing() -> None:
    import hashlib
    import hmac

    gateway = RazorpayGateway(key_id="rzp_test_x", key_secret="x", webhook_secrets=("",))
    assert not gateway.is_authentic(b"{}", hmac.new(b"", b"{}", hashlib.sha256).hexdigest())


async def test_28_old_and_new_webhook_secrets_pass_during_a_rotation(world: World) -> None:
    _, paid = await ordered(world)
    assert isinstance(world.house.gateway, RazorpayGateway)
    world.house.gateway._webhook_secrets = ("the-new-secret", world.sandbox.webhook_secret)
    for number, secret in enumerate(["the-new-secret", world.sandbox.webhook_secret]):
        assert (await world.webhook(payment_event(paid), event_id=str(number), secret=secret)).status_code == 200
    assert (await world.webhook(payment_event(paid), secret="neither")).status_code == 400


async def test_29_killed_after_the_commit_the_sweeper_processes(world: World) -> None:
    """Nobody was woken, and even the queued reaction is lost: the stored event is enough."""
    from sqlalchemy import text

    _, paid = await ordered(world)
    await world.webhook(payment_event(paid))
    async with world.house.database.transaction() as transaction:
        await transaction.execute(text("DELETE FROM outbox WHERE reaction = 'apply_gateway_event'"))
    world.clock.advance(minutes=30)
    await world.house.workflows.webhooks.sweep()
    await world.settle()
    assert await world.count("enrollments") == 1


async def test_33_a_slow_handler_does_not_slow_the_endpoint(world: World) -> None:
    _, paid = await ordered(world)
    await world.sandbox.faults(razorpay={"delay_s": 8}, smtp={"delay_before_s": 8})
    began = time.monotonic()
    assert (await world.webhook(payment_event(paid))).status_code == 200
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("event", ["subscription.charged", "payment.downtime.started", "refund.speed_changed"])
async def test_41_unknown_event_types_are_stored_and_ignored(world: World, event: str) -> None:
    payload = {"entity": "event", "event": event, "payload": {"subscription": {"entity": {"id": "sub_1"}}}}
    assert (await world.webhook(payload)).status_code == 200
    await world.settle()
    assert await world.count("gateway_events", "outcome = 'ignored'") == 1


async def test_42_a_webhook_for_an_unknown_order_is_stored_and_alerted(world: World) -> None:
    known = {"razorpay_payment_id": "pay_AbCdEfGhIjKlMn", "razorpay_order_id": "order_AbCdEfGhIjKlMn"}
    assert (await world.webhook(payment_event(known))).status_code == 200
    await world.settle()
    assert await world.count("gateway_events", "handled_at IS NULL") == 1
    world.clock.advance(minutes=15)
    await world.settle()
    assert await world.count("gateway_events", "outcome = 'unknown_order'") == 1
    metrics = (await world.http.get("/metrics/")).text
    assert 'shala_alerts_total{what="unknown_order"}' in metrics


def test_47_a_live_key_outside_production_is_a_startup_error() -> None:
    with pytest.raises(SettingsError, match="SHALA_RAZORPAY_KEY_ID"):
        load({"SHALA_RAZORPAY_KEY_ID": "rzp_live_abc", "SHALA_DATA_DIR": "/tmp"})
