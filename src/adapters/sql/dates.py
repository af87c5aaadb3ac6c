"""Arithmetic with times that the two databases spell differently."""

from typing import Any

from sqlalchemy import ColumnElement, Float
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Date


class IndiaDay(GenericFunction[Any]):
    """The day in India that a time is on: a date on PostgreSQL, its ISO form on SQLite."""

    type = Date()
    inherit_cache = True


class SecondsBetween(GenericFunction[float]):
    """From the first time to the second."""

    type = Float()
    inherit_cache = True


def _arguments(element: Any, compiler: Any, **options: Any) -> list[str]:
    return [compiler.process(clause, **options) for clause in element.clauses]


@compiles(IndiaDay, "postgresql")
def _postgres_day(element: ColumnElement[Any], compiler: Any, **options: Any) -> str:
    (time,) = _arguments(element, compiler, **options)
    return f"CAST(timezone('Asia/Kolkata', {time}) AS DATE)"


@compiles(IndiaDay, "sqlite")
def _sqlite_day(element: ColumnElement[Any], compiler: Any, **options: Any) -> str:
    (time,) = _arguments(element, compiler, **options)
    return f"date({time}, '+330 minutes')"


@compiles(SecondsBetween, "postgresql")
def _postgres_seconds(element: ColumnElement[Any], compiler: Any, **options: Any) -> str:
    first, second = _arguments(element, compiler, **options)
    return f"EXTRACT(EPOCH FROM ({second} - {first}))"


@compiles(SecondsBetween, "sqlite")
def _sqlite_seconds(element: ColumnElement[Any], compiler: Any, **options: Any) -> str:
    first, second = _arguments(element, compiler, **options)
    return f"round((julianday({second}) - julianday({first})) * 86400.0, 3)"


__all__ = ["IndiaDay", "SecondsBetween"]
