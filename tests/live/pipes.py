"""A socket of the application in this very process: what is said goes in, what is told can be taken, or lost."""

import asyncio
import json
from typing import Any

from sockets import Frame, faults_of

PATIENCE_S = 10
MARK = {"type": "auth_refresh", "token": "nonsense"}
"""Whoever has the answer to this has all that was told before."""


class Pipe:
    def __init__(self, app: Any, path: str, token: str) -> None:
        self.close_code: int | None = None
        self._told: asyncio.Queue[Frame] = asyncio.Queue()
        self._said: asyncio.Queue[Frame] = asyncio.Queue()
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"v=2",
            "headers": [(b"authorization", f"Bearer {token}".encode())],
            "subprotocols": [],
            "client": ("127.0.0.1", 1),
            "scheme": "ws",
            "state": {},
        }
        self._said.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.get_running_loop().create_task(app(scope, self._said.get, self._take))

    async def say(self, frame: Frame) -> None:
        await self._said.put({"type": "websocket.receive", "text": json.dumps(frame)})

    async def heard(self) -> list[Frame]:
        """All that was told so far, also because of what was said before."""
        await self.say(MARK)
        frames: list[Frame] = []
        async with asyncio.timeout(PATIENCE_S):
            while self.close_code is None or not self._told.empty():
                frame = await self._told.get()
                if frame["type"] == "closed" or (frame["type"] == "error" and frame["code"] == "invalid_token"):
                    break
                assert not faults_of(frame), frame
                frames.append(frame)
        return frames

    async def lose(self) -> None:
        """The connection is gone, and with it all that was told and not taken."""
        await self._said.put({"type": "websocket.disconnect", "code": 1006})
        await self._task

    async def _take(self, event: Any) -> None:
        if event["type"] == "websocket.send":
            await self._told.put(json.loads(event["text"]))
        elif event["type"] == "websocket.close":
            self.close_code = event["code"]
            await self._told.put({"type": "closed"})
            await self._said.put({"type": "websocket.disconnect", "code": event["code"]})
