"""SQLite through SQLAlchemy's engine: WAL, one writer connection that begins with IMMEDIATE, a few readers.

A deferred BEGIN that later writes fails with "locked" under concurrency; IMMEDIATE waits for its turn. A reader runs
single statements, which see one state of the database by themselves, and so neither begins nor rolls back.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    "PRAGMA cache_size=-16000",
)
READERS = 4


def writing_engine(url: str) -> AsyncEngine:
    engine = _engine(url, 1)

    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    event.listen(engine.sync_engine, "begin", on_begin)
    return engine


def reading_engine(url: str) -> AsyncEngine:
    return _engine(url, READERS, skip_autocommit_rollback=True)


def _engine(url: str, connections: int, **options: Any) -> AsyncEngine:
    engine = create_async_engine(
        url, pool_size=connections, max_overflow=0, pool_timeout=30, hide_parameters=True, **options
    )

    def on_connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin by itself
        cursor = connection.cursor()
        for pragma in PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    event.listen(engine.sync_engine, "connect", on_connect)
    return engine
