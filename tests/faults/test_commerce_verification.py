"""Faults and races of verifying; the numbers are those of the payment rules (commerce, fault and race tests)."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
import pytest

from modules.commerce.domain.payments import Status
from worlds import MadeCourse, Person, World, payment_event


async def bought(world: World) -> tuple[Person, MadeCourse, dict[str, str]]:
    """A student who has paid at Razorpay; we know nothing of it yet."""
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    return student, course, await world.sandbox.pay(order["razorpay_order_id"])


async def verify(student: Person, proof: dict[str, str]) -> httpx.Response:
    return await student.post("/api/payments/verify_payment/", proof)


@pytest.mark.parametrize("signature", ["0" * 64, "UPPER", "", "ünïcode" * 9, "½" * 64, None, "a" * 63, "\ud83d"])
async def test_08_forged_signatures_are_400_never_500(world: World, signature: str | None) -> None:
    student, _, proof = await bought(world)
    if signature == "UPPER":
        signature = proof["razorpay_signature"].upper()
    body = {**proof, "razorpay_signature": signature}
    if signature is None:
        del body["razorpay_signature"]
    raw = json.dumps(body).encode()  # escapes what UTF-8 cannot carry
    headers = {"Content-Type": "application/json"}
    answer = await student.call("POST", "/api/payments/verify_payment/", content=raw, headers=headers)
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in {"invalid_signature", "invalid_input", "malformed_json"}
    assert await world.count("enrollments") == 0


async def test_09_a_valid_signature_of_another_users_order_enrols_nobody(world: World) -> None:
    _, _, proof = await bought(world)
    thief = await world.person()
    answer = await verify(thief, proof)
    assert answer.status_code in {403, 404}
    assert await world.count("enrollments") == 0


async def test_10_a_valid_triple_replayed_100_times_enrols_once(world: World) -> None:
    student, _, proof = await bought(world)
    answers = [await verify(student, proof) for _ in range(20)]
    answers += await asyncio.gather(*(verify(student, proof) for _ in range(80)))
    assert {a.status_code for a in answers} == {200}
    assert {a.json()["status"] for a in answers} == {"paid"}
    assert len({a.json()["enrollment"]["id"] for a in answers}) == 1
    assert await world.count("enrollments") == 1
    await world.settle()
    receipts = [m for m in await world.sandbox.mails(student.email) if "Receipt" in m["subject"]]
    assert len(receipts) == 1


async def test_11_verify_captured_and_paid_concurrently_enrol_once_and_mail_once(world: World) -> None:
    """A thousand calls in batches of a hundred, in a shuffled order."""
    student, _, proof = await bought(world)
    captured, paid = payment_event(proof), payment_event(proof, "order.paid")
    calls: list[Callable[[], Awaitable[httpx.Response]]] = []
    for number in range(334):
        calls += [
            partial(verify, student, proof),
            partial(world.webhook, captured, event_id=f"c{number}"),
            partial(world.webhook, paid, event_id=f"p{number}"),
        ]
    random.Random(11).shuffle(calls)
    statuses: set[int] = set()
    for start in range(0, len(calls), 100):
        batch = [call() for call in calls[start : start + 100]]
        answers, _ = await asyncio.gather(asyncio.gather(*batch), world.settle())
        statuses |= {answer.status_code for answer in answers}
    await world.settle()
    assert statuses == {200}
    assert await world.count("enrollments") == 1
    assert await world.count("payments", f"status = '{Status.PAID}'") == 1
    assert await world.count("gateway_events", "handled_at IS NULL") == 0
    receipts = [m for m in await world.sandbox.mails(student.email) if "Receipt" in m["subject"]]
    assert len(receipts) == 1


async def test_18_verify_while_only_authorized_is_pending_without_access(world: World) -> None:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    proof = await world.sandbox.pay(order["razorpay_order_id"], outcome="authorized")
    answer = await verify(student, proof)
    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["payment"]["status"], body["enrollment"]) == ("pending", "authorized", None)
    assert (await student.get(f"/api/courses/contents/{course.content_ids[1]}/")).status_code == 403
    await world.sandbox.http.post(f"/sandbox/razorpay/payments/{proof['razorpay_payment_id']}/capture/")
    assert (await verify(student, proof)).json()["status"] == "paid"


async def test_20_a_payment_of_a_different_order_is_rejected(world: World) -> None:
    student, course = await world.person(), await world.course()
    other = await world.course()
    mine, cheaper = await world.order(student, course), await world.order(student, other)
    proof = await world.sandbox.pay(cheaper["razorpay_order_id"])
    body = {**proof, "razorpay_order_id": mine["razorpay_order_id"]}
    assert (await verify(student, body)).json()["code"] == "invalid_signature"
    assert await world.count("enrollments") == 0


async def test_45_concurrent_orders_send_their_own_amounts(world: World) -> None:
    """The SDK shares default dictionaries between threads; every order must carry its own price."""
    student = await world.person()
    courses = [await world.course(price_paise=10_000 + 100 * n) for n in range(20)]
    orders = await asyncio.gather(*(world.order(student, course) for course in courses))
    for course, order in zip(courses, orders, strict=True):
        expected = 10_000 + 100 * courses.index(course)
        assert order["amount_paise"] == expected
        proof = await world.sandbox.pay(order["razorpay_order_id"])
        answer = (await verify(student, proof)).json()
        assert (answer["status"], answer["payment"]["amount_paise"]) == ("paid", expected)


@pytest.mark.parametrize(
    "payment_id", ["../payments/pay_9", "pay_AbCdEfGhIjKlM", "pay_AbCdEfGhIjKlMn?x=1", "pay_AbCdEfGh/jKlMn", ""]
)
async def test_46_path_like_payment_ids_are_400_before_any_call(world: World, payment_id: str) -> None:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    await world.sandbox.faults(razorpay={"fail": "502_html"})  # a call would show as 503
    body = {
        "razorpay_order_id": order["razorpay_order_id"],
        "razorpay_payment_id": payment_id,
        "razorpay_signature": "a" * 64,
    }
    assert (await verify(student, body)).status_code == 400


async def test_verify_while_razorpay_is_away_is_503_and_repeatable(world: World) -> None:
    student, _, proof = await bought(world)
    await world.sandbox.faults(razorpay={"fail": "drop_before"})
    assert (await verify(student, proof)).status_code == 503
    await world.sandbox.faults(razorpay={"fail": None})
    assert (await verify(student, proof)).json()["status"] == "paid"


async def test_a_granted_student_who_pays_is_put_under_review(world: World) -> None:
    student, course, proof = await bought(world)
    await world.enrol(student, course)
    answer = await verify(student, proof)
    assert (answer.status_code, answer.json()["code"]) == (409, "payment_under_review")
    assert await world.count("payments", "status = 'needs_review'") == 1


async def test_an_amount_that_does_not_fit_is_put_under_review(world: World) -> None:
    student, course = await world.person(), await world.course()
    order = await world.order(student, course)
    proof = await world.sandbox.pay(order["razorpay_order_id"], amount=100)
    assert (await verify(student, proof)).json()["code"] == "payment_under_review"
    assert await world.count("enrollments") == 0
