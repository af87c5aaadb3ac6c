"""What must be true in the end: what every device holds, what the database holds, and who is online."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Iterable
from typing import Any

import asyncpg
from websockets.asyncio.client import connect

from stress.device import Device
from stress.history import row_of
from stress.ledger import Ledger
from stress.place import Message, Person, Place, load, passing

STREAM = "SELECT id, seq FROM chat_streams WHERE community_id = $1 AND first_user_id IS NULL"
COUNTS = """
SELECT count(*) AS messages, count(DISTINCT seq) AS seqs, count(DISTINCT change_seq) AS changes,
       coalesce(max(change_seq), 0) AS last, coalesce(sum(version), 0) AS versions,
       count(client_id) AS repeatable, count(*) FILTER (WHERE is_deleted) AS deleted,
       (SELECT count(*) FROM message_revisions r JOIN chat_messages m ON m.id = r.message_id WHERE m.stream_id = $1)
         AS revisions
FROM chat_messages WHERE stream_id = $1
"""
SENT = "SELECT client_id, id, seq FROM chat_messages WHERE stream_id = $1 AND client_id IS NOT NULL"
ASK_AGAIN_S = 0.5


async def position(database_url: str, community_id: int) -> int:
    """The last number taken."""
    async with _connected(database_url) as database:
        return int((await database.fetchrow(STREAM, community_id))["seq"])


async def judge_database(database_url: str, community_id: int, ledger: Ledger) -> None:
    """Numbers without holes or repeats, one for each change; each message once."""
    async with _connected(database_url) as database:
        stream_id, seq = await database.fetchrow(STREAM, community_id)
        found = await database.fetchrow(COUNTS, stream_id)
        sent = {row["client_id"]: (row["id"], row["seq"]) for row in await database.fetch(SENT, stream_id)}
    made = found["messages"] + found["revisions"] + found["deleted"]
    if not found["messages"] == found["seqs"] == found["changes"] or not seq == found["last"] == made:
        ledger.fault(f"the counter stands at {seq}, and the messages are {dict(found)}")
    if seq != found["versions"]:
        ledger.fault(f"there were {seq} changes, and the versions add up to {found['versions']}")
    for client_id, told in ledger.acknowledged.items():
        if sent.get(client_id) != told:
            ledger.fault(f"{client_id} was acknowledged as {told} and is {sent.get(client_id)}")
    if extra := sent.keys() - ledger.acknowledged.keys():
        ledger.fault(f"{len(extra)} messages were never acknowledged")


async def judge_devices(place: Place, reader: Person, devices: Iterable[Device], ledger: Ledger) -> None:
    """Everybody holds what a newcomer loads, from whichever instance."""
    first, *others = [await load(place, reader, random.Random(), base) for base in place.bases]
    for other in others:
        if _shown(other) != _shown(first):
            ledger.fault("the instances show different pages")
    snapshot = {message["id"]: row_of(message) for message in first}
    seqs = {message["id"]: message["seq"] for message in first}
    if list(seqs.values()) != sorted(seqs.values(), reverse=True):
        ledger.fault("pages are not in the order of seq")
    for device in devices:
        held = device.history
        if held.rows != snapshot:
            differing = sorted(
                one for one in held.rows.keys() | snapshot.keys() if held.rows.get(one) != snapshot.get(one)
            )
            ledger.fault(f"{device.name} holds {len(differing)} messages otherwise, the first is {differing[0]}")
        unnumbered = [one for one, row in snapshot.items() if one not in held.seqs and not row.is_deleted]
        if unnumbered or any(seqs[one] != seq for one, seq in held.seqs.items() if one in seqs):
            ledger.fault(f"{device.name} has its messages in another order")


async def presence_is_true(place: Place, people: dict[int, Person], until: float, ledger: Ledger) -> None:
    """Wait until every instance says that exactly these are online."""
    asker = next(iter(people.values()))
    last = await asyncio.gather(*(_online(place, base, asker, set(people), until) for base in place.bases))
    for base, users in zip(place.bases, last, strict=True):
        if users != set(people):
            absent, ghosts = set(people) - users, users - set(people)
            ledger.fault(f"{base} in the end: {absent or 'nobody'} absent, {ghosts or 'no'} ghosts")


async def none_is_left_over(place: Place, expected: int, within_s: float, ledger: Ledger) -> None:
    """Wait until the instances have so many sockets open, and no half-open ones."""
    until = time.monotonic() + within_s
    while (found := sum([await _sockets_open(place, base) for base in place.bases])) != expected:
        if time.monotonic() > until:
            ledger.fault(f"{found} sockets are open in the end, and {expected} devices")
            return
        await passing(ASK_AGAIN_S)


async def _sockets_open(place: Place, base: str) -> int:
    metrics = (await place.http.get(f"{base}/metrics")).text
    (line,) = [one for one in metrics.splitlines() if one.startswith("shala_sockets_open ")]
    return int(float(line.split()[1]))


async def _online(place: Place, base: str, asker: Person, expected: set[int], until: float) -> set[int]:
    address = f"{base.replace('http', 'ws', 1)}{place.path}?v=2"
    async with connect(address, additional_headers=asker.headers, compression=None, proxy=None) as socket:
        while True:
            await socket.send('{"type":"presence_get"}')
            async for text in socket:
                frame = json.loads(text)
                if frame["type"] == "presence_state" and frame["users"] is not None:
                    break
            users = set(frame["users"])
            if users == expected or time.monotonic() > until:
                return users
            await passing(ASK_AGAIN_S)


def _shown(pages: list[Message]) -> list[Any]:
    """Without what is the reader's own."""
    return [(one["id"], one["seq"], *row_of(one)) for one in pages]


@contextlib.asynccontextmanager
async def _connected(database_url: str) -> Any:
    database = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        yield database
    finally:
        await database.close()
