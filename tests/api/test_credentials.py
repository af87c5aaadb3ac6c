"""Passwords, addresses, profile, export and erasure."""

import asyncio
import re

import msgspec
import pytest
from sqlalchemy import text

from adapters.sql.models import metadata
from modules.community.domain.chat import Draft
from worlds import PASSWORD, Person, World

NEW = "another-good-phrase-2"
FORGOT, RESET = "/api/accounts/password/forgot/", "/api/accounts/password/reset/"
RESEND, VERIFY, CHANGE = "/api/accounts/email/resend/", "/api/accounts/email/verify/", "/api/accounts/email/change/"


async def codes(world: World, to: str) -> list[str]:
    """The codes in this mailbox, newest first."""
    await world.settle()
    subjects = [mail["subject"] for mail in await world.sandbox.mails(to)]
    return [found[0] for found in (re.match(r"\d{6}", subject) for subject in subjects) if found]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


async def can_log_in(world: World, email: str, password: str) -> bool:
    answer = await world.http.post("/api/accounts/login/", json={"email": email, "password": password})
    return answer.status_code == 200


async def test_an_address_is_verified_by_its_code_once(world: World) -> None:
    person = await world.person()
    code = (await codes(world, person.email))[0]
    answer = await person.post("/api/accounts/email/verify/", {"code": other_than(code)})
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


async def test_codes_expire(world: World) -> None:
    person = await world.person()
    code = (await codes(world, person.email))[0]
    world.clock.advance(minutes=11)
    assert (await person.post(VERIFY, {"code": code})).status_code == 400


async def test_a_code_is_mailed_again_until_somebody_guesses_at_it(world: World) -> None:
    """Who asks for a code in another's name does not void what that person is typing."""
    person = await world.person()
    first = (await codes(world, person.email))[0]
    for _ in range(2):
        assert (await person.post(RESEND)).status_code == 204
        await world.settle()
    assert await codes(world, person.email) == [first] * 3
    assert (await person.post(VERIFY, {"code": other_than(first)})).status_code == 400
    assert (await person.post(RESEND)).status_code == 204
    second = (await codes(world, person.email))[0]
    assert second != first
    assert (await person.post(VERIFY, {"code": first})).status_code == 400
    assert (await person.post(VERIFY, {"code": second})).status_code == 200


async def test_each_address_gets_a_code_of_its_own(world: World) -> None:
    """The digits that one mailbox was shown prove nothing about another."""
    person = await world.person()
    for wanted in ("one@example.com", "two@example.com"):
        assert (await person.post(CHANGE, {"email": wanted, "password": PASSWORD})).status_code == 204
    await world.settle()
    sent = {to: await codes(world, to) for to in ("one@example.com", "two@example.com", person.email)}
    assert sent["one@example.com"] == []  # void before it was sent
    assert sent["two@example.com"] != sent[person.email]


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


async def test_strangers_cannot_use_up_the_codes_of_other_purposes(world: World) -> None:
    person = await world.person()
    for _ in range(7):
        assert (await world.http.post(FORGOT, json={"email": person.email})).status_code == 204
    assert await world.count("one_time_codes", "purpose = 'reset_password'") == 5
    assert (await person.post(RESEND)).status_code == 204
    body = {"email": "new@example.com", "password": PASSWORD}
    assert (await person.post(CHANGE, body)).status_code == 204
    code = (await codes(world, "new@example.com"))[0]
    assert (await person.post(VERIFY, {"code": code})).status_code == 200


async def test_parallel_calls_do_not_pass_the_bound_on_codes(world: World) -> None:
    person = await world.person()
    await asyncio.gather(*(world.http.post(FORGOT, json={"email": person.email}) for _ in range(12)))
    assert await world.count("one_time_codes", "purpose = 'reset_password'") == 5


async def test_a_former_address_is_not_counted_as_a_code(world: World) -> None:
    person = await world.person()
    for number in range(5):
        wanted = f"number{number}@example.com"
        assert (await person.post(CHANGE, {"email": wanted, "password": PASSWORD})).status_code == 204
        code = (await codes(world, wanted))[0]
        assert (await person.post(VERIFY, {"code": code})).status_code == 200
    sixth = await person.post(CHANGE, {"email": "number6@example.com", "password": PASSWORD})
    assert sixth.status_code == 429


async def test_codes_are_limited_by_the_address_of_the_caller(sqlite_world: World) -> None:
    world = sqlite_world
    world.house.settings = msgspec.structs.replace(world.house.settings, limit_login_address=4)
    guess = {"code": "000000", "new_password": NEW}
    statuses = [(await world.http.post(FORGOT, json={"email": f"a{n}@example.com"})).status_code for n in range(2)]
    statuses += [
        (await world.http.post(RESET, json={"email": f"b{n}@example.com", **guess})).status_code for n in range(3)
    ]
    assert statuses == [204, 204, 400, 400, 429]


@pytest.mark.parametrize("password", ["short", "password1", "canary-person-1", "x" * 200])
async def test_a_reset_tells_nobody_whether_an_address_has_an_account(world: World, password: str) -> None:
    person = await world.person(full_name="Canary")
    await world.settle()  # so that the code of the registration is not the newest mail
    await world.http.post(FORGOT, json={"email": person.email})
    code = (await codes(world, person.email))[0]
    answers = []
    for email in (person.email, "nobody@example.com"):
        body = {"email": email, "code": other_than(code), "new_password": password}
        answer = await world.http.post(RESET, json=body)
        answers.append((answer.status_code, {**answer.json(), "request_id": ""}))
    assert answers[0] == answers[1]
    assert answers[0][1]["code"] == "invalid_code"
    right = {"email": person.email, "code": code, "new_password": password}
    assert (await world.http.post(RESET, json=right)).json()["code"] == "invalid_input"
    for _ in range(4):  # a try with a weak password is a try
        await world.http.post(RESET, json={**right, "code": other_than(code)})
    assert (await world.http.post(RESET, json={**right, "new_password": NEW})).json()["code"] == "invalid_code"


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


async def test_the_newer_of_two_codes_is_the_one_that_counts(world: World) -> None:
    person, wanted = await world.person(), "wanted@example.com"
    assert (await person.post(CHANGE, {"email": wanted, "password": PASSWORD})).status_code == 204
    await world.settle()
    assert (await person.post(RESEND)).status_code == 204
    code = (await codes(world, person.email))[0]
    verified = await person.post(VERIFY, {"code": code})
    assert (verified.status_code, verified.json().get("email")) == (200, person.email)
    assert verified.json()["email_verified_at"]
    change = (await codes(world, wanted))[0]  # still open
    changed = await person.post(VERIFY, {"code": change})
    assert (changed.status_code, changed.json()["email"]) == (200, wanted)


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
    course = await world.course()
    group = await world.group(course)
    person, do = await world.classmate(course, group), world.house.workflows
    for title in ("First", "Second"):
        await do.posting.write(person.actor, group, title=title, content="Words")
    await do.chatting.send(person.actor, Draft(group, "Hello"))
    exported = (await person.get("/api/accounts/me/export/")).json()
    assert exported["users"][0]["email"] == person.email
    assert exported["enrollments"][0]["course_id"] == course.id
    assert [row["title"] for row in exported["community_posts"]] == ["First", "Second"]
    assert [row["message"] for row in exported["chat_messages"]] == ["Hello"]
    assert [row["community_id"] for row in exported["group_members"]] == [group]
    assert not {"password_hash", "nonce", "razorpay_sig"} & set(str(exported).replace("'", " ").split())


async def test_erasure_leaves_no_trace_but_the_payments(world: World) -> None:
    person, course = await world.person(full_name="Canary Person"), await world.course()
    order = await world.order(person, course)
    proof = await world.sandbox.pay(order["razorpay_order_id"])
    await person.post("/api/payments/verify_payment/", proof)
    await person.patch("/api/accounts/me/", {"mobile_number": "+919812345678"})
    other, admin = await world.course(), await world.admin()
    order_again = {"course_id": other.id}
    await person.post("/api/payments/create_order/", order_again, headers={"Idempotency-Key": "once"})
    listed = {"file": ("list.csv", f"email\n{person.email}\n".encode(), "text/csv")}
    imported = await admin.call("POST", f"/api/courses/courses/{course.id}/enrollments/import/", files=listed)
    assert imported.status_code == 202
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
    assert await world.count("payments") == 2
    again = await world.person(email=person.email, username=person.username)
    assert again.id != person.id
