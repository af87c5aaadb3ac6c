"""Reading an ASGI scope, for what runs at every request: Litestar's own ways make objects of everything first."""

from typing import Any

from entrypoints.compose import House


def house_of(scope: Any) -> House:
    """The house that serves this request; the edge puts it there."""
    return scope["house"]  # type: ignore[no-any-return]


def header(scope: Any, name: bytes) -> str | None:
    """The first header of this lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value, "latin-1")
    return None
