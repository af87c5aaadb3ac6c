"""Pushes through Firebase Cloud Messaging, HTTP v1, as a service account.

https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
"""

import asyncio
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from adapters.fcm.answers import MISMATCH, OfUs, result_of
from core.errors import Unavailable
from modules.notifications.domain.pushes import Outcome, Push, PushResult

GOOGLE = "https://fcm.googleapis.com"
AT_ONCE = 50
TIMEOUT_S, LONGEST_S = 10.0, 15.0
TTL_S = 86_400
_trusted = cache(httpx.create_ssl_context)
"""Reading all certificate authorities takes 30 ms: once for a process."""


class FcmPushService:
    """`credentials` is the file with a service account's JSON, read when it is first needed. Up to 50 pushes are under
    way at once, each bounded by 15 s; a token of Google is fetched when it is needed, by one call for all.
    """

    def __init__(self, credentials: Path, *, base_url: str | None = None) -> None:
        self._credentials = credentials
        self._base_url = base_url or GOOGLE
        self._account: Any = None
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, limits=limits, verify=_trusted())
        self._places = asyncio.Semaphore(AT_ONCE)
        self._refreshing = asyncio.Lock()

    async def send(self, pushes: Sequence[Push]) -> list[PushResult]:
        await self._token(None)
        found = await asyncio.gather(*(self._one(push) for push in pushes))
        refused = next((one for one in found if isinstance(one, OfUs)), None)
        if refused is not None and not any(isinstance(one, PushResult) for one in found):
            raise Unavailable(f"The push service refuses us: {refused.status}.")
        has_sent = any(isinstance(one, PushResult) and one.outcome is Outcome.SENT for one in found)
        return [_settled(one, has_sent=has_sent) for one in found]

    async def greet(self) -> None:
        """Whether the service account is let in.

        :raises Unavailable:
        """
        await self._token(None)

    async def close(self) -> None:
        await self._http.aclose()

    async def _one(self, push: Push) -> PushResult | OfUs:
        async with self._places:
            try:
                async with asyncio.timeout(LONGEST_S):
                    token = await self._token(None)
                    found = await self._call(push, token)
                    if isinstance(found, OfUs) and found.status == "UNAUTHENTICATED":  # it has ended before its time
                        found = await self._call(push, await self._token(token))
                    return found
            except (TimeoutError, Unavailable):  # this one comes later; the others of the batch may get through
                return PushResult(Outcome.LATER)

    async def _call(self, push: Push, token: str) -> PushResult | OfUs:
        url = f"{self._base_url}/v1/projects/{self._account.project_id}/messages:send"
        headers, body = {"Authorization": f"Bearer {token}"}, message(push)
        for _ in range(2):
            try:
                return result_of(await self._http.post(url, json=body, headers=headers))
            except httpx.TimeoutException:
                break
            except httpx.HTTPError:  # often a kept connection that was closed meanwhile
                continue
        return PushResult(Outcome.LATER)  # it may have been taken: the same tag makes a repeat harmless

    async def _token(self, worn_out: str | None) -> str:
        """Google's token for us, another one than `worn_out`.

        :raises Unavailable:
        """
        async with self._refreshing:
            if self._account is None or not self._account.valid or self._account.token == worn_out:
                self._account = await asyncio.to_thread(_renewed, self._account, self._credentials)
            return str(self._account.token)


def _renewed(account: Any, file: Path) -> Any:
    """In a thread: Google's library is imported here, which takes 60 ms; the file is read, and Google asked."""
    from adapters.fcm.account import renewed

    return renewed(account, file, TIMEOUT_S)


def _settled(one: PushResult | OfUs, *, has_sent: bool) -> PushResult:
    """A device of another project is gone only if our project is the right one, as those that got theirs prove."""
    if isinstance(one, PushResult):
        return one
    return PushResult(Outcome.DEVICE_GONE if one.status == MISMATCH and has_sent else Outcome.LATER)


def message(push: Push) -> dict[str, Any]:
    """The body of a call."""
    return {
        "message": {
            "token": push.token,
            "notification": {"title": push.title, "body": push.body},
            "data": push.data,
            "android": {
                "collapse_key": push.collapse_key,
                "priority": "HIGH" if push.is_urgent else "NORMAL",
                "ttl": f"{TTL_S}s",
                "notification": {"tag": push.tag, "notification_count": push.badge},
            },
            "apns": {
                "headers": {
                    "apns-collapse-id": push.tag,
                    "apns-priority": "10" if push.is_urgent else "5",
                    "apns-expiration": str(int(push.expires_at.timestamp())),
                },
                "payload": {"aps": {"badge": push.badge, "sound": "default"}},
            },
            "webpush": {"headers": {"TTL": str(TTL_S)}, "notification": {"tag": push.tag}},
        }
    }
