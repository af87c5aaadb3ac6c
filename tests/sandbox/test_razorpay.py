"""The emulator keeps Razorpay's rules, as the real SDK sees them."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import razorpay
from razorpay.errors import BadRequestError, SignatureVerificationError

from sandbox.world import World


def test_an_order_looks_like_razorpays(world: World) -> None:
    before = int(time.time())
    order = world.order(receipt="r-1")
    assert re.fullmatch(r"order_[A-Za-z0-9]{14}", order["id"])
    assert before <= order.pop("created_at") <= before + 5
    assert order == {
        "id": order["id"],
        "entity": "order",
        "amount": 49900,
        "amount_paid": 0,
        "amount_due": 49900,
        "currency": "INR",
        "receipt": "r-1",
        "offer_id": None,
        "status": "created",
        "attempts": 0,
        "notes": [],
    }
    assert world.order(notes={"course": "7"})["notes"] == {"course": "7"}
    assert world.sdk.order.fetch(order["id"])["receipt"] == "r-1"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"amount": 99}, "minimum amount"),
        ({"amount": "49900"}, "integer"),
        ({"amount": True}, "integer"),
        ({"amount": 100.5}, "integer"),
        ({}, "required"),
        ({"amount": 100, "currency": "XXX"}, "Currency"),
        ({"amount": 100, "receipt": "r" * 41}, "40 characters"),
        ({"amount": 100, "notes": {str(n): "" for n in range(16)}}, "15"),
        ({"amount": 100, "notes": {"a": "x" * 257}}, "256"),
        ({"amount": 100, "recipt": "r"}, "recipt is/are not required"),
        ({"amount": 100, "payment": {"capture": "perhaps"}}, "capture is invalid"),
    ],
)
def test_orders_it_refuses(world: World, body: dict, words: str) -> None:
    with pytest.raises(BadRequestError, match=words):
        world.sdk.order.create({"currency": "INR", **body})


def test_a_receipt_is_used_once_and_finds_its_order(world: World) -> None:
    order = world.order(receipt="r" * 40)
    with pytest.raises(BadRequestError, match="receipt should be unique"):
        world.order(receipt="r" * 40)
    assert world.sdk.order.all({"receipt": "r" * 40})["items"] == [order]
    assert world.sdk.order.all({"receipt": "other"}) == {"entity": "collection", "count": 0, "items": []}


def test_orders_are_paged_newest_first(world: World) -> None:
    ids = [world.order()["id"] for _ in range(12)]
    assert [order["id"] for order in world.sdk.order.all()["items"]] == ids[:1:-1]
    assert [order["id"] for order in world.sdk.order.all({"count": 3, "skip": 10})["items"]] == [ids[1], ids[0]]
    now = int(time.time())
    assert world.sdk.order.all({"from": now - 60, "to": now + 60, "count": 100})["count"] == 12
    assert world.sdk.order.all({"to": now - 60})["count"] == 0
    for bad in ({"count": 101}, {"count": 0}, {"from": "yesterday"}):
        with pytest.raises(BadRequestError):
            world.sdk.order.all(bad)


def test_unknown_ids_are_400_in_razorpays_words(world: World) -> None:
    for call in (
        lambda: world.sdk.order.fetch("order_00000000000000"),
        lambda: world.sdk.order.payments("order_00000000000000"),
        lambda: world.sdk.payment.fetch("pay_00000000000000"),
        lambda: world.sdk.payment.fetch_multiple_refund("pay_00000000000000"),
        lambda: world.sdk.refund.fetch("rfnd_00000000000000"),
        lambda: world.sdk.payment.refund("pay_00000000000000", {}),
    ):
        with pytest.raises(BadRequestError, match="The id provided does not exist"):
            call()
    answer = world.http.get("/sandbox/razorpay/v1/orders/nope", auth=world.sdk.auth)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BAD_REQUEST_ERROR"


def test_the_key_is_checked(world: World) -> None:
    stranger = razorpay.Client(auth=(world.sdk.auth[0], "wrong"), base_url=world.sdk.base_url)
    with pytest.raises(BadRequestError, match="Authentication failed"):
        stranger.order.create({"amount": 100, "currency": "INR"})
    stranger.session.close()
    assert world.http.get("/sandbox/razorpay/v1/orders").status_code == 401


def test_broken_bodies_are_refused(world: World) -> None:
    for body in (b"{", b"[]", b"\xff"):
        answer = world.http.post("/sandbox/razorpay/v1/orders", content=body, auth=world.sdk.auth)
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"]["reason"] == "input_validation_failed"


def test_a_slash_at_the_end_changes_nothing(world: World) -> None:
    order = world.order()
    for path in (f"orders/{order['id']}", f"orders/{order['id']}/"):
        assert world.http.get(f"/sandbox/razorpay/v1/{path}", auth=world.sdk.auth).json() == order


def test_paying_captures_and_signs(world: World) -> None:
    order = world.order(49900)
    triple = world.pay(order["id"])
    assert world.sdk.utility.verify_payment_signature(triple)
    with pytest.raises(SignatureVerificationError):
        world.sdk.utility.verify_payment_signature({**triple, "razorpay_payment_id": "pay_00000000000000"})
    payment = world.sdk.payment.fetch(triple["razorpay_payment_id"])
    assert (payment["status"], payment["captured"], payment["order_id"]) == ("captured", True, order["id"])
    assert (payment["fee"], payment["tax"]) == (998 + 180, 180)
    assert payment["vpa"]
    assert payment["contact"]
    assert payment["email"]
    order = world.sdk.order.fetch(order["id"])
    assert (order["status"], order["amount_paid"], order["amount_due"], order["attempts"]) == ("paid", 49900, 0, 1)


def test_attempts_fail_until_one_succeeds_and_none_after(world: World) -> None:
    order = world.order()
    failed = world.pay(order["id"], "failed")
    assert failed["razorpay_signature"] is None
    assert world.sdk.order.fetch(order["id"])["status"] == "attempted"
    paid = world.pay(order["id"])
    attempts = world.sdk.order.payments(order["id"])
    assert [(p["id"], p["status"]) for p in attempts["items"]] == [
        (paid["razorpay_payment_id"], "captured"),
        (failed["razorpay_payment_id"], "failed"),
    ]
    assert attempts["items"][1]["error_code"] == "BAD_REQUEST_ERROR"
    body = {"razorpay_order_id": order["id"]}
    assert world.http.post("/sandbox/razorpay/pay/", json=body).status_code == 400
    second = world.pay(order["id"], force=True)
    assert world.sdk.payment.fetch(second["razorpay_payment_id"])["status"] == "captured"
    assert world.sdk.order.fetch(order["id"])["amount_paid"] == order["amount"]


def test_a_payment_that_does_not_match_leaves_the_order_unpaid(world: World) -> None:
    order = world.order(49900)
    triple = world.pay(order["id"], amount=100, currency="USD")
    payment = world.sdk.payment.fetch(triple["razorpay_payment_id"])
    assert (payment["amount"], payment["currency"], payment["status"]) == (100, "USD", "captured")
    assert world.sdk.order.fetch(order["id"])["status"] == "attempted"


def test_capture_takes_the_authorized_amount_once(world: World) -> None:
    order = world.order(payment={"capture": "manual"})
    payment_id = world.pay(order["id"], "authorized")["razorpay_payment_id"]
    with pytest.raises(BadRequestError, match="equal to the amount authorized"):
        world.sdk.payment.capture(payment_id, 100, {"currency": "INR"})
    assert world.http.post("/sandbox/razorpay/pay/", json={"razorpay_order_id": order["id"]}).status_code == 400
    assert world.sdk.payment.capture(payment_id, 49900, {"currency": "INR"})["status"] == "captured"
    assert world.sdk.order.fetch(order["id"])["status"] == "paid"
    with pytest.raises(BadRequestError, match="already been captured"):
        world.sdk.payment.capture(payment_id, 49900, {"currency": "INR"})
    failed = world.pay(world.order()["id"], "failed")["razorpay_payment_id"]
    with pytest.raises(BadRequestError, match="have been authorized"):
        world.sdk.payment.capture(failed, 49900, {"currency": "INR"})


def test_a_failed_payment_may_be_authorized_late(world: World) -> None:
    order = world.order()
    late = world.pay(order["id"], "failed")["razorpay_payment_id"]
    assert world.control(f"payments/{late}/authorize")["status"] == "authorized"
    assert world.control(f"payments/{late}/capture")["status"] == "captured"
    assert world.sdk.order.fetch(order["id"])["status"] == "paid"


def test_one_authorized_after_the_order_was_paid_goes_back_at_once(world: World) -> None:
    order = world.order()
    late = world.pay(order["id"], "failed")["razorpay_payment_id"]
    world.pay(order["id"])
    assert world.control(f"payments/{late}/authorize")["status"] == "refunded"
    assert world.sdk.payment.fetch_multiple_refund(late)["items"][0]["amount"] == order["amount"]


def test_partial_refunds_add_up_to_a_full_one(world: World) -> None:
    payment_id = world.paid(49900)
    refund = world.sdk.payment.refund(payment_id, {"amount": 10000, "notes": {"why": "half"}})
    assert re.fullmatch(r"rfnd_[A-Za-z0-9]{14}", refund["id"])
    assert (refund["status"], refund["payment_id"], refund["amount"]) == ("processed", payment_id, 10000)
    payment = world.sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["refund_status"], payment["amount_refunded"]) == ("captured", "partial", 10000)
    with pytest.raises(BadRequestError, match="greater than"):
        world.sdk.payment.refund(payment_id, {"amount": 39901})
    rest = world.sdk.refund.create({"payment_id": payment_id})
    assert rest["amount"] == 39900
    payment = world.sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["refund_status"]) == ("refunded", "full")
    assert world.sdk.order.fetch(payment["order_id"])["status"] == "paid"
    with pytest.raises(BadRequestError, match="fully refunded already"):
        world.sdk.payment.refund(payment_id, {})
    assert world.sdk.refund.fetch(rest["id"]) == rest
    assert world.sdk.payment.fetch_multiple_refund(payment_id)["items"] == [rest, refund]
    assert world.sdk.payment.fetch_refund_id(payment_id, rest["id"]) == rest


def test_only_captured_payments_are_refunded(world: World) -> None:
    authorized = world.pay(world.order()["id"], "authorized")["razorpay_payment_id"]
    with pytest.raises(BadRequestError, match="should be captured"):
        world.sdk.payment.refund(authorized, {})
    with pytest.raises(BadRequestError, match=r"at least INR 1\.00"):
        world.sdk.payment.refund(world.paid(), {"amount": 99})
    with pytest.raises(BadRequestError, match="speed"):
        world.sdk.payment.refund(world.paid(), {"speed": "warp"})


def test_a_refund_key_answers_the_same_once_more(world: World) -> None:
    payment_id = world.paid()
    key = {"X-Refund-Idempotency": "refund-0123456789"}
    first = world.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key))
    assert world.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key)) == first
    assert world.sdk.payment.fetch(payment_id)["amount_refunded"] == 500
    with pytest.raises(BadRequestError, match="Different request"):
        world.sdk.payment.refund(payment_id, {"amount": 600}, headers=dict(key))
    answer = world.http.post(
        f"/sandbox/razorpay/v1/payments/{payment_id}/refund", json={"amount": 600}, headers=key, auth=world.sdk.auth
    )
    assert answer.status_code == 409
    with pytest.raises(BadRequestError, match="at least 10"):
        world.sdk.payment.refund(payment_id, {"amount": 500}, headers={"X-Refund-Idempotency": "short"})


def test_a_refused_refund_leaves_its_key_free(world: World) -> None:
    payment_id = world.pay(world.order()["id"], "authorized")["razorpay_payment_id"]
    key = {"X-Refund-Idempotency": "refund-refused-1"}
    with pytest.raises(BadRequestError, match="should be captured"):
        world.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key))
    world.control(f"payments/{payment_id}/capture")
    assert world.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key))["amount"] == 500


def test_a_refund_key_in_progress_is_409(world: World) -> None:
    payment_id = world.paid()
    world.faults(razorpay={"delay_s": 1, "times": 1, "paths": "refunds"})
    call = {"json": {"amount": 500}, "headers": {"X-Refund-Idempotency": "refund-0123456789"}, "auth": world.sdk.auth}
    path = f"/sandbox/razorpay/v1/payments/{payment_id}/refund"
    with ThreadPoolExecutor(2) as pool:
        both = sorted(pool.map(lambda _: world.http.post(path, **call).status_code, range(2)))
    assert both == [200, 409]
    assert world.http.post(path, **call).status_code == 200
    assert world.sdk.payment.fetch(payment_id)["amount_refunded"] == 500


def test_refunds_settle_and_fail_later(world: World) -> None:
    payment_id = world.paid()
    world.faults(refunds={"status": "pending"})
    refund = world.sdk.payment.refund(payment_id, {})
    assert refund["status"] == "pending"
    assert world.control(f"refunds/{refund['id']}/settle", status="processed")["status"] == "processed"
    assert world.control(f"refunds/{refund['id']}/settle", status="failed")["status"] == "failed"
    payment = world.sdk.payment.fetch(payment_id)
    assert (payment["status"], payment["amount_refunded"], payment["refund_status"]) == ("captured", 0, None)
    answer = world.http.post(f"/sandbox/razorpay/refunds/{refund['id']}/settle/", json={"status": "pending"})
    assert answer.status_code == 400


def test_totals_add_up(world: World) -> None:
    first = world.paid(49900)
    world.paid(10000)
    world.pay(world.order()["id"], "failed")
    world.sdk.payment.refund(first, {"amount": 900})
    assert world.http.get("/sandbox/razorpay/totals/").json() == {
        "orders": 3,
        "payments": 3,
        "captured_payments": 2,
        "captured_paise": 59900,
        "fee_paise": 1178 + 236,
        "refunds": 1,
        "refunded_paise": 900,
    }
    assert world.sdk.payment.all({"count": 100})["count"] == 3
    world.http.post("/sandbox/reset/").raise_for_status()
    assert set(world.http.get("/sandbox/razorpay/totals/").json().values()) == {0}
    with pytest.raises(BadRequestError):
        world.sdk.payment.fetch(first)


def test_control_refuses_what_it_does_not_know(world: World) -> None:
    order_id = world.order()["id"]
    for body in ({}, {"razorpay_order_id": order_id, "outcom": "failed"}, {"razorpay_order_id": order_id, "amount": 0}):
        assert world.http.post("/sandbox/razorpay/pay/", json=body).status_code == 400
    assert world.http.post("/sandbox/razorpay/pay/", json={"razorpay_order_id": "order_x"}).status_code == 400


def test_fifty_at_once_share_nothing(world: World) -> None:
    """Many orders at once keep their own amounts, and a receipt raced for goes to one of them."""

    def create(n: int) -> object:
        try:
            return world.order(1000 + n, receipt=f"race-{n % 25}")["amount"]
        except BadRequestError:
            return "refused"

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(50)))
    assert answers.count("refused") == 25
    assert {answer % 25 for answer in answers if isinstance(answer, int)} == set(range(25))
