"""Registering, logging in, staying in, and what ends it."""

import asyncio
import statistics
import time

import pytest

from core.actor import Role
from modules.identity.domain import REFRESH_LIFETIME
from worlds import PASSWORD, Person, World

REFRESH = "/api/accounts/token/refresh/"
ME = "/api/accounts/me/"


async def refresh(world: World, token: str) -> tuple[int, dict]:
    answer = await world.http.post(REFRESH, json={"refresh_token": token})
    return answer.status_code, answer.json()


async def login(world: World, person: Person, password: str = PASSWORD) -> dict:
    body = {"email": person.email, "password": password}
    answer = await world.http.post("/api/accounts/login/", json=body, headers={"User-Agent": "Pixel 9"})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_register_makes_a_student_whatever_is_sent(world: World) -> None:
    body = {"username": "asha", "email": " Asha@Example.COM ", "password": PASSWORD, "full_name": "Asha Rao"}
    answer = await world.http.post("/api/accounts/register/", json=body)
    assert answer.status_code == 201
    info = answer.json()
    assert (info["email"], info["role"], info["is_active"]) == ("asha@example.com", "student", True)
    assert info["created_at"].endswith("Z")
    assert "password" not in answer.text
    forged = await world.http.post("/api/accounts/register/", json={**body, "role": "admin"})
    assert forged.status_code == 400
    assert forged.json()["errors"][0]["field"] == "role"


@pytest.mark.parametrize(("field", "code"), [("email", "email_taken"), ("username", "username_taken")])
async def test_addresses_and_usernames_are_unique_without_case(world: World, field: str, code: str) -> None:
    first = {"username": "asha", "email": "asha@example.com", "password": PASSWORD}
    assert (await world.http.post("/api/accounts/register/", json=first)).status_code == 201
    other = {"username": "other", "email": "other@example.com", "password": PASSWORD, field: first[field].upper()}
    answer = await world.http.post("/api/accounts/register/", json=other)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_twenty_parallel_registrations_give_one_account(world: World) -> None:
    body = {"username": "asha", "email": "asha@example.com", "password": PASSWORD}
    answers = await asyncio.gather(*(world.http.post("/api/accounts/register/", json=body) for _ in range(15)))
    assert sorted(a.status_code for a in answers) == [201] + [409] * 14
    assert await world.count("users") == 1


async def test_a_repeated_registration_with_a_key_gets_the_same_answer(world: World) -> None:
    body = {"username": "asha", "email": "asha@example.com", "password": PASSWORD}
    headers = {"Idempotency-Key": "k-1"}
    answers = [await world.http.post("/api/accounts/register/", json=body, headers=headers) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    changed = await world.http.post("/api/accounts/register/", json={**body, "full_name": "X"}, headers=headers)
    assert (changed.status_code, changed.json()["code"]) == (409, "idempotency_key_reused")


async def test_parallel_registrations_with_one_key_get_the_same_answer(world: World) -> None:
    body = {"username": "asha", "email": "asha@example.com", "password": PASSWORD}
    headers = {"Idempotency-Key": "k-1"}
    answers = await asyncio.gather(
        *(world.http.post("/api/accounts/register/", json=body, headers=headers) for _ in range(5))
    )
    assert [a.status_code for a in answers] == [201] * 5
    assert len({a.json()["id"] for a in answers}) == 1
    taken = await world.http.post("/api/accounts/register/", json=body, headers={"Idempotency-Key": "k-2"})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")


@pytest.mark.parametrize("password", ["short", "password1", "iloveyou", "asha2026asha", "x" * 129])
async def test_weak_passwords_are_refused(sqlite_world: World, password: str) -> None:
    body = {"username": "asha2026", "email": "who@example.com", "password": password}
    answer = await sqlite_world.http.post("/api/accounts/register/", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "password"


@pytest.mark.parametrize("password", ["पासवर्ड बहुत लंबा", "🦜🦜🦜🦜🦜🦜🦜🦜", "x7" * 64])
async def test_any_characters_make_a_password(sqlite_world: World, password: str) -> None:
    body = {"username": "asha", "email": "who@example.com", "password": password}
    assert (await sqlite_world.http.post("/api/accounts/register/", json=body)).status_code == 201
    proof = {"email": "who@example.com", "password": password}
    assert (await sqlite_world.http.post("/api/accounts/login/", json=proof)).status_code == 200
    cut = {"email": "who@example.com", "password": password[:-1]}
    assert (await sqlite_world.http.post("/api/accounts/login/", json=cut)).status_code == 401


async def test_unknown_address_and_wrong_password_look_and_take_the_same(sqlite_world: World) -> None:
    world, person = sqlite_world, await sqlite_world.person()
    bodies = set()
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(40):
        for is_known in (True, False):
            email = person.email if is_known else f"nobody{number}@example.com"
            began = time.perf_counter()
            try:
                await world.house.workflows.logins.login(email, "wrong password", device="")
            except Exception as error:  # noqa: BLE001
                bodies.add((type(error).__name__, str(error)))
            times[is_known].append(time.perf_counter() - began)
    assert len(bodies) == 1
    known, unknown = statistics.median(times[True]), statistics.median(times[False])
    assert 0.5 < known / unknown < 2


async def test_a_refresh_gives_new_tokens_and_a_lost_reply_the_same_again(world: World) -> None:
    person = await world.person()
    status, first = await refresh(world, person.refresh_token)
    assert status == 200
    assert first["refresh_token"] != person.refresh_token
    status, again = await refresh(world, person.refresh_token)
    assert (status, again["refresh_token"]) == (200, first["refresh_token"])
    status, second = await refresh(world, first["refresh_token"])
    assert status == 200
    # the successor has been used: the first token is now two generations old
    status, problem = await refresh(world, person.refresh_token)
    assert (status, problem["code"]) == (401, "refresh_reused")
    status, problem = await refresh(world, second["refresh_token"])
    assert (status, problem["code"]) == (401, "invalid_token")


async def test_ten_parallel_refreshes_give_one_successor(world: World) -> None:
    person = await world.person()
    answers = await asyncio.gather(*(refresh(world, person.refresh_token) for _ in range(10)))
    assert {status for status, _ in answers} == {200}
    assert len({body["refresh_token"] for _, body in answers}) == 1


async def test_the_grace_ends_after_a_day_and_the_token_after_thirty(world: World) -> None:
    person, other = await world.person(), await world.person()
    await refresh(world, person.refresh_token)
    world.clock.advance(hours=25)
    status, problem = await refresh(world, person.refresh_token)
    assert (status, problem["code"]) == (401, "refresh_reused")
    world.clock.advance(seconds=REFRESH_LIFETIME.total_seconds())
    status, problem = await refresh(world, other.refresh_token)
    assert (status, problem["code"]) == (401, "invalid_token")


@pytest.mark.parametrize("forged", ["", "rt_", "rt_1_1_x", "rt_999_1_abc", "rt_1_99999999999999999999_x", "x" * 5000])
async def test_forged_refresh_tokens_are_401(sqlite_world: World, forged: str) -> None:
    await sqlite_world.person()
    status, problem = await refresh(sqlite_world, forged)
    assert (status, problem["code"]) == (401, "invalid_token")


async def test_a_forged_generation_does_not_end_the_login(world: World) -> None:
    """Only a genuine old token is reuse: nobody can log others out by guessing."""
    person = await world.person()
    await refresh(world, person.refresh_token)
    prefix, session, _, proof = person.refresh_token.split("_", 3)
    assert (await refresh(world, f"{prefix}_{session}_0_{proof}"))[0] == 401
    assert (await person.get(ME)).status_code == 200


async def test_access_tokens_expire_and_logout_ends_them_at_once(world: World) -> None:
    person = await world.person()
    world.clock.advance(minutes=16)
    answer = await person.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
    status, tokens = await refresh(world, person.refresh_token)
    assert status == 200
    person.token = tokens["access_token"]
    assert (await person.post("/api/accounts/logout/")).status_code == 204
    answer = await person.get(ME)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_revoked")
    assert (await refresh(world, tokens["refresh_token"]))[0] == 401


async def test_devices_are_listed_and_ended_one_by_one_or_all(world: World) -> None:
    person = await world.person()
    phone, tablet = await login(world, person), await login(world, person)
    devices = (await person.get("/api/accounts/sessions/")).json()["results"]
    assert len(devices) == 3
    assert [d["is_current"] for d in devices].count(True) == 1
    other = next(d for d in devices if d["device"] == "Pixel 9")
    assert (await person.delete(f"/api/accounts/sessions/{other['id']}/")).status_code == 204
    assert (await person.delete(f"/api/accounts/sessions/{other['id']}/")).status_code == 404
    ended = [await refresh(world, t["refresh_token"]) for t in (phone, tablet)]
    assert sorted(status for status, _ in ended) == [200, 401]
    stranger = await world.person()
    mine = (await person.get("/api/accounts/sessions/")).json()["results"][0]["id"]
    assert (await stranger.delete(f"/api/accounts/sessions/{mine}/")).status_code == 404
    assert (await person.post("/api/accounts/logout-all/")).status_code == 204
    assert (await person.get(ME)).status_code == 401
    assert all([(await refresh(world, t["refresh_token"]))[0] == 401 for t in (phone, tablet)])


async def test_a_ban_holds_from_the_next_request_and_ends_all_logins(world: World) -> None:
    person, admin = await world.person(), await world.admin()
    answer = await admin.patch(f"/api/accounts/users/{person.id}/", {"is_active": False})
    assert (answer.status_code, answer.json()["is_active"]) == (200, False)
    for path in (ME, "/api/courses/courses/"):
        banned = await person.get(path)
        assert (banned.status_code, banned.json()["code"]) == (403, "account_disabled")
    body = {"email": person.email, "password": PASSWORD}
    assert (await world.http.post("/api/accounts/login/", json=body)).json()["code"] == "account_disabled"
    assert (await refresh(world, person.refresh_token))[0] in {401, 403}
    await admin.patch(f"/api/accounts/users/{person.id}/", {"is_active": True})
    assert (await person.get(ME)).json()["code"] == "token_revoked"  # no token from before the ban is good again
    assert (await login(world, person))["user_info"]["is_active"]


async def test_a_role_change_holds_from_the_next_request(world: World) -> None:
    person, admin = await world.person(Role.ADMIN), await world.admin()
    assert (await person.get("/api/accounts/users/")).status_code == 200
    await admin.patch(f"/api/accounts/users/{person.id}/", {"role": "student"})
    assert (await person.get("/api/accounts/users/")).status_code == 403
    assert (await person.get(ME)).json()["role"] == "student"


async def test_admins_cannot_ban_or_demote_themselves(world: World) -> None:
    admin = await world.admin()
    answer = await admin.patch(f"/api/accounts/users/{admin.id}/", {"is_active": False})
    assert (answer.status_code, answer.json()["code"]) == (409, "own_account")


async def test_admins_search_users_and_read_the_audit_log(world: World) -> None:
    admin, person = await world.admin(), await world.person(full_name="Zubin Mehta")
    for wanted in ("zubin", person.username, person.email[:9].upper()):
        found = (await admin.get("/api/accounts/users/", params={"search": wanted})).json()["results"]
        assert person.id in [user["id"] for user in found]
    assert not (await admin.get("/api/accounts/users/", params={"search": "%"})).json()["results"]
    students = (await admin.get("/api/accounts/users/", params={"role": "student", "count": "true"})).json()
    assert (students["count"], {u["role"] for u in students["results"]}) == (1, {"student"})
    await admin.patch(f"/api/accounts/users/{person.id}/", {"role": "instructor"})
    log = (await admin.get("/api/accounts/audit/", params={"target_type": "user", "target_id": person.id})).json()
    assert [(r["action"], r["actor_id"]) for r in log["results"]] == [("user.role_changed", admin.id)]
    assert log["results"][0]["data"] == {"before": "student", "after": "instructor"}


async def test_the_audit_log_cannot_be_changed(world: World) -> None:
    from sqlalchemy import text

    admin, person = await world.admin(), await world.person()
    await admin.patch(f"/api/accounts/users/{person.id}/", {"role": "instructor"})
    for statement in ("UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log"):
        with pytest.raises(Exception, match="append-only"):
            async with world.house.database.transaction() as transaction:
                await transaction.execute(text(statement))


async def test_tickets_open_once_and_for_thirty_seconds(world: World) -> None:
    person, authentication = await world.person(), world.house.workflows.authentication
    ticket = (await person.post("/api/accounts/ws-ticket/")).json()["ticket"]
    actors = await asyncio.gather(*(authentication.redeem_ticket(ticket) for _ in range(10)), return_exceptions=True)
    assert [getattr(a, "user_id", None) for a in actors].count(person.id) == 1
    late = (await person.post("/api/accounts/ws-ticket/")).json()["ticket"]
    world.clock.advance(seconds=31)
    with pytest.raises(Exception, match="ask for another"):
        await authentication.redeem_ticket(late)
