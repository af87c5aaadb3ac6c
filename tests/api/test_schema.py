"""The OpenAPI document, the page that shows it, and what an application must be to start."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar, WebSocket, asgi, get, websocket
from litestar.types import Receive, Scope, Send
from openapi_spec_validator import OpenAPIV31SpecValidator

from entrypoints.http import app as http_app
from entrypoints.http.app import create_app, create_litestar
from entrypoints.http.policy import Missing, Policy, admit, demand_policies
from worlds import World

METHODS = {"get", "post", "put", "patch", "delete"}
UNDOCUMENTED = ("/docs", "/media", "/api/courses/files")  # pages and files
HOST = re.compile(r"""(?:src|href|action|url\()\s*=?\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


@pytest.fixture
async def document(sqlite_world: World) -> dict[str, Any]:
    answer = await sqlite_world.http.get("/docs/openapi.json")
    assert answer.status_code == 200
    return json.loads(answer.content)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield method.upper(), path, item[method]


def declared(app: Litestar) -> set[tuple[str, str]]:
    """Methods and paths of the handlers, as the document writes paths."""
    found = set()
    for route in app.routes:
        path = str(getattr(route, "path_format", route.path))
        for handler in getattr(route, "route_handlers", ()):
            if not path.startswith(UNDOCUMENTED):
                found |= {(method, f"{path}/") for method in handler.http_methods - {"OPTIONS"}}
    return found


async def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    faults = [
        f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    assert faults == []


async def test_a_broken_document_is_found(document: dict[str, Any]) -> None:
    document["paths"]["/api/accounts/me/"]["get"]["responses"] = {"200": {}}
    assert any(True for _ in OpenAPIV31SpecValidator(document).iter_errors())


async def test_every_path_ends_with_a_slash_and_every_route_is_there(
    sqlite_world: World, document: dict[str, Any]
) -> None:
    assert [path for path in document["paths"] if not path.endswith("/")] == []
    documented = {(method, path) for method, path, _ in operations(document)}
    assert len(documented) > 60
    assert documented == declared(create_litestar(sqlite_world.house))


async def test_every_operation_is_described(document: dict[str, Any]) -> None:
    silent = [f"{m} {p}" for m, p, one in operations(document) if not (one.get("description") or one.get("summary"))]
    assert silent == []
    ids = [one["operationId"] for _, _, one in operations(document)]
    assert len(ids) == len(set(ids))


async def test_every_parameter_of_a_path_is_declared(document: dict[str, Any]) -> None:
    for method, path, one in operations(document):
        names = {p["name"] for p in one.get("parameters", []) if p["in"] == "path"}
        assert names == set(re.findall(r"{(\w+)}", path)), (method, path)


async def test_what_is_secret_never_leaves(document: dict[str, Any]) -> None:
    """No answer's shape has a field for what is only kept or only sent in."""
    schemas = document["components"]["schemas"]
    answers = {
        name: set(s.get("properties", ())) for name, s in schemas.items() if name.endswith(("Info", "Detail", "Ref"))
    }
    assert "UserInfo" in answers
    forbidden = {"password", "password_hash", "nonce", "token_version", "secret", "signature", "razorpay_signature"}
    assert {name: found for name, fields in answers.items() if (found := fields & forbidden)} == {}


@pytest.mark.parametrize("path", ["/docs/", "/docs/openapi.json", "/docs/none"])
async def test_the_documentation_needs_no_other_host(sqlite_world: World, path: str) -> None:
    answer = await sqlite_world.http.get(path)
    assert HOST.findall(answer.text) == []
    assert "import(" not in answer.text


def test_another_host_would_be_seen() -> None:
    for planted in (
        '<script src="https://cdn.example/x.js">',
        "<link href='//cdn.example/x.css'>",
        "a{b:url(http://x/)}",
    ):
        assert HOST.search(planted)
    assert not HOST.search('<a href="openapi.json">')


async def test_the_pages_own_policy_lets_it_load_itself_only(sqlite_world: World) -> None:
    answer = await sqlite_world.http.get("/docs/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert all("http" not in value and "*" not in value and "eval" not in value for value in policy.values())
    assert {"base-uri", "form-action", "frame-ancestors"} <= policy.keys()
    assert answer.headers["x-frame-options"] == "DENY"


async def test_one_place_of_a_path_has_one_kind_of_parameter(sqlite_world: World) -> None:
    """Litestar's router keeps one parameter a node: a second one beside it would shadow the first."""
    kinds: dict[tuple[str, ...], set[str]] = {}
    for route in create_litestar(sqlite_world.house).routes:
        parts = [str(part) if isinstance(part, str) else "{}" for part in route.path_components]
        for place, part in enumerate(route.path_components):
            if not isinstance(part, str):
                kinds.setdefault(tuple(parts[:place]), set()).add(f"{part.name}:{part.type.__name__}")
    assert len(kinds) > 5
    assert {place: names for place, names in kinds.items() if len(names) > 1} == {}


# --- policies --------------------------------------------------------------------------------------------------------


async def test_an_application_with_an_open_question_does_not_start(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    @get("/api/forgotten/{thing_id:int}")
    async def forgotten() -> None: ...

    monkeypatch.setattr(http_app.operations, "HANDLERS", [*http_app.operations.HANDLERS, forgotten])
    with pytest.raises(Missing, match=r"/api/forgotten/\{thing_id:int\} \(forgotten\)"):
        create_app(sqlite_world.house)


@pytest.mark.parametrize("declared_as", [None, "USER", Policy])
async def test_only_a_policy_is_a_policy(declared_as: object) -> None:
    @get("/a", policy=declared_as)
    async def odd() -> None: ...

    with pytest.raises(Missing, match="/a"):
        demand_policies(Litestar([odd], before_request=admit, openapi_config=None))


async def test_a_policy_that_nobody_would_enforce_is_none() -> None:
    async def instead(_: object) -> None: ...

    @get("/a", policy=Policy.ADMIN, before_request=instead)
    async def shadowed() -> None: ...

    @asgi("/b", policy=Policy.ADMIN, copy_scope=True)
    async def unguarded(scope: Scope, receive: Receive, send: Send) -> None: ...

    @get("/c", policy=Policy.ADMIN, cache=60)
    async def remembered() -> None: ...

    @websocket("/d", policy=Policy.USER)
    async def listened(socket: WebSocket) -> None: ...

    wrong = [shadowed, unguarded, remembered, listened]
    with pytest.raises(Missing, match=r"/a \(shadowed\), /b \(unguarded\), /c \(remembered\), /d \(listened\)"):
        demand_policies(Litestar(wrong, before_request=admit, openapi_config=None))


async def test_an_application_whose_routes_all_have_one_starts() -> None:
    @get("/a", policy=Policy.ANYONE)
    async def even() -> None: ...

    demand_policies(Litestar([even], before_request=admit, openapi_config=None))


# --- other methods ---------------------------------------------------------------------------------------------------


async def test_options_tell_the_methods(sqlite_world: World) -> None:
    answer = await sqlite_world.http.options("/api/accounts/me/")
    assert answer.status_code == 204
    assert {"GET", "OPTIONS"} <= set(answer.headers["allow"].split(", "))
    assert not answer.content
    assert "access-control-allow-origin" not in answer.headers


async def test_head_is_answered_for_files_and_refused_in_order_elsewhere(sqlite_world: World) -> None:
    answer = await sqlite_world.http.head("/api/courses/courses/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert not answer.content
    assert (await sqlite_world.http.head("/media/none.webp")).status_code == 404
