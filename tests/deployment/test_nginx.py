"""nginx's configuration: what it says, and where there is an nginx, what it does."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deployment.deployed import COMPOSE, SERVICES, Asked, interpolated, serving

NGINX = shutil.which("nginx")


class Directive(NamedTuple):
    name: str
    arguments: tuple[str, ...]
    block: tuple["Directive", ...] = ()

    def all(self, name: str) -> list["Directive"]:
        return [directive for directive in self.block if directive.name == name]

    def value(self, name: str) -> str | None:
        values = [" ".join(directive.arguments) for directive in self.all(name)]
        return values[0] if values else None


TOKEN = re.compile(r"""#[^\n]*|'([^']*)'|"([^"]*)"|([{};])|([^\s{};]+)""")


def parsed(text: str) -> Directive:
    tokens: list[tuple[str, bool]] = []
    for match in TOKEN.finditer(text):
        single, double, sign, word = match.groups()
        if sign:
            tokens.append((sign, True))
        elif not match.group().startswith("#"):
            tokens.append((single or double or word or "", False))
    tokens.reverse()

    def block() -> tuple[Directive, ...]:
        directives: list[Directive] = []
        words: list[str] = []
        while tokens:
            token, is_sign = tokens.pop()
            if not is_sign:
                words.append(token)
            elif token == "}":
                return tuple(directives)
            else:
                directives.append(Directive(words[0], tuple(words[1:]), block() if token == "{" else ()))
                words = []
        return tuple(directives)

    return Directive("", (), block())


NGINX_CONF = interpolated(COMPOSE["configs"]["nginx"]["content"], {})
HTTP = parsed(NGINX_CONF).all("http")[0]
SERVER = HTTP.all("server")[0]
LOCATIONS = {location.arguments[-1]: location for location in SERVER.all("location")}
UPLOADS = "/api/courses/contents/"


def test_nginx_balances_over_both_webs() -> None:
    (upstream,) = HTTP.all("upstream")
    addresses = {SERVICES[name]["networks"]["front"]["ipv4_address"] for name in ("web1", "web2")}
    assert {server.arguments[0] for server in upstream.all("server")} == {f"{address}:8000" for address in addresses}
    assert int(upstream.value("keepalive") or 0) >= 16
    proxied = {path for path, location in LOCATIONS.items() if location.value("proxy_pass")}
    assert proxied == set(LOCATIONS) - {"/nginx-health"}
    assert {LOCATIONS[path].value("proxy_pass") for path in proxied} == {f"http://{upstream.arguments[0]}"}


def test_nginx_sets_what_it_says_of_the_client() -> None:
    headers = {directive.arguments[0]: directive.arguments[1] for directive in SERVER.all("proxy_set_header")}
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "https"
    assert headers["Host"] == headers["X-Forwarded-Host"] == "$http_host"
    assert headers["Forwarded"] == ""
    assert "proxy_add_x_forwarded_for" not in NGINX_CONF
    # one header in a location would silently undo them all there
    assert [path for path, location in LOCATIONS.items() if location.all("proxy_set_header")] == []


def test_only_uploads_may_be_large() -> None:
    sizes = {path: location.value("client_max_body_size") for path, location in LOCATIONS.items()}
    assert SERVER.value("client_max_body_size") == "2m"
    assert {path: size for path, size in sizes.items() if size} == {
        UPLOADS: "600m",
        "/(?:profile-image|thumbnail)/?$": "7m",
    }
    assert LOCATIONS[UPLOADS].value("proxy_request_buffering") == "off"


def test_sockets_may_be_silent_for_a_while_and_nothing_is_compressed() -> None:
    assert LOCATIONS["/ws/"].value("proxy_read_timeout") == "75s"
    assert SERVER.value("proxy_http_version") == "1.1"
    assert HTTP.value("gzip") == "off"
    assert "$request " not in (HTTP.value("log_format") or "")


@pytest.fixture(scope="module")
def nginx_conf(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, list[int], str], Path]:
    """The configuration, listening and passing on here; its files in a directory of its own."""

    def written(port: int, webs: list[int], terminator: str) -> Path:
        directory = tmp_path_factory.mktemp("nginx")
        text = NGINX_CONF.replace("set_real_ip_from 127.0.0.1", f"set_real_ip_from {terminator}")
        text = text.replace("/tmp/", f"{directory}/").replace("listen 8080", f"listen 127.0.0.1:{port}")
        for address, web in zip(("172.31.250.11:8000", "172.31.250.12:8000"), webs, strict=True):
            text = text.replace(address, f"127.0.0.1:{web}")
        if os.geteuid() == 0:  # its workers must reach pytest's directories
            text = f"user root;\n{text}"
        path = directory / "nginx.conf"
        path.write_text(text)
        return path

    return written


needs_nginx = pytest.mark.skipif(NGINX is None, reason="no nginx on PATH; the configuration is checked by structure")


@needs_nginx
def test_nginx_takes_the_configuration(nginx_conf: Callable[[int, list[int], str], Path]) -> None:
    path = nginx_conf(8080, [8001, 8002], "127.0.0.1")
    result = subprocess.run([str(NGINX), "-t", "-c", path], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def balanced(
    nginx_conf: Callable[[int, list[int], str], Path], terminator: str
) -> Iterator[tuple[str, list[Asked], list[Asked]]]:
    """A real nginx before two webs: its address, and what each was asked."""
    first: list[Asked] = []
    second: list[Asked] = []
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(first, []) as one, serving(second, []) as two:
        path = nginx_conf(port, [one, two], terminator)
        with subprocess.Popen(
            [str(NGINX), "-e", "stderr", "-c", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                wait_for(port, process)
                yield f"http://127.0.0.1:{port}", first, second
            finally:
                process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)  # poll: nginx does not say when it listens
    raise AssertionError("nginx does not listen")


def ask(url: str, body: bytes | None = None, **headers: str) -> int:
    request = urllib.request.Request(url, data=body, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def refused(url: str, length: int) -> int:
    """The answer to the mere announcement of a body."""
    _, _, address, path = url.split("/", 3)
    with closing(http.client.HTTPConnection(address, timeout=10)) as connection:
        connection.putrequest("POST", f"/{path}")
        connection.putheader("Content-Length", str(length))
        connection.endheaders()
        return connection.getresponse().status


CLAIMS: dict[str, Any] = {"X_Forwarded_For": "6.6.6.6, 7.7.7.7", "Forwarded": "for=6.6.6.6", "X_Real_IP": "6.6.6.6"}


@needs_nginx
@pytest.mark.parametrize(
    ("terminator", "client"),
    [
        pytest.param("192.0.2.1", "127.0.0.1", id="somebody's claim counts for nothing"),
        pytest.param("127.0.0.1", "7.7.7.7", id="of what ends TLS, the last address counts"),
    ],
)
def test_the_client_is_who_connected(balanced: tuple[str, list[Asked], list[Asked]], client: str) -> None:
    url, first, second = balanced

    for _ in range(10):
        assert ask(f"{url}/api/", Upgrade="websocket", **CLAIMS) == 200

    assert len(first) == len(second) == 5
    for asked in first + second:
        assert asked.headers["x-forwarded-for"] == asked.headers["x-real-ip"] == client
        assert asked.headers["x-forwarded-proto"] == "https"
        assert {"forwarded", "upgrade"} & set(asked.headers) == set()


@needs_nginx
@pytest.mark.parametrize("terminator", ["192.0.2.1"])
def test_paths_are_treated_as_they_need(balanced: tuple[str, list[Asked], list[Asked]]) -> None:
    url, first, second = balanced

    assert ask(f"{url}/ws/chat/", Upgrade="websocket", Connection="Upgrade") == 200
    ((_, headers),) = first + second
    assert (headers["upgrade"], headers["connection"]) == ("websocket", "upgrade")

    assert ask(f"{url}/api/", b"x" * 2 * 2**20) == 200
    assert ask(f"{url}/api/accounts/me/profile-image/", b"x" * 6 * 2**20) == 200
    assert ask(f"{url}{UPLOADS}1/file/", b"x" * 8 * 2**20) == 200
    assert ask(f"{url}/nginx-health") == 204
    assert refused(f"{url}/api/", 2 * 2**20 + 1) == 413
    assert refused(f"{url}{UPLOADS}1/file/", 600 * 2**20 + 1) == 413
