"""What holds for every request: headers, hosts, sizes, unreadable input, limits, and how it is observed."""

import asyncio
import json
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from adapters.sql import migrating
from core.actor import Role
from entrypoints.http.app import LARGEST_BODY, create_app
from logbook import logbook
from modules.learning.domain.catalogue import ContentType
from services import Postgres, Redis
from worlds import PASSWORD, SandboxClient, World, build_world

REGISTER, LOGIN, ME = "/api/accounts/register/", "/api/accounts/login/", "/api/accounts/me/"
COURSES, UPDATE = "/api/courses/courses/", "/api/courses/progress/update/"
JSON = {"Content-Type": "application/json"}
PROBLEM = {"type", "title", "status", "detail", "code", "errors", "request_id"}


@asynccontextmanager
async def settled_as(url: str, sandbox: SandboxClient, directory: Path, **settings: str) -> AsyncIterator[World]:
    """A world with settings of its own."""
    world = build_world(url, sandbox, directory, **settings)
    shared: Any = world.house.limits._shared
    try:
        yield world
    finally:
        await world.close()
        if shared is not None:
            await shared.storage.bridge.storage.aclose()  # RateLimits.close() leaves its connections to the end


def calling_from(world: World, address: str) -> httpx.AsyncClient:
    app: Any = create_app(world.house)
    transport = httpx.ASGITransport(app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem, if it is the one expected and complete."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() == PROBLEM
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:shala:error:{code}")
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


def fields(answer: httpx.Response) -> set[str]:
    return {fault["field"] for fault in problem(answer, 400, "invalid_input")["errors"]}


def broken_categories(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def categories(_: object) -> None:
        raise ZeroDivisionError("a canary in the message")

    monkeypatch.setattr(type(world.house.workflows.catalogue), "categories", categories)


# --- headers ---------------------------------------------------------------------------------------------------------


async def test_every_answer_has_the_headers(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world, http = sqlite_world, sqlite_world.http
    own = await world.person(Role.INSTRUCTOR)
    film = await world.content(await world.course(instructor=own), ContentType.VIDEO, publish=False)
    broken_categories(world, monkeypatch)
    text = {"file": ("a.txt", b"words", "text/plain")}
    answers = {
        200: await http.get(COURSES),
        204: await http.options(ME),
        400: await http.get(COURSES, params={"limit": "x"}),
        401: await http.get(ME),
        403: await own.get("/api/accounts/users/"),
        404: await http.get("/nowhere/"),
        405: await http.put(ME),
        413: await http.post(REGISTER, content=b"x" * (LARGEST_BODY + 1), headers=JSON),
        415: await own.post(f"/api/courses/contents/{film}/file/", files=text),
        500: await http.get("/api/courses/categories/"),
    }
    assert {expected: answer.status_code for expected, answer in answers.items()} == {s: s for s in answers}
    answers[0] = await http.get("/docs/")
    for status, answer in answers.items():
        headers = answer.headers
        assert len(headers["x-request-id"]) == 16, status
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        assert "server" not in headers
        names = [name for name, _ in headers.raw]
        assert len(names) == len(set(names)), names
        if status >= 400:
            assert headers["content-type"] == "application/problem+json"
    assert answers[405].headers["allow"]
    assert answers[401].headers["www-authenticate"] == "Bearer"
    assert len({answer.headers["x-request-id"] for answer in answers.values()}) == len(answers)


async def test_a_request_id_is_ours_whatever_is_sent(sqlite_world: World) -> None:
    answer = await sqlite_world.http.get(COURSES, headers={"X-Request-ID": "forged\tid"})
    assert "forged" not in answer.headers["x-request-id"]


async def test_personal_answers_are_not_stored_by_anybody(sqlite_world: World) -> None:
    person = await sqlite_world.person()
    body = {"email": person.email, "password": PASSWORD}
    for answer in (
        await person.get(ME),
        await person.get("/api/payments/payments/"),
        await person.get("/api/payments/payments/999/"),
        await sqlite_world.http.post(LOGIN, json=body),
        await sqlite_world.http.post("/api/accounts/token/refresh/", json={"refresh_token": person.refresh_token}),
    ):
        assert answer.headers["cache-control"] == "no-store"
    for answer in (await person.get(COURSES), await sqlite_world.http.get(COURSES)):  # asked for again each time
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["vary"] == "Authorization"


async def test_a_fault_of_ours_is_logged_with_its_trace_and_told_without(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_categories(sqlite_world, monkeypatch)
    with logbook(sqlite_world.house.settings) as written:
        answer = await sqlite_world.http.get("/api/courses/categories/")
    problem(answer, 500, "internal_error")
    for inside in ("ZeroDivision", "canary", "Traceback", ".py", "categories("):
        assert inside not in answer.text
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    (fault,) = [line for line in lines if line["event"] == "request_failed"]
    assert fault["request_id"] == answer.headers["x-request-id"]
    assert fault["exception"][-1]["exc_type"] == "ZeroDivisionError"
    assert fault["exception"][-1]["frames"][-1]["name"] == "categories"
    (request,) = [line for line in lines if line["event"] == "request"]
    assert (request["status"], request["route"]) == (500, "/api/courses/categories")


# --- hosts -----------------------------------------------------------------------------------------------------------

HOSTS = "api.example.com, 127.0.0.1, [::1]"


@pytest.mark.parametrize("host", ["api.example.com", "API.Example.com:443", "127.0.0.1:8000", "[::1]", "[::1]:8000"])
async def test_named_hosts_are_served(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path, host: str) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_ALLOWED_HOSTS=HOSTS) as world:
        assert (await world.http.get("/health/live/", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "api.example.com.evil.example", "xapi.example.com", "a@127.0.0.1", ""]
)
async def test_other_hosts_are_refused(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path, host: str) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_ALLOWED_HOSTS=HOSTS) as world:
        answer = await world.http.get("/health/live/", headers={"Host": host})
        problem(answer, 400, "invalid_input")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_sockets_of_other_hosts_are_refused(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    told: list[Any] = []

    async def send(event: Any) -> None:
        told.append(event)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    scope: dict[str, Any] = {"type": "websocket", "path": "/ws/notifications/", "headers": [(b"host", b"evil.example")]}
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_ALLOWED_HOSTS=HOSTS) as world:
        app: Any = create_app(world.house)
        await app(scope, receive, send)
    assert [(event["type"], event["code"]) for event in told] == [("websocket.close", 1008)]


# --- bodies ----------------------------------------------------------------------------------------------------------


async def chunked(size: int) -> AsyncIterator[bytes]:
    for _ in range(0, size, 2**16):
        yield b" " * 2**16


async def test_a_body_above_a_mebibyte_is_refused_however_it_comes(sqlite_world: World) -> None:
    http, large = sqlite_world.http, b" " * (LARGEST_BODY + 1)
    problem(await http.post(REGISTER, content=large, headers=JSON), 413, "payload_too_large")
    problem(await http.post(REGISTER, content=chunked(2 * LARGEST_BODY), headers=JSON), 413, "payload_too_large")
    just = await http.post(REGISTER, content=b" " * (LARGEST_BODY - 2) + b"{}", headers=JSON)
    assert fields(just) == {"username"}


@pytest.mark.parametrize(
    "body",
    [b"{", b"nonsense", b'{"a": 1,}', b'{"username": "\xff\xfe"}', b'{"username": "\\ud800"}', b"[" * 100_000, b"\x00"],
    ids=["open", "word", "comma", "no utf-8", "half a character", "depth", "nul"],
)
async def test_what_is_not_json_is_400(sqlite_world: World, body: bytes) -> None:
    answer = await sqlite_world.http.post(REGISTER, content=body, headers=JSON)
    problem(answer, 400, "malformed_json")


async def test_no_body_is_400(sqlite_world: World) -> None:
    assert fields(await sqlite_world.http.post(REGISTER)) == {"body"}


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_form_that_cannot_be_read_is_400(sqlite_world: World, content_type: str) -> None:
    person = await sqlite_world.person()
    headers = {"Content-Type": content_type}
    answer = await person.call("POST", "/api/accounts/me/profile-image/", content=b"zzz", headers=headers)
    assert "form" in problem(answer, 400, "invalid_input")["detail"]


async def test_a_form_of_many_parts_is_refused(sqlite_world: World) -> None:
    person = await sqlite_world.person()
    parts = {f"part{number}": "x" for number in range(30)}
    file = {"file": ("a.png", b"x", "image/png")}
    answer = await person.call("POST", "/api/accounts/me/profile-image/", data=parts, files=file)
    problem(answer, 400, "invalid_input")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "username"),
        ({"username": 7, "email": "a@b.in", "password": "p"}, "username"),
        ({"username": None, "email": "a@b.in", "password": "p"}, "username"),
        ({"username": "abc", "email": "a@b.in", "password": PASSWORD, "is_staff": True}, "is_staff"),
    ],
)
async def test_the_faulty_field_is_named(sqlite_world: World, body: object, field: str) -> None:
    assert fields(await sqlite_world.http.post(REGISTER, json=body)) == {field}


async def test_nested_fields_are_named_by_their_path(sqlite_world: World) -> None:
    person = await sqlite_world.person()
    report = {"content_id": 1, "last_position": 0, "time_spent": 0, "watched": [[0, 1], [2, "x"]]}
    assert fields(await person.post(UPDATE, report)) == {"watched.1.1"}


async def test_faults_of_the_query_are_named(sqlite_world: World) -> None:
    for query in ({"limit": "x"}, {"limit": 10**9}, {"limit": 0}, {"level": "genius"}, {"ordering": "password"}):
        assert fields(await sqlite_world.http.get(COURSES, params=query)) == set(query)
    problem(await sqlite_world.http.get(COURSES, params={"cursor": "é"}), 400, "invalid_cursor")


# --- what databases cannot hold --------------------------------------------------------------------------------------


async def test_a_nul_is_400_wherever_it_stands(world: World) -> None:
    person, admin = await world.person(), await world.admin()
    for answer in (
        await person.patch(ME, {"full_name": "a\0b"}),
        await world.http.post(LOGIN, json={"email": "a\0@b.in", "password": "p"}),
        await admin.post(COURSES, {"title": "a\0b"}),
        await admin.post(COURSES, {"title": "a\\\0b"}),
        await world.http.get(COURSES, params={"q": "a\0b"}),
        await world.http.get(COURSES, params={"category": "a\0b"}),
        await admin.get("/api/accounts/users/", params={"search": "\0"}),
    ):
        assert "NUL" in problem(answer, 400, "invalid_input")["detail"]
    assert (await person.patch(ME, {"full_name": "a\\u0000b"})).status_code == 200  # a backslash, and no NUL
    assert (await world.http.get("/media/a%00b")).status_code == 404


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 2**70, -1, 0])
async def test_ids_of_any_size_are_400_or_404(world: World, number: int) -> None:
    person, admin = await world.person(), await world.admin()
    answers = [
        await world.http.get(f"{COURSES}{number}/"),
        await world.http.get(f"/api/courses/contents/{number}/"),
        await admin.get(f"/api/accounts/users/{number}/"),
        await admin.patch(f"/api/accounts/users/{number}/", {"role": "student"}),
        await admin.post("/api/courses/enrollments/grant/", {"course_id": number, "user_id": number}),
        await admin.delete(f"{COURSES}{number}/instructors/{number}/"),
        await person.delete(f"/api/accounts/sessions/{number}/"),
        await person.get(f"/api/payments/payments/{number}/"),
        await person.post("/api/payments/create_order/", {"course_id": number}),
        await person.post(UPDATE, {"content_id": number, "last_position": 0, "time_spent": 0}),
    ]
    assert [(a.status_code, a.request.url.path) for a in answers if a.status_code not in {400, 404}] == []
    listed = [
        await admin.get("/api/accounts/audit/", params={"target_id": number}),
        await admin.get("/api/payments/payments/", params={"user_id": number}),
        await person.get("/api/courses/enrollments/", params={"course_id": number}),
        await person.get("/api/courses/progress/", params={"course_id": number}),
    ]
    assert [(a.status_code, a.request.url.path) for a in listed if a.status_code not in {200, 400, 403, 404}] == []


ODD = (
    "/api/courses/courses/x/",
    f"/api/courses/courses/{'9' * 5000}/",
    "/%ff/",
    "//api/courses/",
    "/media/" + "a" * 3000,
    "/media/..%2f..%2fshala.db",
    "/api/courses/files/%C3%A9.x/",
    "/api/courses/files/..%2f..%2fsecret-key/",
)


@pytest.mark.parametrize("path", ODD, ids=range(len(ODD)))
async def test_odd_addresses_are_404(sqlite_world: World, path: str) -> None:
    problem(await sqlite_world.http.get(path), 404, "not_found")


@pytest.mark.parametrize(
    "header", ["Basic abc", "Bearer", "Bearer ", "Bearer x.y.z", "Bearer \xff", "bearer" + " x" * 3000]
)
async def test_odd_authorizations_are_401(sqlite_world: World, header: str) -> None:
    for path in (ME, COURSES):  # a token that is sent must be good
        answer = await sqlite_world.http.get(path, headers={b"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


# --- limits ----------------------------------------------------------------------------------------------------------


async def tried(world: World, email: str, password: str) -> httpx.Response:
    return await world.http.post(LOGIN, json={"email": email, "password": password})


async def test_the_eleventh_wrong_password_is_429_and_others_may_still_log_in(sqlite_world: World) -> None:
    victim, neighbour = await sqlite_world.person(), await sqlite_world.person()
    for _ in range(10):
        problem(await tried(sqlite_world, victim.email, "wrong"), 401, "invalid_credentials")
    answer = await tried(sqlite_world, f" {victim.email.upper()} ", "wrong")  # the same account
    problem(answer, 429, "rate_limited")
    assert 0 < int(answer.headers["retry-after"]) <= 900
    assert (await tried(sqlite_world, neighbour.email, PASSWORD)).status_code == 200
    async with calling_from(sqlite_world, "198.51.100.7") as elsewhere:
        body = {"email": victim.email, "password": PASSWORD}
        assert (await elsewhere.post(LOGIN, json=body)).status_code == 200
    assert (await victim.get(ME)).status_code == 200


async def test_one_address_cannot_try_many_accounts(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_LIMIT_LOGIN_ADDRESS="5") as world:
        statuses = [(await tried(world, f"a{number}@example.com", "wrong")).status_code for number in range(7)]
        assert statuses == [401] * 5 + [429] * 2


async def test_registrations_are_limited_by_address(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path) as world:
        world.house.settings = replace(world.house.settings, limit_register=3)  # the embedded default allows many
        people = [{"username": f"user{n}", "email": f"u{n}@example.com", "password": PASSWORD} for n in range(4)]
        answers = [await world.http.post(REGISTER, json=person) for person in people]
        assert [a.status_code for a in answers] == [201, 201, 201, 429]
        assert 0 < int(answers[-1].headers["retry-after"]) <= 3600
        async with calling_from(world, "198.51.100.7") as elsewhere:
            assert (await elsewhere.post(REGISTER, json=people[3])).status_code == 201


async def test_codes_are_limited_by_account(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_LIMIT_CODES="3") as world:
        person = await world.person()
        forgot, reset = "/api/accounts/password/forgot/", "/api/accounts/password/reset/"
        assert (await world.http.post(forgot, json={"email": person.email})).status_code < 300
        guess = {"email": person.email, "code": "000000", "new_password": "another-good-phrase-2"}
        statuses = [(await world.http.post(reset, json=guess)).status_code for _ in range(3)]
        assert statuses == [400, 400, 429]
        assert (await world.http.post(forgot, json={"email": "someone.else@example.com"})).status_code < 300
        verify = [await person.post("/api/accounts/email/verify/", {"code": "000000"}) for _ in range(4)]
        assert [a.status_code for a in verify] == [400, 400, 400, 429]


async def test_an_address_is_what_the_server_saw(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_LIMIT_ADDRESS="3") as world:
        spoofs = [{"X-Forwarded-For": f"198.51.100.{n}", "Forwarded": f"for=198.51.100.{n}"} for n in range(5)]
        statuses = [(await world.http.get(COURSES, headers=spoof)).status_code for spoof in spoofs]
        assert statuses == [200, 200, 200, 429, 429]


async def test_guessing_tokens_is_limited(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_LIMIT_ADDRESS="3") as world:
        guesses = [{"Authorization": f"Bearer guess{number}"} for number in range(4)]
        statuses = [(await world.http.get(ME, headers=guess)).status_code for guess in guesses]
        assert statuses == [401, 401, 401, 429]


async def test_users_are_limited_wherever_they_call_from(
    sqlite_url: str, sandbox: SandboxClient, tmp_path: Path
) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_LIMIT_USER="3") as world:
        person, other = await world.person(), await world.person()
        async with calling_from(world, "198.51.100.7") as elsewhere:
            statuses = [(await elsewhere.get(ME, headers=person.headers)).status_code for _ in range(2)]
        statuses += [(await person.get(ME)).status_code for _ in range(2)]
        assert statuses == [200, 200, 200, 429]
        assert (await other.get(ME)).status_code == 200


async def test_two_instances_over_one_redis_share_a_limit(
    sqlite_url: str, sandbox: SandboxClient, tmp_path: Path, redis: str
) -> None:
    """Exactly, but for the tenth that each instance may have let in before it asked."""
    settings = {"SHALA_REDIS_URL": redis, "SHALA_LIMIT_ADDRESS": "50"}
    address = f"test-{uuid.uuid4().hex}"
    async with (
        settled_as(sqlite_url, sandbox, tmp_path, **settings) as first,
        settled_as(sqlite_url, sandbox, tmp_path, **settings) as second,
        calling_from(first, address) as one,
        calling_from(second, address) as two,
    ):
        places = asyncio.Semaphore(20)  # each call at once takes a connection, and many of them take too long

        async def call(http: httpx.AsyncClient) -> httpx.Response:
            async with places:
                return await http.get("/health/live/")

        answers = await asyncio.gather(*(call(http) for _ in range(100) for http in (one, two)))
        statuses = [a.status_code for a in answers]
        assert 50 <= statuses.count(200) <= 60
        assert statuses.count(200) + statuses.count(429) == 200
        later = await asyncio.gather(*(call(http) for _ in range(20) for http in (one, two)))
        assert {a.status_code for a in later} == {429}
        assert all(0 < int(a.headers["retry-after"]) <= 60 for a in answers if a.status_code == 429)


@pytest.mark.parametrize("fault", ["stopped", "frozen"])
async def test_without_redis_limits_hold_and_nobody_waits(
    sqlite_url: str, sandbox: SandboxClient, tmp_path: Path, fault: str
) -> None:
    with Redis() as server:
        settings = {"SHALA_REDIS_URL": server.url, "SHALA_LIMIT_ADDRESS": "20"}
        async with settled_as(sqlite_url, sandbox, tmp_path, **settings) as world:
            assert (await world.http.get("/health/live/")).status_code == 200
            assert server.process is not None
            if fault == "stopped":
                await asyncio.to_thread(server.stop)
            else:
                server.process.suspend()
            try:
                statuses, longest = [], 0.0
                for _ in range(25):
                    began = time.perf_counter()
                    statuses.append((await world.http.get("/health/live/")).status_code)
                    longest = max(longest, time.perf_counter() - began)
                assert longest < 1
                assert statuses == [200] * 19 + [429] * 6
            finally:
                if fault == "frozen":
                    server.process.resume()


# --- being observed --------------------------------------------------------------------------------------------------


async def test_metrics_count_by_route_not_by_address(sqlite_world: World) -> None:
    person = await sqlite_world.person()
    await person.get("/api/payments/payments/424242/")
    await sqlite_world.http.get("/424242/")
    await sqlite_world.http.request("BREW424242", ME)
    answer = await sqlite_world.http.get("/metrics/")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = answer.text.splitlines()
    counted = 'shala_http_requests_total{method="GET",route="/api/payments/payments/{payment_id}",status="404"}'
    assert [line for line in lines if line.startswith(counted)]
    for name in ("shala_outbox_waiting", "shala_outbox_dead", "shala_outbox_oldest_seconds"):
        assert [line for line in lines if line.startswith(f"{name} ")]
    assert "424242" not in answer.text


async def test_metrics_ask_for_their_token(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_METRICS_TOKEN="a-long-token") as world:
        problem(await world.http.get("/metrics/"), 401, "not_authenticated")
        for given in ("wrong", "é"):
            answer = await world.http.get("/metrics/", headers={b"X-Metrics-Token": given.encode()})
            problem(answer, 401, "not_authenticated")
        assert (await world.http.get("/metrics/", headers={"X-Metrics-Token": "a-long-token"})).status_code == 200


async def test_probes_are_not_logged(sqlite_world: World) -> None:
    with logbook(sqlite_world.house.settings) as written:
        for path in ("/health/live/", "/health/ready/", "/metrics/"):
            assert (await sqlite_world.http.get(path)).status_code == 200
        await sqlite_world.http.get(COURSES)
    assert [json.loads(line)["route"] for line in written.getvalue().splitlines()] == ["/api/courses/courses"]


async def test_ready_is_degraded_without_redis(sqlite_url: str, sandbox: SandboxClient, tmp_path: Path) -> None:
    with Redis() as server:
        async with settled_as(sqlite_url, sandbox, tmp_path, SHALA_REDIS_URL=server.url) as world:
            answer = await world.http.get("/health/ready/")
            assert (answer.status_code, answer.json()["status"]) == (200, "ok")
            await asyncio.to_thread(server.stop)
            answer = await world.http.get("/health/ready/")
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            assert answer.json()["checks"]["database"] == "ok"
            assert server.password not in answer.text
            assert (await world.http.get("/health/live/")).json()["status"] == "ok"


async def test_without_the_database_ready_is_503_and_calls_may_be_repeated(
    sandbox: SandboxClient, tmp_path: Path
) -> None:
    with Postgres() as server:
        await migrating.upgrade(server.url)
        async with settled_as(server.url, sandbox, tmp_path) as world:
            person = await world.person()
            assert (await world.http.get("/health/ready/")).status_code == 200
            await asyncio.to_thread(server.stop)
            down = await world.http.get("/health/ready/")
            assert (down.status_code, down.json()["status"]) == (503, "down")
            assert server.password not in down.text
            assert (await world.http.get("/health/live/")).status_code == 200
            for answer in (await world.http.get(COURSES), await person.get(ME)):
                problem(answer, 503, "unavailable")
                assert int(answer.headers["retry-after"]) >= 1
            await asyncio.to_thread(server.start)
            assert (await person.get(ME)).status_code == 200
            assert (await world.http.get("/health/ready/")).json()["status"] == "ok"


def test_nothing_here_needs_the_machines_environment() -> None:
    assert not [name for name in os.environ if name.startswith("SHALA_") and not name.startswith("SHALA_TEST_")]
