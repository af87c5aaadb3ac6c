"""What `shala doctor` looks at."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from entrypoints.compose import House, schema


def checks(house: House) -> dict[str, Coroutine[Any, Any, str]]:
    """By name; each says what it found or raises."""
    found = {
        "settings": _settings(house),
        "database": _database(house),
        "schema": _schema(house),
        "outbox": _outbox(house),
        "mail server": _mail(house),
    }
    if house.settings.redis_url:
        found["redis"] = _redis(house)
    return found


async def _settings(house: House) -> str:
    return f"{house.settings.env}, {house.settings.storage} storage"


async def _database(house: House) -> str:
    await house.database.ping()
    return "SQLite" if house.settings.is_sqlite else "PostgreSQL"


async def _schema(house: House) -> str:
    if not await schema.is_current(house.settings.database_url):
        raise RuntimeError("not up to date; run `shala migrate`")
    return "up to date"


async def _outbox(house: House) -> str:
    waiting, dead, _ = await house.outbox.backlog()
    if dead:
        raise RuntimeError(f"{dead} reactions were given up; see `shala outbox`")
    return f"{waiting} waiting"


async def _redis(house: House) -> str:
    await house.limits.ping()
    return "answers"


async def _mail(house: House) -> str:
    if not house.settings.smtp_host:
        return "the sandbox's, inside `shala serve`"
    _, writer = await asyncio.open_connection(house.settings.smtp_host, house.settings.smtp_port)
    writer.close()
    await writer.wait_closed()
    return "accepts connections"
