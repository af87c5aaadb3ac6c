"""Passwords, addresses, profile, export and erasure."""

import asyncio
import re

from sqlalchemy import text

from adapters.sql.models import metadata
from worlds import PASSWORD, Person, World

NEW = "another-good-phrase-2"


async def codes(world: World, to: str) -> list[str]:
    """The codes in this mailbox, newest first."""
    await world.settle()
    subjects = [mail["subject"] for mail in await world.sandbox.mails(to)]
    return [found[0] for found in (re.match(r"\d{6}", subject) for subject in subjects) if found]


async def can_log_in(world: World, email: str, password: str) -> bool:
    answer = await world.http.post("/api/accounts/login/", json={"email": email, "password": password})
    return answer.status_code == 200


async def test_an_address_is_verified_by_its_code_once(world: World) -> None:
    person = await world.person()
    code = (await codes(world, person.email))[0]
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    answer = await person.post("/api/accounts/email/verify/", {"code": wrong})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_code")
    answers = await asyncio.gather(*(person.post("/api/accounts/email/verify/", {"code": code}) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 9
    assert (await person.get("/api/accounts/me/")).json()["email_verified_at"]
    assert (await person.post("/api/accounts/email/resend/")).json()["code"] == "already_verified"


async def test_five_wrong_tries_spoil_a_code(world: World) -> None:
    person = await world.person()
    code = (await codes(world, person.email))[0]
    for number in range(5):
        wrong = f"{(int(code) + 1 + number) % 1_000_000:06d}"
        assert (await person.post("/api/accounts/email/verify/", {"code": wrong})).status_code == 400
    assert (await person.post("/api/accounts/email/verify/", {"code": code})).status_code == 400


async def test_codes_expire_and_a_new_one_voids_the_former(world: World) -> None:
    person = await world.person()
    first = (await codes(world, person.email))[0]
    assert (await person.post("/api/accounts/email/resend/")).status_code == 204
    second = (await codes(world, person.email))[0]
    assert (await person.post("/api/accounts/email/verify/", {"code": first})).status_code == 400 or first == second
    world.clock.advance(minutes=11)
    assert (await person.post("/api/accounts/email/verify/", {"code": second})).status_code == 400


async def test_no_more_than_five_codes_an_hour(world: World) -> None:
    person = await world.person()
    statuses = [(await person.post("/api/accounts/email/resend/")).status_code for _ in range(6)]
    assert statuses == [204, 204, 204, 204, 429, 429]
    world.clock.advance(minutes=61)
    # the access token is refreshed, as an app does by itself
    tokens = (
        await world.http.post("/api/accounts/token/refresh/", json={"refresh_token": person.refresh_token})
    ).json()
    person.token = tokens["access_token"]
    assert (await person.post("/api/accounts/email/resend/")).status_code == 204


async def test_a_forgotten_password_is_reset_by_a_code_and_ends_all_logins(world: World) -> None:
    person = await world.person()
    await world.settle()  # so that the code of the registration is not the newest mail
    for email in (person.email, "nobody@example.com", "not an address"):
        answer = await world.http.post("/api/accounts/password/forgot/", json={"email": email})
        assert (answer.status_code, answer.content) == (204, b"")
    code = (await codes(world, person.email))[0]
    assert not await world.sandbox.mails("nobody@example.com")
    body = {"email": person.email, "code": code, "new_password": "password1"}
    assert (await world.http.post("/api/accounts/password/reset/", json=body)).status_code == 400
    body["new_password"] = NEW
    answers = await asyncio.gather(*(world.http.post("/api/accounts/password/reset/", json=body) for _ in range(10)))
    assert sorted(a.status_code for a in answers) == [204] + [400] * 9
    assert (await person.get("/api/accounts/me/")).status_code == 401
    assert await can_log_in(world, person.email, NEW)
    assert not await can_log_in(world, person.email, PASSWORD)


async def test_a_changed_password_ends_the_other_logins_and_is_mailed(world: World) -> None:
    person = await world.person()
    tokens = (await world.http.post("/api/accounts/login/", json={"email": person.email, "password": PASSWORD})).json()
    other = Person(world, person.id, person.email, "", tokens["access_token"], "", person.role)
    wrong = {"current_password": "not this", "new_password": NEW}
    assert (await person.post("/api/accounts/password/change/", wrong)).json()["code"] == "wrong_password"
    right = {"current_password": PASSWORD, "new_password": NEW}
    assert (await person.post("/api/accounts/password/change/", right)).status_code == 204
    assert (await person.get("/api/accounts/me/")).status_code == 200
    assert (await other.get("/api/accounts/me/")).json()["code"] == "token_revoked"
    await world.settle()
    assert any("password was changed" in m["subject"] for m in await world.sandbox.mails(person.email))


async def test_an_address_changes_when_the_new_one_answers(world: World) -> None:
    person = await world.person()
    former, wanted = person.email, f"new.{person.email}"
    refused = await person.post("/api/accounts/email/change/", {"email": wanted, "password": "wrong"})
    assert refused.status_code == 403
    body = {"email": wanted.upper(), "password": PASSWORD}
    assert (await person.post("/api/accounts/email/change/", body)).status_code == 204
    assert (await person.get("/api/accounts/me/")).json()["email"] == former
    code = (await codes(world, wanted))[0]
    answer = await person.post("/api/accounts/email/verify/", {"code": code})
    assert (answer.status_code, answer.json()["email"]) == (200, wanted)
    assert await can_log_in(world, wanted, PASSWORD)
    await world.settle()
    assert any("address was changed" in m["subject"] for m in await world.sandbox.mails(former))


async def test_an_address_taken_meanwhile_is_refused(world: World) -> None:
    person, wanted = await world.person(), "wanted@example.com"
    await person.post("/api/accounts/email/change/", {"email": wanted, "password": PASSWORD})
    code = (await codes(world, wanted))[0]
    await world.person(email=wanted)
    answer = await person.post("/api/accounts/email/verify/", {"code": code})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")


async def test_a_forged_host_does_not_reach_the_mail(world: World) -> None:
    person = await world.person()
    await world.http.post(
        "/api/accounts/password/forgot/", json={"email": person.email}, headers={"Host": "evil.example"}
    )
    await world.settle()
    assert all("evil.example" not in mail["text"] + mail["html"] for mail in await world.sandbox.mails(person.email))


async def test_a_profile_is_edited_with_its_version(world: World) -> None:
    person = await world.person()
    me = (await person.get("/api/accounts/me/")).json()
    changed = await person.patch(
        "/api/accounts/me/", {**me, "full_name": "Asha <b>Rao</b>"}, headers={"If-Match": f'"{me["version"]}"'}
    )
    assert changed.json()["full_name"] == "Asha <b>Rao</b>"
    stale = await person.patch("/api/accounts/me/", {"full_name": "X"}, headers={"If-Match": f'"{me["version"]}"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    assert (await person.patch("/api/accounts/me/", {"role": "admin"})).json()["role"] == "student"
    faults = (await person.patch("/api/accounts/me/", {"username": "no spaces", "mobile_number": "12"})).json()
    assert [e["field"] for e in faults["errors"]] == ["username", "mobile_number"]
    assert (await person.patch("/api/accounts/me/", {"mobile_number": None})).json()["mobile_number"] is None


async def test_twenty_parallel_edits_with_one_version_change_it_once(world: World) -> None:
    person = await world.person()
    version = (await person.get("/api/accounts/me/")).json()["version"]
    answers = await asyncio.gather(
        *(
            person.patch("/api/accounts/me/", {"full_name": f"Name {n}"}, headers={"If-Match": f'"{version}"'})
            for n in range(20)
        )
    )
    assert sorted(a.status_code for a in answers) == [200] + [409] * 19


async def test_the_export_has_everything_but_secrets(world: World) -> None:
    person, course = await world.person(), await world.course()
    await world.enrol(person, course)
    exported = (await person.get("/api/accounts/me/export/")).json()
    assert exported["users"][0]["email"] == person.email
    assert exported["enrollments"][0]["course_id"] == course.id
    assert not {"password_hash", "nonce", "razorpay_sig"} & set(str(exported).replace("'", " ").split())


async def test_erasure_leaves_no_trace_but_the_payments(world: World) -> None:
    person, course = await world.person(full_name="Canary Person"), await world.course()
    order = await world.order(person, course)
    proof = await world.sandbox.pay(order["razorpay_order_id"])
    await person.post("/api/payments/verify_payment/", proof)
    await person.patch("/api/accounts/me/", {"mobile_number": "+919812345678"})
    await world.settle()
    refused = await person.call("DELETE", "/api/accounts/me/", json={"password": "wrong"})
    assert refused.status_code == 403
    gone = await person.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    assert gone.status_code == 204
    assert (await person.get("/api/accounts/me/")).status_code in {401, 403}
    assert not await can_log_in(world, person.email, PASSWORD)
    await world.settle()
    everything = ""
    for table in metadata.sorted_tables:
        everything += str([tuple(row) for row in await world.house.database.rows(text(f"SELECT * FROM {table.name}"))])
    for canary in (person.email, person.username, "Canary Person", "canary person", "+919812345678"):
        assert not re.search(rf"\b{re.escape(canary)}\b", everything), canary
    assert await world.count("payments") == 1
    again = await world.person(email=person.email, username=person.username)
    assert again.id != person.id
