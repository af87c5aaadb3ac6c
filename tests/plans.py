"""What PostgreSQL does for a statement: the pages that it touches, and the tables that it reads from end to end."""

import json
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import pytest

from adapters.sql.postgres import PostgresConnection, arguments, prepare


def copied(table: str, row: dict[str, Any], changed: dict[str, str], numbers: str) -> str:
    """Rows like this one, with some columns made of a number."""
    values = [changed.get(name) or literal(value) for name, value in row.items()]
    return f"INSERT INTO {table} ({', '.join(row)}) SELECT {', '.join(values)} FROM {numbers}"


def literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, dict | list):
        return f"'{json.dumps(value)}'"
    return str(value) if isinstance(value, int | float) else f"'{value}'"


@dataclass
class Statement:
    sql: str
    values: list[Any]

    @property
    def is_read(self) -> bool:
        return self.sql.lstrip().startswith("SELECT") and "FOR " not in self.sql


class Recorder:
    """Notes the statements of the application from now on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.statements: list[Statement] = []
        execute = PostgresConnection.execute

        async def recording(connection: PostgresConnection, statement: Any, values: Any = None) -> Any:
            if not isinstance(values, list):
                form = prepare(statement, tuple(values) if values else ())
                self.statements.append(Statement(form.shape.sql, arguments(form, values)))
            return await execute(connection, statement, values)

        monkeypatch.setattr(PostgresConnection, "execute", recording)

    async def of(self, act: Awaitable[Any]) -> list[Statement]:
        self.statements = []
        answer = await act
        if isinstance(answer, httpx.Response):
            assert answer.is_success, answer.text
        return self.statements


@dataclass
class Cost:
    sql: str
    pages: int
    scanned: set[str]

    def dearer(self, before: "Cost", growing: Collection[str], factor: float, pages: int) -> list[str]:
        """What is wrong with it beside the cost of the same statement where there is little."""
        told = " ".join(self.sql.split())[:300]
        complaints = [f"all of {table} is read by {told}" for table in sorted(self.scanned & set(growing))]
        if self.pages > factor * before.pages + pages:
            complaints.append(f"{self.pages} pages instead of {before.pages} by {told}")
        return complaints


async def explained(driver: asyncpg.Connection, statement: Statement) -> Cost:
    """What it touches when it is run. What it writes is undone."""
    transaction = driver.transaction()
    await transaction.start()
    try:
        await driver.execute("SET LOCAL plan_cache_mode = force_generic_plan" if statement.is_read else "SELECT 1")
        said = await driver.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement.sql}", *statement.values)
    except asyncpg.UniqueViolationError:  # an insert that was done already
        return Cost(statement.sql, 0, set())
    finally:
        await transaction.rollback()
    plan = json.loads(said)[0]["Plan"]
    return Cost(statement.sql, plan["Shared Hit Blocks"] + plan["Shared Read Blocks"], set(scans(plan)))


def scans(plan: dict[str, Any]) -> list[str]:
    own = [plan["Relation Name"]] if plan["Node Type"] == "Seq Scan" else []
    return own + [name for below in plan.get("Plans", []) for name in scans(below)]
