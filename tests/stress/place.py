"""Where the class talks: its people, the instances, and the chat as REST shows it."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from entrypoints.compose import compose
from entrypoints.settings import load as settings_of
from sockets import CHAT
from worlds import TestClock, World

LIMIT = 100
RETRY_S = 0.5
Message = dict[str, Any]


@dataclass(frozen=True)
class Person:
    id: int
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Place:
    """`bases` are the instances' addresses, one of which a device picks each time."""

    bases: list[str]
    community_id: int
    http: httpx.AsyncClient

    @property
    def path(self) -> str:
        return CHAT.format(self.community_id)


async def enrol(environment: Mapping[str, str], count: int) -> tuple[int, list[Person]]:
    """A community in the database, and so many people who have joined it and are signed in."""
    nothing_outside: Any = None
    world = World(compose(settings_of(environment)), httpx.AsyncClient(), TestClock(), nothing_outside)
    try:
        course = await world.course(texts=1)
        community_id = await world.group(course)
        people = [await world.classmate(course, community_id) for _ in range(count)]
    finally:
        await world.close()
    return community_id, [Person(one.id, one.token) for one in people]


async def load(place: Place, person: Person, chance: random.Random, base: str | None = None) -> list[Message]:
    """All messages, newest first, page by page, of one instance or of any; of one that is away it is asked again."""
    found: list[Message] = []
    cursor: dict[str, str] = {}
    while True:
        page = await _page(place, base or chance.choice(place.bases), person, cursor)
        if page is None:
            await passing(RETRY_S)
            continue
        found += page["results"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


async def _page(place: Place, base: str, person: Person, cursor: dict[str, str]) -> dict[str, Any] | None:
    query: dict[str, str | int] = {"community_id": place.community_id, "limit": LIMIT, **cursor}
    try:
        answer = await place.http.get(f"{base}/api/community/messages/", params=query, headers=person.headers)
    except httpx.HTTPError:
        return None
    if answer.status_code >= 500:
        return None
    answer.raise_for_status()
    page: dict[str, Any] = answer.json()
    return page


async def passing(seconds: float) -> None:
    """A pause in somebody's life; nothing is waited for."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()
