"""Databases on the tests' PostgreSQL: made once, emptied for the next test. Copying one takes half a second."""

import uuid

import asyncpg

from services import postgres_url

LARGEST = 2**20
SCHEMA = """SELECT
  (SELECT (count(*), max(xmin::text::bigint)) FROM pg_attribute)::text,
  (SELECT (count(*), max(xmin::text::bigint)) FROM pg_constraint)::text,
  (SELECT (count(*), max(xmin::text::bigint)) FROM pg_type)::text"""
"""Says whether columns, constraints or tables are what they were."""
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
SEQUENCES = "SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences"
_schemas: dict[str, tuple[str, ...]] = {}
_kept: dict[str, asyncpg.Connection] = {}
"""A connection to each: a new one would read all about seventy tables before it empties them."""


def database(name: str) -> str:
    """The address of a database."""
    return f"{postgres_url().rpartition('/')[0]}/{name}"


async def connect(name: str) -> asyncpg.Connection:
    return await asyncpg.connect(database(name).replace("+asyncpg", ""))


async def administer(statement: str) -> None:
    connection = await asyncpg.connect(postgres_url().replace("+asyncpg", ""))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def created(template: str) -> str:
    """The name of a new copy."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    # its files are copied: twice as fast as through the log, which is the default
    await administer(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    _schemas[name] = tuple(await (await _keeper(name)).fetchrow(SCHEMA))
    return name


async def dropped(name: str) -> None:
    """Even while somebody is connected to it."""
    if name in _kept:
        await _kept.pop(name).close()
    await administer(f"DROP DATABASE {name} WITH (FORCE)")


async def _keeper(name: str) -> asyncpg.Connection:
    if name not in _kept or _kept[name].is_closed():
        _kept[name] = await connect(name)
    return _kept[name]


async def emptied(name: str) -> bool:
    """Delete what is in it; false for one that another test should not have: an altered schema, large tables."""
    connection = await _keeper(name)
    # a process that was killed may still be connected
    await connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    if tuple(await connection.fetchrow(SCHEMA)) != _schemas[name]:
        return False
    tables = [row[0] for row in await connection.fetch(TABLES)]
    sizes = await connection.fetchrow(f"SELECT {', '.join(f'pg_relation_size({table!r})' for table in tables)}")
    if max(sizes) > LARGEST:
        return False
    filled = [table for table, size in zip(tables, sizes, strict=True) if size]
    # their order does not matter then, and no trigger keeps an account of it
    deletes = "; ".join(f"DELETE FROM {table}" for table in filled)
    await connection.execute(f"SET session_replication_role = replica; {deletes}")
    await connection.execute(SEQUENCES)
    return True
