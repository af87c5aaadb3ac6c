"""Webhooks arrive signed, at least once, and misbehave only when told to."""

import socket
import time

import pytest
from razorpay.errors import SignatureVerificationError

from sandbox.world import WEBHOOK_SECRET, Shop, World, eventually


def arrived(world: World, shop: Shop, count: int) -> list[str]:
    eventually(lambda: len(shop.deliveries) >= count and world.deliveries()["pending"] == 0)
    return shop.names()


def test_a_purchase_is_told_in_three_signed_events(world: World, shop: Shop) -> None:
    order = world.order()
    payment_id = world.pay(order["id"])["razorpay_payment_id"]
    assert arrived(world, shop, 3) == ["payment.authorized", "payment.captured", "order.paid"]
    for delivery in shop.deliveries:
        world.sdk.utility.verify_webhook_signature(delivery.body.decode(), delivery.signature, WEBHOOK_SECRET)
    authorized, captured, paid = (delivery.event for delivery in shop.deliveries)
    assert authorized["payload"]["payment"]["entity"]["status"] == "authorized"
    assert captured["payload"]["payment"]["entity"] == world.sdk.payment.fetch(payment_id)
    assert (captured["entity"], captured["contains"]) == ("event", ["payment"])
    assert captured["account_id"].startswith("acc_")
    assert abs(captured["created_at"] - time.time()) < 10
    assert paid["contains"] == ["payment", "order"]
    assert paid["payload"]["order"]["entity"]["status"] == "paid"
    assert len({delivery.event_id for delivery in shop.deliveries}) == 3
    assert shop.deliveries[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("outcome", "events"), [("failed", ["payment.failed"]), ("authorized", ["payment.authorized"])]
)
def test_other_outcomes_are_told(world: World, shop: Shop, outcome: str, events: list[str]) -> None:
    world.pay(world.order()["id"], outcome)
    assert arrived(world, shop, 1) == events


def test_nothing_is_told_when_not_wanted_and_is_lost_for_good(world: World, shop: Shop) -> None:
    world.pay(world.order()["id"], webhook=False)
    world.pay(world.order()["id"], "failed")
    assert arrived(world, shop, 1) == ["payment.failed"]


def test_later_facts_are_told(world: World, shop: Shop) -> None:
    payment_id = world.pay(world.order()["id"], "failed")["razorpay_payment_id"]
    arrived(world, shop, 1)  # what two calls tell may come in any order
    world.control(f"payments/{payment_id}/authorize")
    arrived(world, shop, 2)
    world.sdk.payment.capture(payment_id, 49900, {"currency": "INR"})
    arrived(world, shop, 4)
    refund = world.sdk.payment.refund(payment_id, {"amount": 500})
    arrived(world, shop, 6)
    world.control(f"refunds/{refund['id']}/settle", status="failed")
    assert arrived(world, shop, 7) == [
        *("payment.failed", "payment.authorized", "payment.captured", "order.paid"),
        *("refund.created", "refund.processed", "refund.failed"),
    ]
    assert shop.deliveries[-1].event["payload"]["refund"]["entity"]["status"] == "failed"


def test_disputes_are_told(world: World, shop: Shop) -> None:
    payment_id = world.paid()
    arrived(world, shop, 3)
    for count, status in enumerate(("open", "under_review", "lost"), start=4):
        world.control(f"payments/{payment_id}/dispute", status=status)
        arrived(world, shop, count)
    assert shop.names()[3:] == ["payment.dispute.created", "payment.dispute.under_review", "payment.dispute.lost"]
    dispute = shop.deliveries[-1].event["payload"]["dispute"]["entity"]
    assert (dispute["amount_deducted"], dispute["payment_id"]) == (49900, payment_id)
    assert shop.deliveries[3].event["payload"]["dispute"]["entity"]["id"] == dispute["id"]


def test_a_retry_keeps_the_id_and_the_bytes(world: World, shop: Shop) -> None:
    shop.answers = [500, 302]
    world.pay(world.order()["id"], "failed")
    arrived(world, shop, 3)
    assert len({(one.event_id, one.body, one.signature) for one in shop.deliveries}) == 1
    attempts = world.deliveries()["results"]
    assert [(one["attempt"], one["status_code"]) for one in attempts] == [(1, 500), (2, 302), (3, 200)]
    first, second, third = (one["at"] for one in attempts)
    assert 0.4 < second - first < 1.5
    assert 0.9 < third - second < 3


def test_an_absent_shop_is_tried_again(world: World, shop: Shop) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        world.sandbox.webhook_url = f"http://127.0.0.1:{held.getsockname()[1]}/"
        world.pay(world.order()["id"], "failed")
        eventually(lambda: world.deliveries()["results"])
    assert world.deliveries()["results"][0]["error"] == "ConnectError"
    world.sandbox.webhook_url = shop.url
    assert arrived(world, shop, 1) == ["payment.failed"]


def test_duplicates_share_their_id(world: World, shop: Shop) -> None:
    world.faults(webhooks={"duplicate": 3})
    world.pay(world.order()["id"], "failed")
    arrived(world, shop, 3)
    assert len({delivery.event_id for delivery in shop.deliveries}) == 1


def test_reordered_events_come_last_first(world: World, shop: Shop) -> None:
    world.faults(webhooks={"reorder": True})
    world.pay(world.order()["id"])
    assert arrived(world, shop, 3) == ["order.paid", "payment.captured", "payment.authorized"]


def test_dropped_events_never_come(world: World, shop: Shop) -> None:
    world.faults(webhooks={"drop": True})
    world.pay(world.order()["id"])
    world.faults()
    world.pay(world.order()["id"], "failed")
    assert arrived(world, shop, 1) == ["payment.failed"]
    assert [one["error"] for one in world.deliveries()["results"][:3]] == ["dropped by the fault knob"] * 3


def test_tampered_events_fail_their_signature_until_retried_untouched(world: World, shop: Shop) -> None:
    shop.answers = [400]
    world.faults(webhooks={"tamper": True})
    world.pay(world.order()["id"], "failed")
    eventually(lambda: shop.deliveries)
    world.faults()
    arrived(world, shop, 2)
    bad, good = shop.deliveries
    assert bad.event["tampered"]
    with pytest.raises(SignatureVerificationError):
        world.sdk.utility.verify_webhook_signature(bad.body.decode(), bad.signature, WEBHOOK_SECRET)
    assert world.sdk.utility.verify_webhook_signature(good.body.decode(), good.signature, WEBHOOK_SECRET)


def test_delayed_events_come_late(world: World, shop: Shop) -> None:
    world.faults(webhooks={"delay_s": 0.5})
    started = time.monotonic()
    world.pay(world.order()["id"], "failed")
    assert world.deliveries() == {"results": [], "pending": 1}
    arrived(world, shop, 1)
    assert time.monotonic() - started >= 0.5


def test_any_event_can_be_sent(world: World, shop: Shop) -> None:
    payload = {"payment": {"entity": {"id": "pay_00000000000000"}}}
    sent = world.control("webhooks", event="moon.risen", payload=payload)
    world.control("webhooks", event="moon.risen", event_id=sent["event_id"])
    arrived(world, shop, 2)
    first, second = sorted(shop.deliveries, key=lambda one: len(one.body), reverse=True)
    assert (first.event["event"], first.event["payload"], first.event["contains"]) == (
        "moon.risen",
        payload,
        ["payment"],
    )
    assert first.event_id == second.event_id == sent["event_id"]
    world.sdk.utility.verify_webhook_signature(first.body.decode(), first.signature, WEBHOOK_SECRET)


def test_a_reset_forgets_what_was_waiting(world: World, shop: Shop) -> None:
    shop.answers = [500]
    world.pay(world.order()["id"], "failed")
    eventually(lambda: shop.deliveries)
    world.http.post("/sandbox/reset/").raise_for_status()
    eventually(lambda: world.deliveries() == {"results": [], "pending": 0})


def test_three_hundred_events_all_arrive(world: World, shop: Shop) -> None:
    order_ids = [world.order()["id"] for _ in range(100)]
    for order_id in order_ids:
        world.pay(order_id)
    eventually(lambda: len(shop.deliveries) == 300, within_s=30)
    assert len({delivery.event_id for delivery in shop.deliveries}) == 300
