"""What the tour expects, and what it says when something else comes."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

PATIENCE_S, POLL_S = 15.0, 0.2
Body = dict[str, Any]
Found = TypeVar("Found")


class Unexpected(Exception):
    """An answer that the app could not work with; says which request it was and what came back."""


def expect(what: str, found: object, wanted: object) -> None:
    """:raises Unexpected: they differ."""
    if found != wanted:
        raise Unexpected(f"{what} should have been {wanted!r} and was {found!r}.")


def patiently(look: Callable[[], Found | None], complaint: Callable[[], str], *, every_s: float | None = None) -> Found:
    """What `look` finds in the end; it is asked again as long as that is None.

    :raises Unexpected: `complaint` says what did not come in 15 s.
    """
    deadline = time.monotonic() + PATIENCE_S
    while (found := look()) is None:
        if time.monotonic() > deadline:
            raise Unexpected(complaint())
        time.sleep(POLL_S if every_s is None else every_s)
    return found
