"""`shala tour` passes on a healthy server, embedded or in staging, and says what is wrong with another."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from conftest import serving
from entrypoints.cli import program, touring
from entrypoints.http.app import create_app
from entrypoints.seeding import seed_demo
from entrypoints.tour import expecting
from entrypoints.tour.expecting import Unexpected, expect
from entrypoints.tour.guide import ALL
from entrypoints.tour.steps import COURSE, catalogue
from entrypoints.tour.walk import Walk
from processes import Topology, until
from services import Redis, free_port
from worlds import World

SHALA = Path(sys.executable).with_name("shala")
pytestmark = pytest.mark.xdist_group("processes")
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `shala serve`, with its demo data."""
    directory, port = tmp_path_factory.mktemp("embedded"), free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SHALA_")}
    environment |= {"SHALA_DATA_DIR": str(directory), "PORT": str(port), "SHALA_PASSWORD_MEMORY_KIB": "64"}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([SHALA, "serve"], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: process.poll() is not None or _answers(port), 40, "shala serve")
        assert process.poll() is None, (directory / "log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live/", timeout=2, verify=False).is_success
    except httpx.HTTPError:
        return False


def tour(*options: str, port: int | None = None) -> Result:
    environment = {"PORT": None if port is None else str(port), "SHALA_SANDBOX_URL": None}
    return CliRunner().invoke(program, ["tour", *options], env=environment)


def test_it_passes_on_the_embedded_default(embedded: int) -> None:
    result = tour(port=embedded)

    assert result.exit_code == 0, result.output
    assert [name for name in ALL if f"✓ {name}" not in result.stdout] == []
    assert f"All {len(ALL)} steps passed" in result.stdout


def test_it_can_be_taken_again_and_quietly(embedded: int) -> None:
    result = tour("--quiet", "--base", f"http://127.0.0.1:{embedded}/")

    assert (result.exit_code, result.output) == (0, "")


def test_it_passes_in_staging(postgres_database: str, tmp_path: Path) -> None:
    """Two webs, worker and sandbox apart: mail goes through the worker, the chat through both."""
    with Redis() as redis:
        topology = Topology(postgres_database, redis.url, tmp_path)
        try:
            topology.run("seed", "--demo")
            topology.start_sandbox()
            topology.start_web()
            second = free_port()
            topology.start_web(second)
            topology.start_worker()
            base = topology.environment["SHALA_PUBLIC_BASE_URL"]
            said = topology.run("tour", "--base", base, "--second", f"http://127.0.0.1:{second}")
        finally:
            topology.stop()
    assert f"All {len(ALL)} steps passed" in said


def test_where_nothing_answers_it_fails() -> None:
    result = tour("--quiet", port=free_port())

    assert result.exit_code == 1
    assert "The tour failed at “Health”." in result.stderr
    assert "ConnectError" in result.stderr


def visitor(api: Answer, sandbox: Answer | None = None) -> Walk:
    clients = [
        httpx.Client(base_url=f"http://{name}", transport=httpx.MockTransport(answer))
        for name, answer in (("api", api), ("world", sandbox or api))
    ]
    return Walk(clients[0], clients[1], email="tour@example.com", password="-")


def test_without_the_demo_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = visitor(lambda _: httpx.Response(200, json={"results": [], "checks": {}}))
    monkeypatch.setattr(Walk, "between", lambda *_: _held(walk))

    result = tour()

    assert result.exit_code == 1
    assert "✓ Health" in result.stdout
    assert "✗ Catalogue" in result.stdout
    assert "shala seed --demo" in result.stderr


async def test_the_demo_is_found_behind_a_hundred_others(sqlite_world: World) -> None:
    """Their titles are shorter, so that they come first for each of the words that they share with it."""
    await seed_demo(sqlite_world.house)
    for _ in range(101):
        await sqlite_world.course(title="Spoken English", texts=1)

    def found(base: str) -> str:
        with Walk.between(base, base) as walk:
            catalogue(walk)
        return str(walk.course["title"])

    async with serving(create_app(sqlite_world.house)) as base:
        assert await asyncio.to_thread(found, base) == COURSE


def test_an_answer_of_another_shape_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = visitor(lambda _: httpx.Response(200, json={"status": "fine"}))
    monkeypatch.setattr(Walk, "between", lambda *_: _held(walk))

    result = tour("--quiet")

    assert result.exit_code == 1
    assert "KeyError('checks')" in result.stderr
    assert '{"status":"fine"}' in result.stderr


class _held:  # noqa: N801 - stands in for a context manager
    def __init__(self, walk: Walk) -> None:
        self._walk = walk

    def __enter__(self) -> Walk:
        return self._walk

    def __exit__(self, *_: object) -> None:
        self._walk.api.close()
        self._walk.sandbox.close()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (httpx.Response(500, json={"code": "internal_error"}), "The status should have been 403"),
        (httpx.Response(403, json={"code": "forbidden"}), "The problem's code should have been not_enrolled"),
        (httpx.Response(403, text="<html>"), "This is not JSON"),
    ],
)
def test_an_unexpected_answer_is_told_with_its_request(answer: httpx.Response, complaint: str) -> None:
    walk = visitor(lambda _: answer)

    with pytest.raises(Unexpected, match=complaint) as caught:
        walk.get("/api/courses/contents/5/", 403, code="not_enrolled")

    assert f"GET http://api/api/courses/contents/5/ → {answer.status_code}" in str(caught.value)
    assert answer.text in str(caught.value)


def test_the_token_is_sent_once_there_is_one() -> None:
    sent: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers.get("authorization"))
        return httpx.Response(200, json={})

    walk = visitor(answer)
    walk.get("/a/")
    walk.token = "secret"
    walk.get("/b/")
    walk.download("http://files/c")

    assert sent == [None, "Bearer secret", None]


def test_mail_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expecting, "POLL_S", 0.001)
    boxes = iter([[], [{"subject": "Hello"}], [{"subject": "Receipt R-1"}, {"subject": "Hello"}]])
    walk = visitor(lambda _: httpx.Response(200, json={"results": next(boxes)}))

    assert walk.mail("Receipt") == {"subject": "Receipt R-1"}


def test_mail_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expecting, "PATIENCE_S", 0.0)
    walk = visitor(lambda _: httpx.Response(200, json={"results": [{"subject": "Hello"}]}))

    with pytest.raises(Unexpected, match=r"No mail “Receipt” came .* there: Hello"):
        walk.mail("Receipt")


def test_a_difference_is_named() -> None:
    with pytest.raises(Unexpected, match=r"progress_percentage should have been 45\.5 and was 45\.4"):
        expect("progress_percentage", 45.4, 45.5)


def test_the_port_of_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    assert touring.default_base() == "http://127.0.0.1:8000"
    monkeypatch.setenv("PORT", "8177")
    assert touring.default_base() == "http://127.0.0.1:8177"
