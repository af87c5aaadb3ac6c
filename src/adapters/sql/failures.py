"""What the drivers raise, in the house's words."""

import asyncio
import re
from typing import Any

import asyncpg
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Conflict, Invalid, Unavailable

Duplicate = (asyncpg.UniqueViolationError, IntegrityError)
"""A unique key was violated; ask `violated` which."""

_AWAY = (PoolTimeout, ConnectionError, TimeoutError, asyncio.TimeoutError, asyncpg.InterfaceError)
_PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)


class translated:  # noqa: N801 - reads as a statement
    """A database that is away or busy is `Unavailable`; what no column can hold is `Invalid`; all else passes."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, asyncpg.PostgresError):
            error.detail = None  # it quotes the row, and errors end in logs
        if _is_unfit(error):
            raise Invalid("A number is too large, or a text has a character that cannot be stored.") from error
        if isinstance(error, asyncpg.ForeignKeyViolationError) or "FOREIGN KEY constraint" in str(error):
            raise Conflict("Something that belongs to this was added or removed meanwhile.") from error
        if isinstance(error, (*_AWAY, *_PASSING)) or _is_locked(error):
            raise Unavailable(retry_after=1) from error


def _is_unfit(error: BaseException) -> bool:
    if isinstance(error, StatementError) and isinstance(
        error.orig, OverflowError
    ):  # as SQLAlchemy wraps what a type raises
        return True
    return isinstance(error, asyncpg.DataError | DataError | OverflowError | UnicodeEncodeError)


def _is_locked(error: BaseException) -> bool:
    return isinstance(error, OperationalError | DBAPIError) and "locked" in str(error.orig)


def violated(error: BaseException, name: str) -> bool:
    """Whether the unique key over `name` (as `table.column`) was the one violated.

    PostgreSQL names the constraint, SQLite the columns.
    """
    constraint: Any = getattr(error, "constraint_name", None)
    if constraint is not None:
        return bool(re.fullmatch(rf"(uq|ix)_{name.replace('.', '_')}", constraint))
    return name in str(getattr(error, "orig", error))
