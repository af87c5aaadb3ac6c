"""What must not stand in a log; the number is that of the payment rules (commerce, fault and race tests)."""

import pytest
from sqlalchemy import text

from logbook import logbook
from worlds import World, payment_event

ACCOUNTS = "/api/accounts"
EMAIL, PHONE, NAME = "canary.person@example.com", "+919876500001", "Canary Kumari"
GIVEN_PASSWORD, WRONG_PASSWORD, NEW_PASSWORD = "canary-password-1", "canary-wrong-2", "canary-password-3"
SIGNATURE = "c0ffee" * 10
WEBHOOKS = ("canary.vpa@okbank", "canary.mail@example.com", "+919999900000")


async def buying(world: World) -> set[str]:
    """Everything that a person does from registering to a receipt, right and wrong; what of it is nobody's business."""
    http, body = world.http, {"email": EMAIL, "password": GIVEN_PASSWORD}
    person = {**body, "username": "canary_kumari", "full_name": NAME, "mobile_number": PHONE}
    assert (await http.post(f"{ACCOUNTS}/register/", json=person)).status_code == 201
    assert (await http.post(f"{ACCOUNTS}/register/", json=person)).status_code == 409
    assert (await http.post(f"{ACCOUNTS}/login/", json={**body, "password": WRONG_PASSWORD})).status_code == 401
    tokens = (await http.post(f"{ACCOUNTS}/login/", json=body)).json()
    refreshed = (await http.post(f"{ACCOUNTS}/token/refresh/", json={"refresh_token": tokens["refresh_token"]})).json()
    headers = {"Authorization": f"Bearer {refreshed['access_token']}"}
    forged = {"Authorization": f"Bearer {refreshed['access_token']}x"}
    assert (await http.get(f"{ACCOUNTS}/me/", headers=forged)).status_code == 401
    assert (await http.get(f"{ACCOUNTS}/me/export/", headers=headers)).status_code == 200
    change = {"current_password": GIVEN_PASSWORD, "new_password": NEW_PASSWORD}
    assert (await http.post(f"{ACCOUNTS}/password/change/", json=change, headers=headers)).status_code == 204
    reset = {"email": EMAIL, "code": "000000", "new_password": NEW_PASSWORD}
    assert (await http.post(f"{ACCOUNTS}/password/reset/", json=reset)).status_code == 400
    ticket = (await http.post(f"{ACCOUNTS}/ws-ticket/", headers=headers)).json()["ticket"]
    course = await world.course()
    answer = await http.post("/api/payments/create_order/", json={"course_id": course.id}, headers=headers)
    paid = await world.sandbox.pay(answer.json()["razorpay_order_id"])
    proof = {f"razorpay_{name}": paid[f"razorpay_{name}"] for name in ("order_id", "payment_id", "signature")}
    verify = "/api/payments/verify_payment/"
    forged_proof = {**proof, "razorpay_signature": SIGNATURE}
    assert (await http.post(verify, json=forged_proof, headers=headers)).status_code == 400
    for fault in ("502_html", "truncated_json", "drop_before"):
        await world.sandbox.faults(razorpay={"fail": fault, "times": 1})
        assert (await http.post(verify, json=proof, headers=headers)).status_code == 503
    await world.sandbox.faults(razorpay={"fail": None})
    assert (await http.post(verify, json=proof, headers=headers)).status_code == 200
    event, stray = payment_event(paid), payment_event({**paid, "razorpay_order_id": "order_stray"})
    assert (await world.webhook(event, event_id="canary-1")).status_code == 200
    assert (await world.webhook(stray, event_id="canary-2")).status_code == 200
    assert (await world.webhook(event, secret=SIGNATURE)).status_code == 400
    signature = world.sandbox.signed(event)[1]
    await world.settle()
    secrets = {tokens["access_token"], tokens["refresh_token"], refreshed["access_token"], refreshed["refresh_token"]}
    secrets |= {GIVEN_PASSWORD, WRONG_PASSWORD, NEW_PASSWORD, EMAIL, PHONE, NAME, SIGNATURE, signature, ticket}
    return secrets | {proof["razorpay_signature"], *WEBHOOKS, world.house.settings.secret_key}


async def breaking(world: World) -> set[str]:
    """Faults of ours while personal data is at hand: drivers put a statement's values into their messages."""
    async with world.house.database.transaction() as transaction:
        if world.house.settings.is_sqlite:
            await transaction.execute(text("ALTER TABLE one_time_codes RENAME COLUMN email TO gone"))
        else:
            await transaction.execute(text("ALTER TABLE one_time_codes ADD CHECK (attempts > 0)"))
        await transaction.execute(text("ALTER TABLE gateway_events RENAME COLUMN body TO gone"))
    person = {"username": "canary2", "email": EMAIL, "password": GIVEN_PASSWORD, "mobile_number": PHONE}
    answer = await world.http.post(f"{ACCOUNTS}/register/", json=person)
    assert answer.status_code == 500, answer.text
    assert EMAIL not in answer.text
    assert (await world.webhook(payment_event({"razorpay_payment_id": "pay_X"}), event_id="3")).status_code == 500
    return {GIVEN_PASSWORD, EMAIL, PHONE, *WEBHOOKS}


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_50_secrets_signatures_contact_and_vpa_are_absent_from_logs(
    world: World, log_format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with logbook(world.house.settings, log_format) as written:
        secrets = await buying(world)
    log, printed = written.getvalue(), "".join(capfd.readouterr())
    assert "/api/payments/verify_payment" in log  # it is the log that is looked at
    assert "reaction_postponed" in log
    assert sorted(one for one in secrets if one in log) == []
    assert sorted(one for one in secrets if one in printed) == []  # Razorpay's SDK prints what it dislikes


async def test_50_traces_of_our_own_faults_name_nobody(world: World) -> None:
    with logbook(world.house.settings) as written:
        secrets = await breaking(world)
    log = written.getvalue()
    assert log.count("request_failed") == 2
    assert sorted(one for one in secrets if one in log) == []


async def test_50_jobs_carry_numbers_not_persons(world: World) -> None:
    secrets = await buying(world)
    rows = await world.house.database.rows(text("SELECT payload FROM outbox"))
    payloads = "\n".join(str(row[0]) for row in rows)
    assert len(rows) > 3
    assert sorted(one for one in secrets if one in payloads) == []
