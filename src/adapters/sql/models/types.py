"""Column types that mean the same on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from advanced_alchemy.base import DefaultBase, IdentityBase
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Index, MetaData, TypeDecorator
from sqlalchemy.dialects import postgresql

metadata: MetaData = DefaultBase.metadata
BigInt = BigInteger()
# advanced-alchemy's JsonB does not load under SQLAlchemy 2.1
Json = JSON().with_variant(postgresql.JSONB(), "postgresql")


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in and out. SQLite forgets the zone, so it is put back there; PostgreSQL keeps it and pays nothing."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is not None and value.tzinfo is None:
            raise ValueError("naive datetime")
        return value if value is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        inner = self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)
        if dialect.name == "postgresql":
            return inner

        def restore(value: Any) -> datetime | None:
            naive = inner(value) if inner else value
            return None if naive is None else naive.replace(tzinfo=UTC)

        return restore


def partial_index(name: str, *columns: Any, where: Any, unique: bool = False) -> Index:
    """An index over the rows that satisfy `where`, on both databases."""
    return Index(name, *columns, unique=unique, postgresql_where=where, sqlite_where=where)


__all__ = ["BigInt", "DefaultBase", "IdentityBase", "Json", "UtcDateTime", "metadata", "partial_index"]
