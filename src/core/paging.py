"""Keyset pages: a cursor names the last row seen, so that page 1,000 costs what page 1 costs."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from core.errors import InvalidCursor

Item = TypeVar("Item")
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
BITS = 63


class PageRequest(Struct, frozen=True):
    """Up to `limit` rows (1–100) after the row of the cursor or, with `backward`, before it."""

    limit: int = DEFAULT_LIMIT
    after: tuple[Any, ...] | None = None
    backward: bool = False
    want_count: bool = False


class Page(Struct, Generic[Item], frozen=True):
    """Rows in order. The cursors are null at the ends; `count` is set only when it was asked for."""

    results: list[Item]
    next_cursor: str | None = None
    previous_cursor: str | None = None
    count: int | None = None


def encode_cursor(keys: tuple[Any, ...], *, backward: bool = False) -> str:
    """An opaque, URL-safe name for a row by its sort keys (the last of them its id)."""
    raw = msgspec.json.encode([int(backward), *keys])
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_cursor(cursor: str, kinds: tuple[type, ...]) -> tuple[tuple[Any, ...], bool]:
    """The sort keys and the direction; `kinds` are the types that the keys of this list have.

    :raises InvalidCursor: for anything that `encode_cursor` did not make for a list of these kinds.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        flag, *keys = msgspec.json.decode(raw, type=list[Any])
        if len(keys) != len(kinds) or flag not in (0, 1):
            raise InvalidCursor
        return tuple(_storable(msgspec.convert(key, kind)) for key, kind in zip(keys, kinds, strict=True)), bool(flag)
    except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError):
        raise InvalidCursor from None


def _storable(key: Any) -> Any:
    """The key as no database refuses it: a number of 64 bits, a text without NUL, a time within its calendar.

    :raises ValueError: :raises OverflowError:
    """
    if isinstance(key, int) and key.bit_length() > BITS:
        raise OverflowError
    if isinstance(key, str) and "\0" in key:
        raise ValueError
    return key.astimezone(UTC) if isinstance(key, datetime) else key


def cut(rows: list[Item], request: PageRequest, keys: Any, count: int | None = None) -> Page[Item]:
    """Make a page of up to `limit + 1` fetched rows; `keys(row)` gives a row's sort keys.

    Rows of a backward request come in reverse order, as they were fetched.
    """
    more, rows = len(rows) > request.limit, rows[: request.limit]
    if request.backward:
        rows.reverse()
    has_next, has_previous = (True, more) if request.backward else (more, request.after is not None)
    return Page(
        results=rows,
        next_cursor=encode_cursor(keys(rows[-1])) if rows and has_next else None,
        previous_cursor=encode_cursor(keys(rows[0]), backward=True) if rows and has_previous else None,
        count=count,
    )
