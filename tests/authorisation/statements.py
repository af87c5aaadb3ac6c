"""How many statements a call runs on the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import event

from worlds import World

_seen: ContextVar[list[str] | None] = ContextVar("statements of a call", default=None)


def watch(world: World) -> None:
    """Note every statement of whoever is `counting`."""
    connections: Any = world.house.database._connections

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN") and (seen := _seen.get()) is not None:
            seen.append(statement)

    for engine in (connections._writing, connections._reading):
        event.listen(engine.sync_engine, "before_cursor_execute", note)


@contextmanager
def counting() -> Iterator[list[str]]:
    """What is run in this block; a task that is left behind may still add to it afterwards."""
    seen: list[str] = []
    token = _seen.set(seen)
    try:
        yield seen
    finally:
        _seen.reset(token)
