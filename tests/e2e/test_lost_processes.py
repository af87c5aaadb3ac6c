"""What is promised must happen although processes are killed and Redis is lost. Everything here runs as in production:
web, worker and sandbox are processes of their own, over PostgreSQL and Redis.
"""

import asyncio
import collections

import httpx
import pytest

from processes import Topology, until
from services import Postgres, Redis

PASSWORD = "learn-by-doing-1"
pytestmark = pytest.mark.xdist_group("processes")


def register(topology: Topology, number: int) -> str:
    email = f"student{number}@example.com"
    body = {"username": f"student{number}", "email": email, "password": PASSWORD}
    base = topology.environment["SHALA_PUBLIC_BASE_URL"]
    answer = httpx.post(f"{base}/api/accounts/register/", json=body, timeout=10)
    assert answer.status_code == 201, answer.text
    return email


def by_message(topology: Topology) -> collections.Counter[str]:
    return collections.Counter(mail["message_id"] for mail in topology.mails())


def test_30_a_worker_killed_in_the_middle_sends_every_mail(topology: Topology) -> None:
    """Killed while the mail server has the mail but its reply is still on the way: the one window that cannot be
    closed. The mail may come twice, with the same Message-ID; none is lost.
    """
    topology.start_web()
    topology.faults(smtp={"delay_after_s": 5, "times": 1})
    worker = topology.start_worker()
    first = register(topology, 1)
    until(lambda: topology.mails(first), 20, "the first mail arrives")
    topology.kill(worker)  # between effect and commit
    others = [register(topology, number) for number in range(2, 12)]
    topology.start_worker()
    for email in others:
        until(lambda email=email: topology.mails(email), 20, f"mail to {email}")
    asyncio.run(topology.let_leases_end())
    until(lambda: len(topology.mails(first)) == 2, 30, "the lease of the killed worker ends and the mail goes again")
    counts = by_message(topology)
    assert sorted(counts.values()) == [1] * 10 + [2]
    assert len({mail["message_id"] for mail in topology.mails(first)}) == 1


def test_killed_before_the_effect_each_mail_comes_once(topology: Topology) -> None:
    topology.start_web()
    topology.faults(smtp={"delay_before_s": 30})
    worker = topology.start_worker()
    emails = [register(topology, number) for number in range(5)]
    until(lambda: _attempted(topology) >= 1, 20, "the worker has begun")
    topology.kill(worker)
    assert not topology.mails()
    topology.faults(smtp={"delay_before_s": 0})
    asyncio.run(topology.let_leases_end())
    topology.start_worker()
    until(lambda: len(topology.mails()) == len(emails), 30, "all mails")
    assert set(by_message(topology).values()) == {1}


def test_losing_redis_costs_latency_only(topology: Topology, own_redis: Redis) -> None:
    topology.start_web()
    topology.start_worker()
    before = register(topology, 1)
    until(lambda: topology.mails(before), 10, "mail with Redis")
    flush(own_redis)
    flushed = register(topology, 2)
    until(lambda: topology.mails(flushed), 10, "mail after FLUSHALL")
    own_redis.stop()
    stopped = [register(topology, number) for number in range(3, 8)]
    for email in stopped:
        until(lambda email=email: topology.mails(email), 15, "mail without Redis")
    ready = httpx.get(f"{topology.environment['SHALA_PUBLIC_BASE_URL']}/health/ready/", timeout=10)
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")
    own_redis.start()
    again = register(topology, 9)
    until(lambda: topology.mails(again), 15, "mail with Redis again")
    assert set(by_message(topology).values()) == {1}


def test_31_redis_down_a_webhook_is_durable_and_2xx(topology: Topology, own_redis: Redis) -> None:
    own_redis.stop()
    topology.start_web()
    worker = topology.start_worker()
    purchase = buy(topology, webhook=True)
    until(lambda: is_enrolled(purchase), 20, "enrolled by the webhook alone")
    deliveries = httpx.get(f"{topology.sandbox_url}/sandbox/razorpay/webhooks/").json()["results"]
    assert {d["status_code"] for d in deliveries} == {200}
    assert worker.poll() is None


def test_32_postgres_down_is_not_2xx_and_razorpay_retries(own_redis: Redis, tmp_path) -> None:
    with Postgres() as postgres:
        topology = Topology(postgres.url, own_redis.url, tmp_path)
        try:
            topology.run("migrate")
            topology.run("seed", "--demo")
            topology.start_sandbox()
            topology.start_web()
            topology.start_worker()
            purchase = buy(topology, webhook=False, seed=False)
            postgres.stop()
            base = topology.environment["SHALA_PUBLIC_BASE_URL"]
            down = httpx.get(f"{base}/api/courses/courses/", timeout=15)
            assert (down.status_code, down.json()["code"]) == (503, "unavailable")
            assert int(down.headers["retry-after"]) >= 1
            resend(topology, purchase)
            until(lambda: failed_deliveries(topology), 15, "the webhook is refused")
            postgres.start()
            until(lambda: is_enrolled(purchase), 60, "Razorpay's retry enrols")
        finally:
            topology.stop()


def flush(server: Redis) -> None:
    import redis

    client = redis.Redis.from_url(server.url)
    client.flushall()
    client.close()


def _attempted(topology: Topology) -> int:
    printed = topology.run("outbox")
    return int("Waiting: 0" not in printed) if "Waiting" in printed else 0


def buy(topology: Topology, *, webhook: bool, seed: bool = True) -> dict[str, str]:
    """A newcomer pays for the demo course at Razorpay; the app never gets the callback."""
    if seed:
        topology.run("seed", "--demo")
    base = topology.environment["SHALA_PUBLIC_BASE_URL"]
    login = {"email": "newcomer@example.com", "password": PASSWORD}
    token = httpx.post(f"{base}/api/accounts/login/", json=login, timeout=10).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    courses = httpx.get(f"{base}/api/courses/courses/?free=false", timeout=10).json()["results"]
    body = {"course_id": courses[0]["id"]}
    order = httpx.post(f"{base}/api/payments/create_order/", json=body, headers=headers, timeout=20).json()
    pay = {"razorpay_order_id": order["razorpay_order_id"], "webhook": webhook}
    paid = httpx.post(f"{topology.sandbox_url}/sandbox/razorpay/pay/", json=pay, timeout=10).json()
    return {"base": base, "token": token, "course": str(courses[0]["id"]), **paid}


def resend(topology: Topology, purchase: dict[str, str]) -> None:
    from worlds import payment_event

    event = payment_event(purchase)
    amount = httpx.get(f"{topology.sandbox_url}/sandbox/razorpay/totals/").json()
    event["payload"]["payment"]["entity"]["amount"] = amount["captured_paise"]
    body = {"event": "payment.captured", "payload": event["payload"]}
    httpx.post(f"{topology.sandbox_url}/sandbox/razorpay/webhooks/", json=body, timeout=10).raise_for_status()


def failed_deliveries(topology: Topology) -> bool:
    answer = httpx.get(f"{topology.sandbox_url}/sandbox/razorpay/webhooks/", verify=False)
    deliveries = answer.json()["results"]
    return any(d["status_code"] != 200 for d in deliveries)


def is_enrolled(purchase: dict[str, str]) -> bool:
    headers = {"Authorization": f"Bearer {purchase['token']}"}
    url = f"{purchase['base']}/api/courses/enrollments/?course_id={purchase['course']}"
    try:
        answer = httpx.get(url, headers=headers, timeout=10, verify=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200 and bool(answer.json()["results"])
