"""Opens a socket of the application, says one frame, and gives what came of it as an answer like those over HTTP."""

import asyncio
import json
from typing import Any

import httpx

from entrypoints.http.problems import MEDIA_TYPE
from entrypoints.ws.closing import Code

OPENED = 101
PATIENCE_S = 10
Frame = dict[str, Any]


async def call_socket(app: Any, path: str, headers: dict[str, str], said: Frame | None) -> httpx.Response:
    """101 where the socket opens and the frame, if any, is not refused; a refusal by its code, as a status."""
    told: asyncio.Queue[Frame] = asyncio.Queue()
    heard: asyncio.Queue[Frame] = asyncio.Queue()

    async def send(event: Any) -> None:
        await told.put(event)
        if event["type"] == "websocket.close":
            await heard.put({"type": "websocket.disconnect", "code": event["code"]})

    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"v=2",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "subprotocols": [],
        "client": ("127.0.0.1", 1),
        "scheme": "ws",
        "state": {},
    }
    await heard.put({"type": "websocket.connect"})
    task = asyncio.create_task(app(scope, heard.get, send))
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await _answer(told, heard, said)
    finally:
        await heard.put({"type": "websocket.disconnect", "code": 1000})
        await task


async def _answer(told: asyncio.Queue[Frame], heard: asyncio.Queue[Frame], said: Frame | None) -> httpx.Response:
    code, is_said = None, False
    while True:
        event = await told.get()
        if event["type"] == "websocket.close":
            return _refused(event["code"] - Code.INTERNAL, code)
        if event["type"] == "websocket.accept":
            continue
        frame = json.loads(event["text"])
        if frame["type"] == "welcome" and said is None:
            return httpx.Response(OPENED)
        if frame["type"] == "welcome":
            is_said = True
            for one in (said, LAST):
                await heard.put({"type": "websocket.receive", "text": json.dumps(one)})
        elif frame["type"] == "error":
            code = frame["code"]
            if is_said:
                return httpx.Response(OPENED) if code == ANSWER else _refused(STATUSES.get(code, 403), code)


LAST, ANSWER = {"type": "auth_refresh", "token": "nonsense"}, "invalid_token"
"""Said after the frame: when it is refused, the frame was not."""
STATUSES = {"not_found": 404, "no_recipient": 404}


def _refused(status: int, code: str | None) -> httpx.Response:
    return httpx.Response(status, headers={"content-type": MEDIA_TYPE}, json={"code": code})
