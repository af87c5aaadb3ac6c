"""What the tour expects, and what it says when something else comes."""

from typing import Any

Body = dict[str, Any]


class Unexpected(Exception):
    """An answer that the app could not work with; says which request it was and what came back."""


def expect(what: str, found: object, wanted: object) -> None:
    """:raises Unexpected: they differ."""
    if found != wanted:
        raise Unexpected(f"{what} should have been {wanted!r} and was {found!r}.")
