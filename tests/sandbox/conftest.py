"""Fixtures: a running world, and a shop that catches its webhooks."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from sandbox.world import Delivery, Shop, World, world_of


@pytest.fixture(scope="session", params=["httptools", "h11"])
def served(request: pytest.FixtureRequest) -> Iterator[World]:
    """Under both of uvicorn's HTTP implementations: a connection is cut differently in each."""
    with world_of(request.param) as world:
        yield world


@pytest.fixture(scope="session")
def served_once() -> Iterator[World]:
    with world_of() as world:
        yield world


@pytest.fixture
def world(served_once: World) -> Iterator[World]:
    """An empty world that behaves."""
    served_once.http.post("/sandbox/reset/").raise_for_status()
    yield served_once
    served_once.sandbox.webhook_url = None


@pytest.fixture
def faulty(served: World) -> Iterator[World]:
    """The same, under each HTTP implementation."""
    served.http.post("/sandbox/reset/").raise_for_status()
    yield served
    served.http.post("/sandbox/reset/").raise_for_status()


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    shop = Shop()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            shop.deliveries.append(Delivery(body, {name.lower(): value for name, value in self.headers.items()}))
            self.send_response(shop.answers.pop(0) if shop.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_port}/webhook"
    world.sandbox.webhook_url = shop.url
    yield shop
    world.sandbox.webhook_url = None
    server.shutdown()
    thread.join()
    server.server_close()
