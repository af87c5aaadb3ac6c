"""Pushes that reached a phone. The newest 20,000 are kept."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from entrypoints.sandbox.fcm_messages import Message

_REMEMBERED_PUSHES: Final = 20_000


class Push(msgspec.Struct, frozen=True):
    """``token`` is the device, ``user`` whom the sender meant (``data.recipient_id``). ``message`` is as it came."""

    id: int
    token: str
    user: str | None
    title: str | None
    body: str | None
    tag: str | None
    collapse_key: str | None
    data: dict[str, str]
    received_at: datetime
    message: dict[str, Any]

    @property
    def is_shown(self) -> bool:
        """Without a title and a body it is for the app alone."""
        return bool(self.title or self.body)


class Pushes:
    def __init__(self) -> None:
        self._pushes: deque[Push] = deque(maxlen=_REMEMBERED_PUSHES)
        self._last_id = 0

    def add(self, message: Message, raw: dict[str, Any]) -> Push:
        self._last_id += 1
        push = Push(
            id=self._last_id,
            token=message.token,
            user=message.data.get("recipient_id"),
            title=message.title,
            body=message.body,
            tag=message.tag,
            collapse_key=message.android.collapse_key,
            data=message.data,
            received_at=datetime.now(UTC),
            message=raw,
        )
        self._pushes.append(push)
        return push

    def newest_first(self, user: str | None = None, token: str | None = None) -> list[Push]:
        """Everything that arrived, or what was for the user or on the device."""
        return [push for push in reversed(self._pushes) if _is_wanted(push, user, token)]

    def visible(self, user: str | None = None, token: str | None = None) -> dict[str, list[Push]]:
        """What lies on each device, newest first.

        A notification replaces an earlier one with its tag on the same device, for whomever that was.
        """
        taken: set[tuple[str, str]] = set()
        devices: dict[str, list[Push]] = {}
        for push in reversed(self._pushes):
            if not push.is_shown:
                continue
            if push.tag is not None:
                if (push.token, push.tag) in taken:
                    continue
                taken.add((push.token, push.tag))
            if _is_wanted(push, user, token):
                devices.setdefault(push.token, []).append(push)
        return devices

    def forget(self) -> None:
        self._pushes.clear()


def _is_wanted(push: Push, user: str | None, token: str | None) -> bool:
    return user in (None, push.user) and token in (None, push.token)
