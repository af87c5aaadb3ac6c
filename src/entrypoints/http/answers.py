"""How a route's value becomes an answer: JSON, encoded once and sent as it is."""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.serialization import default_serializer
from litestar.types import Receive, Scope, Send

Body = TypeVar("Body")
ENCODER = msgspec.json.Encoder(enc_hook=default_serializer)
JSON = (b"content-type", b"application/json")
WITHOUT_BODY = {204, 304}


class Answer(Response[Body]):
    """What Litestar would send for a value, without what no JSON of ours has: cookies, background tasks, other types.

    `content` may be JSON already, as bytes. What is not JSON is a `Response`.
    """

    def __init__(
        self,
        content: Body,
        *,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        cookies: object = None,
        background: object = None,
        **_: Any,
    ) -> None:
        if cookies or background:
            raise TypeError("an answer has no cookies and leaves no task behind; return a Response")
        self.content = content
        self.status_code = status_code
        self.headers = dict(headers) if headers else {}

    def to_asgi_response(self, *_: Any, **given: Any) -> ASGIResponse:
        status = self.status_code or given.get("status_code") or 200
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        if status in WITHOUT_BODY:
            return _Encoded(status, headers, b"")
        body = self.content if isinstance(self.content, bytes) else ENCODER.encode(self.content)
        return _Encoded(status, [JSON, (b"content-length", b"%d" % len(body)), *headers], body)


class _Encoded(ASGIResponse):
    __slots__ = ("raw_headers",)

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        self.status_code = status
        self.raw_headers = headers
        self.body = body

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
