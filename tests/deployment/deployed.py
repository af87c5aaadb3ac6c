"""The deployment's files, read as Compose reads them, and a server to stand in for the service."""

import http.server
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE_TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(COMPOSE_TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

INTERPOLATION = re.compile(r"\$(?:(\$)|\{(\w+)(?:(:?[-?])([^}]*))?\})")

VALUES = {
    "POSTGRES_PASSWORD": "a1b2c3d4e5f6",
    "REDIS_PASSWORD": "f6e5d4c3b2a1",
    "SHALA_SECRET_KEY": "QmVzdCBrZXB0IG91dCBvZiB0ZXN0cy4gMTIzNDU2Nzg5MA",
    "SHALA_PUBLIC_BASE_URL": "https://api.school.test",
    "SHALA_MEDIA_BASE_URL": "https://media.school.test",
    "SHALA_ALLOWED_HOSTS": "api.school.test",
    "SHALA_METRICS_TOKEN": "a-token-for-the-metrics",
    "SHALA_RAZORPAY_KEY_ID": "rzp_live_abcdefghijklmn",
    "SHALA_RAZORPAY_KEY_SECRET": "a-secret-of-razorpay",
    "SHALA_RAZORPAY_WEBHOOK_SECRET": "another-secret-of-razorpay",
    "SHALA_SMTP_HOST": "smtp.school.test",
    "SHALA_MAIL_FROM": "School <school@school.test>",
}


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """As Compose does it."""

    def value(match: re.Match[str]) -> str:
        dollar, name, kind, word = match.groups()
        if dollar:
            return "$"
        given = values.get(name, "")
        if not given and kind == ":?":
            raise KeyError(name)
        return given or (word if kind == ":-" else "")

    return INTERPOLATION.sub(value, text)


class Asked(NamedTuple):
    path: str
    headers: dict[str, str]


class serving:  # noqa: N801 - a context manager
    """An HTTP server that notes what it is asked and answers 200, or the next of the statuses."""

    def __init__(self, asked: list[Asked], statuses: list[int]) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", "0")))
                asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def do_POST(self) -> None:
                self.do_GET()

            def log_message(self, *_: object) -> None: ...

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> int:
        self.thread.start()
        return self.server.server_port

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
