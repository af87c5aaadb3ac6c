"""Engines: one for transactions, one for single-statement reads, on PostgreSQL or SQLite.

SQLite: WAL, one writer connection that begins with IMMEDIATE (a deferred BEGIN that later writes fails with "locked"
under concurrency), a few readers. PostgreSQL: the read engine is in autocommit, which saves two round trips a read.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-16000",
)
SQLITE_READERS = 4


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def create_engines(url: str, *, pool_size: int, statement_timeout_ms: int) -> tuple[AsyncEngine, AsyncEngine]:
    """The engine for transactions and the engine for reads. Nothing connects before its first use."""
    if is_sqlite(url):
        return _sqlite(url, "BEGIN IMMEDIATE", 1), _sqlite(url, "BEGIN", SQLITE_READERS)
    settings = {
        "application_name": "shala",
        "jit": "off",  # short statements pay more for compiling than they gain
        "statement_timeout": str(statement_timeout_ms),
        "lock_timeout": str(statement_timeout_ms),
        "idle_in_transaction_session_timeout": "60000",
        "timezone": "UTC",
    }
    shared: dict[str, Any] = {
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_timeout": 5,
        "pool_recycle": 1800,
        "connect_args": {"server_settings": settings, "timeout": 5},
    }
    writing = create_async_engine(url, pool_pre_ping=True, **shared)
    reading = create_async_engine(
        url, isolation_level="AUTOCOMMIT", pool_reset_on_return=None, skip_autocommit_rollback=True, **shared
    )
    return writing, reading


def _sqlite(url: str, begin: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(url, pool_size=connections, max_overflow=0, pool_timeout=30)

    def on_connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", on_connect)
    event.listen(engine.sync_engine, "begin", on_begin)
    return engine
