"""Each Razorpay fault knob does to the real SDK what it says, and its effect has or has not happened."""

import threading
import time

import pytest
import requests
from razorpay.errors import BadRequestError

from sandbox.world import World, eventually


def orders(world: World) -> int:
    return world.http.get("/sandbox/razorpay/totals/").json()["orders"]


@pytest.mark.parametrize(("fail", "happened"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_brings_no_answer(faulty: World, fail: str, happened: int) -> None:
    faulty.faults(razorpay={"fail": fail, "times": 1})
    with pytest.raises(requests.ConnectionError):
        faulty.order(receipt="dropped")
    assert orders(faulty) == happened
    assert faulty.sdk.order.all({"receipt": "dropped"})["count"] == happened


def test_429_and_502_happen_before_the_effect(faulty: World) -> None:
    faulty.faults(razorpay={"fail": "429", "times": 1})
    with pytest.raises(BadRequestError, match="rate limiting"):
        faulty.order()
    faulty.faults(razorpay={"fail": "502_html", "times": 1})
    with pytest.raises(requests.JSONDecodeError):
        faulty.order()
    assert orders(faulty) == 0


def test_truncated_json_comes_after_the_effect(faulty: World) -> None:
    faulty.faults(razorpay={"fail": "truncated_json", "times": 1})
    with pytest.raises(requests.JSONDecodeError):
        faulty.order()
    assert orders(faulty) == 1


def test_a_hanging_call_times_out_and_never_happens(faulty: World) -> None:
    faulty.faults(razorpay={"fail": "hang", "times": 1})
    with pytest.raises(requests.ReadTimeout):
        faulty.sdk.order.create({"amount": 100, "currency": "INR"}, timeout=0.3)
    assert faulty.order()["status"] == "created"
    assert orders(faulty) == 1


def test_new_knobs_end_what_hangs(faulty: World) -> None:
    faulty.faults(razorpay={"fail": "hang"})
    ended = threading.Event()

    def call() -> None:
        with pytest.raises(requests.ConnectionError):
            faulty.order()
        ended.set()

    caller = threading.Thread(target=call)
    caller.start()
    assert not ended.wait(0.3)
    faulty.faults()
    assert ended.wait(5)
    caller.join()


def test_delays_before_and_after_the_effect(faulty: World) -> None:
    started = time.monotonic()
    faulty.faults(razorpay={"delay_s": 0.3, "delay_after_s": 0.3, "times": 1})
    faulty.order()
    assert 0.6 <= time.monotonic() - started < 3
    faulty.faults(razorpay={"delay_after_s": 2})
    with pytest.raises(requests.ReadTimeout):
        faulty.sdk.order.create({"amount": 100, "currency": "INR"}, timeout=0.3)
    assert orders(faulty) == 2


def test_knobs_hit_only_what_they_name_and_go_off(faulty: World) -> None:
    payment_id = faulty.paid()
    faulty.faults(razorpay={"fail": "429", "times": 2, "paths": "refunds", "methods": ["POST"]})
    faulty.order()
    faulty.sdk.payment.fetch(payment_id)
    faulty.sdk.payment.fetch_multiple_refund(payment_id)
    for left in (1, None):
        with pytest.raises(BadRequestError, match="rate"):
            faulty.sdk.payment.refund(payment_id, {"amount": 100})
        assert faulty.http.get("/sandbox/faults/").json()["razorpay"]["times"] == left
    assert faulty.http.get("/sandbox/faults/").json()["razorpay"]["fail"] is None
    assert faulty.sdk.payment.refund(payment_id, {"amount": 100})["amount"] == 100


def test_a_refund_whose_answer_is_lost_is_made_once(faulty: World) -> None:
    payment_id = faulty.paid()
    faulty.faults(razorpay={"fail": "drop_after", "times": 1, "paths": "refunds"})
    key = {"X-Refund-Idempotency": "refund-0123456789"}
    with pytest.raises(requests.ConnectionError):
        faulty.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key))
    again = faulty.sdk.payment.refund(payment_id, {"amount": 500}, headers=dict(key))
    assert faulty.sdk.payment.fetch_multiple_refund(payment_id)["items"] == [again]


def test_the_sandbox_stays_responsive_while_calls_hang(faulty: World) -> None:
    faulty.faults(razorpay={"fail": "hang", "times": 20})
    callers = [threading.Thread(target=_ignore_failure, args=(faulty,)) for _ in range(20)]
    for caller in callers:
        caller.start()
    eventually(lambda: faulty.http.get("/sandbox/faults/").json()["razorpay"]["fail"] is None)
    started = time.monotonic()
    faulty.order()
    assert time.monotonic() - started < 1
    faulty.faults()
    for caller in callers:
        caller.join()


def _ignore_failure(world: World) -> None:
    with pytest.raises(requests.RequestException):
        requests.get(f"{world.url}/sandbox/razorpay/v1/orders", auth=world.sdk.auth, timeout=20)


@pytest.mark.parametrize(
    "document",
    [
        {"razorpay": {"dealy_s": 1}},
        {"sms": {}},
        {"razorpay": {"fail": "explode"}},
        {"razorpay": {"times": 0}},
        {"webhooks": {"duplicate": 0}},
        {"smtp": {"delay_before_s": -1}},
        [],
    ],
)
def test_unknown_knobs_are_refused_and_change_nothing(world: World, document: object) -> None:
    before = world.http.get("/sandbox/faults/").json()
    answer = world.http.put("/sandbox/faults/", json=document)
    assert answer.status_code == 400
    assert answer.json()["error"]["description"]
    assert world.http.get("/sandbox/faults/").json() == before


def test_everything_is_off_by_default(world: World) -> None:
    assert world.http.get("/sandbox/faults/").json() == {
        "razorpay": {
            "delay_s": 0,
            "delay_after_s": 0,
            "fail": None,
            "times": None,
            "paths": None,
            "methods": None,
        },
        "refunds": {"status": "processed"},
        "webhooks": {"delay_s": 0, "duplicate": 1, "reorder": False, "drop": False, "tamper": False},
        "smtp": {"delay_before_s": 0, "delay_after_s": 0, "fail": None, "times": None},
        "fcm": {"delay_s": 0, "fail": None, "retry_after_s": None, "times": None, "unregistered": []},
        "openai": {
            "delay_s": 0,
            "between_s": 0,
            "fail": None,
            "retry_after_s": None,
            "lie": None,
            "times": None,
        },
    }


def test_what_may_be_set_is_told(world: World) -> None:
    told = world.http.get("/sandbox/faults/schema/").json()["$defs"]
    assert set(told["FaultDocument"]["properties"]) == set(world.http.get("/sandbox/faults/").json())
    assert "obedient" in str(told["OpenAiFaults"]["properties"]["lie"])
